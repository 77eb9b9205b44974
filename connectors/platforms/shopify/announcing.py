"""Shopify's webhooks: whether they are genuine, and what they are about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson

from connectors.platforms import base, signing
from connectors.platforms.shopify import gids

TOPICS: tuple[str, ...] = (
    "products/create", "products/update", "products/delete",
    "customers/create", "customers/update", "customers/delete",
    "orders/create", "orders/updated", "orders/delete", "refunds/create",
)  # fmt: skip
# Shopify signs with the app's client secret; there is no secret to choose.
HAS_OWN_SECRET = False

RESOURCES = {
    "products": base.Resource.PRODUCTS,
    "customers": base.Resource.CUSTOMERS,
    "orders": base.Resource.ORDERS,
    "refunds": base.Resource.ORDERS,
}
# What sets the privacy requests apart from each other and from every other webhook.
PRIVACY = {
    "customers/data_request": {"shop_domain", "customer", "data_request"},
    "customers/redact": {"shop_domain", "customer", "orders_to_redact"},
    "shop/redact": {"shop_domain", "shop_id"},
}


def is_greeting(body: bytes, headers: Mapping[str, str]) -> bool:
    """Shopify sends nothing unsigned."""
    return False


def is_genuine(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether Shopify sent these very bytes; header names are in lower case."""
    return signing.is_genuine(body, headers.get("x-shopify-hmac-sha256", ""), secret)


def read(body: bytes, headers: Mapping[str, str]) -> base.Announcement:
    """What it is about; raises ``AnnouncementError``.

    Headers are not signed: the topic only says what to look for in the body.
    """
    topic = headers.get("x-shopify-topic", "")
    subject = topic.partition("/")[0]
    is_private = topic in PRIVACY
    resource = None if is_private else RESOURCES.get(subject)
    delivery = headers.get("x-shopify-webhook-id") or hashlib.sha256(body).hexdigest()
    return base.Announcement(
        topic=topic[:100],
        resource=resource,
        remote_id=_id(body, subject) if resource else None,
        delivery_key=hashlib.sha256(f"{topic}\n{delivery}".encode()).hexdigest(),
        payload=_privacy_request(body, topic) if is_private else None,
    )


def _privacy_request(body: bytes, topic: str) -> str:
    """The body, once it is clear that it is what the header says: an order sent again under the
    topic of an erasure must not erase anybody."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    keys = found.keys() if isinstance(found, dict) else set()
    is_shop = topic == "shop/redact" and keys == PRIVACY[topic]
    if not is_shop and (topic == "shop/redact" or not keys >= PRIVACY[topic]):
        raise base.AnnouncementError("The webhook is not the privacy request that it says it is.")
    return body.decode()


def _id(body: bytes, subject: str) -> int:
    """The record's id. Deletions have a bare id; a refund names its order."""
    try:
        found = orjson.loads(body)
        if subject == "refunds":
            number = found["order_id"]
        else:
            gid = found.get("admin_graphql_api_id", "")
            number = gids.optional_number(gid) or found["id"]
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        number = None
    if type(number) is not int or not 0 < number < 2**63:
        raise base.AnnouncementError("The webhook names no record.")
    return number
