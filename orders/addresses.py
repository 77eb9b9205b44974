"""Addresses as the post writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# Countries that write the postcode behind the city, or on a line below it; most write it before.
POSTCODE_BEHIND = frozenset({"US", "CA", "AU", "NZ", "IN", "BR", "MX"})
POSTCODE_BELOW = frozenset({"GB", "IE", "KW", "SA", "JP", "CN", "SG", "ZA"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address in postal order, and how to reach who lives there."""

    lines: Sequence[str]
    email: str
    phone: str


def address(parts: Any) -> Address | None:
    """The address in postal order; None where the store has none."""
    if not isinstance(parts, dict):
        return None
    known = {name: str(value).strip() for name, value in parts.items() if value}
    lines = [line for line in _lines(known) if line]
    if not (lines or known.get("email") or known.get("phone")):
        return None
    return Address(lines=lines, email=known.get("email", ""), phone=known.get("phone", ""))


def _lines(known: dict[str, str]) -> Iterator[str]:
    """The lines of the address; those that it lacks are ''."""
    yield _joined(known, "first_name", "last_name")
    for name in ("company", "address_1", "address_2"):
        yield known.get(name, "")
    country = known.get("country", "").upper()
    yield from _place(known, country)
    yield country


def _place(known: dict[str, str], country: str) -> list[str]:
    if country in POSTCODE_BELOW:
        return [known.get(name, "") for name in ("city", "state", "postcode")]
    if country in POSTCODE_BEHIND:
        city = _joined(known, "city", "state", by=", ")
        return [" ".join(filter(None, (city, known.get("postcode"))))]
    return [_joined(known, "postcode", "city"), known.get("state", "")]


def _joined(known: dict[str, str], *names: str, by: str = " ") -> str:
    return by.join(known[name] for name in names if known.get(name))
