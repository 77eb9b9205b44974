"""Which stores need somebody's attention: said on every page of the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache

from connectors import lists, overview, presenting

KEY = "connectors.troubles"
SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A store that is disconnected or behind: since when, why, and how to mend it."""

    store: str
    url: str
    is_disconnected: bool
    since: str
    reason: str
    remedy: str


def current() -> Sequence[Trouble]:
    """The stores in trouble, looked up once in ten seconds at most."""
    found: Sequence[Trouble] | None = cache.get(KEY)
    if found is None:
        found = [_trouble(state) for state in _troubled()]
        cache.set(KEY, found, SECONDS)
    return found


def _troubled() -> list[overview.StoreState]:
    stores = lists.stores().prefetch_related("cursors")
    states = [overview.state_without_runs(store) for store in stores if store.sync_enabled]
    return [one for one in states if one.store.disconnected_at or one.is_behind]


def _trouble(state: overview.StoreState) -> Trouble:
    store = state.store
    if store.disconnected_at:
        return Trouble(
            store=str(store),
            url=presenting.page_of(store),
            is_disconnected=True,
            since=f"disconnected since {presenting.moment(store.disconnected_at)}",
            reason=store.disconnected_reason,
            remedy="Test the connection or enter new credentials on the store’s page.",
        )
    return Trouble(
        store=str(store),
        url=presenting.page_of(store),
        is_disconnected=False,
        since=f"behind by {presenting.age(state.lag)}",
        reason="Copying takes longer than the sync interval, or no worker runs.",
        remedy="“manage.py doctor” says which; “Sync now” on the store’s page tries again.",
    )
