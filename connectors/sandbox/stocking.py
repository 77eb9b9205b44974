"""Filling a shop with the sample: its goods, its customers and their orders up to now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.sandbox import assortment, money, people, rendering, sample
from connectors.sandbox.rendering import Json
from connectors.sandbox.shop import FIRST_ID, SITE, Shop, refund

GUESTS_FROM = 100_000
FREE_DELIVERY_FROM = 10_000
DELIVERY = 595
CARRIERS = (
    ("Royal Mail", "https://www.royalmail.com/track-your-item#/tracking-results/"),
    ("DPD UK", "https://track.dpd.co.uk/parcels/"),
)


def fill(shop: Shop, part: sample.Part = sample.WHOLE) -> None:
    """Put the sample, or a part of it, into an empty shop, its newest order now."""
    found, now = sample.load(part), shop.clock().replace(microsecond=0)
    opened = now - timedelta(minutes=found.orders[0].minutes_ago) - timedelta(days=30)
    goods = assortment.build(found.products, opened)
    customers = _customers(found, now)
    shop.store("product", *goods.products)
    shop.store("variation", *goods.variations)
    shop.store("customer", *customers)
    stock = _Till(goods.articles, customers, now)
    shop.store("order", *(stock.order(n, one) for n, one in enumerate(found.orders)))
    _return_goods(shop, found.refunds, now)


def _customers(found: sample.Sample, now: datetime) -> list[Json]:
    """Each registered with the first order."""
    first: dict[int, int] = {}
    for order in found.orders:
        if order.customer is not None:
            first.setdefault(order.customer, order.minutes_ago)
    return [
        rendering.customer(
            FIRST_ID["customer"] + number,
            people.address(person, country),
            now - timedelta(minutes=first.get(number, 0) + 3),
            SITE,
        )
        for number, (person, country) in enumerate(found.customers)
    ]


@dataclass(frozen=True, slots=True)
class _Till:
    """Makes WooCommerce orders of the sample's."""

    articles: Sequence[assortment.Article]
    customers: Sequence[Json]
    now: datetime

    def order(self, number: int, order: sample.SampleOrder) -> Json:
        placed = self.now - timedelta(minutes=order.minutes_ago)
        billing = self._billing(order)
        status, age = _status(number, order.minutes_ago), self.now - placed
        shipped = placed + min(timedelta(hours=20 + number % 30), age)
        paid = None if status in ("pending", "failed", "cancelled") else placed
        subtotal = sum(line.quantity * line.unit_price for line in order.lines)
        spec = rendering.OrderSpec(
            customer_id=0 if order.customer is None else self.customers[order.customer]["id"],
            billing=billing,
            shipping=people.shipping(billing),
            lines=[self._line(line, coupon=number % 23 == 7) for line in order.lines],
            status=status,
            shipping_cost=0 if subtotal >= FREE_DELIVERY_FROM else DELIVERY,
            fees=_fees(number),
            coupon="welcome10",
            note="Please leave it with a neighbour." if number % 29 == 3 else "",
            taxed=billing["country"] == "GB",
            paid=paid,
            completed=shipped if status == "completed" else None,
            meta=_tracking(number, shipped) if status == "completed" else (),
        )
        modified = shipped if status == "completed" else placed
        return rendering.order(FIRST_ID["order"] + number, spec, placed, modified)

    def _billing(self, order: sample.SampleOrder) -> Mapping[str, str]:
        if order.customer is None:
            return people.address(GUESTS_FROM + order.number, order.country)
        billing: Mapping[str, str] = self.customers[order.customer]["billing"]
        return billing

    def _line(self, line: sample.SampleLine, *, coupon: bool) -> rendering.LineSpec:
        article = self.articles[line.product]
        subtotal = line.quantity * line.unit_price
        return rendering.LineSpec(
            name=article.name, product_id=article.product_id, variation_id=article.variation_id,
            sku=article.sku, quantity=line.quantity, unit_price=line.unit_price,
            discount=money.share(subtotal, 10) if coupon else 0,
            parent_name=article.parent_name,
        )  # fmt: skip


def _status(number: int, minutes_ago: int) -> str:
    if minutes_ago < 3 * 1440:
        return ("processing", "processing", "processing", "on-hold", "pending")[number % 5]
    if number % 67 == 13:
        return "cancelled"
    if number % 211 == 40:
        return "failed"
    return "trash" if number % 499 == 100 else "completed"


def _fees(number: int) -> dict[str, int]:
    fees = {}
    if number % 41 == 5:
        fees["Gift wrapping"] = 350
    if number % 97 == 11:
        fees["Goodwill"] = -200
    return fees


def _tracking(number: int, shipped: datetime) -> list[Json]:
    """In the shape of the Shipment Tracking plugin."""
    carrier, link = CARRIERS[number % len(CARRIERS)]
    code = f"HH{number * 7919 % 10**9:09d}GB"
    entry = {
        "tracking_provider": "", "custom_tracking_provider": carrier,
        "custom_tracking_link": link + code, "tracking_number": code,
        "date_shipped": str(int(shipped.timestamp())), "tracking_id": f"{number:032x}",
    }  # fmt: skip
    return [{"id": number, "key": "_wc_shipment_tracking_items", "value": [entry]}]


def _return_goods(shop: Shop, refunds: Sequence[sample.SampleRefund], now: datetime) -> None:
    """Refunds of one order on one day are one refund; one of everything sets the status."""
    together: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    moments: dict[tuple[int, int], int] = {}
    for one in refunds:
        key = (one.order, one.minutes_ago // 1440)
        together[key][one.line] = one.quantity
        moments[key] = one.minutes_ago
    changed = []
    for key, lines in together.items():
        order = shop.get("order", FIRST_ID["order"] + key[0])
        if order is None or order["status"] != "completed":
            continue
        moment = now - timedelta(minutes=moments[key])
        items = {order["line_items"][line]["id"]: units for line, units in lines.items()}
        refund(shop, order, items, moment)
        whole = all(items.get(item["id"]) == item["quantity"] for item in order["line_items"])
        status = "refunded" if whole else order["status"]
        changed.append({**order, "status": status, **rendering.stamps("date_modified", moment)})
    shop.store("order", *{order["id"]: order for order in changed}.values())
