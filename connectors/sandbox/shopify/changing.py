"""What happens to a shop's orders: sent, paid, given back, cancelled, edited, disputed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.sandbox.shopify import orders, refunds
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.money import Bag
from connectors.sandbox.shopify.shop import ShopifyShop


def fulfil(
    shop: ShopifyShop, order_id: int, lines: Mapping[int, int] | None = None, *,
    tracking: Sequence[Json] = (),
) -> Json:  # fmt: skip
    """Send units of some lines, or all that wait."""

    def change(order: Json) -> Json:
        chosen = lines or {
            line["id"]: line["unfulfilledQuantity"]
            for line in order["lineItems"]
            if line["unfulfilledQuantity"]
        }
        number = len(order["fulfillments"]) + 1
        parcel = orders.fulfilment(
            order["id"] * 1000 + number, chosen, shop.now(),
            name=f"{order['name']}.{number}", tracking=tracking,
        )  # fmt: skip
        return {**order, "fulfillments": [*order["fulfillments"], parcel]}

    return shop.change_order(order_id, change, "fulfillments/create")


def archive(shop: ShopifyShop, order_id: int) -> Json:
    """Close an order."""
    return shop.change_order(order_id, lambda order: {**order, "closedAt": shop.now()})


def pay(
    shop: ShopifyShop, order_id: int, kind: str = "SALE", *, amount: str | None = None,
    status: str = "SUCCESS", gateway: str = orders.GATEWAY,
) -> Json:  # fmt: skip
    """Add a payment of what is due, or of some amount of the customer's currency."""

    def change(order: Json) -> Json:
        due = Bag.read(order["totalOutstandingSet"])
        paid = refunds.presented(order, amount) if amount else due
        parent = next((one["id"] for one in order["transactions"] if kind == "CAPTURE"), None)
        entry = orders.payment(
            next_part(order), kind, paid, shop.now(), gateway=gateway, status=status, parent=parent
        )
        return {**order, "transactions": [*order["transactions"], entry]}

    return shop.change_order(order_id, change, "order_transactions/create")


def next_part(order: Json) -> int:
    """The id of the order's next transaction."""
    taken = [one["id"] for one in order["transactions"]]
    return int(max(taken, default=order["id"] * 1000 - 1)) + 1


def refund(
    shop: ShopifyShop, order_id: int, lines: Mapping[int, int] | None = None, *,
    restock: str = "NO_RESTOCK", shipping: bool = False, note: str | None = None,
    status: str = "SUCCESS",
) -> Json:  # fmt: skip
    """Give units of some lines back and their money with them; everything without lines."""
    order = shop.need("order", order_id)
    wanted = [
        refunds.Wanted(line=line, quantity=units, restock=restock)
        for line, units in (lines or {}).items()
    ]
    left = refunds.shipping_left(order) if shipping or lines is None else None
    worth = refunds.quote(order, wanted if lines else refunds.everything(order, restock), left)
    first = next_part(order)
    paid = [
        refund_payment(first + n, payment, share, shop.now(), status=status)
        for n, (payment, share, _) in enumerate(refunds.spread(order, worth.total))
        if share
    ]
    return give_back(shop, order, worth, paid, note=note)


def refund_payment(
    identity: int, payment: Json, amount: Bag, moment: str, *, status: str
) -> Json:  # fmt: skip
    """The transaction that pays some of a payment back."""
    failed = status in ("FAILURE", "ERROR")
    return orders.payment(
        identity, "REFUND", amount, moment, gateway=payment["gateway"], status=status,
        parent=payment["id"], error="GENERIC_ERROR" if failed else None,
    )  # fmt: skip


def give_back(
    shop: ShopifyShop, order: Json, worth: refunds.Quote, paid: Sequence[Json], *,
    note: str | None = None, reason: str | None = None,
) -> Json:  # fmt: skip
    """Record a refund with its payments, restock, and tell everybody; answers the refund."""
    made = refunds.refund(
        shop.next_id("refund"), worth, paid, shop.now(), note=note, reason=reason
    )  # fmt: skip
    with shop.lock:
        shop.change_order(order["id"], lambda now: refunds.with_refund(now, made, paid))
        shop.announce("refunds/create", {**made, "order": order["id"]})
        for variant, units in refunds.restocked(order, made["lines"]).items():
            found = shop.get("variant", variant)
            if found is not None and found["tracked"]:
                stock = found["inventoryQuantity"] + units
                shop.edit("variant", variant, inventoryQuantity=stock, availableForSale=stock > 0)
    return made


def settle_refund(shop: ShopifyShop, order_id: int, refund_id: int, status: str) -> Json:
    """The payments of a refund that were pending end, in SUCCESS, FAILURE or ERROR."""

    def change(order: Json) -> Json:
        return refunds.settled(order, refund_id, status)

    return shop.change_order(order_id, change, "order_transactions/create")


def payouts(shop: ShopifyShop, order_id: int) -> list[Decimal]:
    """Each amount that was really paid back for an order, in the customer's currency."""
    return [
        Bag.read(one["amountSet"]).presentment
        for one in shop.need("order", order_id)["transactions"]
        if one["kind"] == "REFUND" and one["status"] == "SUCCESS"
    ]


def cancel(
    shop: ShopifyShop, order_id: int, *, reason: str = "CUSTOMER", restock: bool = True,
    pay_back: bool = True, note: str | None = None,
) -> Json:  # fmt: skip
    """Cancel an order: what wasn't sent is taken off, and paid back where that is asked."""
    order = shop.need("order", order_id)
    kind = "CANCEL" if restock else "NO_RESTOCK"
    worth = refunds.quote(order, refunds.everything(order, kind), refunds.shipping_left(order))
    shares = refunds.spread(order, worth.total) if pay_back else []
    first = next_part(order)
    paid = [
        refund_payment(first + n, payment, share, shop.now(), status="SUCCESS")
        for n, (payment, share, _) in enumerate(shares)
    ]
    give_back(shop, order, worth, paid, note=note)

    def change(now: Json) -> Json:
        moment = shop.now()
        return {
            **now, "cancelledAt": moment, "cancelReason": reason, "closedAt": moment,
            "staffNote": note,
        }  # fmt: skip

    return shop.change_order(order_id, change, "orders/cancelled")


def edit_lines(
    shop: ShopifyShop, order_id: int, *, remove: Mapping[int, int] | None = None,
    add: Sequence[orders.LineSpec] = (),
) -> Json:  # fmt: skip
    """Edit an order after it was placed: units off its lines, new lines behind them."""

    def change(order: Json) -> Json:
        lines = [
            {**line, "removed": line["removed"] + (remove or {}).get(line["id"], 0)}
            for line in order["lineItems"]
        ]
        first = max(line["id"] for line in lines) + 1
        return {**order, "edited": True, "lineItems": [*lines, *orders.added(order, first, add)]}

    return shop.change_order(order_id, change, "orders/edited")


def dispute(shop: ShopifyShop, order_id: int, **changes: Any) -> Json:
    """A customer's bank asks for the money of an order back."""
    with shop.lock:
        order = shop.need("order", order_id)
        moment = shop.now()
        body = {
            "id": shop.next_id("dispute"), "status": "NEEDS_RESPONSE", "type": "CHARGEBACK",
            "reason": "FRAUDULENT", "order": order_id, "amount": order["totalPriceSet"],
            "initiatedAt": moment, "createdAt": moment, "updatedAt": moment,
            "evidenceDueBy": moment, "evidenceSentOn": None, "finalizedOn": None, **changes,
        }  # fmt: skip
        shop.store("dispute", body)
        shop.announce("disputes/create", body)
        entry = {"id": body["id"], "initiatedAs": body["type"], "status": body["status"]}
        shop.change_order(order_id, lambda now: {**now, "disputes": [*now["disputes"], entry]})
        return body


def settle_dispute(shop: ShopifyShop, dispute_id: int, status: str) -> Json:
    """A dispute goes on, or ends."""
    with shop.lock:
        ended = status in ("WON", "LOST", "ACCEPTED", "CHARGE_REFUNDED")
        moment = shop.now()
        body = {
            **shop.need("dispute", dispute_id), "status": status, "updatedAt": moment,
            "finalizedOn": moment if ended else None,
        }  # fmt: skip
        shop.store("dispute", body)
        shop.announce("disputes/update", body)

        def change(order: Json) -> Json:
            known = [
                {**one, "status": status} if one["id"] == dispute_id else one
                for one in order["disputes"]
            ]
            return {**order, "disputes": known}

        shop.change_order(body["order"], change)
        return body


def readdress(shop: ShopifyShop, order_id: int, address: Json, *, taxed: bool | None) -> Json:
    """Send an order elsewhere; ``taxed`` says whether tax is due there, None leaves it alone."""

    def change(order: Json) -> Json:
        moved = {**order, "shippingAddress": address}
        return moved if taxed is None else orders.retaxed(moved, taxed=taxed)

    return shop.change_order(order_id, change)
