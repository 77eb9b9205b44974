"""Resolvers of webhook subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.sandbox.shopify import context, gids, graph, paging, webhooks
from connectors.sandbox.shopify.context import Info
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.shop import Condition

LOOPBACK = ("127.0.0.1", "localhost", "::1")
FIELD = ["webhookSubscription", "callbackUrl"]
SCOPES = {
    "orders": "read_orders", "refunds": "read_orders", "fulfillments": "read_orders",
    "order_transactions": "read_orders", "products": "read_products",
    "customers": "read_customers", "disputes": "read_shopify_payments_disputes",
}  # fmt: skip


def create(source: Any, info: Info, topic: str, webhookSubscription: Json) -> Json:  # noqa: N803
    """webhookSubscriptionCreate."""
    request = context.of(info)
    shop = request.shop
    with shop.lock:
        body = webhooks.subscription(
            0, topic, webhookSubscription, request.version, shop.now()
        )  # fmt: skip
        if error := _objection(request, body):
            return {"webhookSubscription": None, "userErrors": [error]}
        body["id"] = shop.next_id("webhook")
        shop.store("webhook", body)
    return {"webhookSubscription": body, "userErrors": []}


def _objection(request: context.Request, body: Json) -> Json | None:
    address = urlsplit(body["uri"])
    scope = SCOPES.get(body["title"].partition("/")[0])
    same: Condition = (
        "title = ? AND json_extract(body, '$.uri') = ?", [body["title"], body["uri"]],
    )  # fmt: skip
    if not body["uri"]:
        return _error("Address can't be blank")
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        return _error(f"Address protocol {address.scheme}:// is not supported")
    if scope is not None and scope not in request.knobs.granted():
        return _error("You cannot create a webhook subscription with the specified topic")
    if body["filter"]:
        return _error("The specified filter is invalid, please ensure you specify the field(s)")
    if request.shop.count("webhook", [same]):
        return _error("Address for this topic has already been taken")
    return None


def _error(message: str) -> Json:
    return {"field": FIELD, "message": message}


def delete(source: Any, info: Info, id: str) -> Json:  # noqa: A002
    """webhookSubscriptionDelete."""
    shop, number = context.of(info).shop, context.number(id, "WebhookSubscription")
    with shop.lock:
        if shop.get("webhook", number) is None:
            error = {"field": ["id"], "message": "Webhook subscription does not exist"}
            return {"deletedWebhookSubscriptionId": None, "userErrors": [error]}
        shop.delete("webhook", number)
    gone = gids.write("WebhookSubscription", number)
    return {"deletedWebhookSubscriptionId": gone, "userErrors": []}


def listed(source: Any, info: Info, **arguments: Any) -> Json:
    """webhookSubscriptions."""
    extra: list[Condition] = []
    if topics := arguments.get("topics"):
        marks = ", ".join("?" for _ in topics)
        extra.append((f"title IN ({marks})", [webhooks.topic_of(one) for one in topics]))
    if uri := arguments.get("uri"):
        extra.append(("json_extract(body, '$.uri') = ?", [uri]))
    return paging.records(info, "webhook", arguments, extra=extra)


def single(source: Any, info: Info, id: str) -> Json | None:  # noqa: A002
    """webhookSubscription."""
    return context.of(info).shop.get("webhook", context.number(id, "WebhookSubscription"))


def _version(source: Json, info: Info) -> Json:
    return {"handle": source["version"], "displayName": source["version"], "supported": True}


def _callback_url(source: Json, info: Info) -> Any:
    return source["uri"]


RESOLVERS: Mapping[str, graph.Resolver] = {
    "Mutation.webhookSubscriptionCreate": create,
    "Mutation.webhookSubscriptionDelete": delete,
    "QueryRoot.webhookSubscriptions": listed,
    "QueryRoot.webhookSubscription": single,
    "WebhookSubscription.apiVersion": _version,
    "WebhookSubscription.callbackUrl": _callback_url,
}
