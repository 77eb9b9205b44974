"""The sample of a real retailer's invoices (data/README.md names its source)."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

FILE = Path(__file__).parent / "data" / "online_retail_sample.json.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLine:
    """``product`` is a position in the sample's products; ``unit_price`` is in pence."""

    product: int
    quantity: int
    unit_price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOrder:
    """``customer`` is a position in the sample's customers, None for guests.

    ``number`` is the order's position in the whole sample.
    """

    number: int
    customer: int | None
    country: str
    minutes_ago: int
    lines: Sequence[SampleLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRefund:
    """Units of one line that came back; ``order`` and ``line`` are positions."""

    order: int
    line: int
    quantity: int
    minutes_ago: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Products as (code, title, price in pence); customers as (person's number, country)."""

    products: Sequence[tuple[str, str, int]]
    customers: Sequence[tuple[int, str]]
    orders: Sequence[SampleOrder]
    refunds: Sequence[SampleRefund]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of so many parts of the sample, counted from 0."""

    number: int
    of: int


WHOLE = Part(number=0, of=1)


def load(part: Part = WHOLE) -> Sample:
    """The sample or a part of it, oldest order first.

    Each customer and guest is in one part, with all that they ordered; goods are in every part that
    sells them, as they are with merchants who sell in several places.
    """
    found = _whole()
    return found if part == WHOLE else _taken(found, part)


def _taken(found: Sample, part: Part) -> Sample:
    def mine(number: int) -> bool:
        return number % part.of == part.number

    customers = [n for n in range(len(found.customers)) if mine(n)]
    orders = [
        n
        for n, order in enumerate(found.orders)
        if mine(n if order.customer is None else order.customer)
    ]
    products = sorted({line.product for n in orders for line in found.orders[n].lines})
    customer_at = {old: new for new, old in enumerate(customers)}
    order_at = {old: new for new, old in enumerate(orders)}
    product_at = {old: new for new, old in enumerate(products)}

    def moved(order: SampleOrder) -> SampleOrder:
        customer = None if order.customer is None else customer_at[order.customer]
        lines = [replace(line, product=product_at[line.product]) for line in order.lines]
        return replace(order, customer=customer, lines=lines)

    return Sample(
        products=[found.products[n] for n in products],
        customers=[found.customers[n] for n in customers],
        orders=[moved(found.orders[n]) for n in orders],
        refunds=[
            replace(one, order=order_at[one.order])
            for one in found.refunds
            if one.order in order_at
        ],
    )  # fmt: skip


def _whole() -> Sample:
    raw = orjson.loads(gzip.decompress(FILE.read_bytes()))
    countries = raw["countries"]
    return Sample(
        products=[(code, title, price) for code, title, price in raw["products"]],
        customers=[(n, countries[position]) for n, position in enumerate(raw["customers"])],
        orders=[
            SampleOrder(
                number=number,
                customer=None if customer < 0 else customer,
                country=countries[country],
                minutes_ago=minutes,
                lines=_lines(flat),
            )
            for number, (customer, country, minutes, flat) in enumerate(raw["orders"])
        ],
        refunds=[
            SampleRefund(order=order, line=line, quantity=quantity, minutes_ago=minutes)
            for order, line, quantity, minutes in raw["refunds"]
        ],
    )


def _lines(flat: list[int]) -> list[SampleLine]:
    return [
        SampleLine(product=flat[at], quantity=flat[at + 1], unit_price=flat[at + 2])
        for at in range(0, len(flat), 3)
    ]
