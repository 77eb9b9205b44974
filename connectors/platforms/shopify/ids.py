"""The ids that a store has, upwards, each with the moment of its last change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connectors.platforms import base, values
from connectors.platforms.shopify import client, connections, gids, kinds, products

AT_ONCE = 20_000


def id_batches(
    client_: client.Client,
    resource: base.Resource,
    position: base.Json,
    *,
    sees_all: bool,
) -> Iterator[base.IdBatch]:
    """All ids from a batch's position on.

    Unless the app ``sees_all`` orders, nothing is said of ids below the first: it is shown the
    orders of the last 60 days alone.
    """
    if position.get("done"):
        return
    kind = kinds.OF[resource]
    low = position.get("low", 0 if sees_all else None)
    total = _count(client_, kind)
    size = connections.PageSize(connections.MOST)
    cursor: str | None = None
    seen, since = 0, position.get("low")
    while True:
        query = f"id:>={since}" if since else None
        variables = {"after": cursor, "query": query}
        page = connections.page(client_, kind.ids, kind.ids_field, variables, size)
        stamps = dict(_stamps(resource, page.nodes))
        high = max(stamps) + 1 if stamps and page.cursor is not None else None
        if low is None:
            low = min(stamps, default=0)
        yield base.IdBatch(
            stamps=stamps, low=low, high=high, total=total,
            position={"done": True} if high is None else {"low": high},
        )  # fmt: skip
        if high is None:
            return
        seen += len(stamps)
        cursor, low = page.cursor, high
        if seen >= AT_ONCE:
            cursor, seen, since = None, 0, high


def _stamps(
    resource: base.Resource, nodes: list[base.Json]
) -> Iterator[tuple[int, datetime | None]]:
    for node in nodes:
        is_variant = resource is base.Resource.PRODUCTS
        moment = (
            products.modified_at(node)
            if is_variant
            else values.optional_moment(node.get("updatedAt"))
        )
        yield gids.number(node["id"]), moment


def _count(client_: client.Client, kind: kinds.Kind) -> int | None:
    found = client_.query(kind.count).data.get(f"{kind.ids_field}Count")
    return int(found["count"]) if found else None
