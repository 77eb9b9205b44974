"""Shopify's global ids: ``gid://shopify/Order/5000000000001``."""

from __future__ import annotations

import re

PATTERN = re.compile(r"gid://shopify/(?P<type>[A-Za-z]+)/(?P<key>[0-9A-Za-z-]+)(\?.*)?")


class InvalidError(ValueError):
    """This is no global id."""


def write(type_name: str, key: int | str) -> str:
    """The global id of an object."""
    return f"gid://shopify/{type_name}/{key}"


def read(gid: str) -> tuple[str, str]:
    """Type and key of a global id; InvalidError where it is none."""
    match = PATTERN.fullmatch(gid)
    if match is None:
        raise InvalidError(f"Invalid global id '{gid}'")
    return match["type"], match["key"]


def number(gid: str, type_name: str) -> int:
    """The number in an id of this type; 0, which no object has, for another type's."""
    found, key = read(gid)
    return int(key) if found == type_name and key.isdigit() else 0
