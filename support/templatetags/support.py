"""Filters for the pages of requests."""

from __future__ import annotations

from django import template

from support.console import showing

register = template.Library()

register.filter("says", showing.says)
