"""A range of a store's ids beside the rows that we have of it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from connectors.platforms import base


def compare(
    present: QuerySet[Any], known: QuerySet[Any], batch: base.IdBatch
) -> tuple[set[int], set[int]]:
    """The ids of ``present`` rows that the store lacks, and its ids that no ``known`` row has."""
    in_range = {"remote_id__gte": batch.low}
    if batch.high is not None:
        in_range["remote_id__lt"] = batch.high
    ours = set(present.filter(**in_range).values_list("remote_id", flat=True))
    new = set(batch.ids - ours)
    new -= set(known.filter(remote_id__in=new).values_list("remote_id", flat=True))
    return ours - batch.ids, new
