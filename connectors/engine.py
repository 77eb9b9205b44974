"""The sync engine: reads a store through its connector and writes through the importers.

Each batch is written in one transaction with the position behind it, so a run that ends at any
moment, however it ends, goes on where it was.
"""

from __future__ import annotations

import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from connectors import prefetching, registry, runs, sweeping, writing
from connectors.models import ConnectorConfig, SyncCursor, SyncRun
from connectors.platforms import base

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is: records done and, where the store says, how many there are."""

    phase: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run shall do.

    ``full`` reads everything again; ``since`` reads again from a moment on. ``dry_run`` writes
    nothing and counts what would be written. ``accept_deletions`` marks rows as deleted even where
    an implausible share is missing. ``report`` is called with the progress after each batch.
    """

    full: bool = False
    since: datetime | None = None
    dry_run: bool = False
    accept_deletions: bool = False
    report: Callable[[Progress], None] = lambda _: None


def sync(
    *,
    connector: ConnectorConfig,
    resource: base.Resource,
    store: base.Store,
    options: Options = Options(),
) -> SyncRun:
    """Copy what changed in one resource; the run that it returns is closed, and says how it went.

    Raises ``runs.AlreadyRunningError`` while another process does the same. A store's failure is
    not raised: the run carries it. A dry run's SyncRun is not saved.
    """
    kind = SyncRun.Kind.FULL if options.full else SyncRun.Kind.INCREMENTAL
    if options.dry_run:
        run = SyncRun(connector=connector, resource=resource, kind=kind, started_at=timezone.now())
    else:
        run = runs.open_run(connector=connector, resource=resource, kind=kind)
    with _closing(run, connector, store), _spared_collector():
        _Copy(connector, resource, store, run, options).work()
    return run


@contextmanager
def _spared_collector() -> Iterator[None]:
    """Millions of objects pass and free themselves: the collector need not look at each often."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _closing(run: SyncRun, connector: ConnectorConfig, store: base.Store) -> Iterator[None]:
    """Closes the run whatever happens, and keeps the store's connection state."""
    before = store.request_count
    status, code, error = SyncRun.Status.INTERRUPTED, "interrupted", "Stopped before it was done."
    try:
        yield
        status, code, error = SyncRun.Status.COMPLETE, "", ""
    except base.StoreError as failure:
        status, code, error = SyncRun.Status.FAILED, failure.code, str(failure)
    except runs.LostRunError as failure:
        error = str(failure)
    except SoftTimeLimitExceeded:
        error = "It took longer than a task may; the next run goes on."
    except Exception:
        status, code = SyncRun.Status.FAILED, "internal"
        error = "Storekeep failed here: the log of this moment says where. The next run goes on."
        raise
    finally:
        run.request_count = store.request_count - before
        runs.finish(run, status, code=code, error=error)
        _keep_connection_state(connector, run)
        logger.info(
            "sync store=%s resource=%s status=%s code=%s created=%d updated=%d set_aside=%d",
            connector.pk, run.resource, status, code,
            run.created_count, run.updated_count, run.set_aside_count,
        )  # fmt: skip


def _keep_connection_state(connector: ConnectorConfig, run: SyncRun) -> None:
    """A store counts as disconnected from its first failed run on, until no resource's last run
    failed."""
    if run._state.adding:
        return
    if run.status == SyncRun.Status.FAILED:
        keep_disconnected(connector, run.error)
    elif run.status == SyncRun.Status.COMPLETE:
        others = [one for one in base.Resource if one != run.resource]
        failing = [error for one in others if (error := _last_failure(connector, one))]
        stores = ConnectorConfig.objects.filter(pk=connector.pk, disconnected_at__isnull=False)
        if failing:
            stores.update(disconnected_reason=failing[0])
        else:
            stores.update(disconnected_at=None, disconnected_reason="")


def _last_failure(connector: ConnectorConfig, resource: base.Resource) -> str:
    """Why the resource's last run failed; '' where it did not."""
    last = SyncRun.objects.filter(connector=connector, resource=resource).first()
    return last.error if last is not None and last.status == SyncRun.Status.FAILED else ""


def keep_disconnected(connector: ConnectorConfig, reason: str) -> None:
    """The store counts as disconnected from the first failure on, for the latest reason."""
    stores = ConnectorConfig.objects.filter(pk=connector.pk)
    stores.filter(disconnected_at__isnull=True).update(disconnected_at=timezone.now())
    stores.update(disconnected_reason=reason)


class _Copy:
    """One run at work."""

    def __init__(
        self,
        connector: ConnectorConfig,
        resource: base.Resource,
        store: base.Store,
        run: SyncRun,
        options: Options,
    ) -> None:
        self.connector, self.resource, self.store = connector, resource, store
        self.run, self.options = run, options
        self.importer = registry.IMPORTERS[resource]
        self.done = 0
        self.phase = "reading"
        self.cursor, _ = SyncCursor.objects.get_or_create(connector=connector, resource=resource)
        self.is_first = self._finds_nothing_here()

    def work(self) -> None:
        """Read the window that was interrupted, then the one up to now, then sweep if due."""
        in_part = bool(self.options.dry_run or self.options.since)
        due = self._sweep_is_due()
        if self.cursor.window and not (self.options.full or in_part):
            self._read_window()
        if self.resource in self.store.timed or due or in_part:
            self._start_window()
            self._read_window()
        if due and not in_part and not self.is_first:
            sweeping.Sweep(self).work()

    def _finds_nothing_here(self) -> bool:
        """Whether there is no row yet that the store could lack: neither of an interrupted first
        copy nor of a webhook."""
        if self.options.full or self.cursor.changed_until is not None:
            return False
        return self.importer.present_count(self.connector) == 0

    def _sweep_is_due(self) -> bool:
        swept_at = self.cursor.swept_at
        interval = timedelta(seconds=self.connector.sweep_interval)
        return (
            self.options.full
            or swept_at is None
            or bool(self.cursor.sweep)
            or timezone.now() - swept_at >= interval
        )

    def _start_window(self) -> None:
        until, now = self.cursor.changed_until, self.store.now()
        whole = self.options.full or self.resource not in self.store.timed
        after = None if whole or until is None else until - _overlap()
        if self.options.since and not whole:
            after = self.options.since
        # A reading that starts behind the cursor's moment proves nothing of what lies between.
        advances = after is None or (until is not None and after <= until)
        self.cursor.window = {
            "after": after and after.isoformat(),
            "before": now.isoformat(),
            "advances": advances,
            "position": {},
        }

    def _read_window(self) -> None:
        """Read the cursor's window to its end and move the cursor behind it."""
        saved = self.cursor.window
        window = base.Window(
            after=saved["after"] and datetime.fromisoformat(saved["after"]),
            before=datetime.fromisoformat(saved["before"]),
        )
        source = self.store.read(self.resource, window, saved["position"])
        for batches in prefetching.ahead(source, idle=self.stay_alive):
            batch = _joined(batches)
            self.write(batch, partial(self._move, batch.position))
        with self.writing():
            if saved["advances"]:
                self.cursor.changed_until = window.before
            if self.is_first:
                # There was nothing of ours that the store could lack.
                self.cursor.swept_at = timezone.now()
            self.cursor.window = {}
            self._save_cursor("changed_until", "swept_at", "window")

    def _move(self, position: base.Json) -> None:
        self.cursor.window["position"] = position
        self._save_cursor("window")

    def _save_cursor(self, *names: str) -> None:
        values = {name: getattr(self.cursor, name) for name in names}
        SyncCursor.objects.filter(pk=self.cursor.pk).update(updated_at=timezone.now(), **values)

    def save_sweep(self, sweep: base.Json, *, swept_at: datetime | None = None) -> None:
        """Keep where the search for deletions stands; part of the caller's transaction."""
        self.cursor.sweep = sweep
        names = ["sweep"]
        if swept_at is not None:
            self.cursor.swept_at = swept_at
            names.append("swept_at")
        self._save_cursor(*names)

    def stay_alive(self) -> None:
        """Show that the run lives while nothing is written."""
        if not self.options.dry_run:
            runs.beat(self.run)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that is kept only while this run holds the lock, and never by a dry run."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                # A crash of the database may take the last batches, and their position with
                # them: they are read again, and nothing waits for the disk meanwhile.
                cursor.execute("SET LOCAL synchronous_commit TO off")
            self.stay_alive()
            yield
            if self.options.dry_run:
                transaction.set_rollback(True)

    def write(self, batch: base.Batch, move: Callable[[], None] = lambda: None) -> None:
        """Write one batch, its notes and the position behind it, all or nothing."""

        def also(counts: writing.Counts) -> None:
            self._save_counts(counts)
            move()

        counts = writing.write(
            connector=self.connector,
            resource=self.resource,
            batch=batch,
            within=self.writing,
            also=also,
        )
        self._add(counts)
        self.done += len(batch.records)
        self.report(batch.total)

    def mark_deleted(self, ids: Sequence[int]) -> None:
        """Mark rows as gone from the store."""
        with self.writing():
            counts = Counter(deleted=self.importer.mark_deleted(self.connector, ids))
            self._save_counts(counts)
        self._add(counts)

    def report(self, total: int | None) -> None:
        """Tell whoever watches how far the run is."""
        self.options.report(Progress(phase=self.phase, done=self.done, total=total))

    def _save_counts(self, counts: Counter[str]) -> None:
        changed = {f"{name}_count": F(f"{name}_count") + n for name, n in counts.items() if n}
        if changed and not self.options.dry_run:
            SyncRun.objects.filter(pk=self.run.pk).update(**changed)

    def _add(self, counts: Counter[str]) -> None:
        for name, number in counts.items():
            setattr(self.run, f"{name}_count", getattr(self.run, f"{name}_count") + number)


def _joined(batches: Sequence[base.Batch]) -> base.Batch:
    """Batches that came one after the other as one; of a record that came twice, the newer."""
    records: dict[int, base.Record] = {}
    for record in chain.from_iterable(batch.records for batch in batches):
        known = records.get(record.remote_id)
        if known is None or _stamp(known) <= _stamp(record):
            records[record.remote_id] = record
    return base.Batch(
        records=list(records.values()),
        notes=[note for batch in batches for note in batch.notes],
        position=batches[-1].position,
        total=batches[-1].total,
    )


def _stamp(record: base.Record) -> datetime:
    return record.modified_at or datetime.min.replace(tzinfo=UTC)


def _overlap() -> timedelta:
    return timedelta(seconds=settings.SYNC_OVERLAP_SECONDS)
