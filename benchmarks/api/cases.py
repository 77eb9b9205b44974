"""What is asked for: of each kind the addresses at the API and at the peer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SAMPLE = 200
# As the engine keeps what a store says of parcels and refunds.
PARTS = """
UPDATE platform_order SET
    refunded_total = 5, status = 'completed',
    fulfilments = '[{"status": "success", "company": "Royal Mail", "tracking_number": "AB12345GB",
        "tracking_url": "https://track.example.com/AB12345GB",
        "shipped_at": "2026-03-02T09:30:00+00:00"}]',
    refunds = '[{"remote_id": 1, "amount": "5.00", "reason": "Chipped",
        "created_at": "2026-03-09T10:00:00+00:00"}]'
WHERE order_id = ANY(%s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A kind of request; ``ours`` and ``theirs`` ask for the same rows, one by one."""

    name: str
    ours: list[str]
    theirs: list[str]


def cases(*, products: int, orders: int) -> Iterator[Case]:
    """Lists from their beginning; details of so many rows from all over the tables."""
    yield Case(name="product list", ours=["/api/v1/products/"], theirs=["/products/"])
    yield Case(
        name="product detail",
        ours=[f"/api/v1/products/woocommerce/SKU-{n}/" for n in _spread(products)],
        theirs=[f"/products/SKU-{n}/" for n in _spread(products)],
    )
    yield Case(name="order list", ours=["/api/v1/orders/"], theirs=["/orders/"])
    _add_parts(_spread(orders))
    yield Case(
        name="order detail",
        ours=[f"/api/v1/orders/woocommerce/{n}/" for n in _spread(orders)],
        theirs=[f"/orders/{n}/" for n in _spread(orders)],
    )


def _spread(rows: int) -> list[int]:
    """Numbers of the main store's rows: of products it has the first, of orders the last 99 %."""
    first, last = rows // 100 + 1, rows * 99 // 100
    return list(range(first, last, max((last - first) // SAMPLE, 1)))[:SAMPLE]


def _add_parts(numbers: list[int]) -> None:
    """Give these orders a parcel and a refund each."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(PARTS, [[str(number) for number in numbers]])
