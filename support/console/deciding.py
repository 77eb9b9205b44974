"""What staff do about what was asked for: approve, decline, take back, settle."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from connectors import presenting
from connectors.platforms import base
from support import addressing, amounts, sending, services, settling
from support.console import pages
from support.models import AddressUpdateRequest, RefundRequest
from support.settling import Verdict

FAILURES = (ValidationError, amounts.AmountError, sending.StoppedError, base.StoreError)
Decision = Callable[[HttpRequest, RefundRequest], str]
AddressDecision = Callable[[HttpRequest, AddressUpdateRequest], str]


def decide(request: HttpRequest, key: uuid.UUID, what: str) -> HttpResponse:
    """Carries a decision out and shows the refund; what can't be done is said, and changes nothing.

    Raises ``PermissionDenied`` for somebody who may not decide.
    """
    return _decided(request, RefundRequest.objects.filter(pk=key).first(), DECISIONS.get(what))


def decide_address(request: HttpRequest, key: uuid.UUID, what: str) -> HttpResponse:
    """The same of an address change."""
    found = AddressUpdateRequest.objects.filter(pk=key).first()
    return _decided(request, found, ADDRESS_DECISIONS.get(what))


def _decided(request: HttpRequest, found: Any, decision: Any) -> HttpResponse:
    if found is None or decision is None:
        raise Http404
    try:
        messages.success(request, decision(request, found))
    except FAILURES as error:
        messages.error(request, pages.problem(error))
    return redirect(presenting.page_of(found))


def _approve(request: HttpRequest, found: RefundRequest) -> str:
    services.approve_refund(
        request=found, actor=request.user, content=pages.entered(request).get("content", "")
    )
    return "Approved. It is sent in a few seconds."


def _decline(request: HttpRequest, found: RefundRequest) -> str:
    reason = pages.entered(request).get("reason", "")
    services.decline_refund(request=found, actor=request.user, reason=reason)
    return "Declined: no money moves."


def _cancel(request: HttpRequest, found: RefundRequest) -> str:
    services.cancel_refund(request=found, actor=request.user)
    return "Taken back: nothing was sent."


def _resolve(request: HttpRequest, found: RefundRequest) -> str:
    happened, remote_id = _verdict(pages.entered(request).get("verdict", ""))
    verdict = Verdict(
        happened=happened, remote_id=remote_id, reason=pages.entered(request).get("reason", "")
    )
    done = settling.resolve_refund(request=found, verdict=verdict, actor=request.user)
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


def _approve_address(request: HttpRequest, found: AddressUpdateRequest) -> str:
    addressing.approve_address(
        request=found, actor=request.user, content=pages.entered(request).get("content", "")
    )
    return "Approved. It is sent to the store now."


def _decline_address(request: HttpRequest, found: AddressUpdateRequest) -> str:
    reason = pages.entered(request).get("reason", "")
    addressing.decline_address(request=found, actor=request.user, reason=reason)
    return "Declined: nothing was changed."


def _cancel_address(request: HttpRequest, found: AddressUpdateRequest) -> str:
    addressing.cancel_address(request=found, actor=request.user)
    return "Taken back: nothing was changed."


DECISIONS: dict[str, Decision] = {
    "approve": _approve,
    "decline": _decline,
    "cancel": _cancel,
    "resolve": _resolve,
}
ADDRESS_DECISIONS: dict[str, AddressDecision] = {
    "approve": _approve_address,
    "decline": _decline_address,
    "cancel": _cancel_address,
}
