"""Order lines on pages of apps below this one."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

from catalog.models import PlatformProduct
from orders import presenting, related
from orders.models import OrderItem

register = template.Library()


register.filter("unit_price", presenting.unit_price)


@register.simple_tag
def recent_lines(product: PlatformProduct, limit: int = 10) -> Sequence[OrderItem]:
    """The newest lines in which the product was sold."""
    return related.recent_lines(product, limit)
