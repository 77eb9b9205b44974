"""Whether our copy of a store is complete: its ids and stamps beside ours.

Only ids and moments of change are read; a record is read whole only where they differ. What
changed in the store behind the moment to which our copy is complete is no fault: the next sync
brings it. May run beside a sync: whatever is written by either, an older record changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from connectors import comparing, notes, registry, services, writing
from connectors.models import ConnectorConfig, SyncCursor, Verification
from connectors.platforms import base

CHUNK = 100
FEW = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many ids of a resource were compared; ``total`` where the store says."""

    resource: base.Resource
    done: int
    total: int | None


Report = Callable[[Progress], None]


@dataclass(slots=True, kw_only=True)
class Finding:
    """How a resource of a store differs from our copy, by ids in the store.

    ``set_aside`` could not be imported, and there is a note why; ``pending`` changed since our last
    sync, which brings it; neither is a fault.
    """

    resource: base.Resource
    in_store: int = 0
    here: int = 0
    missing: set[int] = field(default_factory=set)
    extra: set[int] = field(default_factory=set)
    stale: set[int] = field(default_factory=set)
    set_aside: set[int] = field(default_factory=set)
    pending: set[int] = field(default_factory=set)
    repaired: int = 0

    @property
    def is_clean(self) -> bool:
        return not (self.missing or self.extra or self.stale)

    @property
    def is_implausible(self) -> bool:
        """Whether more rows would be marked as deleted than a shop deletes."""
        return len(self.extra) > max(FEW, int(settings.SYNC_SWEEP_MAX_MISSING * self.here))


def verify(
    *,
    connector: ConnectorConfig,
    resources: Sequence[base.Resource] = tuple(base.Resource),
    repair: bool = False,
    agree: Callable[[Finding], bool] = lambda _: False,
    report: Report = lambda _: None,
) -> tuple[Verification, list[Finding]]:
    """Compare a store with our copy of it; the result is kept.

    With ``repair`` what is missing or stale is read and written, and extra rows are marked as
    deleted; ``agree`` is asked first where that is more than a shop deletes. Raises ``StoreError``.
    """
    started_at = timezone.now()
    with services.opened(connector) as store:
        findings = [_examined(connector, resource, store, report) for resource in resources]
        if repair:
            for finding in findings:
                _repair(connector, finding, store, agree)
    kept = Verification.objects.create(
        connector=connector,
        is_whole=set(resources) == set(base.Resource),
        is_clean=all(finding.is_clean for finding in findings),
        counts={finding.resource.value: _counts(finding) for finding in findings},
        started_at=started_at,
        finished_at=timezone.now(),
    )
    return kept, findings


def _examined(
    connector: ConnectorConfig, resource: base.Resource, store: base.Store, report: Report
) -> Finding:
    importer = registry.IMPORTERS[resource]
    finding = Finding(resource=resource, here=importer.present_count(connector))
    for batch in store.read_ids(resource, {}):
        found = importer.compare(connector, batch)
        finding.missing |= found.missing
        finding.extra |= found.extra
        finding.stale |= found.stale
        finding.in_store += len(batch.ids)
        report(Progress(resource=resource, done=finding.in_store, total=batch.total))
    _confirm(connector, finding, store)
    return finding


def _confirm(connector: ConnectorConfig, finding: Finding, store: base.Store) -> None:
    """Look at each difference by itself: much of it was a change between two looks."""
    importer = registry.IMPORTERS[finding.resource]
    asides = notes.set_aside_ids(connector=connector, resource=finding.resource)
    finding.set_aside = (finding.missing | finding.stale) & asides
    suspects = sorted((finding.missing | finding.extra | finding.stale) - asides)
    finding.missing, finding.extra, finding.stale = set(), set(), set()
    until = _complete_to(connector, finding.resource)
    for ids in _chunks(suspects):
        batch = store.fetch(finding.resource, ids)
        finding.set_aside |= {
            one.remote_id for one in batch.notes if one.set_aside and one.remote_id
        }
        theirs = {record.remote_id: record for record in batch.records}
        ours = importer.stamps(connector, ids)
        for remote_id in set(ids) - finding.set_aside:
            _judge(finding, remote_id, theirs.get(remote_id), ours, until)


def _judge(
    finding: Finding,
    remote_id: int,
    record: base.Record | None,
    ours: registry.Stamps,
    until: datetime | None,
) -> None:
    if record is None:
        if remote_id in ours:
            finding.extra.add(remote_id)
        return
    changed_at = record.modified_at or record.created_at
    if remote_id in ours and not comparing.is_older(ours[remote_id], record.modified_at):
        return
    if until is not None and changed_at is not None and changed_at >= until:
        finding.pending.add(remote_id)
    elif remote_id in ours:
        finding.stale.add(remote_id)
    else:
        finding.missing.add(remote_id)


def _complete_to(connector: ConnectorConfig, resource: base.Resource) -> datetime | None:
    cursor = SyncCursor.objects.filter(connector=connector, resource=resource).first()
    return cursor.changed_until if cursor else None


def _repair(
    connector: ConnectorConfig,
    finding: Finding,
    store: base.Store,
    agree: Callable[[Finding], bool],
) -> None:
    """Mend the differences, and look at them once more."""
    importer = registry.IMPORTERS[finding.resource]
    before = len(finding.missing) + len(finding.extra) + len(finding.stale)
    for ids in _chunks(sorted(finding.missing | finding.stale)):
        writing.write(
            connector=connector,
            resource=finding.resource,
            batch=store.fetch(finding.resource, ids),
            within=transaction.atomic,
        )
    if finding.extra and (not finding.is_implausible or agree(finding)):
        with transaction.atomic():
            importer.mark_deleted(connector, sorted(finding.extra))
    _confirm(connector, finding, store)
    finding.here = importer.present_count(connector)
    finding.repaired = before - len(finding.missing) - len(finding.extra) - len(finding.stale)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _counts(finding: Finding) -> dict[str, int]:
    sets = ("missing", "extra", "stale", "set_aside", "pending")
    return {
        "in_store": finding.in_store,
        "here": finding.here,
        **{name: len(getattr(finding, name)) for name in sets},
        "repaired": finding.repaired,
    }


def last(connector: ConnectorConfig) -> Verification | None:
    """The newest verification of everything in a store."""
    return Verification.objects.filter(connector=connector, is_whole=True).first()
