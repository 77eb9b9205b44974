"""Pictures in the private storage. Names are random, and tell nothing of whose they are."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

logger = logging.getLogger(__name__)
# Shoppers' pictures, and products', which are no secret and are kept.
SHOPPERS, CUTOUTS = "tryon/shoppers", "tryon/cutouts"


def storage() -> Storage:
    return storages["private"]


def keep(content: bytes) -> str:
    """Store a shopper's picture; its name."""
    return storage().save(f"{SHOPPERS}/{secrets.token_hex(20)}.jpg", ContentFile(content))


def keep_cutout(name: str, content: bytes) -> str:
    """Store a product's cut-out under a name that says what it is of; one that is there stays."""
    if storage().exists(name):
        return name
    return storage().save(name, ContentFile(content))


def opened(name: str) -> Any:
    """The picture as an open file; raises ``FileNotFoundError``."""
    return storage().open(name)


def read(name: str) -> bytes:
    """The picture; raises ``FileNotFoundError``."""
    with storage().open(name) as file:
        return bytes(file.read())


def exists(name: str) -> bool:
    return bool(name) and storage().exists(name)


def erase(names: Iterable[str]) -> None:
    """Delete pictures; those that are gone already are no error."""
    for name in names:
        if name:
            storage().delete(name)


def erase_older(before: datetime) -> int:
    """Delete every shopper's picture from before a moment, whoever has forgotten it."""
    try:
        _, files = storage().listdir(SHOPPERS)
    except FileNotFoundError:
        return 0
    old = [name for name in (f"{SHOPPERS}/{file}" for file in files) if _is_older(name, before)]
    erase(old)
    return len(old)


def _is_older(name: str, before: datetime) -> bool:
    try:
        return storage().get_modified_time(name) < before
    except FileNotFoundError:
        return False
