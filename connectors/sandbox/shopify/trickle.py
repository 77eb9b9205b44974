"""A Shopify shop that is open: orders come, parcels leave, goods come back, prices change."""

from __future__ import annotations

from connectors.sandbox import trickle
from connectors.sandbox.shopify import changing, orders
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.shop import Condition, Selection, ShopifyShop
from connectors.sandbox.shopify.stocking import address_of

LATEST = Selection(order="id DESC", limit=200)
RETURNABLE: Condition = (
    (
        "json_extract(body, '$.displayFinancialStatus') = 'PAID' AND "
        "json_extract(body, '$.displayFulfillmentStatus') = 'FULFILLED'"
    ),
    [],
)
WAITING: Condition = (
    (
        "json_extract(body, '$.displayFulfillmentStatus') = 'UNFULFILLED' AND "
        "json_extract(body, '$.cancelledAt') IS NULL"
    ),
    [],
)


class ShopifyTrickle(trickle.Flow):
    """Changes of a Shopify shop."""

    def __init__(self, shop: ShopifyShop, *, per_minute: float, seed: int | None = None) -> None:
        super().__init__(per_minute=per_minute, seed=seed)
        self.shop = shop

    def step(self) -> Json | None:
        """One change: three of five are new orders."""
        luck = self.chance.random()
        if luck < 0.2:
            return self._ship()
        if luck < 0.3:
            return self._return()
        if luck < 0.4:
            return self._restock()
        return self._order_again()

    def _ship(self) -> Json | None:
        waiting = Selection(conditions=[WAITING], limit=1)
        found = self.shop.select("order", waiting)
        return changing.fulfil(self.shop, found[0]["id"]) if found else None

    def _return(self) -> Json | None:
        newest = Selection(conditions=[RETURNABLE], order="id DESC", limit=1)
        for order in self.shop.select("order", newest):
            lines = [one for one in order["lineItems"] if one["refundableQuantity"]]
            if lines:
                line = self.chance.choice(lines)
                return changing.refund(
                    self.shop, order["id"], {line["id"]: 1}, restock="RETURN", note="Returned"
                )
        return None

    def _restock(self) -> Json | None:
        counted: Condition = ("json_extract(body, '$.tracked')", [])
        some = Selection(conditions=[counted], order="updated, id", limit=20)
        found = self.shop.select("variant", some)
        if not found:
            return None
        variant = self.chance.choice(found)
        stock = self.chance.randint(0, 60)
        return self.shop.edit(
            "variant", variant["id"], inventoryQuantity=stock, availableForSale=stock > 0
        )

    def _order_again(self) -> Json | None:
        """Somebody who ordered lately takes some of it again."""
        before = [one for one in self.shop.select("order", LATEST) if one["customer"]]
        if not before:
            return None
        model = self.chance.choice(before)
        customer = self.shop.get("customer", model["customer"])
        lines = [one for one in model["lineItems"] if one["variant"]]
        if customer is None or not lines:
            return None
        chosen = self.chance.sample(lines, min(len(lines), self.chance.randint(1, 4)))
        address = address_of(customer)
        return self.shop.add_order(
            orders.OrderSpec(
                lines=[self._line(one) for one in chosen], address=address,
                customer_id=customer["id"], email=customer["email"],
                taxed=address["country"] == "GB",
            )
        )  # fmt: skip

    def _line(self, line: Json) -> orders.LineSpec:
        return orders.LineSpec(
            title=line["title"], quantity=self.chance.randint(1, 6),
            unit_price=line["originalUnitPriceSet"].split()[0], sku=line["sku"],
            variant_title=line["variantTitle"], variant_id=line["variant"],
            product_id=line["product"],
        )  # fmt: skip
