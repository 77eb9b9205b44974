"""A shop with a server, a shopper and a guest, who call over HTTP's own path through Django."""

from __future__ import annotations

import json

import pytest

from connectors.models import Scope, StorefrontKey
from tests import factories


class Caller:
    """Calls the API with one ``Authorization`` header."""

    def __init__(self, client, authorization=None):
        self.client, self.authorization = client, authorization

    def __call__(self, method, path, body=None, **headers):
        sent, kind = b"" if body is None else json.dumps(body), "application/json"
        return self.send(method, path, sent, kind, **headers)

    def send(self, method, path, body, kind, **headers):
        if self.authorization:
            headers.setdefault("authorization", self.authorization)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(method, f"/api/v1{path}", body, content_type=kind, headers=named)

    def get(self, path, **headers):
        return self("GET", path, **headers)

    def post(self, path, body, **headers):
        return self("POST", path, body, **headers)


@pytest.fixture(autouse=True)
def _own_rates(settings, request):
    """No test counts the requests of another."""
    settings.API_RATE_PREFIX = f"storekeep:test:{request.node.nodeid}"


@pytest.fixture
def shop(db):
    return factories.ConnectorFactory(key_prefix="", currency="GBP")


def key_of(connector=None, scopes=tuple(Scope.values), **options):
    made, text = StorefrontKey.objects.create_key(
        name="shop", connector=connector, scopes=list(scopes), **options
    )
    return made, f"Api-Key {text}"


@pytest.fixture
def key(shop):
    return key_of(shop, origins=["https://shop.example.com"])[1]


@pytest.fixture
def server(client, key):
    return Caller(client, key)


@pytest.fixture
def anybody(client):
    return Caller(client)


@pytest.fixture
def customer(shop):
    return factories.CustomerFactory(connector=shop)


@pytest.fixture
def order(shop, customer):
    made = factories.OrderFactory(connector=shop, customer=customer)
    factories.ItemFactory(order=made)
    return made


def shopper_of(server, customer):
    body = {"platform": customer.platform, "customer_id": customer.customer_id}
    made = server.post("/customer-tokens/", body)
    assert made.status_code == 201, made.content
    return Caller(server.client, f"Bearer {made.json()['token']}")


@pytest.fixture
def shopper(server, customer):
    return shopper_of(server, customer)


@pytest.fixture
def guest(server, order):
    body = {"platform": order.platform, "order_id": order.order_id}
    made = server.post("/guest-links/", body)
    assert made.status_code == 201, made.content
    return Caller(server.client, f"Bearer {made.json()['token']}")
