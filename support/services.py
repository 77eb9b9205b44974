"""What people do about refunds. Each call is one decision, checked and recorded as a whole."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from connectors import services as stores
from connectors.models import ConnectorConfig
from connectors.platforms import base
from connectors.platforms.money import LiveOrder, RefundPreview
from orders.models import PlatformOrder
from support import (
    amounts,
    audit,
    external,
    headroom,
    moving,
    payloads,
    policy,
    queueing,
    sending,
)
from support.amounts import Part, Sheet, Spoken
from support.models import RefundReason, RefundRequest
from support.stages import UNSENT, RefundStage

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """Units of a line that are to be given back."""

    remote_id: int
    quantity: int
    restock: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks for; ``shipping`` is with its tax, ``goodwill`` beside lines."""

    lines: Sequence[WantedLine] = field(default_factory=tuple)
    shipping: Decimal = ZERO
    goodwill: Decimal = ZERO
    reason_code: str = ""
    reason: str = ""
    notify: bool = False
    by_hand: bool = False
    cancel_unsent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLine:
    """What the units of a line come to."""

    remote_id: int
    title: str
    quantity: int
    part: Part
    restock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What is asked for, in money; ``left`` is what the order has left before it."""

    currency: str
    lines: Sequence[QuotedLine]
    shipping: Part
    goodwill: Decimal
    amount: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An order as it lies before somebody who wants to give money back."""

    order: PlatformOrder
    live: LiveOrder
    sheet: Sheet
    spoken: Spoken

    @property
    def left(self) -> Decimal:
        """What can still be given back."""
        return max(self.live.captured - self.spoken.amount, ZERO)


def open_desk(order: PlatformOrder, *, but: RefundRequest | None = None) -> Desk:
    """Read the order from its store, and reckon, without one request; raises a ``StoreError``."""
    live = read_live(order)
    return _desk(order, live, but=but)


def read_live(order: PlatformOrder) -> LiveOrder:
    """The order as its store has it now, its refunds as rows; raises a ``StoreError``."""
    read_at = timezone.now()
    with stores.opened(order.connector) as store:
        live = store.read_order(order.remote_id)
    external.learn(order, live.refunds, read_at=read_at)
    return live


def _desk(order: PlatformOrder, live: LiveOrder, *, but: RefundRequest | None = None) -> Desk:
    return Desk(
        order=order,
        live=live,
        sheet=headroom.sheet_of_live(live),
        spoken=headroom.spoken_for(order, but=but),
    )


def quote(desk: Desk, wanted: Wanted) -> Quote:
    """What is asked for comes to; raises ``AmountError`` for what can't be given back."""
    titles = {line.remote_id: line.title for line in desk.live.record.lines}
    return quote_of(desk.sheet, desk.spoken, wanted, left=desk.left, titles=titles)


def quote_of(
    sheet: Sheet, spoken: Spoken, wanted: Wanted, *, left: Decimal, titles: Mapping[int, str]
) -> Quote:
    """The same of an order that is known as a sheet, whoever it is known from."""
    lines = [
        QuotedLine(
            remote_id=one.remote_id,
            title=titles.get(one.remote_id, ""),
            quantity=one.quantity,
            part=amounts.worth(sheet, spoken, one.remote_id, one.quantity),
            restock=one.restock,
        )
        for one in wanted.lines
    ]
    if len({one.remote_id for one in lines}) != len(lines):
        raise amounts.AmountError("A line is named twice.")
    currency = sheet.currency
    shipping_asked = amounts.checked(wanted.shipping, currency)
    shipping = amounts.shipping_worth(sheet, spoken, shipping_asked)
    goodwill = amounts.checked(wanted.goodwill, currency)
    amount = sum((one.part.gross for one in lines), shipping.gross + goodwill)
    if not amount:
        raise amounts.AmountError("Choose what to give back: units, shipping or an amount.")
    if amount > left:
        raise amounts.AmountError(
            f"{headroom.left_of(left, currency)}: this refund comes to "
            f"{amounts.said(amount, currency)}."
        )
    return Quote(
        currency=currency, lines=lines, shipping=shipping, goodwill=goodwill, amount=amount,
        left=left,
    )  # fmt: skip


def preview(desk: Desk, wanted: Wanted) -> tuple[Quote, RefundPreview]:
    """What we make of it, and what the store does; raises ``AmountError`` or ``StoreError``."""
    quoted = quote(desk, wanted)
    payload = payloads.payload_of(draft(desk, quoted, wanted), desk.order)
    with stores.opened(desk.order.connector) as store:
        return quoted, store.preview_refund(payloads.refund_order(payload))


def draft(desk: Desk, quoted: Quote, wanted: Wanted) -> RefundRequest:
    """The request as it would be; nothing is saved."""
    return request_of(desk.order, quoted, wanted)


def checked_draft(desk: Desk, quoted: Quote, wanted: Wanted) -> RefundRequest:
    """The same, once it is clear that nothing stands in its way; raises as asking does."""
    made = draft(desk, quoted, wanted)
    _demand_possible(made, desk)
    return made


def request_refund(
    *, order: PlatformOrder, wanted: Wanted, actor: Any, submit_key: uuid.UUID
) -> RefundRequest:
    """Ask for a refund; the same ``submit_key`` a second time gives the same request.

    It is sent after the undo window, or once somebody else approved it. Raises
    ``NotAllowedError``, ``AmountError``, ``StoppedError`` or a ``StoreError``: nothing was done.
    """
    policy.demand(actor, policy.REQUEST)
    if wanted.by_hand:
        policy.demand(actor, policy.RECORD)
    if (known := submitted(submit_key, order)) is not None:
        return known
    demand_writes(order.connector)
    _demand_reason(wanted)
    live = read_live(order)
    try:
        with transaction.atomic():
            request = _ask(headroom.lock(order), live, wanted, actor, submit_key)
    except IntegrityError:
        if (known := submitted(submit_key, order)) is not None:
            return known
        if RefundRequest.objects.filter(submit_key=submit_key).exists():
            raise ValidationError("The form is of another order: open the page again.") from None
        raise
    queueing.soon(request)
    return request


def submitted(submit_key: uuid.UUID, order: PlatformOrder) -> RefundRequest | None:
    """The refund that was asked for under this key, if one was."""
    return RefundRequest.objects.of_order(order).filter(submit_key=submit_key).first()


def demand_writes(connector: ConnectorConfig) -> None:
    """Raises ``StoppedError`` for a store in which nothing may be changed."""
    if not ConnectorConfig.objects.filter(pk=connector.pk, writes_enabled=True).exists():
        raise sending.StoppedError(
            f"Refunds and changes are switched off for {connector}: an administrator turns them "
            "on on the store’s page.",
            code="writes_off",
        )


def _demand_reason(wanted: Wanted) -> None:
    if not RefundReason.objects.filter(code=wanted.reason_code, is_active=True).exists():
        raise amounts.AmountError("Choose a reason.")


def _ask(
    order: PlatformOrder, live: LiveOrder, wanted: Wanted, actor: Any, submit_key: uuid.UUID
) -> RefundRequest:
    desk = _desk(order, live)
    request = request_of(order, quote(desk, wanted), wanted)
    request.submit_key, request.requested_by = submit_key, actor
    request.marker = new_marker()
    _demand_possible(request, desk)
    _place(request, policy.reasons_for_two(request, order, actor))
    entry = audit.Entry(what="asked for", answered=None, sent=summary(request))
    return moving.started(request, entry, actor=actor)


def _demand_possible(request: RefundRequest, desk: Desk) -> None:
    """Raises what would stop it from being sent, except that nobody approved it yet."""
    if desk.live.disputes:
        raise sending.StoppedError(
            "The customer disputes the payment with their bank: refunding too would pay twice.",
            code="disputed",
        )
    if not request.by_hand and not desk.live.gives_back:
        raise sending.StoppedError(
            "The order’s payment can’t give money back by itself. Pay it back another way and "
            "choose “only record it”.",
            code="no_gateway",
        )
    try:
        headroom.check(request, captured=desk.live.captured, sheet=desk.sheet, spoken=desk.spoken)
    except headroom.ExceedsError as error:
        raise amounts.AmountError(f"{error}.") from None


def request_of(order: PlatformOrder, quoted: Quote, wanted: Wanted) -> RefundRequest:
    """The request as it would be; nothing is saved."""
    return RefundRequest(
        order_id=order.order_id, platform=order.platform, currency=quoted.currency,
        **_content(quoted, wanted),
    )  # fmt: skip


def _content(quoted: Quote, wanted: Wanted) -> dict[str, Any]:
    return {
        "amount": quoted.amount,
        "lines": [
            {"remote_id": one.remote_id, "quantity": one.quantity, "total": str(one.part.total),
             "tax": str(one.part.tax), "restock": one.restock}
            for one in quoted.lines
        ],
        "shipping": quoted.shipping.total,
        "shipping_tax": quoted.shipping.tax,
        "goodwill": quoted.goodwill,
        "reason_code": wanted.reason_code,
        "reason": wanted.reason,
        "notify": wanted.notify,
        "by_hand": wanted.by_hand,
        "cancel_unsent": wanted.cancel_unsent,
    }  # fmt: skip


def _place(request: RefundRequest, reasons: list[str]) -> None:
    """Where a new request starts: before somebody else's eyes, or in the undo window."""
    request.approval_reasons = reasons
    request.stage = RefundStage.AWAITING_APPROVAL if reasons else RefundStage.HOLDING
    request.due_at = None if reasons else undo_until()


def undo_until() -> datetime:
    """Until when what is agreed to now can be taken back."""
    return timezone.now() + timedelta(seconds=settings.REFUND_UNDO_SECONDS)


def summary(request: RefundRequest) -> base.Json:
    """What is asked for, as the record keeps it: the note for colleagues may name somebody."""
    return {
        "amount": str(request.amount), "currency": request.currency, "lines": request.lines,
        "shipping": str(request.shipping), "shipping_tax": str(request.shipping_tax),
        "goodwill": str(request.goodwill), "reason": request.reason_code,
        "content": payloads.content_hash(request),
    }  # fmt: skip


def new_marker() -> str:
    """A text that no other refund carries, short enough to be read out."""
    return "SK-" + "".join(secrets.choice(ALPHABET) for _ in range(12))


def approve_refund(*, request: RefundRequest, actor: Any, content: str) -> RefundRequest:
    """Agree to exactly what has the digest ``content``; it is sent after the undo window."""
    demand_writes(order_of(request).connector)
    with transaction.atomic():
        order = headroom.lock(order_of(request))
        request = moving.locked(request)
        policy.demand_second(request, actor)
        policy.demand_limit(request, actor)
        demand_stage(request, (RefundStage.AWAITING_APPROVAL,))
        if content != payloads.content_hash(request):
            raise ValidationError("It was changed while you looked at it: look at it again.")
        _demand_room(request, order)
        entry = audit.Entry(what="approved", note=f"content {content}")
        request = moving.move(
            request, RefundStage.APPROVED, entry, actor=actor,
            approval_hash=content, approved_by=actor, approved_at=timezone.now(),
        )  # fmt: skip
        entry = audit.Entry(what="may be undone for a moment")
        request = moving.move(request, RefundStage.HOLDING, entry, due_at=undo_until())
    queueing.soon(request)
    return request


def order_of(request: RefundRequest) -> PlatformOrder:
    """The order that a refund is of, with its store."""
    return PlatformOrder.objects.select_related("connector").get(
        order_id=request.order_id, platform=request.platform
    )


def _demand_room(request: RefundRequest, order: PlatformOrder) -> None:
    """By what we have copied; just before it is sent the store itself is asked."""
    try:
        headroom.check(
            request,
            captured=order.exact_total,
            sheet=headroom.sheet_of(order, list(order.items.all())),
            spoken=headroom.spoken_for(order, but=request),
        )
    except headroom.ExceedsError as error:
        raise ValidationError(f"It can’t be approved: {error}.") from None


def demand_stage(request: RefundRequest, stages: tuple[RefundStage, ...]) -> None:
    """Raises ``ValidationError`` for a refund that went on in the meantime."""
    if request.stage not in stages:
        raise ValidationError(
            f"Too late: the refund is “{request.get_stage_display()}” by now. Look at it again."
        )


def decline_refund(*, request: RefundRequest, actor: Any, reason: str) -> RefundRequest:
    """Refuse what somebody else asked for."""
    with transaction.atomic():
        request = moving.locked(request)
        policy.demand_second(request, actor)
        demand_stage(request, (RefundStage.AWAITING_APPROVAL,))
        entry = audit.Entry(what="declined", note=reason)
        return moving.move(
            request, RefundStage.REJECTED, entry, actor=actor,
            error_code="declined", error=reason or "Declined.", due_at=None, resolved_by=actor,
        )  # fmt: skip


def cancel_refund(*, request: RefundRequest, actor: Any) -> RefundRequest:
    """Take a refund back that was not sent yet; raises ``ValidationError`` when it is too late."""
    with transaction.atomic():
        request = moving.locked(request)
        policy.demand(actor, policy.REQUEST)
        policy.demand_own(request, actor, "take it back")
        demand_stage(request, UNSENT)
        _demand_untouched(request)
        entry = audit.Entry(what="cancelled")
        return moving.move(
            request, RefundStage.CANCELLED, entry, actor=actor, due_at=None, resolved_by=actor
        )


def _demand_untouched(request: RefundRequest) -> None:
    """One that is to be sent a second time may have been made by the first."""
    if request.resends:
        raise ValidationError(
            "An earlier attempt of it has no known outcome: it can’t be taken back."
        )


def edit_refund(*, request: RefundRequest, wanted: Wanted, actor: Any) -> RefundRequest:
    """Change a refund that was not sent yet. An approval is void then; raises as asking does."""
    policy.demand(actor, policy.REQUEST)
    policy.demand_own(request, actor, "change it")
    if wanted.by_hand:
        policy.demand(actor, policy.RECORD)
    _demand_reason(wanted)
    order = order_of(request)
    live = read_live(order)
    with transaction.atomic():
        order = headroom.lock(order)
        request = moving.locked(request)
        demand_stage(request, UNSENT)
        _demand_untouched(request)
        return _edit(request, _desk(order, live, but=request), wanted, actor)


def _edit(request: RefundRequest, desk: Desk, wanted: Wanted, actor: Any) -> RefundRequest:
    changed = request_of(desk.order, quote(desk, wanted), wanted)
    changed.pk = request.pk
    _demand_possible(changed, desk)
    reasons = policy.reasons_for_two(changed, desk.order, actor)
    if request.approval_reasons and not reasons:
        reasons = ["It needed approval before it was edited."]
    _place(changed, reasons)
    content = {name: getattr(changed, name) for name in payloads.CONTENT[2:]}
    entry = audit.Entry(what="edited, approval void" if request.approval_hash else "edited",
                        sent=summary(changed))  # fmt: skip
    request = moving.move(
        request, changed.stage,
        entry, actor=actor, edited_by=actor, approval_reasons=reasons,
        approval_hash="", approved_by=None, approved_at=None, due_at=changed.due_at, payload=None,
        payload_hash="", key=uuid.uuid4(), marker=new_marker(), lease_until=None, **content,
    )  # fmt: skip
    queueing.soon(request)
    return request
