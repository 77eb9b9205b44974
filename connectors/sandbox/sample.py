"""The sample of a real retailer's invoices (data/README.md names its source)."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
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
    """``customer`` is a position in the sample's customers, None for guests."""

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
    """Products as (code, title, price in pence); customers as their countries."""

    products: Sequence[tuple[str, str, int]]
    customers: Sequence[str]
    orders: Sequence[SampleOrder]
    refunds: Sequence[SampleRefund]


def load() -> Sample:
    """The whole sample, oldest order first."""
    raw = orjson.loads(gzip.decompress(FILE.read_bytes()))
    countries = raw["countries"]
    return Sample(
        products=[(code, title, price) for code, title, price in raw["products"]],
        customers=[countries[position] for position in raw["customers"]],
        orders=[
            SampleOrder(
                customer=None if customer < 0 else customer,
                country=countries[country],
                minutes_ago=minutes,
                lines=_lines(flat),
            )
            for customer, country, minutes, flat in raw["orders"]
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
