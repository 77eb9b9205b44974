"""The page on which a refund is asked for: what to give back, what it comes to, are you sure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from connectors import presenting
from connectors.currencies import unit_of
from connectors.platforms import base
from connectors.platforms.money import RefundPreview
from orders import related
from orders.models import OrderItem, PlatformOrder
from support import addressing, amounts, finishing, policy, sending, services, words
from support.amounts import AmountError, Part
from support.console import pages
from support.models import AddressUpdateRequest, RefundReason, RefundRequest
from support.services import Desk, Quote, Wanted, WantedLine

FOLDER = "admin/support/refundrequest"
ZERO = Decimal(0)
FLAGS = ("notify", "by_hand", "cancel_unsent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line on the page: what was bought, what is left, and what was entered."""

    item: OrderItem
    left: int
    worth: Part
    quantity: str
    restock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What we make of a refund beside what the store does; ``why`` explains a difference."""

    quote: Quote
    preview: RefundPreview
    why: str

    @property
    def after(self) -> Decimal:
        """What is left of the order once it is given back."""
        return self.quote.left - self.quote.amount


def ask_view(request: HttpRequest, order: PlatformOrder, site: Any) -> HttpResponse:
    """Shows the form; checks what was entered; asks once more; and asks the services."""
    policy.demand(request.user, policy.REQUEST)
    entered = pages.entered(request)
    if entered.get("step") == "send":
        return _ask(request, order, entered, site)
    try:
        services.demand_writes(order.connector)
        desk = services.open_desk(order)
    except (base.StoreError, sending.StoppedError) as error:
        return _page(request, site, "closed", order=order, error=str(error))
    if entered.get("step") == "confirm":
        return _confirm(request, desk, entered, site)
    return _form(request, desk, entered or _owed(request, order), site)


def _owed(request: HttpRequest, order: PlatformOrder) -> dict[str, str]:
    """What to enter for the address change that the page's address names, if it left a debt."""
    change = _change(order, request.GET.get("change", ""))
    owed = addressing.refund_owed(change) if change else ZERO
    if change is None or not owed:
        return {}
    return {
        "change": str(change.pk),
        "submit_key": str(addressing.refund_key(change)),
        "goodwill": amounts.said(owed, order.currency).split()[0],
    }


def _change(order: PlatformOrder, text: str) -> AddressUpdateRequest | None:
    try:
        key = uuid.UUID(text)
    except ValueError:
        return None
    rows = AddressUpdateRequest.objects.filter(order_id=order.order_id, platform=order.platform)
    return rows.filter(pk=key).first()


def preview_view(request: HttpRequest, order: PlatformOrder) -> HttpResponse:
    """What the entered refund comes to: a fragment, brought up to date while one types."""
    policy.demand(request.user, policy.REQUEST)
    context: dict[str, Any] = {"order": order}
    try:
        desk = services.open_desk(order)
        context["left"] = desk.left
        wanted = wanted_from(pages.entered(request), desk.sheet.currency)
        if _is_empty(wanted):
            context["is_empty"] = True
        else:
            context["comparison"] = compare(desk, wanted)
    except (AmountError, base.StoreError) as error:
        context["error"] = str(error)
    return TemplateResponse(request, f"{FOLDER}/preview.html", context)


def compare(desk: Desk, wanted: Wanted) -> Comparison:
    """Both sides' reckoning; raises ``AmountError`` or a ``StoreError``."""
    quoted, preview = services.preview(desk, wanted)
    return Comparison(quote=quoted, preview=preview, why=_why(quoted, preview))


def _why(quoted: Quote, preview: RefundPreview) -> str:
    """Why the store suggests another amount, '' where it does not."""
    if preview.suggested is None:
        return ""
    ours = quoted.amount - quoted.goodwill
    off = preview.suggested - ours
    if not off:
        return ""
    unit = unit_of(quoted.currency)
    if abs(off) <= unit * max(len(quoted.lines) * 2, 1):
        return (
            f"The store would give {amounts.said(abs(off), quoted.currency)} "
            f"{'more' if off > 0 else 'less'}: it rounds each unit’s tax by itself. Ours adds up "
            "to exactly what was paid."
        )
    return (
        "The store reckons differently, as with an edited order or a refund that was entered by "
        "amount. What stands here is what is sent."
    )


def wanted_from(entered: Mapping[str, str], currency: str) -> Wanted:
    """What the form says; raises ``AmountError`` naming the field."""
    lines = []
    for name, text in entered.items():
        number = name.removeprefix("line-")
        if number != name and number.isdecimal() and text not in ("", "0"):
            lines.append(
                WantedLine(
                    remote_id=int(number),
                    quantity=_units(text),
                    restock=entered.get(f"restock-{number}") == "on",
                )
            )
    return Wanted(
        lines=lines,
        shipping=_amount("Shipping", entered.get("shipping", ""), currency),
        goodwill=_amount("Amount", entered.get("goodwill", ""), currency),
        reason_code=entered.get("reason_code", ""),
        reason=entered.get("reason", "")[:200],
        **{name: entered.get(name) == "on" for name in FLAGS},
    )


def _units(text: str) -> int:
    if not text.strip().isdecimal() or len(text.strip()) > 6:
        raise AmountError(f"“{text}” is no number of units.")
    return int(text)


def _amount(label: str, text: str, currency: str) -> Decimal:
    if not text.strip():
        return ZERO
    try:
        return amounts.parsed(text, currency)
    except AmountError as error:
        raise AmountError(f"{label}: {error}") from None


def _is_empty(wanted: Wanted) -> bool:
    return not (wanted.lines or wanted.shipping or wanted.goodwill)


def _form(
    request: HttpRequest,
    desk: Desk,
    entered: Mapping[str, str],
    site: Any,
    error: str = "",
    *,
    editing: RefundRequest | None = None,
) -> HttpResponse:
    shipping_left = desk.sheet.shipping.gross - desk.spoken.shipping.gross
    return _page(
        request, site, "ask",
        order=desk.order, desk=desk, entered=entered, error=error, rows=rows_of(desk, entered),
        reasons=RefundReason.objects.filter(is_active=True),
        shipping_left=max(shipping_left, ZERO), left=desk.left,
        is_unsent=finishing.is_unsent(desk.live), may_record=request.user.has_perm(policy.RECORD),
        disputes=desk.live.disputes, editing=editing,
        submit_key=entered.get("submit_key") or uuid.uuid4(),
    )  # fmt: skip


def rows_of(desk: Desk, entered: Mapping[str, str]) -> list[Row]:
    """The lines of the order, with what of each is left."""
    rows = []
    for item in related.lines_of(desk.order):
        line = desk.sheet.lines.get(item.remote_id)
        left = line.quantity - desk.spoken.of(item.remote_id).quantity if line else 0
        worth = amounts.worth(desk.sheet, desk.spoken, item.remote_id, 1) if left > 0 else Part()
        rows.append(
            Row(
                item=item,
                left=max(left, 0),
                worth=worth,
                quantity=entered.get(f"line-{item.remote_id}", ""),
                restock=entered.get(f"restock-{item.remote_id}") == "on",
            )
        )
    return rows


def _confirm(
    request: HttpRequest, desk: Desk, entered: Mapping[str, str], site: Any
) -> HttpResponse:
    """Names the money in words, and who has to agree."""
    try:
        wanted = wanted_from(entered, desk.sheet.currency)
        reason = RefundReason.objects.filter(code=wanted.reason_code, is_active=True).first()
        if reason is None:
            raise AmountError("Choose a reason.")
        comparison = compare(desk, wanted)
    except (AmountError, base.StoreError) as error:
        return _form(request, desk, entered, site, str(error))
    draft = services.draft(desk, comparison.quote, wanted)
    return _page(
        request, site, "confirm",
        order=desk.order, comparison=comparison, wanted=wanted, reason=reason,
        in_words=words.in_words(comparison.quote.amount, comparison.quote.currency),
        approval=policy.reasons_for_two(draft, desk.order, request.user),
        is_unsent=finishing.is_unsent(desk.live),
        entered=[(n, v) for n, v in entered.items() if n not in ("step", "csrfmiddlewaretoken")],
    )  # fmt: skip


def _ask(
    request: HttpRequest, order: PlatformOrder, entered: Mapping[str, str], site: Any
) -> HttpResponse:
    change = _change(order, entered.get("change", ""))
    try:
        made = services.request_refund(
            order=order,
            wanted=wanted_from(entered, order.currency),
            actor=request.user,
            submit_key=pages.key_of(entered.get("submit_key", "")),
        )
    except (AmountError, sending.StoppedError, ValidationError, base.StoreError) as error:
        messages.error(request, f"Nothing was refunded. {pages.problem(error)}")
        return redirect(ask_url(order))
    if change is not None and addressing.refund_owed(change):
        addressing.link_refund(change, made)
    return redirect(presenting.page_of(made))


def edit_view(request: HttpRequest, found: RefundRequest, site: Any) -> HttpResponse:
    """The same form for a refund that was not sent yet; whoever edits it asks anew."""
    policy.demand(request.user, policy.REQUEST)
    policy.demand_own(found, request.user, "change it")
    order = pages.order_of(found.platform, found.order_id)
    try:
        desk = services.open_desk(order, but=found)
        if request.method != "POST":
            return _form(request, desk, entered_of(found), site, editing=found)
        wanted = wanted_from(pages.entered(request), desk.sheet.currency)
        services.edit_refund(request=found, wanted=wanted, actor=request.user)
    except AmountError as error:
        return _form(request, desk, pages.entered(request), site, str(error), editing=found)
    except (ValidationError, sending.StoppedError, base.StoreError) as error:
        messages.error(request, pages.problem(error))
    return redirect(presenting.page_of(found))


def entered_of(found: RefundRequest) -> dict[str, str]:
    """What somebody would have to enter to ask for the same."""
    entered = {f"line-{line['remote_id']}": str(line["quantity"]) for line in found.lines}
    entered |= {f"restock-{line['remote_id']}": "on" for line in found.lines if line["restock"]}
    entered |= {name: "on" for name in FLAGS if getattr(found, name)}
    shipping = found.shipping + found.shipping_tax
    return entered | {
        "shipping": amounts.said(shipping, found.currency).split()[0] if shipping else "",
        "goodwill": amounts.said(found.goodwill, found.currency).split()[0] * bool(found.goodwill),
        "reason_code": found.reason_code,
        "reason": found.reason,
    }


def ask_url(order: PlatformOrder) -> str:
    """The address of the page on which a refund of the order is asked for."""
    return presenting.named("support_refundrequest_ask", order.platform, order.order_id)


def _page(
    request: HttpRequest, site: Any, name: str, *, order: PlatformOrder, **context: Any
) -> HttpResponse:
    return pages.page(
        request, site, f"{FOLDER}/{name}.html", order=order,
        title=f"Refund order #{order.number}", opts=RefundRequest._meta, ask_url=ask_url(order),
        preview_url=presenting.named(
            "support_refundrequest_preview", order.platform, order.order_id
        ),
        **context,
    )  # fmt: skip
