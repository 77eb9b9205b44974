"""The API's schema with its resolvers, and the execution of one operation."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, build_schema

from connectors.sandbox.shopify import gids, reading

FILE = Path(__file__).parent / "schema.graphql"


def _id(source: Any, info: GraphQLResolveInfo) -> str | None:
    found = source["id"] if isinstance(source, dict) else None
    if found is None or str(found).startswith("gid:"):
        return found
    return gids.write(info.parent_type.name, found)


def _legacy_id(source: Any, info: GraphQLResolveInfo) -> str:
    return str(source["id"])


@cache
def schema() -> GraphQLSchema:
    """The whole schema; built once."""
    built = build_schema(FILE.read_text(encoding="utf-8"))
    for one in built.type_map.values():
        if isinstance(one, GraphQLObjectType) and not one.name.startswith("__"):
            _attach(one)
    return built


def _attach(one: GraphQLObjectType) -> None:
    for name, field in one.fields.items():
        found = reading.RESOLVERS.get(f"{one.name}.{name}")
        if found is None and name == "id":
            found = _id
        if found is None and name == "legacyResourceId":
            found = _legacy_id
        if found is not None:
            field.resolve = found
