"""Filling a Shopify shop with the sample: its goods, its customers and their orders up to now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.sandbox import assortment, money, people, sample, wearables
from connectors.sandbox.shopify import goods, orders, refunds, settling
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.money import Bag
from connectors.sandbox.shopify.shop import FIRST_ID, FIRST_NUMBER, ShopifyShop
from connectors.sandbox.stocking import CARRIERS, DELIVERY, FREE_DELIVERY_FROM, GUESTS_FROM

EURO = frozenset("DE FR ES BE PT FI AT CY IT IE NL GR MT".split())
RATES = {"EUR": "1.17", "USD": "1.27"}
SETTLED_AFTER = timedelta(days=3)


def fill(shop: ShopifyShop, part: sample.Part = sample.WHOLE) -> None:
    """Put the sample, or a part of it, into an empty shop, its newest order now."""
    found, now = sample.load(part), shop.clock().replace(microsecond=0)
    opened = now - timedelta(minutes=found.orders[0].minutes_ago) - timedelta(days=30)
    shelf = _stock(shop, found.products, opened)
    people_here = _customers(found, now)
    till = _Till(shelf, people_here, _returns(found.refunds), now)
    made = [till.order(number, order) for number, order in enumerate(found.orders)]
    shop.store("order", *made)
    shop.store("customer", *_with_orders(people_here, made))


# Goods


@dataclass(frozen=True, slots=True)
class _Article:
    product: Json
    variant: Json


def _stock(
    shop: ShopifyShop, products: Sequence[tuple[str, str, int]], opened: datetime
) -> Mapping[int, _Article]:
    """All goods, and what each of the sample's products became."""
    shelf: dict[int, _Article] = {}
    bodies, variants, next_variant = [], [], FIRST_ID["variant"]
    for number, (name, members) in enumerate(assortment.groups(products)):
        spec = _product(name, members, products)
        created = opened + timedelta(minutes=number)
        body = goods.product(FIRST_ID["product"] + number, spec, created)
        own = [
            goods.variant(next_variant + n, body, one, n + 1, created)
            for n, one in enumerate(spec.variants)
        ]
        next_variant += len(own)
        for (position, _), variant in zip(members, own, strict=True):
            shelf[position] = _Article(body, variant)
        bodies.append(goods.with_variants(body, own))
        variants += own
    shop.store("variant", *variants)
    shop.store("product", *bodies)
    for title, status in (("Spring Wreath (not ready)", "DRAFT"), ("Jubilee Bunting", "ARCHIVED")):
        shop.add_product(goods.ProductSpec(title=title, status=status))
    for article in wearables.ARTICLES:
        shop.add_product(_to_wear(article))
    return shelf


def _to_wear(article: wearables.Article) -> goods.ProductSpec:
    """What can be tried on; nobody has ordered it yet."""
    return goods.ProductSpec(
        title=article.title,
        variants=[goods.VariantSpec(price=money.text(article.price), sku=article.sku, stock=40)],
        product_type=article.category,
        description=f"<p>{article.title}.</p>",
        tags=[article.category.lower()],
        image=wearables.address(article.sku),
    )


def _product(
    name: str, members: Sequence[tuple[int, str]], products: Sequence[tuple[str, str, int]]
) -> goods.ProductSpec:
    several = len(members) > 1
    return goods.ProductSpec(
        title=name,
        variants=[
            _variant(position, products[position], {"Colour": colour or name} if several else {})
            for position, colour in members
        ],
        product_type=assortment.categories(name)[0],
        description=f"<p>{name}.</p>",
        tags=[one.lower() for one in assortment.categories(name)],
    )


def _variant(
    position: int, product: tuple[str, str, int], selected: Mapping[str, str]
) -> goods.VariantSpec:
    code, _, price = product
    return goods.VariantSpec(
        price=money.text(price),
        sku=None if position % 61 == 60 else code,
        stock=None if position % 53 == 52 else 0 if position % 37 == 36 else 9 + position * 7 % 140,
        selected=selected,
        cost=money.text(price // 2),
    )


# People


def _customers(found: sample.Sample, now: datetime) -> list[Json]:
    first: dict[int, int] = {}
    for order in found.orders:
        if order.customer is not None:
            first.setdefault(order.customer, order.minutes_ago)
    return [
        goods.customer(
            FIRST_ID["customer"] + number,
            people.address(person, country),
            now - timedelta(minutes=first.get(number, 0) + 3),
        )
        for number, (person, country) in enumerate(found.customers)
    ]


def _with_orders(customers: Sequence[Json], made: Sequence[Json]) -> list[Json]:
    bought: dict[int, list[Json]] = defaultdict(list)
    for order in made:
        bought[order["customer"]].append(order)
    return [
        {
            **one,
            "numberOfOrders": len(bought[one["id"]]),
            "spent": str(sum(_worth(order) for order in bought[one["id"]])),
            "updatedAt": max((o["createdAt"] for o in bought[one["id"]]), default=one["updatedAt"]),
        }
        for one in customers
    ]


def _worth(order: Json) -> Decimal:
    return Bag.read(order["totalPriceSet"]).shop


# Orders


def _returns(found: Sequence[sample.SampleRefund]) -> Mapping[int, Mapping[int, dict[int, int]]]:
    """Units that came back, by order and by how many minutes ago; those of a day together."""
    together: dict[int, dict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for one in found:
        together[one.order][one.minutes_ago // 1440 * 1440][one.line] = one.quantity
    return together


@dataclass(frozen=True, slots=True)
class _Till:
    """Makes Shopify orders of the sample's."""

    shelf: Mapping[int, _Article]
    customers: Sequence[Json]
    returns: Mapping[int, Mapping[int, dict[int, int]]]
    now: datetime

    def order(self, number: int, order: sample.SampleOrder) -> Json:
        placed = self.now - timedelta(minutes=order.minutes_ago)
        spec = self._spec(number, order)
        body = orders.draft(
            FIRST_ID["order"] + number, FIRST_NUMBER + number, spec, placed, taxes_included=True
        )
        if spec.payment is None or self.now - placed < SETTLED_AFTER:
            return settling.settled(body)
        if number % 67 == 13:
            return self._cancelled(body, placed + timedelta(hours=2))
        body = self._sent(number, body, placed + timedelta(hours=20 + number % 30))
        return self._given_back(number, settling.settled(body))

    def _spec(self, number: int, order: sample.SampleOrder) -> orders.OrderSpec:
        person = self.customers[order.customer] if order.customer is not None else None
        address = people.address(
            GUESTS_FROM + order.number, order.country
        ) if person is None else address_of(person)  # fmt: skip
        currency = _currency(number, address["country"])
        subtotal = sum(line.quantity * line.unit_price for line in order.lines)
        return orders.OrderSpec(
            lines=[self._line(line) for line in order.lines],
            address=address,
            customer_id=person["id"] if person else None,
            email=address["email"],
            currency=currency,
            rate=RATES.get(currency, "1"),
            shipping=money.text(0 if subtotal >= FREE_DELIVERY_FROM else DELIVERY),
            shipping_title="Free delivery" if subtotal >= FREE_DELIVERY_FROM else "Royal Mail",
            discount=10 if number % 23 == 7 else 0,
            taxed=address["country"] == "GB",
            payment=_payment(number, order.minutes_ago),
            gateway="paypal" if number % 9 == 4 else orders.GATEWAY,
            note="Please leave it with a neighbour." if number % 29 == 3 else None,
            test=number % 499 == 100,
            source="pos" if number % 31 == 6 else "web",
        )

    def _line(self, line: sample.SampleLine) -> orders.LineSpec:
        article = self.shelf[line.product]
        product, variant = article.product, article.variant
        title = variant["title"]
        return orders.LineSpec(
            title=product["title"], quantity=line.quantity, unit_price=money.text(line.unit_price),
            sku=variant["sku"], variant_title=None if title == goods.DEFAULT_TITLE else title,
            variant_id=variant["id"], product_id=product["id"],
        )  # fmt: skip

    def _sent(self, number: int, order: Json, moment: datetime) -> Json:
        lines = order["lineItems"]
        part = lines[: len(lines) // 2] if number % 83 == 9 and len(lines) > 1 else lines
        parcel = orders.fulfilment(
            order["id"] * 1000 + 1, {line["id"]: line["quantity"] for line in part},
            goods.stamp(moment), name=f"{order['name']}.1", tracking=[_tracking(number)],
        )  # fmt: skip
        closed = goods.stamp(moment) if part is lines and number % 3 else None
        return {
            **order, "fulfillments": [parcel], "closedAt": closed,
            "updatedAt": goods.stamp(moment),
        }  # fmt: skip

    def _cancelled(self, order: Json, moment: datetime) -> Json:
        stamp, order = goods.stamp(moment), settling.settled(order)
        worth = refunds.quote(
            order, refunds.everything(order, "CANCEL"), refunds.shipping_left(order)
        )
        order = self._refunded(order, worth, stamp, "Changed their mind")
        return settling.settled(
            {**order, "cancelledAt": stamp, "closedAt": stamp, "cancelReason": "CUSTOMER"}
        )

    def _given_back(self, number: int, order: Json) -> Json:
        for minutes, lines in sorted(self.returns.get(number, {}).items(), reverse=True):
            moment = max(goods.stamp(self.now - timedelta(minutes=minutes)), order["updatedAt"])
            wanted = [
                refunds.Wanted(
                    line=order["lineItems"][line]["id"], quantity=units, restock="RETURN"
                )
                for line, units in lines.items()
                if units <= order["lineItems"][line]["refundableQuantity"]
            ]
            worth = refunds.quote(order, wanted)
            order = self._refunded(order, worth, moment, "Returned")
        return order

    def _refunded(self, order: Json, worth: refunds.Quote, moment: str, note: str) -> Json:
        identity = FIRST_ID["refund"] + (order["id"] - FIRST_ID["order"]) * 10
        identity += len(order["refunds"])
        first = len(order["transactions"]) + order["id"] * 1000
        paid = [
            orders.payment(
                first + n, "REFUND", share, moment, gateway=payment["gateway"],
                parent=payment["id"],
            )
            for n, (payment, share, _) in enumerate(refunds.spread(order, worth.total))
            if share
        ]  # fmt: skip
        made = refunds.refund(identity, worth, paid, moment, note=note)
        return settling.settled(
            {**refunds.with_refund(order, made, paid), "updatedAt": moment}
        )  # fmt: skip


def address_of(customer: Json) -> dict[str, str]:
    """A customer's address in the keys of ``people.address``."""
    home = customer["addresses"][0]
    names = {
        "first_name": "firstName", "last_name": "lastName", "company": "company",
        "address_1": "address1", "address_2": "address2", "city": "city", "state": "province",
        "postcode": "zip", "country": "countryCodeV2", "phone": "phone",
    }  # fmt: skip
    found = {name: home[key] or "" for name, key in names.items()}
    return {**found, "email": customer["email"] or ""}


def _currency(number: int, country: str) -> str:
    if country == "US":
        return "USD"
    return "EUR" if country in EURO and number % 2 else "GBP"


def _payment(number: int, minutes_ago: int) -> str | None:
    if timedelta(minutes=minutes_ago) < SETTLED_AFTER:
        return ("SALE", "SALE", "SALE", "AUTHORIZATION", None)[number % 5]
    return None if number % 211 == 40 else "SALE"


def _tracking(number: int) -> Json:
    carrier, link = CARRIERS[number % len(CARRIERS)]
    code = f"HS{number * 7919 % 10**9:09d}GB"
    return {"company": carrier, "number": code, "url": link + code}
