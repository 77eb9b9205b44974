"""What time does to requests: leases run out, approvals never come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from support import audit, moving
from support.models import AddressUpdateRequest, RefundRequest
from support.stages import AddressStage, RefundStage

MODELS: tuple[Any, ...] = (RefundRequest, AddressUpdateRequest)
WORKED_ON = (RefundStage.APPROVED, RefundStage.HOLDING, RefundStage.UNKNOWN, RefundStage.ACCEPTED)
# One that is being read back is read again: its worker's death changes nothing about it.
ADDRESSES_WORKED_ON = (AddressStage.CHECKING, AddressStage.VERIFYING, AddressStage.UNKNOWN)


def free_stale() -> int:
    """Requests whose worker died while it was sending: nobody knows what came of it; how many."""
    entry = audit.Entry(what="the worker went away", outcome="unknown")
    words = "The worker that sent it went away before it knew the answer."
    return sum(
        _moved(
            request,
            RefundStage.UNKNOWN,
            entry,
            error_code="worker_lost",
            error=words,
            outcome="unknown",
        )
        for model in MODELS
        for request in model.objects.filter(
            stage=RefundStage.SENDING, lease_until__lt=timezone.now()
        )
    )


def expire() -> int:
    """Requests that nobody approved in time; how many."""
    before = timezone.now() - timedelta(days=settings.REFUND_APPROVAL_DAYS)
    entry = audit.Entry(what="expired")
    words = f"Nobody approved it within {settings.REFUND_APPROVAL_DAYS} days."
    return sum(
        _moved(request, RefundStage.EXPIRED, entry, error_code="expired", error=words)
        for model in MODELS
        for request in model.objects.filter(
            stage=RefundStage.AWAITING_APPROVAL, changed_at__lt=before
        )
    )


def _moved(request: Any, stage: str, entry: audit.Entry, **changes: Any) -> bool:
    try:
        moving.move(
            request, stage, entry, lease_until=None,
            due_at=timezone.now() if stage == RefundStage.UNKNOWN else None, **changes,
        )  # fmt: skip
    except moving.OvertakenError:
        return False
    return True


def due() -> Sequence[RefundRequest | AddressUpdateRequest]:
    """Requests that a worker has something to do for now."""
    cancelling = Q(cancelling=RefundRequest.Cancelling.WAITING)
    refunds = Q(stage__in=WORKED_ON, status="pending") | cancelling
    addresses = Q(stage__in=ADDRESSES_WORKED_ON, status="pending")
    return [
        *RefundRequest.objects.filter(_is_due(), refunds),
        *AddressUpdateRequest.objects.filter(_is_due(), addresses),
    ]


def _is_due() -> Q:
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    return free & (Q(due_at__isnull=True) | Q(due_at__lte=now))
