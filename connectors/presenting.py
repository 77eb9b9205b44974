"""How values read in the console: amounts, moments, states, links."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlsplit

from django.contrib.admin.utils import quote as admin_quote
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from connectors import currencies, status

ABBREVIATIONS = {"Sku": "SKU", "sku": "SKU", "id": "ID"}
MINUS = "−"
NONE = "–"


def amount(value: Any, currency: str) -> str:
    """An exact amount without its currency: never fewer decimals than usual, none cut off."""
    number = decimal(value)
    if number is None:
        return NONE
    digits = f"{abs(number):f}"
    fraction = digits.partition(".")[2].rstrip("0")
    places = max(currencies.decimals_of(currency), len(fraction))
    text = number_format(abs(number), decimal_pos=places, use_l10n=True, force_grouping=True)
    return f"{MINUS if number < 0 else ''}{text}"


def money(value: Any, currency: str) -> str:
    """An exact amount with its currency, e.g. ``GBP 1,234.50``."""
    text = amount(value, currency)
    return text if text == NONE or not currency else f"{currency} {text}"


def decimal(value: Any) -> Decimal | None:
    """The decimal that a number or a text holds; None where it holds none."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def whole(value: int | None) -> str:
    """A count with thousands separators."""
    return NONE if value is None else number_format(value, use_l10n=True, force_grouping=True)


def percent(value: float | None) -> str:
    """A share of one in per cent, with one decimal."""
    return NONE if value is None else f"{value * 100:.1f} %"


def moment(value: datetime | None) -> str:
    """A moment in the installation's time zone, with the zone's name."""
    if value is None:
        return NONE
    local = timezone.localtime(value)
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


def when(value: datetime | None) -> SafeString:
    """A moment that stays on one line of a list."""
    return format_html('<span class="sk-nowrap">{}</span>', moment(value))


def ago(value: datetime | None) -> str:
    """How long ago a moment was, in its largest unit."""
    if value is None:
        return "never"
    now = timezone.now()
    if abs(now - value) < timedelta(minutes=1):
        return "just now"
    return f"in {timesince(now, value, depth=1)}" if value > now else f"{timesince(value)[:40]} ago"


def now() -> datetime:
    """The present moment."""
    return timezone.now()


def age(value: timedelta | None) -> str:
    """A stretch of time; None means that there is no complete copy yet."""
    return "not copied yet" if value is None else status.age(value)


def moment_of(text: Any) -> datetime | None:
    """The moment that a text of a snapshot holds; None where it holds none."""
    try:
        found = parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return timezone.make_aware(found) if found and timezone.is_naive(found) else found


def words(text: str) -> str:
    """A platform's or our own code as words: ``partially_refunded`` reads “Partially refunded”."""
    plain = text.replace("_", " ").replace("-", " ").strip()
    return " ".join(ABBREVIATIONS.get(word, word) for word in _capital(plain).split(" "))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def pretty_json(value: Any) -> str:
    """JSON for reading; not escaped."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def web_address(text: Any) -> str:
    """The text where it is an http or https address, else ''."""
    if not isinstance(text, str):
        return ""
    try:
        parts = urlsplit(text.strip())
        return text.strip() if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A short state and its colour: '', info, success, warning or danger."""

    text: str
    colour: str = ""


GOOD, BAD, WAITING, MOVING = "success", "danger", "warning", "info"

COLOURS = {
    "pending": WAITING, "on_hold": WAITING, "processing": MOVING, "completed": GOOD,
    "cancelled": "", "refunded": "", "failed": BAD, "draft": "", "trashed": BAD, "deleted": BAD,
    "paid": GOOD, "unpaid": WAITING, "partially_refunded": WAITING, "fulfilled": GOOD,
    "unfulfilled": WAITING, "partial": WAITING, "shipped": GOOD, "delivered": GOOD,
    "waiting": WAITING, "done": GOOD, "ignored": "",
    "running": MOVING, "complete": GOOD, "interrupted": WAITING, "processed": GOOD,
    "test_order": BAD, "edited": WAITING, "partially_fulfilled": WAITING, "authorized": WAITING,
    "partially_paid": WAITING, "voided": "", "expired": BAD, "in_transit": MOVING,
    "out_for_delivery": MOVING, "success": GOOD, "open": MOVING, "archived": "",
    "updated": GOOD, "created": MOVING, "in_progress": MOVING, "ready": GOOD, "broken": BAD,
    "damaged": BAD, "forgotten": "", "replaced": "", "click": MOVING, "order": GOOD,
}  # fmt: skip

COLOURS_OF_TEXTS = {
    **{code.replace("_", " ").capitalize(): colour for code, colour in COLOURS.items()},
    "Available": GOOD, "Unavailable": WAITING, "Set aside": WAITING, "Connected": GOOD,
    "Disconnected": BAD, "Off": "", "Not copied yet": MOVING, "Behind": WAITING,
}  # fmt: skip


def badge(code: str) -> Badge:
    """The badge of a state's code; '' gives an empty one."""
    return Badge(text=words(code), colour=COLOURS.get(code, ""))


def pill(badge: Badge) -> SafeString | str:
    """The badge as HTML; a list has hundreds, and a template for each would double its time."""
    if not badge.text:
        return NONE
    return format_html('<span class="sk-pill sk-{}">{}</span>', badge.colour, badge.text)


def pill_of(text: str) -> SafeString | str:
    """The badge of a state that is worded already."""
    return pill(Badge(text=text, colour=COLOURS_OF_TEXTS.get(text, "")))


def page_of(instance: models.Model) -> str:
    """The address of a row's page in the console."""
    return address_of(instance._meta.label_lower, str(instance.pk))


def address_of(model: str, key: str) -> str:
    """The address of the page of the row with this key (as text) of ``app.model``."""
    return named(f"{model.replace('.', '_')}_change", admin_quote(key))


def list_of(model: str, **query: Any) -> str:
    """The address of the list of ``app.model``, filtered."""
    pairs = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
    return named(f"{model.replace('.', '_')}_changelist") + (f"?{pairs}" if pairs else "")


def named(name: str, *args: Any) -> str:
    """The address of a view of the console; '' where there is none of this name."""
    try:
        return reverse(f"admin:{name}", args=args)
    except NoReverseMatch:
        return ""


def link(url: str, text: Any) -> SafeString:
    """The text, escaped, as a link where there is an address."""
    if not url:
        return format_html("{}", text)
    return format_html('<a class="sk-link" href="{}">{}</a>', url, text)
