"""WooCommerce's webhooks: whether they are genuine, and what they are about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson

from connectors.platforms import base, signing, values

TOPICS: tuple[str, ...] = tuple(
    f"{resource}.{event}"
    for resource, events in {
        "product": ("created", "updated", "deleted", "restored"),
        "customer": ("created", "updated", "deleted"),
        "order": ("created", "updated", "deleted", "restored"),
    }.items()
    for event in events
)
# The secret is ours to choose, and is given to the store with each webhook.
HAS_OWN_SECRET = True

RESOURCES = {
    "product": base.Resource.PRODUCTS,
    "customer": base.Resource.CUSTOMERS,
    "order": base.Resource.ORDERS,
}


def is_greeting(body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether it is the unsigned ping that the store sends when a webhook is made."""
    digits = body.removeprefix(b"webhook_id=")
    return "x-wc-webhook-signature" not in headers and digits != body and digits.isdigit()


def is_genuine(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether the store sent these very bytes; header names are in lower case."""
    return signing.is_genuine(body, headers.get("x-wc-webhook-signature", ""), secret)


def read(body: bytes, headers: Mapping[str, str]) -> base.Announcement:
    """What it is about; raises ``AnnouncementError``.

    Delivery ids repeat within a second, so the body is part of the key.
    """
    topic = headers.get("x-wc-webhook-topic", "")
    resource = RESOURCES.get(topic.partition(".")[0])
    remote_id = _id(body) if resource else None
    delivery = headers.get("x-wc-webhook-delivery-id", "")
    digest = hashlib.sha256(f"{topic}\n{delivery}\n".encode() + body).hexdigest()
    return base.Announcement(
        topic=topic[:100], resource=resource, remote_id=remote_id, delivery_key=digest
    )


def _id(body: bytes) -> int:
    try:
        found = orjson.loads(body)
        return values.identity(found["id"])
    except (orjson.JSONDecodeError, LookupError, TypeError, base.RecordError):
        raise base.AnnouncementError("The webhook names no record.") from None
