"""Refunds that were made in the store itself, as rows of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from connectors import presenting
from connectors.platforms import base
from connectors.platforms.money import LiveRefund, Tender
from orders.models import PlatformOrder
from orders.presenting import snapshots
from support import audit, headroom, moving
from support.models import RefundRequest
from support.stages import RESERVED, RefundStage

AT_ONCE = 500

# Refunds of copied orders that no request has yet.
UNKNOWN = """
    SELECT DISTINCT o.order_id, o.platform
    FROM platform_order o CROSS JOIN LATERAL jsonb_array_elements(o.refunds) AS found
    WHERE NOT (o.refunds = '[]'::jsonb) AND NOT EXISTS (
        SELECT FROM refund_request r
        WHERE r.order_id = o.order_id AND r.platform = o.platform
        AND r.remote_id = (found ->> 'remote_id')::bigint
    ) AND NOT EXISTS (
        SELECT FROM refund_request r
        WHERE r.order_id = o.order_id AND r.platform = o.platform AND r.status = 'pending'
        AND r.marker <> '' AND position(r.marker IN (found ->> 'reason')) > 0
    )
    LIMIT %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refund:
    remote_id: int
    amount: Decimal
    reason: str
    created_at: datetime | None
    lines: list[base.Json]
    shipping: Decimal = Decimal(0)
    shipping_tax: Decimal = Decimal(0)


def learn(order: PlatformOrder, refunds: Sequence[LiveRefund], *, read_at: datetime) -> None:
    """Have a row for each refund that the store had when it was asked, at ``read_at``.

    One that carries the marker of a request whose outcome is open is that request's. What became
    known later than that is left alone: an answer that comes late doesn't know of it.
    """
    moved = [_live(one) for one in refunds if one.tender is not Tender.FAILED]
    with transaction.atomic():
        locked = headroom.lock(order)
        known = _record(locked, moved)
        for row, refund in known:
            _complete(row, refund)
        _drop(locked, {one.remote_id for one in moved}, read_at)


def record_copied() -> int:
    """The same for refunds that came with copied orders; how many orders that were."""
    with connection.cursor() as cursor:
        cursor.execute(UNKNOWN, [AT_ONCE])
        keys = cursor.fetchall()
    for order_id, platform in keys:
        with transaction.atomic():
            order = headroom.lock(PlatformOrder(order_id=order_id, platform=platform))
            _record(order, list(_copied(order)))
    return len(keys)


def _live(refund: LiveRefund) -> _Refund:
    return _Refund(
        remote_id=refund.remote_id,
        amount=refund.amount,
        reason=refund.reason,
        created_at=refund.created_at,
        lines=[
            {"remote_id": line.remote_id, "quantity": line.quantity, "total": str(line.total),
             "tax": str(line.tax), "restock": False}
            for line in refund.lines
        ],
        shipping=refund.shipping,
        shipping_tax=refund.shipping_tax,
    )  # fmt: skip


def _copied(order: PlatformOrder) -> Iterator[_Refund]:
    for one in snapshots(order.refunds):
        yield _Refund(
            remote_id=int(one["remote_id"]),
            amount=Decimal(str(one.get("amount") or 0)),
            reason=str(one.get("reason") or ""),
            created_at=presenting.moment_of(one.get("created_at")),
            lines=[],
        )


def _record(
    order: PlatformOrder, refunds: Iterable[_Refund]
) -> list[tuple[RefundRequest, _Refund]]:
    """Have a row for each of these; gives back those that had one, with it."""
    rows = list(RefundRequest.objects.of_order(order))
    known = {one.remote_id: one for one in rows if one.remote_id is not None}
    ours = [one.marker for one in rows if one.marker and one.stage in RESERVED]
    found = []
    for refund in refunds:
        row = known.get(refund.remote_id)
        if row is not None:
            found.append((row, refund))
        elif not any(marker in refund.reason for marker in ours):
            _add(order, refund)
    return found


def _add(order: PlatformOrder, refund: _Refund) -> None:
    """The reason isn't kept: whoever wrote it in the store may have named a person."""
    row = RefundRequest(
        order_id=order.order_id,
        platform=order.platform,
        stage=RefundStage.PROCESSED,
        is_external=True,
        remote_id=refund.remote_id,
        amount=refund.amount,
        currency=order.currency,
        lines=refund.lines,
        shipping=refund.shipping,
        shipping_tax=refund.shipping_tax,
        requested_at=refund.created_at or timezone.now(),
    )
    entry = audit.Entry(
        what="made in the store",
        answered={"remote_id": refund.remote_id, "amount": str(refund.amount)},
    )
    moving.started(row, entry)


def _complete(row: RefundRequest, refund: _Refund) -> None:
    """What a copied order doesn't say of a refund made in the store: its lines, open payments."""
    parts: dict[str, Any] = {
        "amount": refund.amount, "lines": refund.lines, "shipping": refund.shipping,
        "shipping_tax": refund.shipping_tax,
    }  # fmt: skip
    is_new = bool(refund.lines and not row.lines) or (refund.amount, refund.shipping) != (
        row.amount,
        row.shipping,
    )
    if row.is_external and row.stage == RefundStage.PROCESSED and is_new:
        entry = audit.Entry(what="learnt from the store", answered={"amount": str(refund.amount)})
        moving.move(row, row.stage, entry, **parts)


def _drop(order: PlatformOrder, present: set[int], read_at: datetime) -> None:
    """A refund made in the store that was deleted there gives nothing back any more."""
    rows = RefundRequest.objects.of_order(order).filter(
        is_external=True, stage=RefundStage.PROCESSED, changed_at__lt=read_at
    )
    for row in rows.exclude(remote_id__in=present):
        moving.move(row, RefundStage.SUPERSEDED, audit.Entry(what="deleted in the store"))
