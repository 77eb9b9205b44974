"""The state of every store at a glance: a constant number of queries, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db.models import Count
from django.utils import timezone

from connectors import causes, lists, presenting
from connectors.models import (
    ConnectorConfig,
    ResourceChoices,
    SyncCursor,
    SyncNote,
    SyncRun,
    WebhookDelivery,
)
from connectors.platforms import base

LEAST_LAG = timedelta(minutes=15)
CUSTOMERS = base.Resource.CUSTOMERS.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource of a store; ``lag`` None: not copied completely yet."""

    name: str
    label: str
    complete_to: datetime | None
    lag: timedelta | None
    is_behind: bool
    run: SyncRun | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """A store, its state and its resources."""

    store: ConnectorConfig
    badge: presenting.Badge
    resources: Sequence[Resource]

    @property
    def lag(self) -> timedelta | None:
        """The largest lag; None before the first complete copy.

        Customers may be readable only with the daily sweep: their lag counts when that is late.
        """
        if not self.resources or any(one.lag is None for one in self.resources):
            return None
        prompt = (one for one in self.resources if one.is_behind or one.name != CUSTOMERS)
        return max((one.lag for one in prompt if one.lag is not None), default=None)

    @property
    def is_behind(self) -> bool:
        return any(one.is_behind for one in self.resources)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCount:
    """How many notes a resource of a store has for one cause."""

    store: ConnectorConfig
    resource: str
    label: str
    cause: str
    title: str
    explanation: str
    set_aside: int
    count: int


def states(only: ConnectorConfig | None = None) -> list[StoreState]:
    """Every store, or only this one, with its state."""
    stores = list(lists.stores()) if only is None else [only]
    keys = [store.pk for store in stores]
    cursors = {
        (c.connector_id, c.resource): c for c in SyncCursor.objects.filter(connector__in=keys)
    }
    runs = _last_runs(keys)
    now = timezone.now()
    return [_state(store, cursors, runs, now) for store in stores]


def state_without_runs(store: ConnectorConfig) -> StoreState:
    """The state of a store whose ``cursors`` are prefetched; no query."""
    cursors = {(store.pk, cursor.resource): cursor for cursor in store.cursors.all()}
    return _state(store, cursors, {}, timezone.now())


def _last_runs(keys: Iterable[UUID]) -> dict[tuple[UUID, str], SyncRun]:
    """The newest run of each resource of each store: one index look-up for each."""
    found = {}
    for key in keys:
        for resource in base.Resource:
            runs = SyncRun.objects.filter(connector_id=key, resource=resource)
            newest = runs.order_by("-started_at")[:1]
            found[key, resource.value] = newest
    if not found:
        return {}
    first, *others = found.values()
    united = first.union(*others, all=True) if others else first
    return {(run.connector_id, run.resource): run for run in united}


def _state(
    store: ConnectorConfig,
    cursors: dict[tuple[UUID, str], SyncCursor],
    runs: dict[tuple[UUID, str], SyncRun],
    now: datetime,
) -> StoreState:
    resources = [
        _resource(store, name, cursors.get((store.pk, name)), runs.get((store.pk, name)), now)
        for name in ResourceChoices.values
    ]
    return StoreState(store=store, badge=_badge(store, resources), resources=resources)


def _resource(
    store: ConnectorConfig,
    name: str,
    cursor: SyncCursor | None,
    run: SyncRun | None,
    now: datetime,
) -> Resource:
    lag = cursor.lag(now) if cursor else None
    return Resource(
        name=name,
        label=str(ResourceChoices(name).label),
        complete_to=cursor.changed_until if cursor else None,
        lag=lag,
        is_behind=lag is not None and store.sync_enabled and lag > _tolerable(store, name),
        run=run,
    )


def _tolerable(store: ConnectorConfig, resource: str) -> timedelta:
    """The lag that three missed syncs leave; customers may be readable only with the sweep."""
    seconds = 3 * store.sync_interval
    if resource == base.Resource.CUSTOMERS:
        seconds += store.sweep_interval
    return max(timedelta(seconds=seconds), LEAST_LAG)


def _badge(store: ConnectorConfig, resources: Sequence[Resource]) -> presenting.Badge:
    if not store.sync_enabled:
        return presenting.Badge(text="Off")
    if store.disconnected_at:
        return presenting.Badge(text="Disconnected", colour=presenting.BAD)
    if any(one.lag is None for one in resources):
        return presenting.Badge(text="Not copied yet", colour=presenting.MOVING)
    if any(one.is_behind for one in resources):
        return presenting.Badge(text="Behind", colour=presenting.WAITING)
    return presenting.Badge(text="Connected", colour=presenting.GOOD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """What a store's webhooks did lately."""

    is_registered: bool
    last: WebhookDelivery | None
    waiting: int
    failed: int


def webhooks(store: ConnectorConfig) -> Webhooks:
    """The last webhook of a store, how many wait, and how many failed within a day."""
    deliveries = WebhookDelivery.objects.filter(connector=store)
    lately = deliveries.filter(received_at__gte=timezone.now() - timedelta(days=1))
    return Webhooks(
        is_registered=bool(store.webhook_url),
        last=deliveries.first(),
        waiting=lately.filter(status__in=WebhookDelivery.OPEN).count(),
        failed=lately.filter(status=WebhookDelivery.Status.FAILED).count(),
    )


def notes_by_cause(only: ConnectorConfig | None = None) -> list[NoteCount]:
    """How many notes there are, by store, resource and cause; the most frequent first."""
    stores = {store.pk: store for store in ([only] if only else lists.stores())}
    counts: dict[tuple[UUID, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in _counted(stores):
        one = counts[row["connector_id"], row["resource"], row["cause"]]
        one[0] += row["number"]
        one[1] += row["number"] if row["set_aside"] else 0
    made = [
        NoteCount(
            store=stores[store],
            resource=resource,
            label=str(ResourceChoices(resource).label),
            cause=cause,
            title=presenting.words(cause),
            explanation=causes.explanation(cause),
            count=number,
            set_aside=aside,
        )
        for (store, resource, cause), (number, aside) in counts.items()
    ]
    return sorted(made, key=lambda one: (-one.set_aside, -one.count, one.cause))


def _counted(stores: dict[UUID, ConnectorConfig]) -> Iterable[dict[str, Any]]:
    notes = SyncNote.objects.filter(connector__in=list(stores)).order_by()
    grouped: Any = notes.values("connector_id", "resource", "cause", "set_aside")
    return cast("Iterable[dict[str, Any]]", grouped.annotate(number=Count("*")))
