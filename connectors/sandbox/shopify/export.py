"""The lines of a bulk operation: each object by itself, children with their parent's id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.sandbox.shopify import context, paging, walking
from connectors.sandbox.shopify.bulk_rules import Plan
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.selecting import Selected
from connectors.sandbox.shopify.walking import Field


@dataclass(frozen=True, slots=True)
class Line:
    """One object: how deep it was found, and its JSON without a line's end."""

    depth: int
    text: bytes


class Export(walking.Walker):
    """Writes the lines of a plan, page by page."""

    def __init__(self, plan: Plan, request: context.Request) -> None:
        super().__init__(plan.opener, request)
        self.root = plan.root
        self.children: list[tuple[Field, Any]] = []
        self.fields = self.ready(self.inside(plan.root))

    def chunks(self) -> Iterator[list[Line]]:
        """The lines of one page of roots after the other; a root before what it holds."""
        resolve = self.root.parent.fields[self.root.name].resolve
        given, info = super().arguments(self.root), self.info(self.root)
        page: Json = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
        while page["pageInfo"]["hasNextPage"]:
            self.request.loaded.clear()
            after = page["pageInfo"]["endCursor"]
            page = resolve(None, info, **{**given, "first": paging.LARGEST, "after": after})
            yield [line for node in page["nodes"] for line in self._lines(node, self.fields, 0, "")]

    def inside(self, one: Selected) -> Iterable[Selected]:
        return self.opener.node_fields(one) if one.is_connection else self.opener.inside(one)

    def arguments(self, one: Selected) -> dict[str, Any]:
        given = super().arguments(one)
        return {**given, "first": paging.ALL} if one.is_connection else given

    def object(self, source: Any, fields: tuple[Field, ...]) -> Json:
        body: Json = {}
        for field in fields:
            found = field.read(source)
            if field.connection:
                self.children.append((field, found))
            else:
                body[field.key] = self.value(found, field)
        return body

    def _lines(
        self, source: Any, fields: tuple[Field, ...], depth: int, parent: str
    ) -> Iterator[Line]:
        self.children = []
        body = self.object(source, fields)
        children = self.children
        if parent:
            body["__parentId"] = parent
        yield Line(depth, orjson.dumps(body))
        for field, found in children:
            for node in found["nodes"]:
                yield from self._lines(node, field.inside, depth + 1, body["id"])


def scattered(lines: list[Line]) -> list[Line]:
    """The same lines, parents before children, but no longer children beside their parent."""
    found: list[Line] = []
    for depth in sorted({line.depth for line in lines}):
        same = [line for line in lines if line.depth == depth]
        found += same if depth == 0 else same[::-1]
    return found
