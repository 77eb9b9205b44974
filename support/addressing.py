"""What people do about orders' addresses. Each call is one decision, checked and recorded."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from connectors import services as stores
from connectors.platforms.money import LiveOrder
from orders.models import PlatformOrder
from support import (
    audit,
    destinations,
    headroom,
    moving,
    policy,
    postal,
    queueing,
    sending,
    services,
)
from support.models import AddressUpdateRequest, RefundRequest
from support.stages import ADDRESS_UNSENT, AddressStage

ZERO = Decimal(0)
UNDER_WAY = (AddressStage.SENDING, AddressStage.VERIFYING, AddressStage.UNKNOWN)


class ConflictError(Exception):
    """The store's address is no longer the one that staff saw: ``live`` is what it is now."""

    def __init__(self, *, conflicts: Sequence[postal.Conflict], live: Mapping[str, str]) -> None:
        super().__init__("The address was changed in the meantime. Look at both before you go on.")
        self.conflicts, self.live = conflicts, live


def request_address(
    *,
    order: PlatformOrder,
    address: Mapping[str, Any],
    seen: Mapping[str, Any],
    actor: Any,
    submit_key: uuid.UUID,
    undoes: AddressUpdateRequest | None = None,
) -> AddressUpdateRequest:
    """Ask for another shipping address; the same ``submit_key`` twice gives the same request.

    ``seen`` is the address that staff had before them. Raises ``NotAllowedError``,
    ``AddressError``, ``ValidationError``, ``StoppedError``, ``ConflictError`` or a ``StoreError``:
    then nothing was done.
    """
    policy.demand(actor, policy.REQUEST_ADDRESS)
    if (known := _submitted(submit_key, order)) is not None:
        return known
    live = read_live(order)
    request = AddressUpdateRequest(
        order_id=order.order_id, platform=order.platform, submit_key=submit_key,
        requested_by=actor, undoes=undoes, new_address=_wanted(address, undoes),
        seen_address=destinations.packed(seen),
    )  # fmt: skip
    _compare(live, seen, request.new_address)
    _place(request, live)
    try:
        with transaction.atomic():
            start(request, order, seen, actor)
    except IntegrityError:
        if (known := _submitted(submit_key, order)) is not None:
            return known
        if AddressUpdateRequest.objects.filter(submit_key=submit_key).exists():
            raise ValidationError("The form is of another order: open the page again.") from None
        raise
    queueing.soon(request)
    return request


def _submitted(submit_key: uuid.UUID, order: PlatformOrder) -> AddressUpdateRequest | None:
    return _of(order).filter(submit_key=submit_key).first()


def _of(order: PlatformOrder) -> QuerySet[AddressUpdateRequest]:
    return AddressUpdateRequest.objects.filter(order_id=order.order_id, platform=order.platform)


def _wanted(address: Mapping[str, Any], undoes: AddressUpdateRequest | None) -> dict[str, str]:
    """The address in its usual spelling; what the store itself had may be put back as it was."""
    try:
        return postal.normalised(address)
    except postal.AddressError:
        if undoes is None:
            raise
        return dict(address)


def _demand_none_under_way(order: PlatformOrder) -> None:
    if _of(order).filter(stage__in=UNDER_WAY).exists():
        raise sending.StoppedError(
            "An earlier change is still under way: wait until it is known what came of it.",
            code="under_way",
        )


def read_live(order: PlatformOrder) -> LiveOrder:
    """The order as its store has it now.

    Raises ``StoppedError`` where its address can't be changed, or a ``StoreError``.
    """
    services.demand_writes(order.connector)
    _demand_none_under_way(order)
    with stores.opened(order.connector) as store:
        live = store.read_order(order.remote_id)
    destinations.demand_movable(live)
    return live


def _compare(live: LiveOrder, seen: Mapping[str, Any], wanted: Mapping[str, str]) -> None:
    """Raises ``ConflictError`` where the store no longer has what staff saw."""
    now = live.record.shipping_address
    if postal.same(now, wanted):
        raise ValidationError("The order goes to this address already.")
    if not postal.same(now, seen):
        raise ConflictError(conflicts=postal.three_way(seen, now, wanted), live=dict(now))


def _place(request: AddressUpdateRequest, live: LiveOrder) -> None:
    """Where a new request starts: before somebody else's eyes, or with the worker."""
    request.approval_reasons = destinations.reasons_for_two(live)
    is_ordinary = not request.approval_reasons
    request.stage = AddressStage.CHECKING if is_ordinary else AddressStage.AWAITING_APPROVAL
    request.due_at = timezone.now() if is_ordinary else None


def start(
    request: AddressUpdateRequest,
    order: PlatformOrder,
    seen: Mapping[str, Any],
    actor: Any,
    *,
    what: str = "asked for",
) -> None:
    """Keep the new request in place of those that wait; the order's lock lets one in at a time."""
    headroom.lock(order)
    older = list(_of(order).filter(status="pending").select_for_update().exclude(pk=request.pk))
    _demand_none_under_way(order)
    for one in older:
        entry = audit.Entry(what="replaced", note=f"by request {request.pk}")
        moving.move(
            one, AddressStage.SUPERSEDED, entry, actor=actor,
            due_at=None, lease_until=None, resolved_by=actor,
        )  # fmt: skip
    what = "asked to undo" if request.undoes_id else what
    sent = destinations.summary(seen, request.new_address)
    moving.started(request, audit.Entry(what=what, sent=sent), actor=actor)


def approve_address(
    *, request: AddressUpdateRequest, actor: Any, content: str
) -> AddressUpdateRequest:
    """Agree to exactly what has the digest ``content``; the worker then goes on with it."""
    services.demand_writes(_order(request).connector)
    with transaction.atomic():
        request = moving.locked(request)
        policy.demand_second(request, actor)
        _demand_stage(request, (AddressStage.AWAITING_APPROVAL,))
        if content != destinations.content_hash(request):
            raise ValidationError("It was changed while you looked at it: look at it again.")
        now = timezone.now()
        request = moving.move(
            request, AddressStage.CHECKING, audit.Entry(what="approved", note=f"content {content}"),
            actor=actor, approval_hash=content, approved_by=actor, approved_at=now, due_at=now,
        )  # fmt: skip
    queueing.soon(request)
    return request


def _order(request: AddressUpdateRequest) -> PlatformOrder:
    return PlatformOrder.objects.select_related("connector").get(
        order_id=request.order_id, platform=request.platform
    )


def _demand_stage(request: AddressUpdateRequest, stages: tuple[AddressStage, ...]) -> None:
    if request.stage not in stages:
        raise ValidationError(
            f"Too late: the change is “{request.get_stage_display()}” by now. Look at it again."
        )


def decline_address(
    *, request: AddressUpdateRequest, actor: Any, reason: str
) -> AddressUpdateRequest:
    """Refuse what somebody else asked for."""
    with transaction.atomic():
        request = moving.locked(request)
        policy.demand_second(request, actor)
        _demand_stage(request, (AddressStage.AWAITING_APPROVAL,))
        return moving.move(
            request, AddressStage.REJECTED, audit.Entry(what="declined"), actor=actor,
            error_code="declined", error=reason or "Declined.", due_at=None, resolved_by=actor,
        )  # fmt: skip


def cancel_address(*, request: AddressUpdateRequest, actor: Any) -> AddressUpdateRequest:
    """Take back what was not sent yet; raises ``ValidationError`` when it is too late."""
    with transaction.atomic():
        request = moving.locked(request)
        policy.demand(actor, policy.REQUEST_ADDRESS)
        if actor.pk != request.requested_by_id and not actor.has_perm(policy.APPROVE_ADDRESS):
            raise policy.NotAllowedError("Only who asked for it, or a lead, can take it back.")
        _demand_stage(request, ADDRESS_UNSENT)
        return moving.move(
            request, AddressStage.CANCELLED, audit.Entry(what="cancelled"), actor=actor,
            due_at=None, lease_until=None, resolved_by=actor,
        )  # fmt: skip


def undo_address(
    *, request: AddressUpdateRequest, actor: Any, submit_key: uuid.UUID
) -> AddressUpdateRequest:
    """Ask for the address that was there before; raises as asking does."""
    before = destinations.unpacked(request.previous_address)
    if request.stage != AddressStage.UPDATED or before is None:
        raise ValidationError("There is no earlier address of this change to go back to.")
    return request_address(
        order=_order(request), address=before, seen=request.new_address, actor=actor,
        submit_key=submit_key, undoes=request,
    )  # fmt: skip


def refund_owed(request: AddressUpdateRequest) -> Decimal:
    """What the customer has paid too much since the change, and nobody asked for yet; 0 mostly."""
    before: Decimal | None = request.total_before
    after: Decimal | None = request.total_after
    if request.stage != AddressStage.UPDATED or before is None or after is None:
        return ZERO
    if request.refund is not None and request.refund.status != RefundRequest.Status.FAILED:
        return ZERO
    captured = Decimal((request.response or {}).get("captured", before))
    return max(min(before - after, captured - after), ZERO)


def refund_key(request: AddressUpdateRequest) -> uuid.UUID:
    """The ``submit_key`` of the refund of what is owed: however often it is asked for, one."""
    return uuid.uuid5(request.pk, f"refund after {request.refund_id}")


def link_refund(request: AddressUpdateRequest, refund: RefundRequest) -> AddressUpdateRequest:
    """Keep which refund gives back what the change made too much."""
    with transaction.atomic():
        request = moving.locked(request)
        if (request.order_id, request.platform) != (refund.order_id, refund.platform):
            raise ValueError("The refund is of another order.")
        if request.refund_id == refund.pk:
            return request
        if not refund_owed(request):
            raise ValidationError("Nothing is owed any more for this change.")
        entry = audit.Entry(what="refund asked for", note=f"refund {refund.pk}")
        return moving.move(request, request.stage, entry, actor=refund.requested_by, refund=refund)
