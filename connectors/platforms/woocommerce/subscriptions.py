"""Webhooks in a WooCommerce store."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.platforms import base, values
from connectors.platforms.woocommerce import client

AT_ONCE = 100
NAME = "Storekeep"


def found(client_: client.Client) -> Iterator[base.Subscription]:
    """Every webhook of the store, whoever made it."""
    page = 1
    while True:
        params = {"per_page": str(AT_ONCE), "page": str(page), "orderby": "id", "order": "asc"}
        items = values.listed(client_.get("webhooks", params).data)
        for item in items:
            yield _subscription(item)
        if len(items) < AT_ONCE:
            return
        page += 1


def add(client_: client.Client, topic: str, url: str, secret: str) -> base.Subscription:
    """A new webhook. The store greets the address at once, and never gives the secret back."""
    body = {"name": f"{NAME}: {topic}", "topic": topic, "delivery_url": url, "secret": secret}
    return _subscription(client_.post("webhooks", body).data)


def remove(client_: client.Client, remote_id: str) -> None:
    """Take a webhook away; one that is gone already is no error."""
    try:
        client_.delete(f"webhooks/{remote_id}")
    except base.RejectedError as error:
        if not error.code.endswith("_invalid_id"):
            raise


def _subscription(item: base.Json) -> base.Subscription:
    return base.Subscription(
        remote_id=str(values.identity(item["id"])),
        topic=values.text(item["topic"]),
        url=values.text(item["delivery_url"]),
        active=item.get("status") == "active",
    )
