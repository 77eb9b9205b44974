"""The demo shop: a real retailer's orders, alive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connectors import sandbox
from connectors.sandbox import money, sample, stocking
from connectors.sandbox.shop import Selection, Shop
from connectors.sandbox.trickle import Trickle

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop():
    filled = Shop(clock=lambda: NOW)
    stocking.fill(filled)
    return filled


def everything(shop, kind, *conditions):
    return shop.select(kind, Selection(conditions=conditions, order="id", limit=10_000, offset=0))


def test_the_sample_is_whole():
    found = sample.load()
    assert (len(found.products), len(found.customers), len(found.orders)) == (800, 1500, 5000)
    assert sum(len(order.lines) for order in found.orders) == 71_337


def test_the_newest_order_is_placed_now(shop):
    newest = everything(shop, "order")[-1]
    assert newest["date_created_gmt"] == "2026-11-20T10:30:00"


def test_every_order_adds_up(shop):
    for order in everything(shop, "order"):
        parts = [*order["line_items"], *order["shipping_lines"], *order["fee_lines"]]
        total = sum(Decimal(part["total"]) + Decimal(part["total_tax"]) for part in parts)
        assert Decimal(order["total"]) == total, order["id"]


def test_the_shop_has_what_real_shops_have(shop):
    orders = everything(shop, "order")
    assert {"completed", "processing", "cancelled", "refunded", "trash", "on-hold"} <= {
        order["status"] for order in orders
    }
    assert any(order["customer_id"] == 0 for order in orders)
    assert any(order["coupon_lines"] for order in orders)
    assert any(Decimal(fee["total"]) < 0 for order in orders for fee in order["fee_lines"])
    assert shop.count("refund") > 100
    assert shop.count("variation") > 50
    products = everything(shop, "product")
    assert any(product["sku"] == "" for product in products)
    assert any("&amp;" in product["name"] for product in products)


def test_nobody_in_it_is_real(shop):
    emails = {customer["email"] for customer in everything(shop, "customer")}
    assert len(emails) == 1500
    assert all(email.endswith("@example.com") for email in emails)


def test_the_trickle_sells_what_was_sold_before_and_ships_it():
    shop = Shop(clock=lambda: NOW + timedelta(minutes=5))
    stocking.fill(shop)
    before = {order["id"] for order in everything(shop, "order")}
    trickle = Trickle(shop, per_minute=60, seed=3)
    for _ in range(12):
        trickle.step()
    after = everything(shop, "order")
    new = [order for order in after if order["id"] not in before]
    assert 5 <= len(new) <= 12
    assert all(order["line_items"] and Decimal(order["total"]) > 0 for order in new)


def test_a_shop_survives_a_restart(tmp_path):
    file = tmp_path / "shop.sqlite3"
    stocked = Shop(file, clock=lambda: NOW)
    stocked.set("filled", "yes")
    stocked.add_customer({"email": "a@example.com", "first_name": "A", "last_name": "B"})
    again = Shop(file)
    assert again.setting("filled") == "yes"
    assert again.count("customer") == 1


def test_credentials_are_made_once_and_kept_from_others(tmp_path):
    first = sandbox.credentials(tmp_path / "store")
    assert sandbox.credentials(tmp_path / "store") == first
    assert (tmp_path / "store" / "credentials.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("pence", "padded", "plain"),
    [(1250, "12.50", "12.5"), (1200, "12.00", "12"), (-7, "-0.07", "-0.07"), (0, "0.00", "0")],
)
def test_amounts_are_written_as_woocommerce_does(pence, padded, plain):
    assert (money.text(pence), money.unpadded(pence)) == (padded, plain)
    assert money.pence(padded) == pence
