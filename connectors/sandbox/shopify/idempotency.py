"""Mutations that are carried out once: a key's answer is given again for a day."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from graphql import GraphQLError, get_directive_values

from connectors.sandbox.shopify import context, goods
from connectors.sandbox.shopify.context import Info
from connectors.sandbox.shopify.goods import Json

REQUIRED_FROM = "2026-04"
KEPT = timedelta(hours=24)


def key(info: Info) -> str | None:
    """The key of the field's @idempotent; an error where one is required and missing."""
    directive = info.schema.get_directive("idempotent")
    found = directive and get_directive_values(directive, info.field_nodes[0], info.variable_values)
    if not found:
        if context.of(info).version >= REQUIRED_FROM:
            raise _refused(
                "The @idempotent directive is required for this mutation but was not provided."
            )
        return None
    text = str(found["key"])
    if not text.strip():
        raise _refused("The idempotency key cannot be an empty string or whitespace only.")
    return text


def once(info: Info, given: Any, act: Callable[[], tuple[Json, Json]]) -> Json:
    """The answer of an act; for a key that was used in the last 24 hours, that one again.

    ``act`` gives its answer and what to remember of it, nothing where it may be tried again.
    """
    name, shop = key(info), context.of(info).shop
    if name is None:
        return act()[0]
    if context.of(info).knobs.take("key_in_use"):
        raise _refused(
            "This request is currently in progress, please try again.",
            code="IDEMPOTENCY_CONCURRENT_REQUEST",
        )
    digest = hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()
    with shop.lock:
        known = orjson.loads(shop.setting(f"key {name}") or "{}")
        if known and known["at"] > goods.stamp(shop.clock() - KEPT):
            if known["digest"] != digest:
                raise _refused(
                    "The same idempotency key was used with other parameters.",
                    code="IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
                )
            remembered: Json = known["answer"]
            return remembered
        answer, remember = act()
        if remember:
            kept = {"at": shop.now(), "digest": digest, "answer": remember}
            shop.set(f"key {name}", orjson.dumps(kept).decode())
        return answer


def _refused(message: str, *, code: str = "BAD_REQUEST") -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
