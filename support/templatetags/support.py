"""Filters for the pages of requests."""

from __future__ import annotations

from django import template

from orders import addresses
from support.console import showing

register = template.Library()

register.filter("says", showing.says)
register.filter("postal_address", addresses.address)
