"""The connection test: what a store is, and whether the app may see what is needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from connectors.platforms import base, patience, values
from connectors.platforms.shopify import client, failures

READING = ("read_products", "read_customers", "read_orders")
WRITING = "write_orders"
ALL_ORDERS = "read_all_orders"
MOST_SKEW = timedelta(minutes=1)


def check(client_: client.Client) -> base.StoreDescription:
    """Call the store and say what it is; raises what is wrong in plain words."""
    answer = client_.query("shop", retry=patience.HASTY)
    shop, granted = answer.data["shop"], scopes(answer.data)
    _require_reading(granted)
    return base.StoreDescription(
        name=values.text(shop["name"]),
        version=answer.version,
        currency=values.text(shop["currencyCode"]),
        timezone=values.text(shop["ianaTimezone"]),
        can_write=WRITING in granted,
        warnings=tuple(_warnings(client_, answer, granted)),
    )


def scopes(data: base.Json) -> frozenset[str]:
    """What the app may do; what may be written may be read as well."""
    installation = data["currentAppInstallation"]
    handles = {values.text(one["handle"]) for one in installation["accessScopes"]}
    handles |= {f"read_{one.removeprefix('write_')}" for one in handles if "write_" in one}
    return frozenset(handles)


def _require_reading(granted: frozenset[str]) -> None:
    missing = [scope for scope in READING if scope not in granted]
    if missing:
        raise base.CredentialsError(
            f"The app lacks the access {', '.join(missing)}. {failures.SCOPES}", code="scope"
        )


def _warnings(
    client_: client.Client, answer: client.Answer, granted: frozenset[str]
) -> Iterator[str]:
    if ALL_ORDERS not in granted:
        yield (
            "The app lacks the access read_all_orders, so Shopify gives only the orders of the "
            "last 60 days, without a word. Older orders are not copied."
        )
    if WRITING not in granted:
        yield (
            "The app lacks the access write_orders: refunds and address changes will not be "
            "possible."
        )
    if answer.version and answer.version != client_.version:
        yield (
            f"Shopify answered with version {answer.version} of its API, not {client_.version}: "
            "that one is no longer, or not yet, served. Update Storekeep."
        )
    if client_.root.startswith("http:"):
        yield "The store is reached over plain HTTP: its customers' data can be read on the way."
    yield from _skew(answer)


def _skew(answer: client.Answer) -> Iterator[str]:
    if answer.sent_at is None:
        return
    minutes = (answer.sent_at - datetime.now(UTC)) / timedelta(minutes=1)
    if abs(minutes) >= MOST_SKEW / timedelta(minutes=1):
        way = "ahead" if minutes > 0 else "behind"
        yield f"The store's clock is {abs(minutes):.0f} minutes {way}."
