"""Notes about single records, kept until the record is imported without them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.utils import timezone

from connectors.models import ConnectorConfig, SyncNote
from connectors.platforms import base


def record(
    *,
    connector: ConnectorConfig,
    resource: base.Resource,
    imported_ids: Collection[int],
    notes: Sequence[base.Note],
) -> None:
    """Keep these notes, and drop the older ones of records that were read without them now."""
    now = timezone.now()
    # One statement can't touch a row twice: the last note of a kind wins.
    newest = {(note.remote_id, note.cause): note for note in notes}
    SyncNote.objects.bulk_create(
        [_row(connector, resource, note, now) for note in newest.values()],
        update_conflicts=True,
        unique_fields=["connector", "resource", "remote_id", "cause"],
        update_fields=["detail", "set_aside", "last_seen_at"],
    )
    older = SyncNote.objects.filter(
        connector=connector, resource=resource, last_seen_at__lt=now, remote_id__isnull=False
    )
    if older.exists():
        read_ids = {*imported_ids, *(note.remote_id for note in notes)} - {None}
        older.filter(remote_id__in=read_ids).delete()


def _row(
    connector: ConnectorConfig, resource: base.Resource, note: base.Note, now: datetime
) -> SyncNote:
    return SyncNote(
        connector=connector,
        resource=resource,
        remote_id=note.remote_id,
        cause=note.cause,
        detail=note.detail,
        set_aside=note.set_aside,
        last_seen_at=now,
    )


def set_aside_ids(*, connector: ConnectorConfig, resource: base.Resource) -> set[int]:
    """Ids of records that wait for their next change."""
    found = SyncNote.objects.filter(
        connector=connector, resource=resource, set_aside=True, remote_id__isnull=False
    )
    return {pk for pk in found.values_list("remote_id", flat=True) if pk is not None}
