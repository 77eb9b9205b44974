"""What a query has to keep to in order to be run in bulk."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    get_nullable_type,
    is_list_type,
    parse,
    specified_rules,
    validate,
)

from connectors.sandbox.shopify import graph, selecting
from connectors.sandbox.shopify.selecting import Selected

CONNECTIONS, DEPTH = 5, 2


class RejectedError(Exception):
    """The query can't be run in bulk; its argument says why."""


class Plan:
    """A query that can be run in bulk: its one connection and how its selections open."""

    def __init__(self, text: str) -> None:
        try:
            document = parse(text)
        except GraphQLSyntaxError as error:
            raise RejectedError(f"Invalid bulk query: {error.message}") from None
        if faults := validate(graph.schema(), document, specified_rules):
            raise RejectedError(f"Invalid bulk query: {faults[0].message}")
        self.opener = selecting.opener(graph.schema(), document)
        found = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        self.root = self._root(found)
        self._check(list(self._connections(self.root, 0)))

    def _root(self, found: list[OperationDefinitionNode]) -> Selected:
        if len(found) != 1 or found[0].operation is not OperationType.QUERY:
            raise RejectedError("Bulk queries must contain one query operation.")
        if found[0].variable_definitions:
            raise RejectedError("Bulk queries cannot use variables.")
        schema = graph.schema()
        fields = list(self.opener.fields(found[0].selection_set, schema.query_type))
        connections = [one for one in fields if one.is_connection]
        if not connections:
            raise RejectedError("Bulk queries must contain at least one connection.")
        if len(fields) > 1:
            raise RejectedError("Bulk queries must have one top-level field.")
        return connections[0]

    def _connections(self, field: Selected, depth: int) -> Iterator[tuple[Selected, int]]:
        """Every connection with its depth, each checked on its way."""
        yield field, depth
        for one in self.opener.inside(field):
            if one.name != "edges":
                raise RejectedError("Bulk queries select connections by `edges` and `node` alone.")
        nodes = self.opener.node_fields(field)
        inner = list(self._inner(nodes, in_list=False))
        if inner and not any(one.name == "id" and one.key == "id" for one in nodes):
            raise RejectedError(
                "The parent 'node' field for a nested connection must select the 'id' field "
                "without an alias and must be of 'ID' return type. Connection fields without "
                f"'id': {field.name}."
            )
        for one in inner:
            yield from self._connections(one, depth + 1)

    def _inner(self, fields: list[Selected], *, in_list: bool) -> Iterator[Selected]:
        for one in fields:
            if one.is_connection:
                if in_list:
                    raise RejectedError(
                        "Queries that contain a connection field within a list field are not "
                        "currently supported."
                    )
                yield one
            elif one.type is not None:
                kind = get_nullable_type(one.parent.fields[one.name].type)
                inside = self.opener.inside(one)
                yield from self._inner(inside, in_list=in_list or is_list_type(kind))

    def _check(self, connections: list[tuple[Selected, int]]) -> None:
        if len(connections) > CONNECTIONS:
            raise RejectedError(
                f"Bulk queries cannot contain more than {CONNECTIONS} connections."
            )  # fmt: skip
        if max(depth for _, depth in connections) > DEPTH:
            raise RejectedError(
                f"Bulk queries cannot contain connections with a nesting depth greater than "
                f"{DEPTH}."
            )
