"""Texts as they are kept, and as they are compared."""

from __future__ import annotations

import re
import unicodedata

# Marks that nobody sees and that turn or join what stands around them.
UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
ACCENTS = re.compile("[\u0300-\u036f]")
DASHES = re.compile("[\u2010-\u2015\u2212\uff0d\u30fc]")


def cleaned(value: object) -> str:
    """A text without control characters, its white space collapsed."""
    if value is None:
        return ""
    seen = UNSEEN.sub("", str(value))
    kept = (_kept(one) for one in seen)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def _kept(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cs") else character


def spelled(value: object) -> str:
    """A text in the one spelling that its upper and lower case share."""
    return unicodedata.normalize("NFC", cleaned(value).casefold())


def folded(value: object) -> str:
    """A name as people type it: no case, accents or punctuation."""
    plain = unicodedata.normalize("NFKD", cleaned(value).replace("İ", "I").casefold())
    bare = unicodedata.normalize("NFC", ACCENTS.sub("", plain)).replace("ı", "i")
    joined = re.sub(r"[.'’‘`]", "", bare).replace("&", " and ")
    return " ".join(re.sub(r"[-–—/,()]", " ", joined).split())


def narrow(value: object) -> str:
    """A code in capitals, with plain digits and hyphens."""
    wide = unicodedata.normalize("NFKC", cleaned(value).upper())
    return cleaned("".join(_plain(one) for one in DASHES.sub("-", wide))).upper()


def _plain(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)
