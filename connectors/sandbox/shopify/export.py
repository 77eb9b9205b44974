"""The lines of a bulk operation: each object by itself, children with their parent's id.

Runs the resolvers itself instead of graphql-core, which would build the whole answer at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import orjson
from graphql import is_composite_type
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from connectors.sandbox.shopify import context, paging
from connectors.sandbox.shopify.bulk_rules import Plan
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.selecting import Selected


@dataclass(frozen=True, slots=True)
class Line:
    """One object: how deep it was found, and its JSON without a line's end."""

    depth: int
    text: bytes


@dataclass(frozen=True, slots=True)
class _Field:
    """A selected field, made ready."""

    key: str
    read: Callable[[Any], Any]
    inside: tuple[_Field, ...]
    connection: bool


class Export:
    """Writes the lines of a plan, page by page."""

    def __init__(self, plan: Plan, request: context.Request) -> None:
        self.plan, self.request = plan, request
        self.arguments = get_argument_values(
            plan.root.parent.fields[plan.root.name], plan.root.node
        )
        self.fields = self._ready(plan.opener.node_fields(plan.root))

    def chunks(self) -> Iterator[list[Line]]:
        """The lines of one page of roots after the other; a root before what it holds."""
        resolve = self.plan.root.parent.fields[self.plan.root.name].resolve
        info = self._info(self.plan.root)
        after: str | None = None
        while True:
            self.request.loaded.clear()
            page = resolve(
                None, info, **{**self.arguments, "first": paging.LARGEST, "after": after}
            )
            yield [line for node in page["nodes"] for line in self._lines(node, self.fields, 0, "")]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return

    def _ready(self, fields: list[Selected]) -> tuple[_Field, ...]:
        return tuple(self._field(one) for one in fields)

    def _field(self, one: Selected) -> _Field:
        opener = self.plan.opener
        inside = opener.node_fields(one) if one.is_connection else opener.inside(one)
        composite = one.type is not None and is_composite_type(one.type)
        return _Field(
            one.key, self._reader(one), self._ready(inside) if composite else (), one.is_connection
        )

    def _reader(self, one: Selected) -> Callable[[Any], Any]:
        name = one.name
        if name == "__typename":
            return lambda source: source.get("__typename", one.parent.name)
        definition = one.parent.fields[name]
        resolve = definition.resolve
        if resolve is None:
            return lambda source: source.get(name) if isinstance(source, Mapping) else source
        arguments = get_argument_values(definition, one.node)
        if one.is_connection:
            arguments |= {"first": paging.ALL}
        info = self._info(one)
        return lambda source: resolve(source, info, **arguments)

    def _info(self, one: Selected) -> Any:
        """The little of graphql-core's info that our resolvers look at."""
        return SimpleNamespace(
            context=self.request, field_name=one.name, parent_type=one.parent,
            path=Path(None, one.key, None),
        )  # fmt: skip

    def _lines(
        self, source: Any, fields: tuple[_Field, ...], depth: int, parent: str
    ) -> Iterator[Line]:
        children: list[tuple[_Field, Any]] = []
        body = self._object(source, fields, children)
        if parent:
            body["__parentId"] = parent
        yield Line(depth, orjson.dumps(body))
        for field, found in children:
            for node in found["nodes"]:
                yield from self._lines(node, field.inside, depth + 1, body["id"])

    def _object(
        self, source: Any, fields: tuple[_Field, ...], children: list[tuple[_Field, Any]]
    ) -> Json:
        body: Json = {}
        for field in fields:
            value = field.read(source)
            if field.connection:
                children.append((field, value))
            elif field.inside and isinstance(value, list):
                body[field.key] = [self._object(one, field.inside, children) for one in value]
            elif field.inside and value is not None:
                found = self._object(value, field.inside, children)
                body[field.key] = {**body.get(field.key, {}), **found}
            else:
                body[field.key] = value
        return body


def scattered(lines: list[Line]) -> list[Line]:
    """The same lines, parents before children, but no longer children beside their parent."""
    found: list[Line] = []
    for depth in sorted({line.depth for line in lines}):
        same = [line for line in lines if line.depth == depth]
        found += same if depth == 0 else same[::-1]
    return found
