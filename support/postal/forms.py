"""The form of an address, as its country writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from support.postal import names, rules

LABELS = {
    "first_name": "First name", "last_name": "Last name", "company": "Company",
    "address_1": "Address", "address_2": "Apartment, suite, etc.", "city": "City",
    "state": "State", "postcode": "Postal code", "country": "Country", "email": "Email",
    "phone": "Phone",
}  # fmt: skip
AUTOCOMPLETE = {
    "first_name": "given-name", "last_name": "family-name", "company": "organization",
    "address_1": "address-line1", "address_2": "address-line2", "city": "address-level2",
    "state": "address-level1", "postcode": "postal-code", "phone": "tel",
}  # fmt: skip
FIELDS = {"name": ("first_name", "last_name"), "address": ("address_1", "address_2")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the form."""

    name: str
    label: str
    required: bool
    choices: Sequence[tuple[str, str]]
    autocomplete: str


def form(country: str) -> list[Field]:
    """The fields of an address, in the country's own order; KeyError where there is none."""
    code = country.upper()
    if code not in names.by_code():
        raise KeyError(code)
    parts = [one for part in rules.of(code).order for one in FIELDS.get(part, (part,))]
    return [_field(name, code) for name in (*parts, "phone")]


def label(name: str, country: str) -> str:
    """What the country calls a part."""
    if country not in names.by_code():
        return LABELS[name]
    return rules.of(country).labels.get(name, LABELS[name])


def _field(name: str, country: str) -> Field:
    found = rules.of(country)
    return Field(
        name=name,
        label=label(name, country),
        required=name == "address_1" or name in found.required,
        choices=tuple(found.choices) if name == "state" else (),
        autocomplete=AUTOCOMPLETE[name],
    )
