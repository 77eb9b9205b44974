"""What customers may ask for, and their asking: reckoned with our copy, decided by staff.

No store is called: staff, and the worker just before it sends, look at the store itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from orders.models import PlatformOrder
from support import (
    addressing,
    amounts,
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
from support.amounts import Part, Sheet, Spoken
from support.models import AddressUpdateRequest, RefundReason, RefundRequest, StorefrontAnswer
from support.services import Wanted, WantedLine
from support.stages import AddressStage, RefundStage

ENDED = ("cancelled", "refunded", "failed", "draft", "trashed", "deleted")
PAID = ("processing", "completed", "refunded")
ZERO = Decimal(0)


class RefusedError(Exception):
    """What can't be asked for: ``code`` is for programs, the message for people."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLeft:
    """What of a line can still be given back."""

    remote_id: int
    title: str
    quantity: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """What of an order can be asked back; ``reason`` and ``words`` say why nothing can."""

    reason: str
    words: str
    deadline: datetime
    amount: Decimal
    shipping: Decimal
    lines: Sequence[LineLeft]
    reasons: Sequence[tuple[str, str]]


def refund_eligibility(order: PlatformOrder) -> Eligibility:
    """What a customer may ask for now, as far as our copy knows."""
    sheet, spoken = _known(order)
    code, words = _refusal(order)
    left = max(order.exact_total - spoken.amount, ZERO)
    if not code and not left:
        code, words = "nothing_left", "Everything was given back already."
    lines = [] if code else list(_lines(order, sheet, spoken))
    shipping = max((sheet.shipping - spoken.shipping).gross, ZERO)
    return Eligibility(
        reason=code, words=words, deadline=_deadline(order), lines=lines,
        amount=ZERO if code else left, shipping=ZERO if code else min(shipping, left),
        reasons=_reasons(),
    )  # fmt: skip


def _reasons() -> list[tuple[str, str]]:
    offered = RefundReason.objects.filter(is_active=True, for_customers=True)
    return list(offered.values_list("code", "label"))


def _known(order: PlatformOrder) -> tuple[Sheet, Spoken]:
    waiting = RefundRequest.objects.of_order(order).filter(stage=RefundStage.AWAITING_APPROVAL)
    spoken, asked = headroom.spoken_for(order), headroom.spoken_by(waiting)
    both = Spoken(
        amount=spoken.amount + asked.amount, lines=[*spoken.lines, *asked.lines],
        shipping=spoken.shipping + asked.shipping,
    )  # fmt: skip
    return headroom.sheet_of(order, list(order.items.all())), both


def _refusal(order: PlatformOrder) -> tuple[str, str]:
    if order.status not in PAID:
        return "not_paid", "The order is not paid."
    if timezone.now() > _deadline(order):
        return "too_late", f"Refunds can be asked for within {settings.CUSTOMER_REFUND_DAYS} days."
    return "", ""


def _deadline(order: PlatformOrder) -> datetime:
    since = order.completed_at or order.created_at
    return since + timedelta(days=settings.CUSTOMER_REFUND_DAYS)


def _lines(order: PlatformOrder, sheet: Sheet, spoken: Spoken) -> Any:
    for item in order.items.order_by("position"):
        line = sheet.lines.get(item.remote_id)
        left = 0 if line is None else line.quantity - spoken.of(item.remote_id).quantity
        if left > 0:
            part: Part = amounts.worth(sheet, spoken, item.remote_id, left)
            yield LineLeft(
                remote_id=item.remote_id, title=item.title, quantity=left, amount=part.gross
            )


def ask_refund(
    *, order: PlatformOrder, lines: Sequence[WantedLine], shipping: Decimal, reason: str, note: str
) -> RefundRequest:
    """Ask in a customer's name; staff decide. Within a transaction.

    Raises ``RefusedError`` or ``AmountError``.
    """
    order = headroom.lock(order)
    code, words = _refusal(order)
    if code:
        raise RefusedError(words, code=code)
    if reason not in dict(_reasons()):
        raise RefusedError("Choose one of the reasons that are offered.", code="reason")
    sheet, spoken = _known(order)
    wanted = Wanted(lines=lines, shipping=shipping, reason_code=reason, reason=note)
    titles = dict(order.items.values_list("remote_id", "title"))
    left = max(order.exact_total - spoken.amount, ZERO)
    quoted = services.quote_of(sheet, spoken, wanted, left=left, titles=titles)
    request = services.request_of(order, quoted, wanted)
    request.asked_by_customer, request.marker = True, services.new_marker()
    _place(request, policy.reasons_for_two(request, order, None))
    entry = audit.Entry(what="asked for by a customer", sent=services.summary(request))
    request = moving.started(request, entry)
    queueing.soon(request)
    return request


def _place(request: RefundRequest, reasons: list[str]) -> None:
    """With staff, unless the shop's own rule lets an ordinary one through."""
    most = policy.threshold(settings.CUSTOMER_REFUND_BELOW or "0", request.currency)
    is_let_through = not reasons and request.amount < most
    request.approval_reasons = [] if is_let_through else [policy.CUSTOMER_ASKED, *reasons]
    request.stage = RefundStage.HOLDING if is_let_through else RefundStage.AWAITING_APPROVAL
    request.due_at = services.undo_until() if is_let_through else None


def forget_answers() -> int:
    """Delete answers that are older than their keys are good for; says how many."""
    until = timezone.now() - timedelta(hours=settings.API_IDEMPOTENCY_HOURS)
    deleted, _ = StorefrontAnswer.objects.filter(created_at__lt=until).delete()
    return deleted


def address_refusal(order: PlatformOrder) -> tuple[str, str]:
    """Why its address can't be changed any more, as far as our copy knows; '' when it can."""
    if order.status in ENDED:
        return "ended", "The order is closed: nothing of it will be sent."
    if order.fulfilments or order.status == PlatformOrder.Status.COMPLETED:
        return "fulfilled", "The order was sent already, or a part of it was."
    if not order.shipping_address:
        return "not_sent", "Nothing of the order is sent anywhere."
    return "", ""


def ask_address(*, order: PlatformOrder, address: Mapping[str, Any]) -> AddressUpdateRequest:
    """Ask in a customer's name; staff decide. Within a transaction.

    Raises ``RefusedError`` or ``AddressError``.
    """
    order = headroom.lock(order)
    code, words = address_refusal(order)
    if code:
        raise RefusedError(words, code=code)
    seen, wanted = order.shipping_address, postal.normalised(address)
    if postal.same(seen, wanted):
        raise RefusedError("The order goes to this address already.", code="same_address")
    is_let_through = settings.CUSTOMER_ADDRESS_WITHOUT_STAFF
    request = AddressUpdateRequest(
        order_id=order.order_id, platform=order.platform, asked_by_customer=True,
        new_address=wanted, seen_address=destinations.packed(seen),
        approval_reasons=[] if is_let_through else [policy.CUSTOMER_ASKED],
        stage=AddressStage.CHECKING if is_let_through else AddressStage.AWAITING_APPROVAL,
        due_at=timezone.now() if is_let_through else None,
    )  # fmt: skip
    try:
        addressing.start(request, order, seen, None, what="asked for by a customer")
    except sending.StoppedError as error:
        raise RefusedError(str(error), code=error.code) from None
    queueing.soon(request)
    return request
