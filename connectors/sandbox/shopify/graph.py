"""The API's schema with its resolvers, and the execution of one operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, build_schema

from connectors.sandbox.shopify import gids
from connectors.sandbox.shopify.context import Info

Resolver = Callable[..., Any]

FILE = Path(__file__).parent / "schema.graphql"


def _id(source: Any, info: Info) -> str | None:
    found = source["id"] if isinstance(source, dict) else None
    if found is None or str(found).startswith("gid:"):
        return found
    return gids.write(info.parent_type.name, found)


def _legacy_id(source: Any, info: Info) -> str:
    return str(source["id"])


@cache
def schema() -> GraphQLSchema:
    """The whole schema; built once."""
    built = build_schema(FILE.read_text(encoding="utf-8"))
    for one in built.type_map.values():
        if isinstance(one, GraphQLObjectType) and not one.name.startswith("__"):
            _attach(one)
    return built


def serve(*resolvers: Mapping[str, Resolver]) -> None:
    """Have these resolvers, named as ``Type.field``, answer for their fields."""
    for name, resolve in (pair for one in resolvers for pair in one.items()):
        type_name, _, field = name.partition(".")
        schema().type_map[type_name].fields[field].resolve = resolve  # type: ignore[attr-defined]


def _attach(one: GraphQLObjectType) -> None:
    for name, field in one.fields.items():
        found = None
        if found is None and name == "id":
            found = _id
        if found is None and name == "legacyResourceId":
            found = _legacy_id
        if found is not None:
            field.resolve = found
