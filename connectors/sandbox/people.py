"""Invented people: a number always gives the same name and address."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Mapping

FIRST = (
    "Amelia Arthur Ava Benedikt Beatriz Callum Chloé Clara Daniel Éloïse Emma Finn Freya George "
    "Hannah Harry Ines Isla Jack Jakub João José Leonie Lily Louis Lucas Lucía Maja Martha Mateo "
    "Mia Niamh Noah Nora Olivia Oscar Poppy Rosa Ruby Samuel Siân Sofie Søren Theo Thomas Zoë"
).split()
LAST = (
    "Adams Andersen Bailey Baker Bennett Bianchi Campbell Carter Clarke Costa Davies Dubois Evans "
    "Fernández Foster Garcia Green Hansen Harris Hughes Janssen Johnson Kelly Kowalski Lambert "
    "Lewis Martin Meyer Moore Morgan Müller Murphy Nguyen O'Brien O’Connor Patel Phillips Roberts "
    "Rossi Schmidt Silva Smith Taylor Thomas Walker Weber White Williams Wilson Wright Young"
).split()
STREETS = "Church Station Mill Victoria Park Bridge Castle King Queen Orchard Market School".split()
# country name in the sample: code, cities with state and postcode pattern (# is a digit)
PLACES: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "United Kingdom": (
        "GB",
        [
            ("Leeds", "West Yorkshire", "LS# #QA"), ("Bristol", "", "BS# #TR"),
            ("York", "North Yorkshire", "YO# #HH"), ("Norwich", "Norfolk", "NR# #JF"),
            ("Glasgow", "", "G# #SQ"), ("Cardiff", "", "CF# #AL"), ("London", "", "SE# #PL"),
            ("Exeter", "Devon", "EX# #PQ"), ("Sheffield", "South Yorkshire", "S# #GE"),
        ],
    ),
    "Germany": ("DE", [("Köln", "DE-NW", "506##"), ("München", "DE-BY", "803##")]),
    "France": ("FR", [("Lyon", "", "6900#"), ("Nantes", "", "440##")]),
    "Spain": ("ES", [("Sevilla", "SE", "410##"), ("Madrid", "M", "280##")]),
    "Belgium": ("BE", [("Gent", "", "90##")]),
    "Portugal": ("PT", [("Porto", "", "4000-1##")]),
    "Switzerland": ("CH", [("Zürich", "ZH", "80##")]),
    "Australia": ("AU", [("Melbourne", "VIC", "30##")]),
    "Channel Islands": ("JE", [("St Helier", "", "JE# #UB")]),
    "Japan": ("JP", [("札幌市", "JP01", "060-00##")]),
    "Denmark": ("DK", [("Aarhus", "", "80##")]),
    "Finland": ("FI", [("Tampere", "", "331##")]),
    "Poland": ("PL", [("Kraków", "", "31-0##")]),
    "Austria": ("AT", [("Graz", "", "80##")]),
    "Cyprus": ("CY", [("Limassol", "", "30##")]),
    "Sweden": ("SE", [("Malmö", "", "211 ##")]),
    "Italy": ("IT", [("Torino", "TO", "101##")]),
    "Norway": ("NO", [("Bergen", "", "50##")]),
    "EIRE": ("IE", [("Galway", "GY", "H91 P#V#")]),
    "Netherlands": ("NL", [("Utrecht", "", "35## GK")]),
    "Canada": ("CA", [("Halifax", "NS", "B3H #R#")]),
    "USA": ("US", [("Portland", "OR", "972##")]),
    "Greece": ("GR", [("Patra", "", "262 ##")]),
    "Malta": ("MT", [("Sliema", "", "SLM 1###")]),
}  # fmt: skip


def address(number: int, country: str) -> dict[str, str]:
    """A billing address in WooCommerce's keys; ``country`` as in the sample."""
    chance = random.Random(f"person {number}")  # noqa: S311 - invented people, not keys
    code, cities = PLACES.get(country, PLACES["United Kingdom"])
    first, last = chance.choice(FIRST), chance.choice(LAST)
    city, state, pattern = chance.choice(cities)
    return {
        "first_name": first,
        "last_name": last,
        "company": f"{last} & Co" if chance.random() < 0.1 else "",
        "address_1": f"{chance.randint(1, 180)} {chance.choice(STREETS)} Street",
        "address_2": f"Flat {chance.randint(1, 30)}" if chance.random() < 0.15 else "",
        "city": city,
        "state": state,
        "postcode": "".join(str(chance.randint(1, 9)) if c == "#" else c for c in pattern),
        "country": code,
        "email": f"{_plain(first)}.{_plain(last)}{number}@example.com",
        "phone": f"+44 1632 96{chance.randint(0, 9999):04d}" if chance.random() < 0.7 else "",
    }


def shipping(billing: Mapping[str, str]) -> dict[str, str]:
    """The shipping address that WooCommerce makes of a billing one: without the email."""
    return {name: value for name, value in billing.items() if name != "email"}


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("ø", "o"))
    return "".join(c for c in letters.lower() if c.isascii() and c.isalpha())
