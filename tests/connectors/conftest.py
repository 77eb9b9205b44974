"""A small shop behind HTTP, and a connector to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.models import ConnectorConfig
from connectors.sandbox import rendering, server
from connectors.sandbox.shop import Shop
from tests.contract.conftest import BILLING


def spec(**values):
    defaults = {
        "customer_id": 0, "billing": BILLING, "shipping": BILLING,
        "lines": [
            rendering.LineSpec(
                name="Mug", product_id=101, variation_id=0, sku="MUG", quantity=3, unit_price=599
            )
        ],
    }  # fmt: skip
    return rendering.OrderSpec(**(defaults | values))


@pytest.fixture
def shop():
    # What changes in the second of a sync is left to the next one.
    shop = Shop(clock=lambda: datetime.now(UTC) - timedelta(minutes=1))
    shop.add_product(rendering.ProductSpec(name="Mug &amp; Saucer", sku="MUG", price=599))
    person = shop.add_customer(BILLING)
    for number in range(5):
        shop.add_order(spec(customer_id=person["id"] if number % 2 else 0))
    return shop


@pytest.fixture
def store(shop):
    with server.running(shop) as running:
        yield running


@pytest.fixture
def connector(db, store):
    return ConnectorConfig.objects.create(
        platform="woocommerce", store_url=store.url, api_key=store.key, secret=store.secret,
        name="Shop",
    )  # fmt: skip
