"""What people say became of refunds whose outcome nobody knows, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from connectors import services as stores
from connectors.platforms import base
from connectors.platforms.money import LiveRefund, Tender
from orders.models import PlatformOrder
from support import (
    amounts,
    audit,
    external,
    finishing,
    headroom,
    moving,
    policy,
    sending,
    services,
)
from support.models import RefundRequest
from support.stages import RefundStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What somebody found out about a refund whose outcome was unknown.

    ``remote_id`` is the store's refund; None beside ``happened``: the money moved, and the store
    has no refund of it.
    """

    happened: bool
    remote_id: int | None
    reason: str

    def as_json(self, actor: Any) -> base.Json:
        """With who said so."""
        return {"happened": self.happened, "remote_id": self.remote_id, "by": actor.pk}


def resolve_refund(*, request: RefundRequest, verdict: Verdict, actor: Any) -> RefundRequest:
    """Say what became of a refund; above a threshold a second person has to say the same."""
    policy.demand(actor, policy.RESOLVE)
    if not verdict.reason.strip():
        raise ValidationError("Say how you know: where you looked and what you saw.")
    order = services.order_of(request)
    refunds, settle_time = _known(order)
    _demand_true(request, verdict, refunds)
    with transaction.atomic():
        order = headroom.lock(order)
        request = moving.locked(request)
        services.demand_stage(request, (RefundStage.UNKNOWN, RefundStage.NEEDS_HUMAN))
        _demand_over(request, verdict, settle_time)
        if policy.resolving_takes_two(request) and not _seconded(request, verdict, actor):
            return _propose(request, verdict, actor)
        return _carry_out(request, order, verdict, actor)


def _known(order: PlatformOrder) -> tuple[Sequence[LiveRefund], timedelta]:
    """The order's refunds in its store, none where it is gone, and how long a write may take."""
    read_at = timezone.now()
    with stores.opened(order.connector) as store:
        try:
            refunds = store.read_order(order.remote_id).refunds
        except base.RejectedError as error:
            if error.code != "missing":
                raise
            return (), store.settle_time
        settle_time = store.settle_time
    external.learn(order, refunds, read_at=read_at)
    return refunds, settle_time


def _demand_true(request: RefundRequest, verdict: Verdict, refunds: Sequence[LiveRefund]) -> None:
    """Raises ``ValidationError`` for a verdict that the store's own refunds contradict."""
    ours = sending.marked(request, refunds)
    if verdict.remote_id is None:
        if ours is None or ours.tender is Tender.FAILED:
            return
        if verdict.happened or ours.tender is not Tender.NONE:
            raise ValidationError(
                f"The store has it: its refund {ours.remote_id} carries this one’s mark."
            )
        return
    named = next((one for one in refunds if one.remote_id == verdict.remote_id), None)
    if named is None:
        raise ValidationError(f"The store has no refund {verdict.remote_id} on this order.")
    if named.tender is Tender.FAILED:
        raise ValidationError("The payment refused that refund: no money moved.")
    if named != ours and not request.by_hand and named.amount != request.amount:
        given = amounts.said(named.amount, request.currency)
        raise ValidationError(f"That refund is of {given}: it is not this one.")


def _demand_over(request: RefundRequest, verdict: Verdict, settle_time: timedelta) -> None:
    """Raises ``ValidationError`` while Storekeep or the store may still be at the last attempt."""
    now = timezone.now()
    if request.lease_until is not None and request.lease_until > now:
        raise ValidationError("Storekeep is looking at it just now: say so again in a minute.")
    if verdict.remote_id is None and request.stage == RefundStage.UNKNOWN:
        until = (request.attempted_at or request.requested_at) + settle_time
        if until > now:
            minutes = -(-int((until - now).total_seconds()) // 60)
            raise ValidationError(
                f"The store may still be at work on it: say so in {max(minutes, 1)} min at the "
                "earliest."
            )


def _seconded(request: RefundRequest, verdict: Verdict, actor: Any) -> bool:
    """Whether somebody else said the same before."""
    first = request.verdict
    if not first:
        return False
    said = verdict.as_json(actor)
    if first["by"] == actor.pk:
        raise policy.NotAllowedError("You said so already: somebody else has to confirm it.")
    return all(first[name] == said[name] for name in ("happened", "remote_id"))


def _propose(request: RefundRequest, verdict: Verdict, actor: Any) -> RefundRequest:
    said = verdict.as_json(actor)
    entry = audit.Entry(what="verdict, to be confirmed", note=verdict.reason, answered=said)
    stage = RefundStage.NEEDS_HUMAN
    return moving.move(request, stage, entry, actor=actor, verdict=said, due_at=None)


def _carry_out(
    request: RefundRequest, order: PlatformOrder, verdict: Verdict, actor: Any
) -> RefundRequest:
    said = verdict.as_json(actor)
    entry = audit.Entry(what="settled by a person", note=verdict.reason, answered=said)
    ends: dict[str, Any] = {"resolved_by": actor, "due_at": None, "lease_until": None,
                            "verdict": said, "error": ""}  # fmt: skip
    if not verdict.happened:
        ends["error"] = "It did not happen, as somebody found out."
        return moving.move(
            request, RefundStage.REJECTED, entry, actor=actor, error_code="did_not_happen", **ends
        )
    if verdict.remote_id is None:
        ends["by_hand"] = True
    else:
        _hand_over(order, request, verdict.remote_id)
    ends |= {"remote_id": verdict.remote_id, "error_code": ""}
    ends["cancelling"] = finishing.first_step(request, RefundStage.PROCESSED)
    return moving.move(request, RefundStage.PROCESSED, entry, actor=actor, **ends)


def _hand_over(order: PlatformOrder, request: RefundRequest, remote_id: int) -> None:
    """Take the store's refund from the row that held it for one made elsewhere."""
    others = RefundRequest.objects.of_order(order).filter(remote_id=remote_id)
    for other in others.exclude(pk=request.pk):
        if not other.is_external:
            raise ValidationError(f"The store’s refund {remote_id} belongs to another request.")
        entry = audit.Entry(what="belongs to a request", note=f"request {request.pk}")
        moving.move(other, RefundStage.SUPERSEDED, entry, remote_id=None)
