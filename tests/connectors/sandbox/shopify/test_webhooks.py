"""Webhooks: who gets them, how they are signed, and when they end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connectors.sandbox.shopify import changing
from tests.connectors.sandbox.shopify.conftest import spec

CREATE = """mutation ($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {
    webhookSubscription { id topic uri format apiVersion { handle } }
    userErrors { field message }
  }
}"""
LIST = "{ webhookSubscriptions(first: 9) { nodes { id topic uri } } }"


class Receiver:
    """An address that takes deliveries, and answers as it is told."""

    def __init__(self):
        self.got, self.status = [], 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers.items()), body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def topics(self):
        return [headers["X-Shopify-Topic"] for headers, _ in self.got]

    @property
    def ids(self):
        return [json.loads(body)["id"] for _, body in self.got]


@pytest.fixture
def receiver():
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


def subscribe(client, topic, uri, **more):
    answer = client.data(CREATE, topic=topic, sub={"uri": uri, **more})
    return answer["webhookSubscriptionCreate"]


def test_a_delivery_is_signed_over_its_raw_body(store, client, shop, receiver):
    made = subscribe(client, "ORDERS_CREATE", receiver.url)["webhookSubscription"]
    assert made == {
        "id": "gid://shopify/WebhookSubscription/1300000000001", "topic": "ORDERS_CREATE",
        "uri": receiver.url, "format": "JSON", "apiVersion": {"handle": "2026-10"},
    }  # fmt: skip
    order = shop.add_order(spec())
    assert store.application.deliveries.wait()
    ((headers, body),) = receiver.got
    digest = hmac.new(store.client_secret.encode(), body, hashlib.sha256).digest()
    assert headers["X-Shopify-Hmac-Sha256"] == base64.b64encode(digest).decode()
    assert headers["X-Shopify-Topic"] == "orders/create"
    assert headers["X-Shopify-Shop-Domain"] == shop.domain
    assert headers["X-Shopify-API-Version"] == "2026-10"
    assert headers["X-Shopify-Triggered-At"] == "2026-11-20T10:30:00Z"
    assert headers["X-Shopify-Webhook-Id"]
    assert headers["X-Shopify-Event-Id"]
    assert json.loads(body)["admin_graphql_api_id"] == f"gid://shopify/Order/{order['id']}"


def test_every_change_is_told_under_its_topic(store, client, shop, mug, receiver):
    for topic in (
        "ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_CANCELLED", "ORDERS_DELETE", "REFUNDS_CREATE",
        "FULFILLMENTS_CREATE", "PRODUCTS_UPDATE", "PRODUCTS_DELETE", "CUSTOMERS_CREATE",
        "CUSTOMERS_UPDATE", "CUSTOMERS_DELETE", "DISPUTES_CREATE",
    ):  # fmt: skip
        assert subscribe(client, topic, receiver.url)["userErrors"] == []
    person = shop.add_customer({"first_name": "A", "last_name": "B", "email": "a@example.com"})
    order = shop.add_order(spec(mug, customer_id=person["id"]))
    line = order["lineItems"][0]["id"]
    changing.fulfil(shop, order["id"], {line: 2})
    changing.refund(shop, order["id"], {line: 1}, restock="RETURN")
    changing.dispute(shop, order["id"])
    changing.cancel(shop, order["id"])
    for kind, identity in (("order", order["id"]), ("product", mug["id"])):
        shop.delete(kind, identity)
    shop.delete("customer", person["id"])
    assert store.application.deliveries.wait()
    assert receiver.topics == [
        "customers/create", "customers/update", "orders/create", "fulfillments/create",
        "orders/updated", "orders/updated", "refunds/create", "products/update",
        "disputes/create", "orders/updated", "orders/updated", "refunds/create",
        "products/update", "orders/cancelled", "orders/updated", "orders/delete",
        "products/delete", "customers/delete",
    ]  # fmt: skip
    assert json.loads(receiver.got[-3][1]) == {"id": order["id"]}


def test_a_failing_address_is_tried_nine_times_and_then_forgotten(store, client, shop, receiver):
    store.knobs.webhook_pause = 0.001
    receiver.status = 500
    subscribe(client, "ORDERS_CREATE", receiver.url)
    shop.add_order(spec())
    assert store.application.deliveries.wait()
    assert [one.status for one in store.application.deliveries.log] == [500] * 9
    assert len({headers["X-Shopify-Webhook-Id"] for headers, _ in receiver.got}) == 1
    assert client.data(LIST)["webhookSubscriptions"]["nodes"] == []


def test_a_delivery_that_was_lost_comes_again(store, client, shop, receiver):
    receiver.status = 503
    subscribe(client, "ORDERS_CREATE", receiver.url)
    store.knobs.webhook_pause = 0.2
    shop.add_order(spec())
    while not receiver.got:
        time.sleep(0.005)
    receiver.status = 200
    assert store.application.deliveries.wait()
    assert len(client.data(LIST)["webhookSubscriptions"]["nodes"]) == 1


def test_deliveries_can_be_doubled_dropped_and_reordered(store, client, shop, knobs, receiver):
    subscribe(client, "ORDERS_CREATE", receiver.url)
    knobs.webhook_duplicate = 1
    first = shop.add_order(spec())["id"]
    knobs.webhook_drop = 1
    shop.add_order(spec())
    knobs.webhook_reorder = 1
    third = shop.add_order(spec())["id"]
    fourth = shop.add_order(spec())["id"]
    assert store.application.deliveries.wait()
    assert receiver.ids == [first, first, fourth, third]


def test_only_the_included_fields_are_sent(store, client, shop, receiver):
    subscribe(client, "ORDERS_CREATE", receiver.url, includeFields=["id", "updated_at"])
    order = shop.add_order(spec())
    assert store.application.deliveries.wait()
    assert json.loads(receiver.got[0][1]) == {
        "id": order["id"], "updated_at": "2026-11-20T10:30:00Z",
    }  # fmt: skip


def test_a_topic_of_the_apps_own_is_sent_by_hand(store, receiver):
    store.application.deliveries.send(receiver.url, "shop/redact", {"id": 1})
    assert store.application.deliveries.wait()
    assert receiver.topics == ["shop/redact"]


@pytest.mark.parametrize(
    ("topic", "uri", "message"),
    [
        ("ORDERS_CREATE", "", "Address can't be blank"),
        ("ORDERS_CREATE", "http://example.com/", "Address protocol http:// is not supported"),
        (
            "CUSTOMERS_CREATE",
            "https://example.com/",
            "You cannot create a webhook subscription with the specified topic",
        ),
    ],
)
def test_a_subscription_that_cannot_be_is_a_user_error(client, knobs, topic, uri, message):
    knobs.scopes = "read_orders"
    answer = subscribe(client, topic, uri)
    assert answer["webhookSubscription"] is None
    assert answer["userErrors"] == [
        {"field": ["webhookSubscription", "callbackUrl"], "message": message}
    ]


def test_the_same_subscription_is_made_once_and_deleted_once(client):
    made = subscribe(client, "ORDERS_CREATE", "https://example.com/")["webhookSubscription"]
    again = subscribe(client, "ORDERS_CREATE", "https://example.com/")
    assert again["userErrors"][0]["message"] == "Address for this topic has already been taken"
    delete = """mutation ($id: ID!) {
      webhookSubscriptionDelete(id: $id) {
        deletedWebhookSubscriptionId userErrors { field message }
      }
    }"""
    gone = client.data(delete, id=made["id"])["webhookSubscriptionDelete"]
    assert gone == {"deletedWebhookSubscriptionId": made["id"], "userErrors": []}
    gone = client.data(delete, id=made["id"])["webhookSubscriptionDelete"]
    assert gone["userErrors"] == [
        {"field": ["id"], "message": "Webhook subscription does not exist"}
    ]
