"""A trained model as plain arrays in the storage, each with its checksum; read by mapping."""

from __future__ import annotations

import hashlib
import io
import logging
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from recommendations.ranking.histories import Array

logger = logging.getLogger(__name__)
FOLDER = "recommendations"
CHUNK = 1 << 20
Arrays = Mapping[str, Array]
Files = Mapping[str, Mapping[str, Any]]


class DamagedError(Exception):
    """An artefact that isn't what was saved: the message says which file, and how."""


class UnreachableError(Exception):
    """The storage doesn't answer: what was saved may be whole all the same."""


def storage() -> Storage:
    return storages["private"]


def save(version: uuid.UUID, arrays: Arrays) -> dict[str, dict[str, Any]]:
    """Store the arrays; by each one's name the file, its size and its SHA-256."""
    files = {}
    for name, array in arrays.items():
        content = io.BytesIO()
        np.save(content, array, allow_pickle=False)
        stored = storage().save(f"{FOLDER}/{version}/{name}.npy", ContentFile(content.getvalue()))
        digest = hashlib.sha256(content.getbuffer()).hexdigest()
        files[name] = {"file": stored, "bytes": content.tell(), "sha256": digest}
    return files


def load(version: uuid.UUID, files: Files) -> dict[str, Array]:
    """The arrays, mapped read-only from local files.

    Raises ``DamagedError`` or ``UnreachableError``.
    """
    if not files:
        raise DamagedError("The model names no files.")
    return {name: _mapped(_local(version, name, one), one) for name, one in files.items()}


def forget(version: uuid.UUID, files: Files) -> None:
    """Delete what was stored; a process that has it mapped keeps what it has."""
    for one in files.values():
        storage().delete(one["file"])
    shutil.rmtree(_copies() / str(version), ignore_errors=True)
    try:
        storage().delete(f"{FOLDER}/{version}")
    except OSError:
        logger.info("folder of a model stays version=%s", version)


def _copies() -> Path:
    return Path(settings.VAR) / "models" / FOLDER


def _local(version: uuid.UUID, name: str, one: Mapping[str, Any]) -> Path:
    """The file itself where the storage is a local disk, else a copy that is made once."""
    try:
        return Path(storage().path(one["file"]))
    except NotImplementedError:
        pass
    copy = _copies() / str(version) / f"{name}.npy"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            with (
                storage().open(one["file"]) as source,
                tempfile.NamedTemporaryFile(dir=copy.parent, delete=False) as target,
            ):
                shutil.copyfileobj(source, target, CHUNK)
        except FileNotFoundError:
            raise DamagedError(f"{name} is gone.") from None
        except OSError as error:
            raise UnreachableError(str(error.strerror)) from None
        Path(target.name).replace(copy)
    return copy


def _mapped(path: Path, one: Mapping[str, Any]) -> Array:
    try:
        if path.stat().st_size != one["bytes"] or _digest(path) != one["sha256"]:
            raise DamagedError(f"{path.name} isn't what was saved.")
        found: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DamagedError(f"{path.name} can't be read: {type(error).__name__}.") from None
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
