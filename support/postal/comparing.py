"""Tells addresses apart that differ in more than spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from support.postal import forms, names, postcodes, rules, states
from support.postal.checking import KEYS
from support.postal.text import cleaned, narrow, spelled

COMPARED = tuple(key for key in KEYS if key != "email")
Parts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A part that one address has otherwise than the other."""

    name: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A part that has changed since it was seen."""

    name: str
    label: str
    seen: str
    live: str
    wanted: str


def differences(a: Parts, b: Parts) -> list[Difference]:
    """The parts that are not the same, in their usual order."""
    return [
        Difference(name=name, label=label, before=_shown(a, name), after=_shown(b, name))
        for name, label in _changed(a, b)
    ]


def same(a: Parts, b: Parts) -> bool:
    """Whether two addresses differ in spelling at most."""
    return not _changed(a, b)


def three_way(seen: Parts, live: Parts, wanted: Parts) -> list[Conflict]:
    """The parts that are no longer what was seen, and what is wanted there."""
    return [
        Conflict(
            name=name,
            label=label,
            seen=_shown(seen, name),
            live=_shown(live, name),
            wanted=_shown(wanted, name),
        )
        for name, label in _changed(seen, live)
    ]


def _changed(a: Parts, b: Parts) -> list[tuple[str, str]]:
    """The names and labels of the parts that are not the same."""
    country = _country(b) or _country(a)
    changed = (name for name in COMPARED if _key(a, name) != _key(b, name))
    return [(name, forms.label(name, country)) for name in changed]


def _country(parts: Parts) -> str:
    return cleaned(parts.get("country")).upper()


def _shown(parts: Parts, name: str) -> str:
    """A part as people read it: states by name."""
    value = cleaned(parts.get(name))
    country = _country(parts)
    if name == "country":
        return names.by_code().get(country, value)
    if name == "state" and value and country in names.by_code():
        code = states.found(country, value)
        return dict(rules.of(country).choices).get(code or "", value)
    return value


def _key(parts: Parts, name: str) -> str:
    """What is equal for all spellings of a part."""
    value = parts.get(name)
    country = _country(parts)
    if name == "country":
        return country
    if name == "phone":
        return re.sub(r"[\s().-]", "", spelled(value))
    if name == "state" and country in names.by_code():
        return _state_key(country, cleaned(value))
    if name == "postcode":
        return _postcode_key(country, value)
    return spelled(value)


def _state_key(country: str, value: str) -> str:
    here = rules.of(country)
    if not here.has_state:
        return ""
    code = states.found(country, value) if here.choices else None
    return code if code is not None else spelled(value)


def _postcode_key(country: str, value: object) -> str:
    code = postcodes.spelled(country, value) if country in names.by_code() else None
    return re.sub(r"\s", "", narrow(value) if code is None else code)
