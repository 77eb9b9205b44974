"""The console's first page: what came in, and whether every store is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from connectors import overview, presenting
from orders import related
from orders.models import PlatformOrder
from support.console import queues

LATEST_ORDERS = 10
COUNTED = 10_000
REFUNDS = ("Refunds", "support.refundrequest")
ADDRESSES = ("Address changes", "support.addressupdaterequest")
ADDRESSES_SEEN = "support.view_addressupdaterequest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A figure with what it counts; ``url`` '' where it leads nowhere."""

    figure: str
    label: str
    url: str = ""


def context(request: HttpRequest) -> dict[str, Any]:
    """What the first page shows to this member of staff; no query counts a whole table."""
    may = request.user.has_perm
    shown: dict[str, Any] = {
        "may_see_stores": may("connectors.view_connectorconfig"),
        "may_connect": may("connectors.add_connectorconfig"),
        "may_see_orders": may("orders.view_platformorder"),
    }
    if shown["may_see_orders"]:
        shown |= {"tiles": _tiles(), "latest_orders": _latest_orders()}
    work = [
        *(_work(REFUNDS, queues.counts()) if may("support.view_refundrequest") else ()),
        *(_work(ADDRESSES, queues.address_counts()) if may(ADDRESSES_SEEN) else ()),
    ]
    if work:
        shown["tiles"] = [*work, *shown.get("tiles", ())]
    if shown["may_see_stores"]:
        shown["states"] = overview.states()
    if may("connectors.view_syncnote"):
        shown["note_counts"] = overview.notes_by_cause()
    return shown


def _tiles() -> list[Tile]:
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    week = today - timedelta(days=6)
    orders = PlatformOrder.objects.order_by()
    waiting = orders.filter(status=PlatformOrder.Status.PROCESSING)
    address = presenting.list_of
    return [
        _tile("Orders today", orders.filter(created_at__gte=today),
              address("orders.platformorder", created_at_from=f"{today:%d/%m/%Y}")),
        _tile("Orders in 7 days", orders.filter(created_at__gte=week),
              address("orders.platformorder", created_at_from=f"{week:%d/%m/%Y}")),
        _tile("Orders processing", waiting,
              address("orders.platformorder", status__exact="processing")),
    ]  # fmt: skip


def _work(of: tuple[str, str], counts: list[tuple[str, str, int]]) -> list[Tile]:
    """The queues of requests in which somebody is waited for."""
    noun, model = of
    return [
        Tile(
            figure=presenting.whole(count),
            label=f"{noun}: {title[:1].lower()}{title[1:]}",
            url=presenting.list_of(model, queue=name),
        )
        for name, title, count in counts
        if count
    ]


def _tile(label: str, rows: QuerySet[Any], url: str) -> Tile:
    """A count that stops where nobody reads on."""
    found = rows.values("order_id")[: COUNTED + 1].count()
    more = "+" if found > COUNTED else ""
    return Tile(label=label, figure=f"{presenting.whole(min(found, COUNTED))}{more}", url=url)


def _latest_orders() -> list[PlatformOrder]:
    return list(related.light()[:LATEST_ORDERS])
