"""What the page of an address change shows: its state, what changes, and all evidence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from connectors import presenting
from orders import addresses
from support import addressing, audit, destinations, explaining_addresses, policy, postal
from support.console import asking, readdressing
from support.models import AddressUpdateRequest
from support.stages import ADDRESS_UNSENT, AddressStage

COLOURS = {
    AddressStage.UPDATED: presenting.GOOD,
    AddressStage.REJECTED: presenting.BAD,
    AddressStage.NOT_APPLIED: presenting.BAD,
    AddressStage.CONFLICT: presenting.BAD,
    AddressStage.UNKNOWN: presenting.BAD,
    AddressStage.AWAITING_APPROVAL: presenting.WAITING,
    AddressStage.CHECKING: presenting.MOVING,
    AddressStage.SENDING: presenting.MOVING,
    AddressStage.VERIFYING: presenting.MOVING,
}


def badge(change: AddressUpdateRequest) -> presenting.Badge:
    """The stage, coloured."""
    return presenting.Badge(
        text=str(change.get_stage_display()), colour=COLOURS.get(AddressStage(change.stage), "")
    )


def state_context(request: HttpRequest, change: AddressUpdateRequest) -> dict[str, Any]:
    """What the part of the page shows that is brought up to date by itself."""
    explained = explaining_addresses.explained(change)
    order = change.order
    return {
        "asked": change,
        "badge": badge(change),
        "explained": explained,
        "may_act": _may_act(request, change, explained.action),
        "is_settled": change.is_final,
        "again_url": f"{readdressing.ask_url(order)}?again={change.pk}",
        "store_url": presenting.page_of(order.connector),
        **_money(request, change),
    }


def _money(request: HttpRequest, change: AddressUpdateRequest) -> dict[str, Any]:
    """What the change did to the order's total, and what follows."""
    user: Any = request.user
    owed = addressing.refund_owed(change)
    more = Decimal(0)
    if change.total_before is not None and change.total_after is not None:
        more = max(change.total_after - change.total_before, more)
    return {
        "owed": owed,
        "more": more,
        "refund_url": f"{asking.ask_url(change.order)}?change={change.pk}"
        if owed and user.has_perm(policy.REQUEST)
        else "",
    }


def _may_act(request: HttpRequest, change: AddressUpdateRequest, action: str) -> bool:
    """Whether this member of staff may do what is next."""
    user: Any = request.user
    is_own = policy.is_own(change, user)
    if action == "approve":
        return bool(user.has_perm(policy.approving(change))) and not is_own
    if action == "cancel":
        may = bool(user.has_perm(policy.REQUEST_ADDRESS))
        return may and (is_own or bool(user.has_perm(policy.APPROVE_ADDRESS)))
    if action == "again":
        return bool(user.has_perm(policy.REQUEST_ADDRESS))
    return action == "reconnect"


def page_context(request: HttpRequest, change: AddressUpdateRequest) -> dict[str, Any]:
    """Everything else."""
    order = change.order
    user: Any = request.user
    seen = destinations.unpacked(change.seen_address)
    before = destinations.unpacked(change.previous_address) or seen
    live = destinations.unpacked(change.live_address)
    return {
        "title": f"Address of order #{order.number}",
        "subtitle": None,
        **state_context(request, change),
        "order": order,
        "order_url": presenting.page_of(order),
        "changes": postal.differences(before or {}, change.new_address),
        "conflicts": postal.three_way(before or {}, live, change.new_address) if live else (),
        "wanted": addresses.address(change.new_address),
        "before": addresses.address(before),
        "content": destinations.content_hash(change),
        "events": audit.events_of(change),
        "may_cancel": change.stage in ADDRESS_UNSENT and _may_act(request, change, "cancel"),
        "may_approve": change.stage == AddressStage.AWAITING_APPROVAL
        and _may_act(request, change, "approve"),
        "may_undo": change.stage == AddressStage.UPDATED
        and change.previous_address is not None
        and user.has_perm(policy.REQUEST_ADDRESS),
    }
