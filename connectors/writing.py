"""Writing records that were read: all of them, or all but those that the database refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from django.db import DataError, IntegrityError, connection, transaction

from connectors import notes, privacy, registry
from connectors.models import ConnectorConfig
from connectors.platforms import base

Counts = Counter[str]


def write(
    *,
    connector: ConnectorConfig,
    resource: base.Resource,
    batch: base.Batch,
    within: Callable[[], AbstractContextManager[None]],
    also: Callable[[Counts], None] = lambda _: None,
) -> Counts:
    """Write a batch with its notes; what came of it is counted by created, updated and so on.

    ``within`` opens the transaction, ``also`` is called at its end. Where the database refuses a
    value that passed the mapper, the record that it belongs to is set aside with a note.
    """
    try:
        with within():
            counts = _all(connector, resource, batch.records, batch.notes)
            also(counts)
    except (DataError, IntegrityError):
        with within():
            counts = _one_by_one(connector, resource, batch)
            also(counts)
    return counts


def _all(
    connector: ConnectorConfig,
    resource: base.Resource,
    records: Sequence[base.Record],
    batch_notes: Sequence[base.Note],
) -> Counts:
    kept = privacy.redacted(connector, resource, records)
    imported = registry.IMPORTERS[resource].write(connector, kept)
    found = [*batch_notes, *imported.notes]
    notes.record(
        connector=connector,
        resource=resource,
        imported_ids=[record.remote_id for record in records],
        notes=found,
    )
    return Counter(
        created=imported.created,
        updated=imported.updated,
        unchanged=imported.unchanged,
        set_aside=sum(note.set_aside for note in found),
    )


def _one_by_one(connector: ConnectorConfig, resource: base.Resource, batch: base.Batch) -> Counts:
    counts: Counts = Counter()
    refused = []
    for record in batch.records:
        try:
            with transaction.atomic():
                one = _all(connector, resource, [record], [])
                connection.check_constraints()
            counts += one
        except (DataError, IntegrityError) as error:
            refused.append(_refusal(record.remote_id, error))
    return counts + _all(connector, resource, [], [*batch.notes, *refused])


def _refusal(remote_id: int, error: Exception) -> base.Note:
    state = getattr(error.__cause__, "sqlstate", None) or "unknown"
    return base.Note(
        remote_id=remote_id,
        cause="database_refused",
        detail=f"The database refused a value of this record (SQLSTATE {state}).",
        set_aside=True,
    )
