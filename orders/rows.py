"""The rows that customer and order records become, as COPY takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from connectors import staging
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
        "total_amount", "currency", "exact_total", "total_is_rounded", "shop_currency",
        "shop_total", "discount_total",
        "shipping_total", "tax_total", "refunded_total", "prices_include_tax", "customer_note",
        "billing_address", "shipping_address", "line_items", "metadata", "charges", "refunds",
        "fulfilments", "created_at", "paid_at", "completed_at", "cancelled_at",
        "is_test", "is_edited", "remote_modified_at", "deleted_at",
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


def _text(moment: datetime | None) -> str | None:
    """COPY takes texts several times as fast as moments."""
    return None if moment is None else moment.isoformat()


def _parts(parts: Sequence[Any]) -> str:
    """Most orders have none, and then nothing needs to be rendered."""
    return staging.json_text(parts) if parts else "[]"


def customer_row(
    connector: ConnectorConfig, record: base.CustomerRecord, now: str
) -> tuple[Any, ...]:
    """The row in the order of ``customer_stage``."""
    return (
        connector.key(record.remote_id),
        connector.platform,
        str(connector.pk),
        record.remote_id,
        record.email,
        record.name,
        staging.json_text(record.metadata),
        _text(record.created_at),
        _text(record.modified_at),
        None,
        now,
    )


def order_row(connector: ConnectorConfig, record: base.OrderRecord, now: str) -> tuple[Any, ...]:
    """The row in the order of ``order_stage``."""
    customer = record.customer_remote_id
    rounded = record.total.quantize(CENT, ROUND_HALF_UP)
    return (
        connector.key(record.remote_id),
        connector.platform,
        str(connector.pk),
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
        record.shop_currency,
        record.shop_total,
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
        _parts(record.charges),
        _parts(record.refunds),
        _parts(record.fulfilments),
        _text(record.created_at),
        _text(record.paid_at),
        _text(record.completed_at),
        _text(record.cancelled_at),
        record.is_test,
        record.is_edited,
        _text(record.modified_at),
        None,
        now,
        customer,
    )


def item_rows(
    connector: ConnectorConfig, record: base.OrderRecord, *, skus: Mapping[int, str] | None = None
) -> Iterator[tuple[Any, ...]]:
    """A row for each line; ``skus`` are the keys of products by their ids, where known already."""
    order_id = connector.key(record.remote_id)
    for position, line in enumerate(record.lines):
        products = line.product_remote_ids
        yield (
            order_id,
            connector.platform,
            line.remote_id,
            position,
            _sku(connector, line, skus or {}),
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


def _sku(connector: ConnectorConfig, line: base.LineRecord, skus: Mapping[int, str]) -> str | None:
    """The product's key, the variant's before its parent's; else the SKU as it was sold."""
    for number in line.product_remote_ids:
        if number in skus:
            return skus[number]
    return connector.key(line.sku)[:100] if line.sku else None


def _unit_price(line: base.LineRecord) -> Decimal:
    """What one unit cost after discount and before tax, rounded half-up, for display."""
    if line.quantity in (0, 1):
        return line.total.quantize(CENT, ROUND_HALF_UP)
    return (line.total / line.quantity).quantize(CENT, ROUND_HALF_UP)


def order_notes(records: Sequence[base.OrderRecord]) -> Iterator[base.Note]:
    """What staff should know of orders that were written."""
    for record in records:
        if record.total != record.total.quantize(CENT, ROUND_HALF_UP):
            yield base.Note(
                remote_id=record.remote_id,
                cause="total_rounded",
                detail=f"Its total of {record.total:f} {record.currency} has more than two "
                "decimals; lists show it rounded, the exact one is kept.",
                set_aside=False,
            )
