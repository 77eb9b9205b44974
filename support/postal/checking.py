"""Checks an address, and writes it in its usual spelling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support.postal import names, postcodes, rules, states
from support.postal.text import cleaned

KEYS = (
    "first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode",
    "country", "email", "phone",
)  # fmt: skip
LONGEST = 255


class AddressError(ValueError):
    """An address that its country would not take, and what to do about it."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


def normalised(parts: Mapping[str, Any]) -> dict[str, str]:
    """The address in its usual spelling; AddressError with all that is wrong."""
    found = {key: cleaned(parts.get(key)) for key in KEYS}
    errors = _missing(found)
    found["country"] = found["country"].upper()
    country = found["country"]
    if country in names.by_code():
        _place(found, errors)
    else:
        errors["country"] = _country_error(country)
    errors |= _too_long(found)
    if errors:
        raise AddressError({key: errors[key] for key in KEYS if key in errors})
    return found


def for_platform(platform: str, parts: Mapping[str, Any]) -> dict[str, str]:
    """The address in a platform's own spelling."""
    if platform not in states.CODES:
        raise ValueError(platform)
    found = normalised(parts)
    code = states.spelled_for(platform, found["country"], found["state"])
    return {**found, "state": code}


def _missing(found: dict[str, str]) -> dict[str, str]:
    errors = {}
    if not (found["last_name"] or found["company"]):
        errors["last_name"] = "Enter a last name or a company."
    if not found["address_1"]:
        errors["address_1"] = "Enter an address."
    return errors


def _place(found: dict[str, str], errors: dict[str, str]) -> None:
    """Spell city, state and postcode as the country does."""
    country = found["country"]
    here = rules.of(country)
    if "city" in here.required and not found["city"]:
        errors["city"] = f"Enter {_a(here.labels['city'])}."
    found["state"], error = _state(country, found["state"], here)
    if error:
        errors["state"] = error
    code = postcodes.spelled(country, found["postcode"])
    if code is None or (not code and "postcode" in here.required):
        errors["postcode"] = _postcode_error(here)
    else:
        found["postcode"] = code


def _state(country: str, value: str, here: rules.Rules) -> tuple[str, str]:
    """The code of a state, and what is wrong with it."""
    if not here.has_state:
        return "", ""
    what = _a(here.labels["state"])
    if not value:
        verb = "Choose" if here.choices else "Enter"
        return "", f"{verb} {what}." if "state" in here.required else ""
    if not here.choices:
        return value, ""
    code = states.found(country, value)
    if code is None:
        return value, f"Choose {what}: “{value[:60]}” is none of {names.of(country)}."
    return code, ""


def _postcode_error(here: rules.Rules) -> str:
    what = _a(here.labels["postcode"])
    return f"Enter {what} like {' or '.join(here.examples)}." if here.examples else f"Enter {what}."


def _country_error(country: str) -> str:
    if not country:
        return "Choose a country."
    return f"Choose a country: “{country[:60]}” is none that we know."


def _too_long(found: dict[str, str]) -> dict[str, str]:
    return {
        key: f"Shorten this to {LONGEST} characters; it has {len(value)}."
        for key, value in found.items()
        if len(value) > LONGEST
    }


def _a(label: str) -> str:
    """A label behind its article: "a ZIP code", "an emirate"."""
    first = label.split()[0]
    named = first.isupper() or first == "Eircode"
    word = label if named else label[0].lower() + label[1:]
    return f"an {word}" if word[0] in "aeioAEIO" else f"a {word}"
