"""The refunds that somebody has to act on, by what there is to do."""

from __future__ import annotations

from dataclasses import dataclass

from connectors import presenting
from support.models import RefundRequest
from support.stages import RefundStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A list of work."""

    title: str
    stages: tuple[RefundStage, ...]


QUEUES = {
    "approval": Queue(title="Waiting for approval", stages=(RefundStage.AWAITING_APPROVAL,)),
    "unknown": Queue(title="Unknown", stages=(RefundStage.UNKNOWN,)),
    "person": Queue(title="Needs a person", stages=(RefundStage.NEEDS_HUMAN,)),
    "failed": Queue(title="Failed", stages=(RefundStage.REJECTED, RefundStage.EXPIRED)),
}


def evidence(refund: RefundRequest) -> str:
    """What is known of a refund, in a line: attempts, the store's refund, what it answered."""
    found = []
    if refund.attempts:
        found.append(f"{refund.attempts} attempt{'s' if refund.attempts > 1 else ''}")
    if refund.remote_id:
        found.append(f"store’s refund {refund.remote_id}")
    if refund.error:
        found.append(refund.error)
    if refund.approval_reasons and refund.stage == RefundStage.AWAITING_APPROVAL:
        found.append(" ".join(refund.approval_reasons))
    return " · ".join(found) or presenting.NONE


def counts() -> list[tuple[str, str, int]]:
    """Each queue's name, title and length; the failed ones are not counted, as nobody need act."""
    stages = dict.fromkeys(stage for queue in QUEUES.values() for stage in queue.stages)
    rows = RefundRequest.objects.filter(stage__in=list(stages), is_external=False)
    found = {stage: rows.filter(stage=stage).count() for stage in stages}
    return [
        (name, queue.title, sum(found[stage] for stage in queue.stages))
        for name, queue in QUEUES.items()
        if name != "failed"
    ]
