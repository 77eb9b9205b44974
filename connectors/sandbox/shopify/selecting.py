"""The fields of a selection with the types that they are read from, fragments opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
)

WRAPPERS = ("nodes", "edges")


@dataclass(frozen=True, slots=True)
class Selected:
    """A field, and the type that has it."""

    node: FieldNode
    parent: Any

    @property
    def name(self) -> str:
        return self.node.name.value

    @property
    def key(self) -> str:
        return self.node.alias.value if self.node.alias else self.name

    @property
    def type(self) -> Any:
        """The named type of its value; None for ``__typename``."""
        found = getattr(self.parent, "fields", {}).get(self.name)
        return get_named_type(found.type) if found else None

    @property
    def is_connection(self) -> bool:
        return self.type is not None and self.type.name.endswith("Connection")


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens the selections of one document."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]

    def fields(self, selections: SelectionSetNode | None, parent: Any) -> Iterator[Selected]:
        """The fields of a selection on a value of this type."""
        for one in selections.selections if selections else ():
            if isinstance(one, FieldNode):
                yield Selected(one, parent)
            elif isinstance(one, InlineFragmentNode):
                condition = one.type_condition
                kind = self.schema.get_type(condition.name.value) if condition else parent
                yield from self.fields(one.selection_set, kind)
            elif isinstance(one, FragmentSpreadNode):
                fragment = self.fragments[one.name.value]
                kind = self.schema.get_type(fragment.type_condition.name.value)
                yield from self.fields(fragment.selection_set, kind)

    def inside(self, field: Selected) -> list[Selected]:
        """The fields that are selected of a field's value."""
        return list(self.fields(field.node.selection_set, field.type))

    def node_fields(self, connection: Selected) -> list[Selected]:
        """The fields of a connection's nodes, by whichever way they are selected."""
        found: list[Selected] = []
        for one in self.inside(connection):
            if one.name == "nodes":
                found += self.inside(one)
            if one.name == "edges":
                for inner in self.inside(one):
                    found += self.inside(inner) if inner.name == "node" else []
        return found


def opener(schema: GraphQLSchema, document: DocumentNode) -> Opener:
    """An opener for a document's selections."""
    fragments = {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    return Opener(schema, fragments)
