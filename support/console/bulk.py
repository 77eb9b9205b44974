"""Refunding many orders whole: a dry run first, then one result for each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from connectors.platforms import base
from orders.models import PlatformOrder
from support import amounts, policy, sending, services
from support.console import pages
from support.models import RefundReason, RefundRequest
from support.postal.text import cleaned
from support.services import Desk, Wanted, WantedLine

MOST = 50
NAMESPACE = uuid.UUID("5d0c1a36-62f1-4f5e-9a43-3a7b3f0e7c11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A chosen order; ``agreed`` is what the dry run said, None before it."""

    order: PlatformOrder
    agreed: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a refund of an order would come to or came to; ``problem`` is why it can't be."""

    order: PlatformOrder
    amount: Decimal = Decimal(0)
    made: RefundRequest | None = None
    approval: Sequence[str] = ()
    problem: str = ""

    @property
    def key(self) -> str:
        """How the form of a dry run names the order and what was said of it."""
        return f"{self.order.platform} {self.order.order_id} {self.amount}"


def dry_run(request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
    """What refunding the chosen orders whole would come to; sends nothing."""
    keys = [f"{platform} {order_id}" for order_id, platform in
            chosen.values_list("order_id", "platform")[: MOST * 10]]  # fmt: skip
    return _page(request, admin.site, keys)


def bulk_view(request: HttpRequest, site: Any) -> HttpResponse:
    """Asks for refunds of the orders of a dry run, once that is confirmed."""
    return _page(request, site, request.POST.getlist("order"))


def _page(request: HttpRequest, site: Any, keys: Sequence[str]) -> HttpResponse:
    policy.demand(request.user, policy.REQUEST)
    entered = pages.entered(request)
    reason = RefundReason.objects.filter(code=entered.get("reason_code", "")).first()
    is_sure = entered.get("step") == "send" and reason is not None
    batch = entered.get("batch") or str(uuid.uuid4())
    rows = [
        _made(one, request, reason, batch) if is_sure and reason else _tried(one.order, request)
        for one in _choices(keys[:MOST])
    ]
    return TemplateResponse(
        request,
        "admin/support/refundrequest/bulk.html",
        {
            **site.each_context(request),
            "title": "Refund orders",
            "opts": RefundRequest._meta,
            "rows": rows,
            "is_done": is_sure,
            "batch": batch,
            "left_out": max(len(keys) - MOST, 0),
            "most": MOST,
            "reasons": RefundReason.objects.filter(is_active=True),
            "possible": sum(not row.problem for row in rows),
            "totals": _totals(rows),
        },
    )


def _choices(keys: Sequence[str]) -> Iterator[Choice]:
    """Keys are ``platform order_id`` and, after the dry run, the amount."""
    for key in dict.fromkeys(keys):
        platform, order_id, agreed = (*cleaned(key).split(" "), "", "", "")[:3]
        rows = PlatformOrder.objects.select_related("connector")
        found = rows.filter(platform=platform, order_id=order_id).first()
        if found is not None:
            yield Choice(order=found, agreed=_amount(agreed))


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def everything(desk: Desk, reason_code: str) -> Wanted:
    """All that is left of an order: its lines, its shipping, and what belongs to neither.

    Raises ``AmountError`` where that is nothing.
    """
    if desk.left <= 0:
        raise amounts.AmountError(
            f"{amounts.said(desk.left, desk.sheet.currency)} left to give back."
        )
    lines = []
    gross = Decimal(0)
    for line in desk.sheet.lines.values():
        left = line.quantity - desk.spoken.of(line.remote_id).quantity
        if left > 0:
            lines.append(WantedLine(remote_id=line.remote_id, quantity=left))
            gross += amounts.worth(desk.sheet, desk.spoken, line.remote_id, left).gross
    shipping = max(desk.sheet.shipping.gross - desk.spoken.shipping.gross, Decimal(0))
    rest = desk.left - gross - shipping
    if rest < 0:
        # Part of the lines' money was given back by amount: what is left is left as an amount.
        return Wanted(goodwill=desk.left, reason_code=reason_code)
    return Wanted(lines=lines, shipping=shipping, goodwill=rest, reason_code=reason_code)


def _tried(order: PlatformOrder, request: HttpRequest) -> Row:
    try:
        services.demand_writes(order.connector)
        desk = services.open_desk(order)
        wanted = everything(desk, "")
        quoted = services.quote(desk, wanted)
        draft = services.checked_draft(desk, quoted, wanted)
    except (amounts.AmountError, sending.StoppedError, base.StoreError) as error:
        return Row(order=order, problem=str(error))
    approval = policy.reasons_for_two(draft, order, request.user)
    return Row(order=order, amount=quoted.amount, approval=approval)


def _made(choice: Choice, request: HttpRequest, reason: RefundReason, batch: str) -> Row:
    """One request for each order of a batch, however often the form is sent."""
    order = choice.order
    key = uuid.uuid5(NAMESPACE, f"{batch} {order.platform} {order.order_id}")
    try:
        made = services.submitted(key, order)
        if made is None:
            wanted = _agreed(choice, reason)
            made = services.request_refund(
                order=order, wanted=wanted, actor=request.user, submit_key=key
            )
    except (amounts.AmountError, sending.StoppedError, base.StoreError) as error:
        return Row(order=order, problem=str(error))
    return Row(order=order, amount=made.amount, made=made, approval=made.approval_reasons)


def _agreed(choice: Choice, reason: RefundReason) -> Wanted:
    """All that is left, if that is what the dry run said; else raises ``AmountError``."""
    desk = services.open_desk(choice.order)
    wanted = everything(desk, reason.code)
    amount = services.quote(desk, wanted).amount
    if amount != choice.agreed:
        raise amounts.AmountError(
            f"It changed since the dry run, {amounts.said(amount, desk.sheet.currency)} would go "
            "back now: choose it again."
        )
    return wanted


def _totals(rows: Sequence[Row]) -> list[tuple[str, Decimal]]:
    found: dict[str, Decimal] = {}
    for row in rows:
        if not row.problem:
            found[row.order.currency] = found.get(row.order.currency, Decimal(0)) + row.amount
    return sorted(found.items())
