"""A small Shopify store at the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.platforms import shopify
from connectors.sandbox import people
from connectors.sandbox.shopify import goods, orders, server
from connectors.sandbox.shopify.shop import ShopifyShop


def stocked(clock=lambda: datetime.now(UTC) - timedelta(minutes=1)):
    """Three products (one of three variants), a customer, and twelve orders."""
    shop = ShopifyShop(clock=clock)
    tee = shop.add_product(
        goods.ProductSpec(
            title="Tee",
            variants=[
                goods.VariantSpec(price="15.00", sku="TEE-M", stock=3, selected={"Size": "M"}),
                goods.VariantSpec(price="15.00", sku="TEE-M", stock=0, selected={"Size": "L"}),
                goods.VariantSpec(price="16.00", selected={"Size": "XL"}),
            ],
        )
    )
    for name in ("Mug", "Bowl"):
        variant = goods.VariantSpec(price="8.00", sku=name.upper())
        shop.add_product(goods.ProductSpec(title=name, variants=[variant]))
    person = shop.add_customer(people.address(1, "United Kingdom"))
    first = shop.variants(tee["id"])[0]
    for number in range(12):
        shop.add_order(spec(tee, first, customer_id=person["id"] if number % 2 else None))
    return shop


def spec(product, variant, **changes):
    address = people.address(1, "United Kingdom")
    line = orders.LineSpec(
        title="Tee", quantity=2, unit_price="15.00", sku="TEE-M", variant_title="M",
        variant_id=variant["id"], product_id=product["id"],
    )  # fmt: skip
    return orders.OrderSpec(
        **{"lines": [line], "address": address, "email": address["email"], **changes}
    )


@pytest.fixture
def shop():
    return stocked()


@pytest.fixture
def running(shop):
    with server.running_shopify(shop) as store:
        yield store


@pytest.fixture
def store(running):
    found = shopify.connect(running.url, running.token, running.client_secret)
    yield found
    found.close()
