"""WooCommerce orders are sent elsewhere, or not at all."""

from __future__ import annotations

from decimal import Decimal

import orjson
import pytest

from connectors.platforms import base
from connectors.sandbox import people
from tests.connectors.platforms.woocommerce.paying import bodies, bought, paid_back, sent

OTTAWA = {
    "first_name": "Ada", "last_name": "Lovelace", "address_1": "1 Main St", "city": "Ottawa",
    "postcode": "K2P 0V6", "state": "ON", "country": "CA", "phone": "+16135551111",
}  # fmt: skip
WHOLE = {
    "first_name": "Ada", "last_name": "Lovelace", "company": "", "address_1": "1 Main St",
    "address_2": "", "city": "Ottawa", "state": "ON", "postcode": "K2P 0V6", "country": "CA",
    "phone": "+16135551111",
}  # fmt: skip


@pytest.fixture
def shop(bench):
    return bench.shop


class TestAddress:
    def test_the_whole_address_is_sent_and_nothing_else(self, shop, store, running):
        order = bought(shop)
        store.update_shipping_address(order["id"], OTTAWA)
        expected = orjson.dumps({"shipping": WHOLE})
        assert sent(running) == [("PUT", f"orders/{order['id']}", expected)]

    def test_what_is_left_out_is_emptied_and_the_bill_stays(self, shop, store):
        home = {**people.shipping(people.address(1, "Canada")), "company": "Engines", "phone": "1"}
        order = bought(shop, shipping={**home, "address_2": "Flat 2"})
        store.update_shipping_address(order["id"], {"city": "York", "country": "GB"})
        after = shop.get("order", order["id"])
        assert {n: v for n, v in after["shipping"].items() if v} == {
            "city": "York",
            "country": "GB",
        }
        assert after["billing"] == order["billing"]
        assert store.read_order(order["id"]).record.shipping_address == {
            "city": "York", "country": "GB",
        }  # fmt: skip

    def test_an_email_that_no_shipping_address_has_is_not_sent(self, shop, store, running):
        order = bought(shop)
        store.update_shipping_address(order["id"], {**OTTAWA, "email": "ada@example.com"})
        assert bodies(running) == [{"shipping": WHOLE}]

    def test_the_store_reckons_its_tax_anew_though_the_order_is_paid(self, shop, store):
        order = bought(shop)
        before = store.read_order(order["id"])
        store.update_shipping_address(order["id"], OTTAWA)
        after = store.read_order(order["id"])
        assert (before.record.total, after.record.total) == (Decimal("66.00"), Decimal("55.00"))
        assert after.captured == Decimal("55.00")
        assert [one.total_tax for one in after.record.lines] == [0, 0]
        store.update_shipping_address(order["id"], {**OTTAWA, "country": "GB"})
        assert store.read_order(order["id"]).record.total == Decimal("66.00")

    def test_an_update_without_effect_is_no_error_and_shows_when_read(self, shop, store, running):
        order = bought(shop)
        running.knobs.ignore_updates = 1
        store.update_shipping_address(order["id"], OTTAWA)
        assert shop.get("order", order["id"]) == order
        assert store.read_order(order["id"]).record.shipping_address["city"] != "Ottawa"

    @pytest.mark.parametrize(
        ("knob", "is_changed"), [("lose_before", False), ("lose_after", True), ("fail_after", True)]
    )
    def test_a_lost_answer_is_unknown_and_the_order_says_what_became_of_it(
        self, shop, store, running, knob, is_changed
    ):
        order = bought(shop)
        setattr(running.knobs, knob, 1)
        with pytest.raises(base.OutcomeUnknownError):
            store.update_shipping_address(order["id"], OTTAWA)
        city = store.read_order(order["id"]).record.shipping_address["city"]
        assert (city == "Ottawa", len(sent(running))) == (is_changed, 1)

    def test_an_order_that_is_gone_is_refused(self, store):
        with pytest.raises(base.RejectedError, match="The store refused: Invalid ID"):
            store.update_shipping_address(1, OTTAWA)


class TestCancelling:
    def test_an_order_is_cancelled_without_giving_money_back(self, shop, store, running):
        order = bought(shop)
        store.cancel_order(order["id"], restock=True, note="Changed their mind")
        path = f"orders/{order['id']}"
        assert sent(running) == [("PUT", path, b'{"status":"cancelled"}')]
        found = store.read_order(order["id"])
        assert (found.is_cancelled, found.captured, found.refunds) == (True, Decimal(66), ())
        assert paid_back(shop, order) == []

    def test_cancelling_twice_is_no_error(self, shop, store):
        order = bought(shop)
        for _ in range(2):
            store.cancel_order(order["id"], restock=False, note="")
        assert store.read_order(order["id"]).is_cancelled

    @pytest.mark.parametrize(
        ("knob", "is_cancelled"), [("lose_before", False), ("lose_after", True)]
    )
    def test_a_lost_answer_is_unknown(self, shop, store, running, knob, is_cancelled):
        order = bought(shop)
        setattr(running.knobs, knob, 1)
        with pytest.raises(base.OutcomeUnknownError):
            store.cancel_order(order["id"], restock=False, note="")
        assert store.read_order(order["id"]).is_cancelled is is_cancelled

    def test_an_order_that_is_gone_is_refused(self, store):
        with pytest.raises(base.RejectedError, match="The store refused: Invalid ID"):
            store.cancel_order(1, restock=False, note="")
