"""The demo shop's Shopify part: half of a real retailer's orders, alive."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from connectors import sandbox
from connectors.sandbox import sample
from connectors.sandbox import stocking as woocommerce_stocking
from connectors.sandbox.shop import Selection as WooCommerceSelection
from connectors.sandbox.shop import Shop
from connectors.sandbox.shopify import stocking
from connectors.sandbox.shopify.money import Bag
from connectors.sandbox.shopify.shop import Selection, ShopifyShop
from connectors.sandbox.shopify.trickle import ShopifyTrickle
from tests.connectors.sandbox.shopify.conftest import NOW

SECOND = sample.Part(number=1, of=6)


@pytest.fixture(scope="module")
def filled():
    shop = ShopifyShop(clock=lambda: NOW)
    stocking.fill(shop, SECOND)
    return shop


def everything(shop, kind):
    return shop.select(kind, Selection())


def test_the_parts_make_the_whole():
    whole = sample.load()
    parts = [sample.load(sample.Part(number=n, of=2)) for n in range(2)]
    numbers = [{order.number for order in one.orders} for one in parts]
    assert numbers[0] | numbers[1] == {order.number for order in whole.orders}
    assert not numbers[0] & numbers[1]
    assert sum(len(one.customers) for one in parts) == len(whole.customers)
    assert sum(len(one.refunds) for one in parts) == len(whole.refunds)


def test_nobody_is_a_customer_of_both(filled):
    other = Shop(clock=lambda: NOW)
    woocommerce_stocking.fill(other, sample.Part(number=0, of=6))
    chosen = WooCommerceSelection(conditions=(), order="id", limit=10_000, offset=0)
    emails = {one["billing"]["email"] for one in other.select("order", chosen)}
    assert not emails & {one["email"] for one in everything(filled, "order")}


def test_every_order_adds_up(filled):
    for order in everything(filled, "order"):
        lines = [Bag.read(one["originalTotalSet"]).presentment for one in order["lineItems"]]
        off = Bag.read(order["totalDiscountsSet"]).presentment
        shipping = Bag.read(order["totalShippingPriceSet"]).presentment
        assert sum(lines) - off + shipping == Bag.read(order["totalPriceSet"]).presentment
        back = [
            Bag.read(one["amountSet"]).shop
            for one in order["transactions"]
            if one["kind"] == "REFUND"
        ]
        assert sum(back, Decimal(0)) == Bag.read(order["totalRefundedSet"]).shop
        assert Bag.read(order["netPaymentSet"]).shop >= 0
        assert all(line["currentQuantity"] >= 0 for line in order["lineItems"])


def test_the_shop_has_what_real_shops_have(filled):
    orders = everything(filled, "order")
    assert set(Counter(one["displayFinancialStatus"] for one in orders)) == {
        "PAID", "PENDING", "AUTHORIZED", "PARTIALLY_REFUNDED", "REFUNDED",
    }  # fmt: skip
    assert {one["displayFulfillmentStatus"] for one in orders} == {
        "FULFILLED", "UNFULFILLED", "PARTIALLY_FULFILLED",
    }  # fmt: skip
    assert {"GBP", "EUR"} <= {one["presentmentCurrencyCode"] for one in orders}
    assert any(one["cancelledAt"] for one in orders)
    assert any(one["test"] for one in orders)
    assert any(one["customer"] is None for one in orders)
    assert any(one["sku"] is None for one in everything(filled, "variant"))
    assert {one["status"] for one in everything(filled, "product")} == {
        "ACTIVE", "DRAFT", "ARCHIVED",
    }  # fmt: skip


def test_the_newest_order_is_not_in_the_future(filled):
    newest = max(one["createdAt"] for one in everything(filled, "order"))
    assert "2026-11-19" < newest <= "2026-11-20T10:30:00Z"


def test_the_trickle_changes_all_kinds(clock):
    shop = ShopifyShop(clock=clock)
    stocking.fill(shop, sample.Part(number=2, of=25))
    topics = Counter()
    shop.listeners.append(lambda topic, body: topics.update([topic]))
    flow = ShopifyTrickle(shop, per_minute=60, seed=3)
    for _ in range(40):
        clock.move(minutes=1)
        flow.step()
    assert {
        "orders/create", "orders/updated", "refunds/create", "products/update",
        "customers/update", "fulfillments/create",
    } <= set(topics)  # fmt: skip


def test_credentials_are_made_once_and_kept_from_others(tmp_path):
    first = sandbox.shopify_credentials(tmp_path / "store")
    assert first.token.startswith("shpat_")
    assert sandbox.shopify_credentials(tmp_path / "store") == first
    assert (tmp_path / "store" / "shopify.json").stat().st_mode & 0o077 == 0
