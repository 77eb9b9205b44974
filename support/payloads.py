"""A refund as its store is told of it: made once, kept with the request, sent again unchanged."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from connectors.platforms.base import Json
from connectors.platforms.money import LiveRefund, RefundLine, RefundOrder, TenderShare
from orders.models import PlatformOrder
from support.models import RefundReason, RefundRequest

# What an approval is for: when one of these changes, it is void.
CONTENT = ("order_id", "platform", "amount", "currency", "lines", "shipping", "shipping_tax",
           "goodwill", "reason_code", "reason", "notify", "by_hand", "cancel_unsent")  # fmt: skip


def content_hash(request: RefundRequest) -> str:
    """The digest of what somebody approves."""
    return _digest({name: _plain(getattr(request, name)) for name in CONTENT})


def payload_of(request: RefundRequest, order: PlatformOrder) -> Json:
    """What the store will be told, without the payments that it goes back to."""
    return {
        "order_remote_id": order.remote_id,
        "currency": request.currency,
        "amount": _plain(request.amount),
        "lines": request.lines,
        "shipping": _plain(request.shipping),
        "shipping_tax": _plain(request.shipping_tax),
        "note": note_of(request),
        "key": str(request.key),
        "notify": request.notify,
        "gives_back": not request.by_hand,
        "tenders": [],
    }


def note_of(request: RefundRequest) -> str:
    """The text that the store keeps with the refund; the marker in it finds the refund again."""
    reason = RefundReason.objects.filter(code=request.reason_code).first()
    label = reason.label if reason else "Refund"
    return f"{label} [{request.marker}]"


def refund_order(payload: Json) -> RefundOrder:
    """The payload as a connector takes it."""
    return RefundOrder(
        order_remote_id=payload["order_remote_id"],
        currency=payload["currency"],
        amount=Decimal(payload["amount"]),
        lines=tuple(
            RefundLine(
                remote_id=line["remote_id"],
                quantity=line["quantity"],
                total=Decimal(line["total"]),
                tax=Decimal(line["tax"]),
                restock=line["restock"],
            )
            for line in payload["lines"]
        ),
        shipping=Decimal(payload["shipping"]),
        shipping_tax=Decimal(payload["shipping_tax"]),
        note=payload["note"],
        key=payload["key"],
        notify=payload["notify"],
        gives_back=payload["gives_back"],
        tenders=tuple(
            TenderShare(parent=one["parent"], gateway=one["gateway"], amount=Decimal(one["amount"]))
            for one in payload["tenders"]
        ),
    )


def with_tenders(payload: Json, tenders: tuple[TenderShare, ...]) -> Json:
    """The payload with the payments that the money goes back to."""
    found = [
        {"parent": one.parent, "gateway": one.gateway, "amount": str(one.amount)} for one in tenders
    ]
    return {**payload, "tenders": found}


def payload_hash(payload: Json) -> str:
    """The digest of what is sent."""
    return _digest(payload)


def answer_of(refund: LiveRefund) -> Json:
    """What a store answered of a refund, as it is kept: nothing of a person."""
    return {
        "remote_id": refund.remote_id,
        "amount": str(refund.amount),
        "currency": refund.currency,
        "payment": refund.tender.value,
        "created_at": refund.created_at.isoformat() if refund.created_at else None,
    }


def _plain(value: Any) -> Any:
    """Amounts as texts that don't depend on how they were read."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _digest(values: Json) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
