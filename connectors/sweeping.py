"""The search for deletions: the store's ids beside ours.

An id that only we have is asked for by itself before its row is marked deleted; one that only the
store has, or that was changed there since, is fetched and written.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from connectors import notes, prefetching, registry
from connectors.platforms import base

if TYPE_CHECKING:
    from connectors.engine import _Copy

FEW = 20
CHUNK = 100


class Sweep:
    """One search, part of a run; its position and its findings are kept in the cursor."""

    def __init__(self, copy: _Copy) -> None:
        self.copy = copy
        self.set_aside = notes.set_aside_ids(connector=copy.connector, resource=copy.resource)

    def work(self) -> None:
        """Compare all ids, fetch what is new to us, then mark what the store has no more."""
        copy, saved = self.copy, self.copy.cursor.sweep
        copy.phase, copy.done = "comparing", 0
        missing: list[int] = saved.get("missing", [])
        source = copy.store.read_ids(copy.resource, saved.get("position", {}))
        found = prefetching.ahead(source, idle=copy.stay_alive)
        for batch in chain.from_iterable(found):
            found_here = self._compare(batch)
            self._fetch(sorted((found_here.missing | found_here.stale) - self.set_aside))
            missing = sorted({*missing, *found_here.extra})
            with copy.writing():
                copy.save_sweep({"position": batch.position, "missing": missing})
            copy.done += len(batch.ids)
            copy.report(batch.total)
        self._finish(missing)

    def _compare(self, batch: base.IdBatch) -> registry.Comparison:
        with self.copy.writing():
            return self.copy.importer.compare(self.copy.connector, batch)

    def _finish(self, missing: list[int]) -> None:
        copy = self.copy
        if self._is_implausible(missing):
            with copy.writing():
                copy.save_sweep({}, swept_at=timezone.now())
            return
        for start in range(0, len(missing), CHUNK):
            self._settle(missing[start : start + CHUNK])
        with copy.writing():
            copy.save_sweep({}, swept_at=timezone.now())

    def _is_implausible(self, missing: list[int]) -> bool:
        copy = self.copy
        with copy.writing():
            present = copy.importer.present_count(copy.connector)
        allowed = max(FEW, int(settings.SYNC_SWEEP_MAX_MISSING * present))
        if len(missing) <= allowed or copy.options.accept_deletions:
            return False
        copy.run.warning = (
            f"{len(missing):,} of {present:,} {copy.resource} are no longer in the store. That is "
            "more than a shop deletes, so nothing was marked as deleted. If it is right, run: "
            f"manage.py sync {copy.resource} --full --accept-deletions"
        )
        return True

    def _settle(self, ids: list[int]) -> None:
        """Fetch the missing by id: some are trashed or came back, the others are gone."""
        found = self._fetch(ids)
        self.copy.mark_deleted([remote_id for remote_id in ids if remote_id not in found])

    def _fetch(self, ids: list[int]) -> set[int]:
        found: set[int] = set()
        for start in range(0, len(ids), CHUNK):
            batch = self.copy.store.fetch(self.copy.resource, ids[start : start + CHUNK])
            self.copy.write(batch)
            found |= {record.remote_id for record in batch.records}
            found |= {note.remote_id for note in batch.notes if note.remote_id is not None}
        return found
