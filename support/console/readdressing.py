"""The page on which another address is entered: its country's form, what changes, are you sure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from connectors import presenting
from connectors.platforms import base
from connectors.platforms.money import LiveOrder
from orders.models import PlatformOrder
from support import addressing, destinations, policy, postal, sending
from support.console import pages
from support.models import AddressUpdateRequest

FOLDER = "admin/support/addressupdaterequest"
SALT = "support.console.readdressing"
# What moves an order to where other taxes are due.
TAXED_BY = {"country", "state", "postcode", "city"}
ANYWHERE = "US"
Parts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A field of the form with what is entered, and what is wrong with it ('' for nothing)."""

    field: postal.Field
    value: str
    error: str


def ask_view(request: HttpRequest, order: PlatformOrder, site: Any) -> HttpResponse:
    """Shows the form; checks what was entered; asks once more; and asks the services."""
    policy.demand(request.user, policy.REQUEST_ADDRESS)
    entered = pages.entered(request)
    if entered.get("step") == "send":
        return _ask(request, order, entered, site)
    try:
        live = addressing.read_live(order)
    except (base.StoreError, sending.StoppedError) as error:
        return _page(request, site, "closed", order=order, error=str(error))
    if entered.get("step") == "confirm":
        return _confirm(request, order, live, entered, site)
    again = _named(request, order, "again")
    return _form(request, order, live, entered or (again.new_address if again else {}), site)


def undo_view(request: HttpRequest, found: AddressUpdateRequest, site: Any) -> HttpResponse:
    """Asks whether the address that was there before is to be put back."""
    policy.demand(request.user, policy.REQUEST_ADDRESS)
    before = destinations.unpacked(found.previous_address)
    order = pages.order_of(found.platform, found.order_id)
    if before is None:
        messages.error(request, "The address that was there before is not known any more.")
        return redirect(presenting.page_of(found))
    try:
        live = addressing.read_live(order)
    except (base.StoreError, sending.StoppedError) as error:
        return _page(request, site, "closed", order=order, error=str(error))
    return _sure(request, order, live, found.new_address, before, site, undoes=found)


def fields_view(request: HttpRequest) -> HttpResponse:
    """The fields of the chosen country: a fragment, with what was entered so far."""
    policy.demand(request.user, policy.REQUEST_ADDRESS)
    entered = pages.entered(request)
    context = {"entries": entries_of(entered, {})}
    return TemplateResponse(request, f"{FOLDER}/fields.html", context)


def entries_of(entered: Parts, errors: Mapping[str, str]) -> Sequence[Entry]:
    """The form of the entered country, in its own order."""
    return [
        Entry(
            field=field,
            value=_value(field, entered),
            error=errors.get(field.name, ""),
        )
        for field in postal.form(_country(entered))
    ]


def _value(field: postal.Field, entered: Parts) -> str:
    """What is entered; of a list of choices the one that is meant."""
    text = str(entered.get(field.name) or "")
    meant = [
        code for code, name in field.choices if _folded(text) in (_folded(code), _folded(name))
    ]
    return meant[0] if meant else text


def _folded(text: str) -> str:
    return text.strip().casefold()


def _country(entered: Parts) -> str:
    code = str(entered.get("country") or "").upper()
    return code if code in dict(postal.countries()) else ANYWHERE


def _form(
    request: HttpRequest, order: PlatformOrder, live: LiveOrder, entered: Parts, site: Any,
    errors: Mapping[str, str] | None = None, error: str = "",
) -> HttpResponse:  # fmt: skip
    seen = live.record.shipping_address
    values = entered or seen or {"country": (order.billing_address or {}).get("country", "")}
    errors = errors or {}
    return _page(
        request, site, "ask",
        order=order, entries=entries_of(values, errors), country=_country(values),
        countries=postal.countries(), error=error or errors.get("country", ""),
        has_errors=bool(errors), seen=signed(seen), now=seen,
        approval=destinations.reasons_for_two(live),
        submit_key=entered.get("submit_key") or uuid.uuid4(),
    )  # fmt: skip


def signed(address: Parts) -> str:
    """What staff had before them, for the form to carry along."""
    return signing.dumps(dict(address), salt=SALT)


def _seen(entered: Mapping[str, str]) -> dict[str, str]:
    """Raises ``BadSignature`` for what was tampered with."""
    found: dict[str, str] = signing.loads(entered.get("seen", ""), salt=SALT)
    return found


def _confirm(
    request: HttpRequest, order: PlatformOrder, live: LiveOrder, entered: dict[str, str], site: Any
) -> HttpResponse:
    """What changes, part by part, and what that does to the tax."""
    try:
        wanted = postal.normalised(entered)
        seen = _seen(entered)
    except postal.AddressError as error:
        return _form(request, order, live, entered, site, errors=error.errors)
    except signing.BadSignature:
        return _form(request, order, live, entered, site, error="Look at the address once more.")
    now = live.record.shipping_address
    if postal.same(now, wanted):
        return _form(request, order, live, entered, site, error="The order goes there already.")
    if not postal.same(now, seen):
        conflict = addressing.ConflictError(
            conflicts=postal.three_way(seen, now, wanted), live=dict(now)
        )
        return _conflict(request, order, conflict, entered, site)
    return _sure(request, order, live, seen, wanted, site, submit_key=entered.get("submit_key", ""))


def _sure(
    request: HttpRequest, order: PlatformOrder, live: LiveOrder, seen: Parts, wanted: Parts,
    site: Any, *, undoes: AddressUpdateRequest | None = None, submit_key: str = "",
) -> HttpResponse:  # fmt: skip
    changes = postal.differences(seen, wanted)
    entered = {**wanted, "seen": signed(seen), "submit_key": submit_key or str(uuid.uuid4())}
    if undoes is not None:
        entered["undoes"] = str(undoes.pk)
    return _page(
        request, site, "confirm",
        order=order, live=live, changes=changes, undoes=undoes,
        moves_tax=any(one.name in TAXED_BY for one in changes),
        approval=destinations.reasons_for_two(live), entered=list(entered.items()),
    )  # fmt: skip


def _ask(
    request: HttpRequest, order: PlatformOrder, entered: dict[str, str], site: Any
) -> HttpResponse:
    try:
        key = pages.key_of(entered.get("submit_key", ""))
        undoes = _undone(entered, order)
        if undoes is not None:
            made = addressing.undo_address(request=undoes, actor=request.user, submit_key=key)
        else:
            made = addressing.request_address(
                order=order, address=entered, seen=_seen(entered), actor=request.user,
                submit_key=key,
            )  # fmt: skip
    except addressing.ConflictError as error:
        return _conflict(request, order, error, entered, site)
    except signing.BadSignature:
        messages.error(request, "Nothing was changed. Look at the address once more.")
        return redirect(ask_url(order))
    except (
        ValidationError, postal.AddressError, sending.StoppedError, base.StoreError
    ) as error:  # fmt: skip
        messages.error(request, f"Nothing was changed. {pages.problem(error)}")
        return redirect(ask_url(order))
    return redirect(presenting.page_of(made))


def _undone(entered: Mapping[str, str], order: PlatformOrder) -> AddressUpdateRequest | None:
    if "undoes" not in entered:
        return None
    return get_object_or_404(
        AddressUpdateRequest, pk=pages.key_of(entered["undoes"]), order_id=order.order_id,
        platform=order.platform,
    )  # fmt: skip


def _conflict(
    request: HttpRequest, order: PlatformOrder, error: addressing.ConflictError,
    entered: dict[str, str], site: Any,
) -> HttpResponse:  # fmt: skip
    """The three addresses beside each other; nothing is overwritten unless somebody says so."""
    kept = {name: text for name, text in entered.items()
            if name not in ("step", "csrfmiddlewaretoken", "undoes", "submit_key")}  # fmt: skip
    kept["seen"] = signed(error.live)
    return _page(
        request, site, "conflict",
        order=order, conflicts=error.conflicts, entered=list(kept.items()), message=str(error),
    )  # fmt: skip


def _named(request: HttpRequest, order: PlatformOrder, name: str) -> AddressUpdateRequest | None:
    """The order's request that the address of the page names."""
    try:
        key = uuid.UUID(request.GET.get(name, ""))
    except ValueError:
        return None
    rows = AddressUpdateRequest.objects.filter(order_id=order.order_id, platform=order.platform)
    return rows.filter(pk=key).first()


def ask_url(order: PlatformOrder) -> str:
    """The address of the page on which another address is entered."""
    return presenting.named("support_addressupdaterequest_ask", order.platform, order.order_id)


def _page(
    request: HttpRequest, site: Any, name: str, *, order: PlatformOrder, **context: Any
) -> HttpResponse:
    return pages.page(
        request, site, f"{FOLDER}/{name}.html", order=order,
        title=f"Change the address of order #{order.number}", opts=AddressUpdateRequest._meta,
        ask_url=ask_url(order), fields_url=presenting.named("support_addressupdaterequest_fields"),
        **context,
    )  # fmt: skip
