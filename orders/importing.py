"""How customer and order records become rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.utils import timezone

from connectors import comparing, registry, staging
from connectors.models import ConnectorConfig
from connectors.platforms import base
from orders.models import OrderItem, PlatformCustomer, PlatformOrder

CENT = Decimal("0.01")

CUSTOMERS = staging.Merge(
    table="platform_customer",
    key=("customer_id", "platform"),
    values=(
        "connector_id", "remote_id", "email", "name", "metadata",
        "remote_created_at", "remote_modified_at", "deleted_at",
    ),
    stamp="remote_modified_at",
    touch=("synced_at",),
)  # fmt: skip
ORDERS = staging.Merge(
    table="platform_order",
    key=("order_id", "platform"),
    values=(
        "connector_id", "remote_id", "number", "customer_id", "email", "customer_name", "status",
        "platform_status", "payment_status", "fulfilment_status", "payment_method",
        "total_amount", "currency", "exact_total", "total_is_rounded", "discount_total",
        "shipping_total", "tax_total", "refunded_total", "prices_include_tax", "customer_note",
        "billing_address", "shipping_address", "line_items", "metadata", "charges", "refunds",
        "fulfilments", "created_at", "paid_at", "completed_at", "remote_modified_at", "deleted_at",
    ),
    stamp="remote_modified_at",
    touch=("synced_at",),
)  # fmt: skip
ITEMS = staging.Merge(
    table="order_item",
    key=("order_id", "platform", "remote_id"),
    values=(
        "position", "sku", "merchant_sku", "product_remote_id", "title", "quantity", "price",
        "subtotal", "subtotal_tax", "total", "total_tax",
    ),
)  # fmt: skip

# A customer who is known from an order alone is a row without a stamp: whatever the store says
# of the customer later counts as newer.
CUSTOMERS_OF_ORDERS = """
INSERT INTO platform_customer
    (customer_id, platform, connector_id, remote_id, email, name, synced_at)
SELECT DISTINCT ON (customer_id) customer_id, platform, connector_id, customer_remote_id,
    email, customer_name, synced_at
FROM stage_platform_order WHERE customer_id IS NOT NULL
ORDER BY customer_id, remote_modified_at DESC
ON CONFLICT DO NOTHING
"""
# A line's product is found by its id in the store, the variant before its parent; a product that
# is gone leaves the SKU under which it was sold.
ITEMS_SOURCE = """
SELECT s.order_id, s.platform, s.remote_id, s.position,
    COALESCE(variant.sku, parent.sku, s.sku), s.merchant_sku, s.product_remote_id, s.title,
    s.quantity, s.price, s.subtotal, s.subtotal_tax, s.total, s.total_tax
FROM stage_order_item s
LEFT JOIN platform_product variant
    ON variant.connector_id = %(connector)s AND variant.remote_id = s.product_remote_id
LEFT JOIN platform_product parent
    ON parent.connector_id = %(connector)s AND parent.remote_id = s.parent_remote_id
WHERE s.order_id = ANY(%(orders)s)
ORDER BY s.order_id, s.remote_id
"""
FORGOTTEN_ITEMS = """
DELETE FROM order_item i
WHERE i.platform = %(platform)s AND i.order_id = ANY(%(orders)s) AND NOT EXISTS (
    SELECT FROM stage_order_item s WHERE s.order_id = i.order_id AND s.remote_id = i.remote_id
)
"""


class CustomerImporter:
    """Writes customers."""

    def write(
        self, connector: ConnectorConfig, records: Sequence[base.CustomerRecord]
    ) -> registry.Imported:
        stage = customer_stage()
        now = timezone.now().isoformat()
        with connection.cursor() as cursor:
            stage.fill(cursor, (_customer_row(connector, record, now) for record in records))
            cursor.execute(CUSTOMERS.sql(_source(stage), returning="(xmax = 0)"))
            written = Counter(created for (created,) in cursor.fetchall())
        return _imported(written, len(records), [])

    def compare(
        self, connector: ConnectorConfig, batch: base.IdBatch
    ) -> tuple[Collection[int], Collection[int]]:
        known = PlatformCustomer.objects.filter(connector=connector)
        return comparing.compare(known.filter(deleted_at__isnull=True), known, batch)

    def present_count(self, connector: ConnectorConfig) -> int:
        return PlatformCustomer.objects.filter(connector=connector, deleted_at__isnull=True).count()

    def mark_deleted(self, connector: ConnectorConfig, ids: Sequence[int]) -> int:
        return PlatformCustomer.objects.filter(
            connector=connector, remote_id__in=ids, deleted_at__isnull=True
        ).update(deleted_at=timezone.now())


class OrderImporter:
    """Writes orders with their line items, and the customers that only they name."""

    def write(
        self, connector: ConnectorConfig, records: Sequence[base.OrderRecord]
    ) -> registry.Imported:
        with connection.cursor() as cursor:
            self._stage(cursor, connector, records)
            cursor.execute(CUSTOMERS_OF_ORDERS)
            cursor.execute(ORDERS.sql(_source(order_stage()), returning="order_id, (xmax = 0)"))
            written = dict(cursor.fetchall())
            self._write_items(cursor, connector, written)
        return _imported(Counter(written.values()), len(records), list(_order_notes(records)))

    def _stage(
        self, cursor: CursorWrapper, connector: ConnectorConfig, records: Sequence[base.OrderRecord]
    ) -> None:
        now = timezone.now().isoformat()
        order_stage().fill(cursor, (_order_row(connector, record, now) for record in records))
        item_stage().fill(
            cursor, (row for record in records for row in _item_rows(connector, record))
        )

    def _write_items(
        self, cursor: CursorWrapper, connector: ConnectorConfig, written: dict[str, bool]
    ) -> None:
        """Lines of the orders that were written; an older order's lines are left alone with it."""
        updated = [order_id for order_id, created in written.items() if not created]
        if updated:
            cursor.execute(FORGOTTEN_ITEMS, {"platform": connector.platform, "orders": updated})
        if written:
            cursor.execute(
                ITEMS.sql(ITEMS_SOURCE), {"connector": connector.pk, "orders": list(written)}
            )

    def compare(
        self, connector: ConnectorConfig, batch: base.IdBatch
    ) -> tuple[Collection[int], Collection[int]]:
        known = PlatformOrder.objects.filter(connector=connector)
        return comparing.compare(_present(connector), known, batch)

    def present_count(self, connector: ConnectorConfig) -> int:
        return _present(connector).count()

    def mark_deleted(self, connector: ConnectorConfig, ids: Sequence[int]) -> int:
        return (
            _present(connector)
            .filter(remote_id__in=ids)
            .update(status=PlatformOrder.Status.DELETED, deleted_at=timezone.now())
        )


def _present(connector: ConnectorConfig) -> QuerySet[PlatformOrder]:
    gone = (PlatformOrder.Status.DELETED, PlatformOrder.Status.TRASHED, PlatformOrder.Status.DRAFT)
    return PlatformOrder.objects.filter(connector=connector).exclude(status__in=gone)


def _imported(written: Counter[bool], total: int, notes: Sequence[base.Note]) -> registry.Imported:
    return registry.Imported(
        created=written[True],
        updated=written[False],
        unchanged=total - written.total(),
        notes=notes,
    )


def _stage(model: Any, merge: staging.Merge, extra: dict[str, str] | None = None) -> staging.Stage:
    return staging.Stage.of(model, (*merge.key, *merge.values, *merge.touch), extra)


@cache
def customer_stage() -> staging.Stage:
    """Customers as they are staged."""
    return _stage(PlatformCustomer, CUSTOMERS)


@cache
def order_stage() -> staging.Stage:
    """Orders as they are staged, with the customer's id in the store."""
    return _stage(PlatformOrder, ORDERS, {"customer_remote_id": "bigint"})


@cache
def item_stage() -> staging.Stage:
    """Line items as they are staged, with the id of the product's parent."""
    return _stage(OrderItem, ITEMS, {"parent_remote_id": "bigint"})


def _source(stage: staging.Stage) -> str:
    names = [name for name in stage.columns if name != "customer_remote_id"]
    return f'SELECT {", ".join(map(staging.quoted, names))} FROM "{stage.name}" ORDER BY 1'


def _customer_row(
    connector: ConnectorConfig, record: base.CustomerRecord, now: str
) -> tuple[Any, ...]:
    return (
        connector.key(record.remote_id),
        connector.platform,
        connector.pk,
        record.remote_id,
        record.email,
        record.name,
        staging.json_text(record.metadata),
        record.created_at,
        record.modified_at,
        None,
        now,
    )


def _order_row(connector: ConnectorConfig, record: base.OrderRecord, now: str) -> tuple[Any, ...]:
    customer = record.customer_remote_id
    rounded = record.total.quantize(CENT, ROUND_HALF_UP)
    return (
        connector.key(record.remote_id),
        connector.platform,
        connector.pk,
        record.remote_id,
        record.number,
        None if customer is None else connector.key(customer),
        record.email,
        record.customer_name,
        record.status.value,
        record.platform_status,
        record.payment_status,
        record.fulfilment_status,
        record.payment_method,
        rounded,
        record.currency,
        record.total,
        rounded != record.total,
        record.discount_total,
        record.shipping_total,
        record.tax_total,
        record.refunded_total,
        record.prices_include_tax,
        record.customer_note,
        staging.json_text(record.billing_address),
        staging.json_text(record.shipping_address),
        staging.json_text(record.line_items),
        staging.json_text(record.metadata),
        staging.json_text(record.charges),
        staging.json_text(record.refunds),
        staging.json_text(record.fulfilments),
        record.created_at,
        record.paid_at,
        record.completed_at,
        record.modified_at,
        None,
        now,
        customer,
    )


def _item_rows(connector: ConnectorConfig, record: base.OrderRecord) -> Iterator[tuple[Any, ...]]:
    order_id = connector.key(record.remote_id)
    for position, line in enumerate(record.lines):
        products = line.product_remote_ids
        yield (
            order_id,
            connector.platform,
            line.remote_id,
            position,
            connector.key(line.sku)[:100] if line.sku else None,
            line.sku,
            products[0] if products else None,
            line.title,
            line.quantity,
            _unit_price(line),
            line.subtotal,
            line.subtotal_tax,
            line.total,
            line.total_tax,
            products[1] if len(products) > 1 else None,
        )


def _unit_price(line: base.LineRecord) -> Decimal:
    """What one unit cost after discount and before tax, rounded half-up, for display."""
    if not line.quantity:
        return line.total.quantize(CENT, ROUND_HALF_UP)
    return (line.total / line.quantity).quantize(CENT, ROUND_HALF_UP)


def _order_notes(records: Sequence[base.OrderRecord]) -> Iterator[base.Note]:
    for record in records:
        if record.total != record.total.quantize(CENT, ROUND_HALF_UP):
            yield base.Note(
                remote_id=record.remote_id,
                cause="total_rounded",
                detail=f"Its total of {record.total:f} {record.currency} has more than two "
                "decimals; lists show it rounded, the exact one is kept.",
                set_aside=False,
            )
