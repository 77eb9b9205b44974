"""Shopify's addresses with the names that every platform's have here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.platforms import base, values

PARTS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "company": "company",
    "address1": "address_1",
    "address2": "address_2",
    "city": "city",
    "zip": "postcode",
    "countryCodeV2": "country",
    "phone": "phone",
}

CODE = re.compile(r"|[A-Z0-9][A-Z0-9 -]{0,5}")


def parts(address: Any) -> dict[str, str]:
    """The parts of an address that are not empty; {} for none.

    A state is its code where Shopify has one, else its name.
    """
    if address is None:
        return {}
    found = {
        ours: text for theirs, ours in PARTS.items() if (text := values.text(address.get(theirs)))
    }
    state = values.text(address.get("provinceCode")) or values.text(address.get("province"))
    if state:
        found["state"] = state
    return found


def given(address: Mapping[str, str]) -> base.Json:
    """A whole address as Shopify takes it, what is left out emptied.

    A state goes by its code; one that has only a name, as a county in Britain, by that.
    """
    found: base.Json = {
        theirs: address.get(ours, "") for theirs, ours in PARTS.items() if ours != "country"
    }
    # The country is one of a list, in which there is no empty one.
    country = address.get("country") or None
    state = address.get("state", "")
    part = "provinceCode" if CODE.fullmatch(state) else "province"
    return {**found, "countryCode": country, part: state}


def name(*found: base.Json) -> str:
    """Who these addresses name first: a person, else a company, else ''."""
    for address in found:
        person = f"{address.get('first_name', '')} {address.get('last_name', '')}".strip()
        if person or address.get("company"):
            return values.plain(person or address["company"])
    return ""
