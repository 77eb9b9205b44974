"""What is recommended where no model can say: what sold most lately, and what is new."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Max, QuerySet
from django.utils import timezone

from catalog.models import PlatformProduct
from recommendations import reading

# For so long a list is used again, and so many products it has.
EVERY = 300.0
MOST = 200
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A product of a store: ``share`` of the latest orders had it, None where nobody counted."""

    sku: str
    share: float | None
    categories: frozenset[str]


Place = tuple[str, uuid.UUID | None]
_lists: dict[tuple[str, Place], tuple[float, list[Sold]]] = {}
_lock = threading.Lock()


def popular(place: Place) -> list[Sold]:
    """What most orders of the last 30 days had on a platform (and of a store), most first."""
    return _kept("popular", place, _popular)


def newest(place: Place) -> list[Sold]:
    """What a platform (and a store) has had for the shortest time; of variants the first."""
    return _kept("newest", place, _newest)


def forget() -> None:
    """As if this process had just begun."""
    _lists.clear()


def _kept(name: str, place: Place, find: Callable[[Place], list[Sold]]) -> list[Sold]:
    with _lock:
        at, found = _lists.get((name, place), (0.0, []))
        if not at or time.monotonic() - at > EVERY:
            found = find(place)
            _lists[name, place] = time.monotonic(), found
    return found


def _popular(place: Place) -> list[Sold]:
    platform, connector_id = place
    lines = reading.counted().filter(platform=platform, sku__isnull=False)
    if connector_id is not None:
        lines = lines.filter(order__connector_id=connector_id)
    newest = lines.aggregate(newest=Max("order__created_at"))["newest"] or timezone.now()
    late = lines.filter(order__created_at__gt=newest - LATELY)
    orders = late.aggregate(count=Count("order_id", distinct=True))["count"]
    counted = late.values("sku").annotate(count=Count("order_id", distinct=True))
    found = dict(counted.order_by("-count", "sku").values_list("sku", "count")[:MOST])
    categories = _categories(_rows(place).filter(sku__in=list(found)))
    return [
        Sold(sku=sku, share=count / orders, categories=categories[sku])
        for sku, count in found.items() if sku in categories
    ]  # fmt: skip


def _newest(place: Place) -> list[Sold]:
    rows = _rows(place).filter(available=True)
    rows = rows.order_by(F("remote_created_at").desc(nulls_last=True), "sku")
    firsts: dict[Any, str] = {}
    for row in rows.values("sku", "connector_id", "remote_id", "parent_remote_id")[: 5 * MOST]:
        own = row["connector_id"], row["parent_remote_id"] or row["remote_id"]
        firsts.setdefault(own, row["sku"])
    skus = list(firsts.values())[:MOST]
    categories = _categories(_rows(place).filter(sku__in=skus))
    return [Sold(sku=sku, share=None, categories=categories[sku]) for sku in skus]


def _rows(place: Place) -> QuerySet[PlatformProduct]:
    platform, connector_id = place
    rows = PlatformProduct.objects.present().filter(platform=platform).order_by()
    return rows if connector_id is None else rows.filter(connector_id=connector_id)


def _categories(rows: QuerySet[PlatformProduct]) -> dict[str, frozenset[str]]:
    """What each row is filed under: its own, and its parent's."""
    names = ("platform", "sku", "connector_id", "parent_remote_id", "metadata")
    found: Sequence[dict[str, Any]] = list(rows.values(*names))
    parents = PlatformProduct.objects.filter(
        connector__in={row["connector_id"] for row in found},
        remote_id__in={row["parent_remote_id"] for row in found if row["parent_remote_id"]},
    ).values_list("connector_id", "remote_id", "platform", "metadata")
    of_parents = {
        (connector, remote): reading.categories_of(platform, metadata)
        for connector, remote, platform, metadata in parents
    }
    nothing: frozenset[str] = frozenset()
    return {
        row["sku"]: reading.categories_of(row["platform"], row["metadata"])
        | of_parents.get((row["connector_id"], row["parent_remote_id"]), nothing)
        for row in found
    }
