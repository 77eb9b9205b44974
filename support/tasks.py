"""The queue ``money``: every task may run twice, late or beside itself."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from support import external, finishing, resolving, sending, sweeping
from support.models import RefundRequest


@shared_task
def advance_refund(request_id: str) -> None:
    """Do what is next for a refund: send it, find out what became of it, or look again."""
    request = RefundRequest.objects.filter(pk=request_id).first()
    if request is not None:
        STEPS.get(request.stage, _nothing)(request.pk)


STEPS: dict[str, Any] = {
    "approved": sending.send,
    "holding": sending.send,
    "unknown": resolving.resolve,
    "accepted": sending.look,
    "processed": finishing.cancel_unsent,
}


def _nothing(_: object) -> None:
    """Somebody has to act, or it is over."""


@shared_task
def dispatch() -> None:
    """Sweep, and queue whatever is due; a second time queues it again, which does nothing."""
    sweeping.free_stale()
    sweeping.expire()
    for request in sweeping.due():
        advance_refund.delay(str(request.pk))


@shared_task
def record_external() -> None:
    """Have rows for refunds that were made in the stores."""
    external.record_copied()
