"""Reads selections with the schema's own resolvers, several times faster than graphql-core.

It serves what needs no more than reading. Mutations, conditional fields and every answer with an
error in it are graphql-core's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from graphql import is_abstract_type, is_composite_type
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path

from connectors.sandbox.shopify import context, selecting
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.selecting import Selected


class UnsuitableError(Exception):
    """This selection has to be left to graphql-core."""


@dataclass(frozen=True, slots=True)
class Field:
    """A selected field, made ready: how its value is read, and what is selected of it.

    ``choices`` has what is selected of each type, where the value may be of several.
    """

    key: str
    read: Callable[[Any], Any]
    connection: bool = False
    inside: tuple[Field, ...] = ()
    choices: Mapping[str, tuple[Field, ...]] | None = None


class Walker:
    """Makes selections ready for one request, and reads objects by them."""

    def __init__(
        self,
        opener: selecting.Opener,
        request: context.Request,
        variables: VariableValues | None = None,
    ) -> None:
        self.opener, self.request, self.variables = opener, request, variables

    def ready(self, fields: Iterable[Selected]) -> tuple[Field, ...]:
        """The fields of one object; those of one key are one."""
        together: dict[str, list[Selected]] = {}
        for one in fields:
            together.setdefault(one.key, []).append(one)
        return tuple(self._field(same) for same in together.values())

    def object(self, source: Any, fields: tuple[Field, ...]) -> Json:
        """What is selected of one object."""
        return {field.key: self.value(field.read(source), field) for field in fields}

    def value(self, found: Any, field: Field) -> Any:
        """A field's value, with what is selected of it."""
        if found is None:
            return None
        if field.choices is not None:
            return [self.chosen(one, field) for one in found] if isinstance(found, list) else (
                self.chosen(found, field)
            )  # fmt: skip
        if not field.inside:
            return found
        if isinstance(found, list):
            return [self.object(one, field.inside) for one in found]
        return self.object(found, field.inside)

    def chosen(self, found: Any, field: Field) -> Json | None:
        """What is selected of a value that may be of several types."""
        if found is None or field.choices is None:
            return None
        return self.object(found, field.choices[found["__typename"]])

    def inside(self, one: Selected) -> Iterable[Selected]:
        """What is selected of a field's value."""
        return self.opener.inside(one)

    def arguments(self, one: Selected) -> dict[str, Any]:
        """The arguments of a field."""
        return get_argument_values(one.parent.fields[one.name], one.node, self.variables)

    def _field(self, same: list[Selected]) -> Field:
        """One field, however often it is selected."""
        one, kind = same[0], same[0].type
        field = Field(one.key, self._reader(one), one.is_connection)
        if kind is None or not is_composite_type(kind):
            return field
        inside = [found for each in same for found in self.inside(each)]
        if not is_abstract_type(kind):
            return replace(field, inside=self.ready(inside))
        possible = self.opener.schema.get_possible_types(kind)
        return replace(field, choices={each.name: self._as(each, inside) for each in possible})

    def _as(self, kind: Any, fields: Iterable[Selected]) -> tuple[Field, ...]:
        """What of the selected fields a value of this type has."""
        fitting = (one for one in fields if self._fits(kind, one.parent))
        return self.ready(replace(one, parent=kind) for one in fitting)

    def _fits(self, kind: Any, condition: Any) -> bool:
        """Whether what is selected under a condition is selected of this type."""
        if is_abstract_type(condition):
            return self.opener.schema.is_sub_type(condition, kind)
        return bool(condition is kind)

    def _reader(self, one: Selected) -> Callable[[Any], Any]:
        """How a field's value is read from its object."""
        name = one.name
        if one.node.directives:
            raise UnsuitableError
        if name == "__typename":
            return lambda _: one.parent.name
        resolve = one.parent.fields[name].resolve
        if resolve is None:
            return lambda source: source.get(name)
        arguments, info = self.arguments(one), self.info(one)
        return lambda source: resolve(source, info, **arguments)

    def info(self, one: Selected) -> Any:
        """The little of graphql-core's info that our resolvers look at."""
        return SimpleNamespace(
            context=self.request, field_name=one.name, parent_type=one.parent,
            path=Path(None, one.key, None),
        )  # fmt: skip
