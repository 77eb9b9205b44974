"""Persons as numbers: nobody is found again by one without this installation's secret."""

from __future__ import annotations

import hashlib

from django.conf import settings

MODEL, HOLDOUT = b"storekeep.model", b"storekeep.hold"


def number(person: str) -> int:
    """What a model knows a person by, 64 bits with a sign."""
    return int.from_bytes(_digest(person, MODEL), "big", signed=True)


def is_held_out(person: str, percent: float) -> bool:
    """Whether a person belongs to the holdout; the same person always gets the same answer."""
    return int.from_bytes(_digest(person, HOLDOUT), "big") < percent / 100 * 2**64


def _digest(person: str, use: bytes) -> bytes:
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32).digest()
    return hashlib.blake2b(person.encode(), digest_size=8, key=key, person=use).digest()
