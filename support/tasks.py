"""The queue ``money``: every task may run twice, late or beside itself."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from support import (
    audit,
    external,
    finishing,
    readdressing,
    resolving,
    sending,
    storefront,
    sweeping,
)
from support.models import AddressUpdateRequest, RefundRequest


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


@shared_task
def advance_address(request_id: str) -> None:
    """Do what is next for an address change: send it, read it back, or find out what came of it."""
    request = AddressUpdateRequest.objects.filter(pk=request_id).first()
    if request is not None:
        ADDRESS_STEPS.get(request.stage, _nothing)(request.pk)


ADDRESS_STEPS: dict[str, Any] = {
    "checking": readdressing.send,
    "verifying": readdressing.verify,
    "unknown": readdressing.resolve,
}


def task_of(request: audit.Request) -> Any:
    """The task that goes on with this kind of request."""
    return advance_refund if isinstance(request, RefundRequest) else advance_address


def _nothing(_: object) -> None:
    """Somebody has to act, or it is over."""


@shared_task
def dispatch() -> None:
    """Sweep, and queue whatever is due; a second time queues it again, which does nothing."""
    sweeping.free_stale()
    sweeping.expire()
    for request in sweeping.due():
        task_of(request).delay(str(request.pk))


@shared_task
def forget_answers() -> None:
    """Delete what no request is answered again with; a second time deletes nothing more."""
    storefront.forget_answers()


@shared_task
def record_external() -> None:
    """Have rows for refunds that were made in the stores."""
    external.record_copied()
