"""Reading some records of a store again, and writing them as they are now."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from connectors import registry, writing
from connectors.models import ConnectorConfig
from connectors.platforms import base


def refresh(
    connector: ConnectorConfig, resource: base.Resource, store: base.Store, ids: Sequence[int]
) -> None:
    """Write these records as they are now, and mark those that are gone."""
    found = store.refetch(resource, ids)
    writing.write(
        connector=connector,
        resource=resource,
        batch=found.batch,
        within=transaction.atomic,
    )
    with transaction.atomic():
        gone = _gone(connector, resource, found, ids)
        if gone:
            registry.IMPORTERS[resource].mark_deleted(connector, sorted(gone))


def _gone(
    connector: ConnectorConfig, resource: base.Resource, found: base.Refetched, ids: Sequence[int]
) -> set[int]:
    """The ids of rows that the store has no more."""
    gone: set[int] = set()
    for parent, present in found.families.items():
        gone |= set(registry.IMPORTERS[resource].family(connector, parent)) - present
    seen = {record.remote_id for record in found.batch.records}
    seen |= {note.remote_id for note in found.batch.notes if note.remote_id is not None}
    return gone | (set(ids) - seen - found.families.keys())
