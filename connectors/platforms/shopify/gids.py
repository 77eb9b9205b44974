"""Shopify's global ids: gid://shopify/Order/450789469."""

from __future__ import annotations

from typing import Any

from connectors.platforms import base, values

PREFIX = "gid://shopify/"


def number(value: Any, name: str = "Its id") -> int:
    """The number at the end of a global id; raises ``RecordError`` where there is none."""
    found = optional_number(value)
    if found is None:
        raise base.RecordError("bad_id", f"{name} is missing or not a Shopify id.")
    return found


def optional_number(value: Any) -> int | None:
    """The number at the end of a global id, None where there is none."""
    if type(value) is not str or not value.startswith(PREFIX):
        return None
    digits = value.rpartition("/")[2].partition("?")[0]
    if not digits.isdecimal() or len(digits) > 19:
        return None
    found = int(digits)
    return found if 0 < found <= values.LARGEST_ID else None


def gid(kind: str, remote_id: int) -> str:
    """The global id of a thing of this kind."""
    return f"{PREFIX}{kind}/{remote_id}"
