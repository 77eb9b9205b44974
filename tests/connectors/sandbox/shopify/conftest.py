"""A small Shopify store at the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests

from connectors.sandbox import people
from connectors.sandbox.shopify import faults, goods, orders, server
from connectors.sandbox.shopify.shop import ShopifyShop

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.at = NOW

    def __call__(self):
        return self.at

    def move(self, **by):
        self.at += timedelta(**by)


class Client:
    """What a client of the API does, and no more."""

    def __init__(self, store):
        self.store, self.session = store, requests.Session()

    def post(self, query, variables=None, *, token=None, version="2026-10", **rest):
        return self.session.post(
            f"{self.store.url}/admin/api/{version}/graphql.json",
            json={"query": query, "variables": variables or {}, **rest},
            headers={"X-Shopify-Access-Token": token or self.store.token},
            timeout=10,
        )

    def __call__(self, document, /, **variables):
        answer = self.post(document, variables)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def data(self, document, /, **variables):
        answer = self(document, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shop(clock):
    return ShopifyShop(clock=clock)


@pytest.fixture
def store(shop):
    with server.running_shopify(shop, knobs=faults.Knobs(webhook_pause=0.01)) as running:
        yield running


@pytest.fixture
def client(store):
    client = Client(store)
    yield client
    client.session.close()


@pytest.fixture
def knobs(store):
    return store.knobs


@pytest.fixture
def mug(shop):
    """A product in two colours, the second without a SKU."""
    variants = [
        goods.VariantSpec(price="8.00", sku="MUG-RED", stock=4, selected={"Colour": "Red"}),
        goods.VariantSpec(price="8.50", stock=0, selected={"Colour": "Blue"}),
    ]
    return shop.add_product(goods.ProductSpec(title="Mug", variants=variants))


def spec(product=None, **changes):
    """An order of three mugs, with shipping."""
    address = people.address(1, "United Kingdom")
    line = orders.LineSpec(
        title="Mug", quantity=3, unit_price="8.00", sku="MUG-RED", variant_title="Red",
        variant_id=product and product["id"] and 44_000_000_000_001,
        product_id=product and product["id"],
    )  # fmt: skip
    return orders.OrderSpec(
        **{"lines": [line], "address": address, "email": address["email"], **changes}
    )
