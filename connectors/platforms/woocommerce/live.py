"""An order as a WooCommerce store has it now, with what decides over refunds and addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from connectors.platforms import base, money, values
from connectors.platforms.woocommerce import client, orders, refunding

Status = base.OrderStatus

GONE = ("woocommerce_rest_shop_order_invalid_id",)
PAID = frozenset((Status.PROCESSING, Status.COMPLETED, Status.REFUNDED))


def read(client_: client.Client, remote_id: int) -> base.Json:
    """The order's payload; raises ``RejectedError`` with code ``missing`` for none."""
    try:
        found = client_.get(f"orders/{remote_id}").data
    except base.RejectedError as error:
        if error.code not in GONE:
            raise
        found = None
    if not isinstance(found, dict) or found.get("status") == "trash":
        raise base.RejectedError("The store no longer has this order.", code="missing")
    return found


def order(client_: client.Client, remote_id: int) -> money.LiveOrder:
    """The order with its refunds."""
    raw = read(client_, remote_id)
    with refunding.understanding():
        record = orders.record(raw, [])
        refunds = refunding.found(client_, remote_id, record.currency)
    return money.LiveOrder(
        record=record,
        captured=_captured(record),
        refunded=sum((one.amount for one in refunds), values.ZERO),
        gives_back=_gives_back(client_, raw),
        delivery=_delivery(record),
        is_cancelled=record.status is Status.CANCELLED,
        lines=tuple(_lines(record, refunds)),
        refunds=tuple(refunds),
        disputes=(),
    )


def _captured(record: base.OrderRecord) -> Decimal:
    """WooCommerce knows of payments only whether an order was paid."""
    is_paid = record.paid_at is not None or record.status in PAID
    return record.total if is_paid else values.ZERO


def _gives_back(client_: client.Client, raw: base.Json) -> bool:
    """Whether the payment's gateway can be asked for money; False where the store won't say."""
    method = raw.get("payment_method")
    if not isinstance(method, str) or not method:
        return False
    try:
        found = client_.get(f"payment_gateways/{method}").data
    except base.RejectedError:
        return False
    supports = found.get("method_supports") if isinstance(found, dict) else None
    return isinstance(supports, list) and "refunds" in supports


def _delivery(record: base.OrderRecord) -> money.Delivery:
    """A refunded order is over: cancelling it too would only put its goods back in stock."""
    if record.status is Status.COMPLETED:
        return money.Delivery.ALL
    if record.status is Status.REFUNDED:
        return money.Delivery.NOT_NEEDED
    return money.Delivery.PART if record.fulfilments else money.Delivery.NOTHING


def _lines(
    record: base.OrderRecord, refunds: Sequence[money.LiveRefund]
) -> Sequence[money.LiveLine]:
    given = Counter[int]()
    for refund in refunds:
        for line in refund.lines:
            given[line.remote_id] += line.quantity
    is_over = record.status in (Status.COMPLETED, Status.REFUNDED)
    left = {line.remote_id: max(line.quantity - given[line.remote_id], 0) for line in record.lines}
    return [
        money.LiveLine(
            remote_id=line.remote_id,
            refundable_quantity=left[line.remote_id],
            unsent_quantity=0 if is_over else left[line.remote_id],
        )
        for line in record.lines
    ]
