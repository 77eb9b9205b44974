"""What the pages on which staff ask for something have in common."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from connectors import presenting
from orders.models import PlatformOrder
from support.postal.text import cleaned


def order_of(platform: str, order_id: str) -> PlatformOrder:
    """The order that an address names; 404 for none."""
    rows = PlatformOrder.objects.select_related("connector")
    found = rows.filter(platform=platform, order_id=order_id).first()
    if found is None:
        raise Http404
    return found


def entered(request: HttpRequest) -> dict[str, str]:
    """What was entered, without what no text has; {} where the form is only shown."""
    return {name: cleaned(text) for name, text in request.POST.items()}


def key_of(text: str) -> uuid.UUID:
    """The key that a form carries; raises ``ValidationError`` for one that was tampered with."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise ValidationError("The form was not complete: open the page again.") from None


def problem(error: Exception) -> str:
    """What went wrong, for a message."""
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)


def page(
    request: HttpRequest, site: Any, template: str, *, order: PlatformOrder, **context: Any
) -> HttpResponse:
    """A page of the console about an order."""
    common = {**site.each_context(request), "order": order, "order_url": presenting.page_of(order)}
    return TemplateResponse(request, template, {**common, **context})
