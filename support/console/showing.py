"""What the page of a refund shows: its state, what it is made of, and every piece of evidence."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from connectors import presenting
from orders import presenting as order_page
from orders import related
from orders.models import OrderItem, PlatformOrder
from support import audit, explaining, headroom, payloads, policy, words
from support.models import RefundReason, RefundRequest, RequestEvent
from support.stages import UNSENT, RefundStage

COLOURS = {
    RefundStage.PROCESSED: presenting.GOOD,
    RefundStage.REJECTED: presenting.BAD,
    RefundStage.UNKNOWN: presenting.BAD,
    RefundStage.NEEDS_HUMAN: presenting.BAD,
    RefundStage.AWAITING_APPROVAL: presenting.WAITING,
    RefundStage.APPROVED: presenting.MOVING,
    RefundStage.HOLDING: presenting.MOVING,
    RefundStage.SENDING: presenting.MOVING,
    RefundStage.ACCEPTED: presenting.MOVING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the refund: what, how many, and for how much with its tax."""

    label: str
    quantity: int | None
    gross: Decimal
    detail: str = ""


def badge(request: RefundRequest) -> presenting.Badge:
    """The stage, coloured."""
    return presenting.Badge(
        text=str(request.get_stage_display()), colour=COLOURS.get(RefundStage(request.stage), "")
    )


def state_context(request: HttpRequest, refund: RefundRequest) -> dict[str, Any]:
    """What the part of the page shows that is brought up to date by itself."""
    explained = explaining.explained(refund)
    return {
        "refund": refund,
        "badge": badge(refund),
        "explained": explained,
        "may_act": _may_act(request, refund, explained.action),
        "undo_seconds": _undo_seconds(refund),
        "is_settled": refund.is_final and refund.cancelling != RefundRequest.Cancelling.WAITING,
        "order_url": presenting.page_of(refund.order),
        "ask_url": presenting.named(
            "support_refundrequest_ask", refund.platform, refund.order_id
        ),
        "store_url": presenting.page_of(refund.order.connector),
    }  # fmt: skip


def _undo_seconds(refund: RefundRequest) -> int:
    if refund.stage != RefundStage.HOLDING or refund.due_at is None:
        return 0
    return max(round((refund.due_at - presenting.now()).total_seconds()), 0)


def _may_act(request: HttpRequest, refund: RefundRequest, action: str) -> bool:
    """Whether this member of staff may do what is next."""
    user: Any = request.user
    is_own = policy.is_own(refund, user)
    if action == "approve":
        return user.has_perm(policy.approving(refund)) and not is_own
    if action == "cancel":
        return user.has_perm(policy.REQUEST) and (is_own or user.has_perm(policy.APPROVE))
    if action == "resolve":
        return bool(user.has_perm(policy.RESOLVE))
    if action == "again":
        return bool(user.has_perm(policy.REQUEST))
    return action == "reconnect"


def page_context(request: HttpRequest, refund: RefundRequest) -> dict[str, Any]:
    """Everything else."""
    order = refund.order
    reason = RefundReason.objects.filter(code=refund.reason_code).first()
    return {
        "title": f"Refund of order #{order.number}",
        "subtitle": None,
        **state_context(request, refund),
        "order": order,
        "parts": parts_of(refund, list(related.lines_of(order))),
        "reason": reason or refund.reason_code,
        "in_words": words.in_words(refund.amount, refund.currency) if refund.currency else "",
        "left": _left(refund, order),
        "content": payloads.content_hash(refund),
        "events": audit.events_of(refund),
        "store_refunds": order_page.refunds(order),
        "takes_two": policy.resolving_takes_two(refund),
        "may_cancel": refund.stage in UNSENT and _may_act(request, refund, "cancel"),
        "may_approve": refund.stage == RefundStage.AWAITING_APPROVAL
        and _may_act(request, refund, "approve"),
        "may_resolve": refund.stage in (RefundStage.UNKNOWN, RefundStage.NEEDS_HUMAN)
        and _may_act(request, refund, "resolve"),
    }


def _left(refund: RefundRequest, order: PlatformOrder) -> Decimal:
    """What the order has left by our own books."""
    left: Decimal = order.exact_total - headroom.spoken_for(order).amount
    return max(left, Decimal(0))


def parts_of(refund: RefundRequest, items: list[OrderItem]) -> list[Part]:
    """What the amount is made of."""
    titles = {item.remote_id: item.title or item.sku or "A line" for item in items}
    found = [
        Part(
            label=titles.get(line["remote_id"], "A line that the order no longer has"),
            quantity=line["quantity"],
            gross=Decimal(line["total"]) + Decimal(line["tax"]),
            detail="goes back into stock" if line.get("restock") else "",
        )
        for line in refund.lines
    ]
    shipping = refund.shipping + refund.shipping_tax
    if shipping:
        found.append(Part(label="Shipping", quantity=None, gross=shipping))
    if refund.goodwill:
        found.append(Part(label="Amount beside the lines", quantity=None, gross=refund.goodwill))
    return found


def says(event: RequestEvent) -> str:
    """An event in words."""
    text = event.what[:1].upper() + event.what[1:]
    is_told = event.outcome and event.outcome not in text
    return f"{text}: {event.outcome.replace('_', ' ')}" if is_told else text
