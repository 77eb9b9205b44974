"""The model that this process serves: mapped once, exchanged when another is put in place."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
from django.db import DatabaseError, connection

from recommendations import artefacts, freezing
from recommendations.freezing import Thawed
from recommendations.models import Blocked, Training
from recommendations.ranking.histories import Array

logger = logging.getLogger(__name__)

# How often a process looks for another model, and for what is blocked.
EVERY = 30.0
# Products that most bought lately, of which answers are filled up.
MOST_POPULAR = 2_000


@dataclass(frozen=True, kw_only=True)
class Served:
    """A model that is in place."""

    version: uuid.UUID
    trained_at: datetime
    thawed: Thawed
    _under: dict[str, Array] = field(default_factory=dict)

    @cached_property
    def popular(self) -> Array:
        """Products by how many of the latest orders had them, most first."""
        order = np.argsort(-self.thawed.lately, kind="stable")[:MOST_POPULAR]
        return order[self.thawed.lately[order] > 0]

    def under(self, category: str) -> Array:
        """Which products a category has."""
        name = category.strip().casefold()
        found = self._under.get(name)
        if found is None:
            found = self.thawed.known.under(name)
            # Whatever shoppers type is asked for: only what there is stays in memory.
            if found.any():
                self._under[name] = found
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """What isn't to be recommended: SKUs and categories in small letters."""

    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()


class _Holder:
    """What this process serves. Requests never wait for a model but for the first."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.served: Served | None = None
        self.barred = Barred()
        self.looked_at: float | None = None

    def look(self) -> None:
        """See what is in place; what can't be read is marked, and the one before it serves."""
        self.barred = _barred()
        self.served = _in_place(self.served)
        self.looked_at = time.monotonic()

    def looked(self) -> None:
        """Look the first time; later ones are done beside the requests."""
        if self.looked_at is None:
            with self.lock:
                if self.looked_at is None:
                    self.look()
        elif time.monotonic() - self.looked_at > EVERY and self.lock.acquire(blocking=False):
            threading.Thread(target=self._look_beside, daemon=True).start()

    def _look_beside(self) -> None:
        try:
            self.look()
        except DatabaseError as error:
            logger.warning("models not looked for error=%s", type(error).__name__)
        finally:
            self.looked_at = time.monotonic()
            connection.close()
            self.lock.release()


_holder = _Holder()


def served() -> Served | None:
    """The model in place; None where none was trained yet."""
    _holder.looked()
    return _holder.served


def barred() -> Barred:
    """What the shop doesn't want recommended, at most EVERY seconds old."""
    _holder.looked()
    return _holder.barred


def look() -> None:
    """See at once what is in place."""
    with _holder.lock:
        _holder.look()


def forget() -> None:
    """As if this process had just begun."""
    _holder.forget()


def _barred() -> Barred:
    rows = list(Blocked.objects.values_list("what", "value"))
    skus, categories = (
        frozenset(value.strip().casefold() for what, value in rows if what == wanted)
        for wanted in (Blocked.What.SKU, Blocked.What.CATEGORY)
    )
    return Barred(skus=skus, categories=categories)


def _in_place(present: Served | None) -> Served | None:
    ready = Training.objects.filter(state=Training.State.READY).order_by("-finished_at")
    for training in ready:
        if present is not None and present.version == training.pk:
            return present
        try:
            found = _loaded(training)
        except artefacts.UnreachableError as error:
            logger.warning("model not loaded version=%s: %s", training.pk, error)
            return present
        if found is not None:
            return found
    return None


def _loaded(training: Training) -> Served | None:
    try:
        thawed = freezing.thawed(artefacts.load(training.pk, training.files))
    except (artefacts.DamagedError, KeyError) as error:
        logger.error("model damaged version=%s: %s", training.pk, error)
        Training.objects.filter(pk=training.pk, state=Training.State.READY).update(
            state=Training.State.BROKEN, failure=f"Damaged: {error} The one before it serves."
        )
        return None
    return Served(
        version=training.pk, trained_at=training.finished_at or training.created_at, thawed=thawed
    )
