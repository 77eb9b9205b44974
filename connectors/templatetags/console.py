"""Filters and tags for the console's own pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.db import models

from connectors import presenting

register = template.Library()

register.filter("amount", presenting.amount)
register.filter("money", presenting.money)
register.filter("whole", presenting.whole)
register.filter("percent", presenting.percent)
register.filter("ago", presenting.ago)
register.filter("words", presenting.words)
register.filter("age", presenting.age)
register.filter("pretty_json", presenting.pretty_json)
register.filter("page_of", presenting.page_of)
register.filter("web_address", presenting.web_address)


@register.filter
def moment(value: datetime | str | None) -> str:
    """A moment, or a snapshot's text of one, with its time zone."""
    found = presenting.moment_of(value) if isinstance(value, str) else value
    return presenting.moment(found)


@register.filter
def signed(value: float, places: int) -> str:
    """A number with its sign, ``+0.012``."""
    return f"{value:+.{places}f}".replace("-", presenting.MINUS)


@register.filter
def signed_percent(value: float) -> str:
    """A share with its sign, ``+1.2 %``."""
    return f"{value * 100:+.1f} %".replace("-", presenting.MINUS)


@register.simple_tag
def badge(code: Any) -> str:
    """A coloured badge of a state's code, or of a ``presenting.Badge``."""
    made = code if isinstance(code, presenting.Badge) else presenting.badge(str(code))
    return presenting.pill(made)


@register.simple_tag
def list_url(model: str, **query: Any) -> str:
    """The address of a list, filtered."""
    keys = {name: value.pk if isinstance(value, models.Model) else value for name, value in
            query.items()}  # fmt: skip
    return presenting.list_of(model, **keys)
