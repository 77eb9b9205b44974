"""A store in memory: records in, batches out, with failures where a test wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.platforms import base

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def product(remote_id: int, **values: Any) -> base.ProductRecord:
    defaults = {
        "remote_id": remote_id, "parent_remote_id": None, "sku": f"SKU-{remote_id}",
        "title": f"Product {remote_id}", "description": "", "price": Decimal("9.99"),
        "available": True, "kind": "simple", "status": "publish", "stock_quantity": 5,
        "image_url": "", "options": {}, "created_at": START, "modified_at": START,
        "metadata": {"id": remote_id},
    }  # fmt: skip
    return base.ProductRecord(**(defaults | values))


def customer(remote_id: int, **values: Any) -> base.CustomerRecord:
    defaults = {
        "remote_id": remote_id, "email": f"c{remote_id}@example.com", "name": f"C {remote_id}",
        "created_at": START, "modified_at": START, "metadata": {"id": remote_id},
    }  # fmt: skip
    return base.CustomerRecord(**(defaults | values))


def line(remote_id: int, **values: Any) -> base.LineRecord:
    defaults = {
        "remote_id": remote_id, "product_remote_ids": (), "sku": "", "title": f"Line {remote_id}",
        "quantity": 1, "subtotal": Decimal("10.00"), "subtotal_tax": Decimal("2.00"),
        "total": Decimal("10.00"), "total_tax": Decimal("2.00"),
    }  # fmt: skip
    return base.LineRecord(**(defaults | values))


def order(remote_id: int, **values: Any) -> base.OrderRecord:
    defaults = {
        "remote_id": remote_id, "number": str(remote_id), "customer_remote_id": None,
        "email": "guest@example.com", "customer_name": "A Guest",
        "status": base.OrderStatus.PROCESSING, "platform_status": "processing",
        "payment_status": "paid", "fulfilment_status": "unfulfilled", "payment_method": "Card",
        "currency": "GBP", "total": Decimal("12.00"), "discount_total": Decimal(0),
        "shipping_total": Decimal(0), "tax_total": Decimal("2.00"), "refunded_total": Decimal(0),
        "prices_include_tax": False, "customer_note": "", "created_at": START,
        "modified_at": START, "paid_at": START, "completed_at": None,
        "billing_address": {"city": "Leeds"}, "shipping_address": {},
        "lines": (line(remote_id * 10 + 1), line(remote_id * 10 + 2)), "charges": (),
        "refunds": (), "fulfilments": (), "line_items": [], "metadata": {"id": remote_id},
    }  # fmt: skip
    return base.OrderRecord(**(defaults | values))


@dataclass
class MemoryStore:
    """A store whose clock and records a test moves."""

    records: dict[base.Resource, dict[int, base.Record]] = field(
        default_factory=lambda: {resource: {} for resource in base.Resource}
    )
    clock: datetime = START + timedelta(days=1)
    page: int = 3
    timed: frozenset[base.Resource] = frozenset({base.Resource.PRODUCTS, base.Resource.ORDERS})
    notes: dict[int, base.Note] = field(default_factory=dict)
    fail_after: int | None = None
    failure: BaseException = field(
        default_factory=lambda: base.RetryableError("The store does not answer.", code="timeout")
    )
    unlisted: set[int] = field(default_factory=set)
    request_count: int = 0
    windows: list[base.Window] = field(default_factory=list)

    def put(self, *records: base.Record) -> None:
        for record in records:
            resource = {
                base.ProductRecord: base.Resource.PRODUCTS,
                base.CustomerRecord: base.Resource.CUSTOMERS,
                base.OrderRecord: base.Resource.ORDERS,
            }[type(record)]
            self.records[resource][record.remote_id] = record

    def edit(self, record: base.Record, **values: Any) -> base.Record:
        edited = replace(record, modified_at=self.clock, **values)
        self.put(edited)
        return edited

    def check(self) -> base.StoreDescription:
        return base.StoreDescription(
            name="Memory", version="1", currency="GBP", timezone="UTC", can_write=True
        )

    def now(self) -> datetime:
        return self.clock

    def read(
        self, resource: base.Resource, window: base.Window, position: base.Json
    ) -> Iterator[base.Batch]:
        self.windows.append(window)
        found = [
            record
            for _, record in sorted(self.records[resource].items())
            if _inside(record, window)
        ]
        for start in range(position.get("start", 0), len(found), self.page):
            self._request()
            page = found[start : start + self.page]
            yield base.Batch(
                records=[record for record in page if record.remote_id not in self.notes],
                notes=[self.notes[r.remote_id] for r in page if r.remote_id in self.notes],
                position={"start": start + self.page},
                total=len(found),
            )

    def read_ids(self, resource: base.Resource, position: base.Json) -> Iterator[base.IdBatch]:
        ids = sorted(set(self.records[resource]) - self.unlisted)
        for start in range(position.get("start", 0), max(len(ids), 1), self.page):
            self._request()
            last = start + self.page >= len(ids)
            yield base.IdBatch(
                stamps={
                    number: self.records[resource][number].modified_at
                    for number in ids[start : start + self.page]
                },
                low=ids[start] if start else 0,
                high=None if last else ids[start + self.page],
                position={"start": start + self.page},
                total=len(ids),
            )

    def fetch(self, resource: base.Resource, ids: Sequence[int]) -> base.Batch:
        self._request()
        stored = self.records[resource]
        return base.Batch(
            records=[stored[remote_id] for remote_id in ids if remote_id in stored],
            notes=[], position={}, total=None,
        )  # fmt: skip

    def close(self) -> None:
        pass

    def _request(self) -> None:
        self.request_count += 1
        if self.fail_after is not None:
            if self.fail_after == 0:
                self.fail_after = None
                raise self.failure
            self.fail_after -= 1


def _inside(record: base.Record, window: base.Window) -> bool:
    moment = record.modified_at
    if moment is None:
        return True
    return (window.after is None or window.after <= moment) and moment < window.before
