"""Connections: pages of records or of parts of one, with Shopify's cursors and limits."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from graphql import GraphQLError

from connectors.sandbox.shopify import context, searching
from connectors.sandbox.shopify.context import Info
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.shop import Condition, Selection


class _All(int):
    """A size that no caller can ask for."""


LARGEST, ALL = 250, _All(10**9)
SORTS = {
    "ID": "id", "CREATED_AT": "created", "UPDATED_AT": "updated", "PROCESSED_AT": "moment",
    "PUBLISHED_AT": "moment", "TITLE": "title", "SKU": "sku",
    "POSITION": "json_extract(body, '$.position')",
    "COMPLETED_AT": "coalesce(json_extract(body, '$.completedAt'), '')",
}  # fmt: skip
VALUES = {
    "id": "id", "created": "createdAt", "updated": "updatedAt", "title": "title", "sku": "sku",
}  # fmt: skip


def cursor(identity: int, value: Any) -> str:
    """What says where a page ended."""
    return base64.b64encode(orjson.dumps({"last_id": identity, "last_value": value})).decode()


def after(text: str) -> tuple[int, Any]:
    """Where a cursor points to."""
    try:
        found = orjson.loads(base64.b64decode(text, validate=True))
        return int(found["last_id"]), found["last_value"]
    except (ValueError, KeyError, TypeError):
        raise _refused("Invalid cursor for current pagination sort.") from None


def size(arguments: Mapping[str, Any]) -> int:
    """How many are asked for; an error where that is missing or too many."""
    first = arguments.get("first")
    if first is None:
        raise _refused("you must provide one of first or last")
    if not isinstance(first, _All) and not 0 <= first <= LARGEST:
        raise _refused(f"first cannot exceed {LARGEST}")
    return int(first)


def records(
    info: Info,
    kind: str,
    arguments: Mapping[str, Any],
    *,
    extra: Sequence[Condition] = (),
) -> Json:
    """A page of records, searched and sorted as the arguments say."""
    request, first = context.of(info), size(arguments)
    column = SORTS[arguments.get("sortKey") or "ID"]
    reverse = bool(arguments.get("reverse"))
    conditions = [*extra, *searched(info, kind, arguments.get("query"))]
    last = after(arguments["after"]) if arguments.get("after") else None
    if request.knobs.drift:
        request.knobs.drift()
    if last is not None:
        _check_reach(info, kind, conditions, _seek(column, last, reverse=not reverse), first)
        conditions.append(_seek(column, last, reverse=reverse))
    way = " DESC" if reverse else ""
    chosen = Selection(conditions=conditions, order=f"{column}{way}, id{way}", limit=first + 1)
    found = request.shop.select(kind, chosen)
    nodes = _spoiled(info, found[:first])
    cursors = [cursor(body["id"], _value(column, body)) for body in nodes]
    return connection(nodes, cursors, more=len(found) > first, before=last is not None)


def searched(info: Info, kind: str, text: str | None) -> list[Condition]:
    """The conditions of a search; what it ignored is noted for the answer."""
    request = context.of(info)
    search = searching.read(kind, text, request.shop.zone)
    if search.warnings:
        request.warnings.append(
            {"path": info.path.as_list(), "query": text, "parsed": {}, "warnings": search.warnings}
        )
    return [*request.visible(kind), *([search.condition] if search.condition else [])]


def _seek(column: str, last: tuple[int, Any], *, reverse: bool) -> Condition:
    identity, value = last
    return f"({column}, id) {'<' if reverse else '>'} (?, ?)", [value, identity]


def _check_reach(
    info: Info, kind: str, conditions: Sequence[Condition], passed: Condition,
    first: int,
) -> None:  # fmt: skip
    request = context.of(info)
    if request.bulk:
        return
    cap = request.knobs.object_cap
    gone = request.shop.count(kind, [*conditions, passed], limit=cap + 1)
    if gone + 1 + first > cap:
        raise _refused(f"Pagination is limited to {cap} objects. Use filters to narrow the list.")


def _value(column: str, body: Json) -> Any:
    if column == "moment":
        return body.get("processedAt") or body.get("publishedAt") or ""
    if column in VALUES:
        return body.get(VALUES[column]) or body.get("name") or ""
    return body["position"] if "position" in body else body.get("completedAt") or ""


def _spoiled(info: Info, nodes: list[Json]) -> list[Json]:
    knobs = context.of(info).knobs
    if nodes and knobs.spoil:
        nodes[0], knobs.spoil = {**nodes[0], **knobs.spoil}, {}
    if nodes and knobs.take("repeat"):
        nodes = [nodes[0], *nodes]
    if nodes and knobs.take("bloat"):
        nodes[0] = {**nodes[0], "note": "x" * 10**7, "descriptionHtml": "x" * 10**7}
    return nodes


def parts(items: Sequence[Json], arguments: Mapping[str, Any]) -> Json:
    """A page of the parts of one record, in their order."""
    first = size(arguments)
    items = list(reversed(items)) if arguments.get("reverse") else items
    start = 0
    if arguments.get("after"):
        _, start = after(arguments["after"])
    nodes = list(items[start : start + first])
    cursors = [cursor(one.get("id") or 0, start + n) for n, one in enumerate(nodes, 1)]
    return connection(nodes, cursors, more=start + first < len(items), before=start > 0)


def connection(nodes: list[Json], cursors: list[str], *, more: bool, before: bool) -> Json:
    """A page in the shape of a connection."""
    return {
        "nodes": nodes,
        "edges": [{"node": n, "cursor": c} for n, c in zip(nodes, cursors, strict=True)],
        "pageInfo": {
            "hasNextPage": more, "hasPreviousPage": before,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }  # fmt: skip


def count(info: Info, kind: str, arguments: Mapping[str, Any]) -> Json:
    """How many records a search finds, counted up to the limit."""
    request = context.of(info)
    cap, asked = request.knobs.object_cap, arguments.get("limit")
    limit = cap if asked is None else min(asked, cap)
    found = request.shop.count(
        kind, searched(info, kind, arguments.get("query")), limit=limit + 1
    )  # fmt: skip
    precision = "AT_LEAST" if found > limit else "EXACT"
    return {"count": min(found, limit), "precision": precision}


def _refused(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})
