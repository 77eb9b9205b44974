"""What staff do about a refund that was asked for: approve, decline, take back, edit, settle."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from connectors import presenting
from connectors.platforms import base
from support import amounts, sending, services
from support.console import asking
from support.models import RefundRequest
from support.services import Verdict

FAILURES = (ValidationError, amounts.AmountError, sending.StoppedError, base.StoreError)
Decision = Callable[[HttpRequest, RefundRequest], str]


def decide(request: HttpRequest, key: uuid.UUID, what: str) -> HttpResponse:
    """Carries a decision out and shows the refund; what can't be done is said, and changes nothing.

    Raises ``PermissionDenied`` for somebody who may not decide.
    """
    found = RefundRequest.objects.filter(pk=key).first()
    if found is None or what not in DECISIONS:
        raise Http404
    try:
        messages.success(request, DECISIONS[what](request, found))
    except FAILURES as error:
        messages.error(request, asking.problem(error))
    return redirect(presenting.page_of(found))


def _approve(request: HttpRequest, found: RefundRequest) -> str:
    services.approve_refund(
        request=found, actor=request.user, content=request.POST.get("content", "")
    )
    return "Approved. It is sent in a few seconds."


def _decline(request: HttpRequest, found: RefundRequest) -> str:
    reason = request.POST.get("reason", "").strip()
    services.decline_refund(request=found, actor=request.user, reason=reason)
    return "Declined: no money moves."


def _cancel(request: HttpRequest, found: RefundRequest) -> str:
    services.cancel_refund(request=found, actor=request.user)
    return "Taken back: nothing was sent."


def _resolve(request: HttpRequest, found: RefundRequest) -> str:
    happened, remote_id = _verdict(request.POST.get("verdict", ""))
    verdict = Verdict(
        happened=happened, remote_id=remote_id, reason=request.POST.get("reason", "").strip()
    )
    done = services.resolve_refund(request=found, verdict=verdict, actor=request.user)
    return "Settled." if done.is_final else "Kept. Somebody else has to confirm it now."


def _verdict(text: str) -> tuple[bool, int | None]:
    """“no”, “elsewhere” (it happened, the store has no refund) or the id of the store's refund."""
    if text == "no":
        return False, None
    if text == "elsewhere":
        return True, None
    if text.isdecimal() and len(text) < 19:
        return True, int(text)
    raise ValidationError("Choose what happened.")


DECISIONS: dict[str, Decision] = {
    "approve": _approve,
    "decline": _decline,
    "cancel": _cancel,
    "resolve": _resolve,
}
