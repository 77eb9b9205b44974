"""The requests that somebody has to act on, by what there is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from connectors import presenting
from support.models import AddressUpdateRequest, RefundRequest
from support.stages import AddressStage, RefundStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A list of work."""

    title: str
    stages: tuple[RefundStage | AddressStage, ...]


QUEUES = {
    "approval": Queue(title="Waiting for approval", stages=(RefundStage.AWAITING_APPROVAL,)),
    "unknown": Queue(title="Unknown", stages=(RefundStage.UNKNOWN,)),
    "person": Queue(title="Needs a person", stages=(RefundStage.NEEDS_HUMAN,)),
    "failed": Queue(title="Failed", stages=(RefundStage.REJECTED, RefundStage.EXPIRED)),
}
ADDRESS_QUEUES = {
    "approval": Queue(title="Waiting for approval", stages=(AddressStage.AWAITING_APPROVAL,)),
    "unknown": Queue(title="Unknown", stages=(AddressStage.UNKNOWN,)),
    "conflict": Queue(title="Changed by someone else", stages=(AddressStage.CONFLICT,)),
    "failed": Queue(
        title="Failed",
        stages=(AddressStage.NOT_APPLIED, AddressStage.REJECTED, AddressStage.EXPIRED),
    ),
}
# Nobody need act on these: they stay where they are.
OVER = ("failed", "conflict")


def evidence(request: RefundRequest | AddressUpdateRequest) -> str:
    """What is known of a request, in a line: attempts, the store's refund, what it answered."""
    found = []
    if request.attempts:
        found.append(f"{request.attempts} attempt{'s' if request.attempts > 1 else ''}")
    if isinstance(request, RefundRequest) and request.remote_id:
        found.append(f"store’s refund {request.remote_id}")
    if request.error:
        found.append(request.error)
    if request.approval_reasons and request.stage == RefundStage.AWAITING_APPROVAL:
        found.append(" ".join(request.approval_reasons))
    return " · ".join(found) or presenting.NONE


def counts() -> list[tuple[str, str, int]]:
    """Each queue of refunds in which somebody is waited for: its name, title and length."""
    return _counts(QUEUES, RefundRequest.objects.filter(is_external=False))


def address_counts() -> list[tuple[str, str, int]]:
    """The same of address changes."""
    return _counts(ADDRESS_QUEUES, AddressUpdateRequest.objects.all())


def _counts(queues: Mapping[str, Queue], rows: QuerySet[Any]) -> list[tuple[str, str, int]]:
    return [
        (name, queue.title, rows.filter(stage__in=queue.stages).count())
        for name, queue in queues.items()
        if name not in OVER
    ]
