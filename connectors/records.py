"""Which table holds the records of a resource; the apps above say so when the console loads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Model

from connectors import presenting

MODELS: dict[str, type[Model]] = {}

Record = tuple[UUID, str, int]


def register(resource: str, model: type[Model]) -> None:
    """Say which model, with ``connector`` and ``remote_id``, holds a resource's records."""
    MODELS[resource] = model


def pages(records: Iterable[Record]) -> dict[Record, str]:
    """The pages of those records that we hold, by (connector, resource, id in the store)."""
    wanted: dict[tuple[UUID, str], set[int]] = {}
    for connector, resource, remote_id in records:
        wanted.setdefault((connector, resource), set()).add(remote_id)
    found = {}
    for (connector, resource), ids in wanted.items():
        for row in _rows(connector, resource, ids):
            found[connector, resource, row.remote_id] = presenting.page_of(row)
    return found


def _rows(connector: UUID, resource: str, ids: set[int]) -> Iterable[Any]:
    model = MODELS.get(resource)
    if model is None:
        return ()
    rows = model._default_manager.filter(connector_id=connector, remote_id__in=ids)
    return rows.only("remote_id", *(field.name for field in model._meta.pk_fields))
