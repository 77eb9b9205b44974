"""Shopify orders are sent elsewhere, or not at all."""

from __future__ import annotations

import pytest

from connectors.platforms import base
from connectors.platforms.shopify import amending
from connectors.sandbox.shopify import changing
from tests.connectors.platforms.shopify.paying import bought, sent

OTTAWA = {
    "first_name": "Ada", "last_name": "Lovelace", "address_1": "1 Main St", "city": "Ottawa",
    "postcode": "K2P 0V6", "state": "ON", "country": "CA", "phone": "+16135551111",
}  # fmt: skip


@pytest.fixture
def hurried(store):
    store._client.sleep = lambda seconds: None
    return store


class TestAddress:
    def test_the_whole_address_is_replaced_and_the_bill_stays(self, shop, store):
        order = bought(shop)
        before = store.read_order(order["id"]).record
        store.update_shipping_address(order["id"], OTTAWA)
        after = store.read_order(order["id"]).record
        assert after.shipping_address == OTTAWA
        assert after.billing_address == before.billing_address
        assert before.shipping_address != OTTAWA

    def test_what_is_left_out_is_emptied(self, shop, store, running):
        order = bought(shop)
        store.update_shipping_address(order["id"], OTTAWA)
        (variables,) = sent(running, "OrderUpdate")
        assert variables["input"]["shippingAddress"] == {
            "firstName": "Ada", "lastName": "Lovelace", "company": "", "address1": "1 Main St",
            "address2": "", "city": "Ottawa", "zip": "K2P 0V6", "phone": "+16135551111",
            "countryCode": "CA", "provinceCode": "ON",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("state", "field"),
        [("Devon", "province"), ("ENG", "provinceCode"), ("Q ROO", "provinceCode")],
    )
    def test_a_state_that_has_only_a_name_is_sent_by_its_name(
        self, shop, store, running, state, field
    ):
        order = bought(shop)
        store.update_shipping_address(order["id"], {**OTTAWA, "country": "GB", "state": state})
        (variables,) = sent(running, "OrderUpdate")
        given = variables["input"]["shippingAddress"]
        assert {name: given[name] for name in given if "rovince" in name} == {field: state}
        assert store.read_order(order["id"]).record.shipping_address["state"] == state

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"postcode": ""}, "Enter a postal code"),
            ({"state": ""}, "Select a province"),
            ({"country": "US", "state": "NY", "postcode": ""}, "Enter a ZIP code"),
        ],
    )
    def test_an_address_that_is_refused_is_told_in_the_platforms_words(
        self, shop, store, changes, words
    ):
        order = bought(shop)
        with pytest.raises(base.RejectedError, match=words):
            store.update_shipping_address(order["id"], {**OTTAWA, **changes})
        assert shop.get("order", order["id"]) == order

    def test_a_country_that_is_none_is_refused(self, shop, store):
        order = bought(shop)
        with pytest.raises(base.RejectedError):
            store.update_shipping_address(order["id"], {**OTTAWA, "country": "Narnia"})
        assert shop.get("order", order["id"]) == order

    def test_an_update_without_effect_is_no_error_and_shows_when_read(self, shop, store, running):
        order = bought(shop)
        running.knobs.ignore_updates = 1
        store.update_shipping_address(order["id"], OTTAWA)
        assert store.read_order(order["id"]).record.shipping_address["city"] != "Ottawa"

    @pytest.mark.parametrize(
        ("knob", "city"), [("lose_before", False), ("lose_after", True), ("fail_after", True)]
    )
    def test_a_lost_answer_is_unknown(self, shop, store, running, knob, city):
        order = bought(shop)
        setattr(running.knobs, knob, 1)
        with pytest.raises(base.OutcomeUnknownError):
            store.update_shipping_address(order["id"], OTTAWA)
        assert (shop.get("order", order["id"])["shippingAddress"]["city"] == "Ottawa") is city

    def test_an_answer_without_the_order_is_unknown(self, shop, store, running):
        order = bought(shop)
        running.knobs.rewrite = {'{"data":{"orderUpdate":': '{"data":{"other":'}
        with pytest.raises(base.OutcomeUnknownError):
            store.update_shipping_address(order["id"], OTTAWA)

    def test_an_order_that_is_gone_is_refused(self, store):
        with pytest.raises(base.RejectedError, match="Order does not exist"):
            store.update_shipping_address(1, OTTAWA)


class TestCancelling:
    def test_an_order_is_cancelled_without_giving_money_back(self, shop, hurried, running):
        order = bought(shop)
        hurried.cancel_order(order["id"], restock=True, note="x" * 300)
        found = hurried.read_order(order["id"])
        assert found.is_cancelled
        assert changing.payouts(shop, order["id"]) == []
        assert sent(running, "OrderCancel")[0]["note"] == "x" * 255

    def test_an_order_that_was_sent_is_refused(self, shop, hurried):
        order = bought(shop)
        changing.fulfil(shop, order["id"])
        with pytest.raises(base.RejectedError, match="has fulfilled items"):
            hurried.cancel_order(order["id"], restock=False, note="")
        assert not hurried.read_order(order["id"]).is_cancelled

    def test_an_answer_without_a_job_is_unknown(self, shop, hurried, running):
        order = bought(shop)
        running.knobs.rewrite = {'{"data":{"orderCancel":': '{"data":{"other":'}
        with pytest.raises(base.OutcomeUnknownError):
            hurried.cancel_order(order["id"], restock=False, note="")

    def test_a_job_that_takes_long_is_busy(self, shop, hurried, running):
        order = bought(shop)
        running.knobs.job_seconds = 60
        with pytest.raises(base.BusyError):
            hurried.cancel_order(order["id"], restock=False, note="")
        assert len(sent(running, "Job")) == amending.LOOKS

    def test_a_job_that_cannot_be_looked_at_is_busy(self, shop, hurried, running):
        order = bought(shop)
        running.knobs.job_seconds = 0.2

        def shut(seconds):
            running.knobs.fail = 1

        hurried._client.sleep = shut
        with pytest.raises(base.BusyError):
            hurried.cancel_order(order["id"], restock=False, note="")

    def test_a_lost_answer_is_unknown(self, shop, hurried, running):
        order = bought(shop)
        running.knobs.lose_after = 1
        with pytest.raises(base.OutcomeUnknownError):
            hurried.cancel_order(order["id"], restock=False, note="")
