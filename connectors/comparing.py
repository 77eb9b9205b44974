"""A range of a store's ids and stamps beside the rows that we have of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from connectors import registry
from connectors.platforms import base


def compare(
    present: QuerySet[Any], known: QuerySet[Any], batch: base.IdBatch
) -> registry.Comparison:
    """Where the range differs; ``known`` rows are all of them, ``present`` those not gone.

    A row that counts as deleted here and is in the store all the same is stale.
    """
    in_range = Q(remote_id__gte=batch.low)
    if batch.high is not None:
        in_range &= Q(remote_id__lt=batch.high)
    ours = set(present.filter(in_range).values_list("remote_id", flat=True))
    rows = known.filter(remote_id__in=list(batch.ids))
    stamps = {
        remote_id: (stamp, deleted_at)
        for remote_id, stamp, deleted_at in rows.values_list(
            "remote_id", "remote_modified_at", "deleted_at"
        )
    }
    return registry.Comparison(
        extra=ours - batch.ids,
        missing=set(batch.ids - stamps.keys()),
        stale={
            remote_id
            for remote_id, (stamp, deleted_at) in stamps.items()
            if deleted_at is not None or is_older(stamp, batch.stamps[remote_id])
        },
    )


def is_older(ours: datetime | None, theirs: datetime | None) -> bool:
    """Whether a row is older than what the store has; a store without a stamp tells nothing."""
    return theirs is not None and (ours is None or ours < theirs)
