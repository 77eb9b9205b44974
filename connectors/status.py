"""How fresh our copy of each store is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from connectors.models import ConnectorConfig, SyncCursor, SyncNote, SyncRun
from connectors.platforms import base


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceStatus:
    """One resource of one store; ``lag`` is None before the first complete copy.

    ``notes`` counts the open notes by cause, most frequent first.
    """

    connector: ConnectorConfig
    resource: base.Resource
    cursor: SyncCursor | None
    last_run: SyncRun | None
    lag: timedelta | None
    notes: dict[str, int]

    @property
    def complete_to(self) -> datetime | None:
        """Every change before this moment is copied; None before the first complete copy."""
        return self.cursor.changed_until if self.cursor else None


def all_stores() -> list[ResourceStatus]:
    """Every resource of every store, in the order in which they are copied."""
    return [
        _of(connector, resource)
        for connector in ConnectorConfig.objects.all()
        for resource in base.Resource
    ]


def of_store(connector: ConnectorConfig) -> list[ResourceStatus]:
    """Every resource of one store."""
    return [_of(connector, resource) for resource in base.Resource]


def _of(connector: ConnectorConfig, resource: base.Resource) -> ResourceStatus:
    cursor = SyncCursor.objects.filter(connector=connector, resource=resource).first()
    counted = (
        SyncNote.objects.filter(connector=connector, resource=resource)
        .values("cause")
        .order_by()
        .annotate(number=Count("*"))
        .order_by("-number", "cause")
    )
    return ResourceStatus(
        connector=connector,
        resource=resource,
        cursor=cursor,
        last_run=SyncRun.objects.filter(connector=connector, resource=resource).first(),
        lag=cursor.lag(timezone.now()) if cursor else None,
        notes={row["cause"]: row["number"] for row in counted},
    )


def as_json(one: ResourceStatus) -> dict[str, Any]:
    """The status for programs: moments in ISO 8601, the lag in seconds."""
    cursor, run = one.cursor, one.last_run
    return {
        "store": one.connector.store_url,
        "platform": one.connector.platform,
        "resource": one.resource.value,
        "complete_to": _iso(one.complete_to),
        "swept_at": _iso(cursor.swept_at if cursor else None),
        "reading": bool(cursor and cursor.window),
        "lag_seconds": None if one.lag is None else int(one.lag.total_seconds()),
        "last_run": run and _run_json(run),
        "notes": one.notes,
    }


def _run_json(run: SyncRun) -> dict[str, Any]:
    names = ("created", "updated", "unchanged", "deleted", "set_aside", "request")
    return {
        "status": run.status,
        "kind": run.kind,
        "started_at": _iso(run.started_at),
        "finished_at": _iso(run.finished_at),
        "error_code": run.error_code,
        "error": run.error,
        "warning": run.warning,
        **{f"{name}_count": getattr(run, f"{name}_count") for name in names},
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def moment(value: datetime | None) -> str:
    """A moment for people, in the installation's time zone."""
    return "never" if value is None else f"{timezone.localtime(value):%d %b %Y %H:%M:%S %Z}"


def age(value: timedelta | None) -> str:
    """A stretch of time for people: the two largest units."""
    if value is None:
        return "not copied completely yet"
    seconds = int(value.total_seconds())
    parts = [(seconds // 86_400, "d"), (seconds % 86_400 // 3600, "h")]
    parts += [(seconds % 3600 // 60, "min"), (seconds % 60, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{number} {unit}" for number, unit in parts[:2])
