"""Webhook subscriptions of the app in a store."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.platforms import base, values
from connectors.platforms.shopify import client


def found(client_: client.Client) -> Iterator[base.Subscription]:
    """Every subscription that the app has in the store."""
    cursor: str | None = None
    while True:
        page = client_.query("webhooks", {"after": cursor}).data["webhookSubscriptions"]
        for node in page["nodes"]:
            yield _subscription(node)
        if not page["pageInfo"]["hasNextPage"]:
            return
        cursor = page["pageInfo"]["endCursor"]


def add(client_: client.Client, topic: str, url: str) -> base.Subscription:
    """A new subscription; raises ``RejectedError`` when Shopify doesn't want it."""
    variables = {"topic": _enum(topic), "url": url}
    payload = client_.mutate("webhook_create", variables).data["webhookSubscriptionCreate"]
    if values.listed(payload.get("userErrors")):
        raise base.RejectedError(
            f"Shopify does not send webhooks ({topic}) to this address. It must begin with "
            "https:// and be reachable from the internet; each topic can have it once.",
            code="webhook_refused",
        )
    return _subscription(payload["webhookSubscription"])


def remove(client_: client.Client, remote_id: str) -> None:
    """Take a subscription away; one that is gone already is no error."""
    client_.mutate("webhook_delete", {"id": remote_id})


def _subscription(node: base.Json) -> base.Subscription:
    # Shopify deletes a subscription whose deliveries fail: there are no inactive ones.
    return base.Subscription(
        remote_id=node["id"], topic=_topic(node["topic"]), url=node["uri"], active=True
    )


def _enum(topic: str) -> str:
    """orders/create as the API's own ORDERS_CREATE."""
    return topic.replace("/", "_").upper()


def _topic(enum: str) -> str:
    """ORDERS_CREATE as orders/create; the part before the first _ is the resource."""
    return enum.lower().replace("_", "/", 1)
