"""Who may do what with money, and when a second person has to agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils import timezone

from orders.models import PlatformOrder
from support.amounts import said
from support.models import OrderRequest, RefundLimit, RefundRequest
from support.stages import RESERVED, RefundStage

REQUEST, APPROVE = "support.request_refund", "support.approve_refund"
RESOLVE, RECORD = "support.resolve_refund", "support.record_refund"
REQUEST_ADDRESS, APPROVE_ADDRESS = "support.request_address", "support.approve_address"
CUSTOMER_ASKED = "A customer asked for it."
DAYS = 30
ZERO = Decimal(0)


class NotAllowedError(PermissionDenied):
    """The person may not do this; the message says why, and who may."""


def demand(user: Any, permission: str) -> None:
    """Raises ``NotAllowedError`` unless the user has the permission."""
    if not user.has_perm(permission):
        raise NotAllowedError("Your account may not do this. Ask a lead or an administrator.")


def limit_of(user: Any, currency: str) -> Decimal:
    """Up to how much the user may refund or approve at once; 0 for somebody without a limit."""
    rows = RefundLimit.objects.filter(currency__in=(currency, ""))
    if not user.is_superuser:
        rows = rows.filter(group__user=user)
    own: dict[int, tuple[str, Decimal]] = {}
    for group, code, amount in rows.values_list("group_id", "currency", "amount"):
        if group not in own or code:
            own[group] = (code, amount)
    return max((amount for _, amount in own.values()), default=ZERO)


def reasons_for_two(request: RefundRequest, order: PlatformOrder, user: Any) -> list[str]:
    """Why a second person has to agree to this request of this user; none for an ordinary one.

    Without a user it is a customer's own, and nobody's limit counts.
    """
    found = []
    limit = request.amount if user is None else limit_of(user, request.currency)
    if request.amount > limit:
        found.append(f"It is more than your limit of {said(limit, request.currency)}.")
    most = order.exact_total * settings.REFUND_GOODWILL_SHARE / 100
    if request.goodwill > most:
        found.append(
            f"The goodwill is more than {settings.REFUND_GOODWILL_SHARE} % of the order’s total."
        )
    count = recent_refunds(order, but=request)
    if count >= settings.REFUND_CUSTOMER_COUNT:
        refunds = f"{count} refund{'' if count == 1 else 's'}"
        found.append(f"This customer got {refunds} in the last {DAYS} days.")
    if timezone.now() - order.created_at > timedelta(days=settings.REFUND_OLD_ORDER_DAYS):
        found.append(f"The order is older than {settings.REFUND_OLD_ORDER_DAYS} days.")
    if request.by_hand:
        found.append("The store only writes it down: somebody else should see that it was paid.")
    return found


def recent_refunds(order: PlatformOrder, *, but: RefundRequest) -> int:
    """How many refunds the order's customer got lately, on any order of the store."""
    who = Q(order__customer_id=order.customer_id) if order.customer_id else Q()
    if order.email:
        who |= Q(order__email=order.email)
    if not who:
        who = Q(order_id=order.order_id)
    since = timezone.now() - timedelta(days=DAYS)
    rows = RefundRequest.objects.filter(
        who, platform=order.platform, requested_at__gte=since,
        stage__in=(*RESERVED, RefundStage.PROCESSED),
    )  # fmt: skip
    return rows.exclude(pk=but.pk).count()


def approving(request: OrderRequest) -> str:
    """The permission of who says yes or no: for a customer's ordinary request, that to ask.

    Staff may ask for as much by themselves; the customer is the second person.
    """
    is_ordinary = request.asked_by_customer and request.approval_reasons == [CUSTOMER_ASKED]
    if isinstance(request, RefundRequest):
        return REQUEST if is_ordinary else APPROVE
    return REQUEST_ADDRESS if is_ordinary else APPROVE_ADDRESS


def is_own(request: OrderRequest, user: Any) -> bool:
    """Whether the user asked for it, or edited it last."""
    return user.pk in (request.requested_by_id, getattr(request, "edited_by_id", None))


def demand_second(request: OrderRequest, user: Any) -> None:
    """Raises ``NotAllowedError`` unless the user may agree to what somebody else asked for."""
    demand(user, approving(request))
    if is_own(request, user):
        raise NotAllowedError(
            "You asked for this or edited it last, so somebody else has to approve it."
        )


def demand_own(request: RefundRequest, user: Any, what: str) -> None:
    """Raises ``NotAllowedError`` unless the user asked for it, edited it last, or is a lead."""
    if not is_own(request, user) and not user.has_perm(APPROVE):
        raise NotAllowedError(f"Only who asked for it, or a lead, can {what}.")


def demand_limit(request: RefundRequest, user: Any) -> None:
    """Raises ``NotAllowedError`` for an amount beyond the user's limit."""
    limit = limit_of(user, request.currency)
    if request.amount > limit:
        raise NotAllowedError(
            f"It is more than your limit of {said(limit, request.currency)}: somebody with a "
            "higher limit has to approve it."
        )


def resolving_takes_two(request: RefundRequest) -> bool:
    """Whether one person alone may not say what became of it."""
    limit = threshold(settings.REFUND_RESOLVE_ABOVE, request.currency)
    return bool(request.amount > limit)


def threshold(text: str, currency: str) -> Decimal:
    """The amount that a setting has for a currency."""
    found = _thresholds(text)
    return found.get(currency, found[""])


@lru_cache
def _thresholds(text: str) -> Mapping[str, Decimal]:
    """The amounts of a setting such as ``100,JPY=15000`` by currency, '' for the others."""
    found = {"": ZERO}
    for part in filter(None, (one.strip() for one in text.split(","))):
        code, _, amount = part.rpartition("=")
        found[code.strip().upper()] = Decimal(amount.strip())
    return found
