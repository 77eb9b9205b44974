"""What an order's page shows of refunds and address changes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from orders.models import PlatformOrder
from orders.panels import Action
from support import explaining, explaining_addresses, policy
from support.console import asking, bulk, destinations, readdressing, showing
from support.models import AddressUpdateRequest, RefundRequest

NOT_REFUNDABLE = (
    PlatformOrder.Status.DRAFT, PlatformOrder.Status.TRASHED, PlatformOrder.Status.DELETED,
)  # fmt: skip
FEW = 5


def buttons(request: HttpRequest, order: PlatformOrder) -> SafeString:
    """What this member of staff may do with the order."""
    user: Any = request.user
    context = {
        "refund_url": asking.ask_url(order) if user.has_perm(policy.REQUEST) else "",
        "address_url": readdressing.ask_url(order) if user.has_perm(policy.REQUEST_ADDRESS) else "",
        "is_closed": order.status in NOT_REFUNDABLE or order.deleted_at is not None,
        "is_off": not order.connector.writes_enabled,
    }
    return render_to_string("admin/support/buttons.html", context)


def panel(request: HttpRequest, order: PlatformOrder) -> SafeString:
    """What was asked for on this order."""
    user: Any = request.user
    refunds, changes = [], []
    if user.has_perm("support.view_refundrequest"):
        rows = RefundRequest.objects.of_order(order).filter(is_external=False)[:FEW]
        refunds = [(one, showing.badge(one), explaining.explained(one)) for one in rows]
    if user.has_perm("support.view_addressupdaterequest"):
        found = AddressUpdateRequest.objects.filter(
            order_id=order.order_id, platform=order.platform
        )[:FEW]
        changes = [
            (one, destinations.badge(one), explaining_addresses.explained(one)) for one in found
        ]
    context = {"refunds": refunds, "changes": changes, "order": order}
    return render_to_string("admin/support/panel.html", context)


REFUND_WHOLE = Action(
    name="refund_whole",
    label="Refund whole…",
    permission=policy.REQUEST,
    run=lambda request, chosen: bulk.dry_run(request, chosen),
)
