"""A Shopify order is read as it is now, with all that decides over a refund."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.platforms import base, money
from connectors.platforms.shopify import live
from connectors.sandbox.shopify import changing, orders
from tests.connectors.platforms.shopify.paying import asked, bought, with_tenders

D = Decimal
WITHOUT_DISPUTES = "read_orders,read_all_orders,read_products,read_customers,write_orders"


def units(order):
    return [(one.refundable_quantity, one.unsent_quantity) for one in order.lines]


class TestOrder:
    def test_an_order_comes_with_its_money_and_units(self, shop, store):
        order = bought(shop)
        store.refund(with_tenders(store, asked(order)))
        changing.fulfil(shop, order["id"], {order["lineItems"][0]["id"]: 2})
        found = store.read_order(order["id"])
        assert found.record.remote_id == order["id"]
        assert (found.captured, found.refunded) == (D("49.95"), D("8.0"))
        assert (found.gives_back, found.is_cancelled) == (True, False)
        assert found.delivery == money.Delivery.PART
        assert units(found) == [(2, 1), (1, 1)]
        assert list(found.refunds) == list(store.list_refunds(order["id"]))

    def test_money_is_in_the_customers_currency(self, shop, store):
        order = bought(shop, currency="EUR", rate="1.2")
        changing.refund(shop, order["id"], {order["lineItems"][1]["id"]: 1})
        found = store.read_order(order["id"])
        assert (found.record.currency, found.captured, found.refunded) == (
            "EUR", D("59.94"), D("24.0"),
        )  # fmt: skip

    def test_an_answer_in_another_currency_is_not_used(self, shop, store, running):
        order = bought(shop, currency="EUR", rate="1.2")
        running.knobs.rewrite = {
            '"presentmentMoney":{"amount":"59.94","currencyCode":"EUR"}': (
                '"presentmentMoney":{"amount":"59.94","currencyCode":"GBP"}'
            )
        }
        with pytest.raises(base.RejectedError) as raised:
            store.read_order(order["id"])
        assert raised.value.code == "unreadable"

    def test_an_order_that_is_none_of_ours_is_not_used(self, shop, store, running):
        running.knobs.rewrite = {'"updatedAt"': '"changedAt"'}
        with pytest.raises(base.RejectedError, match="without its updatedAt") as raised:
            store.read_order(bought(shop)["id"])
        assert raised.value.code == "unreadable"

    def test_lines_and_refunds_longer_than_a_page_come_whole(self, shop, store):
        lines = [orders.LineSpec(title=f"Line {n}", unit_price="1.00") for n in range(130)]
        order = bought(shop, lines=lines)
        changing.refund(shop, order["id"], {one["id"]: 1 for one in order["lineItems"]})
        found = store.read_order(order["id"])
        assert units(found) == [(0, 0)] * 130
        assert [one.quantity for one in found.refunds[0].lines] == [1] * 130

    def test_an_order_that_is_gone_is_missing(self, store):
        with pytest.raises(base.RejectedError) as raised:
            store.read_order(1)
        assert raised.value.code == "missing"

    def test_a_cancelled_order_says_so(self, shop, store):
        order = bought(shop)
        changing.cancel(shop, order["id"], pay_back=False)
        found = store.read_order(order["id"])
        assert found.is_cancelled
        assert [(one.tender, one.amount) for one in found.refunds] == [(money.Tender.NONE, D(0))]
        assert found.captured - found.refunded == D("49.95")


class TestPayments:
    def test_an_order_that_is_not_paid_gives_nothing_back(self, shop, store):
        found = store.read_order(bought(shop, payment=None)["id"])
        assert (found.captured, found.gives_back) == (D(0), False)

    def test_money_that_is_only_reserved_was_not_received(self, shop, store):
        found = store.read_order(bought(shop, payment="AUTHORIZATION")["id"])
        assert (found.captured, found.gives_back) == (D(0), False)

    def test_a_payment_by_hand_is_received_but_cannot_be_given_back(self, shop, store):
        found = store.read_order(bought(shop, gateway="manual")["id"])
        assert (found.captured, found.gives_back) == (D("49.95"), False)

    def test_a_payment_that_failed_was_not_received(self, shop, store):
        order = bought(shop, payment=None)
        changing.pay(shop, order["id"], status="FAILURE")
        found = store.read_order(order["id"])
        assert (found.captured, found.gives_back) == (D(0), False)


class TestDelivery:
    def test_an_order_is_sent_by_and_by(self, shop, store):
        order = bought(shop)
        seen = [store.read_order(order["id"]).delivery]
        changing.fulfil(shop, order["id"], {order["lineItems"][1]["id"]: 1})
        seen.append(store.read_order(order["id"]).delivery)
        changing.fulfil(shop, order["id"])
        seen.append(store.read_order(order["id"]).delivery)
        assert seen == ["nothing", "part", "all"]

    @pytest.mark.parametrize("word", ["ON_HOLD", "SCHEDULED", "IN_PROGRESS"])
    def test_an_order_that_waits_may_have_sent_a_part(self, shop, store, running, word):
        order = bought(shop)
        running.knobs.rewrite = {"UNFULFILLED": word, "PARTIALLY_FULFILLED": word}
        assert store.read_order(order["id"]).delivery == money.Delivery.NOTHING
        running.knobs.rewrite = {"PARTIALLY_FULFILLED": word}
        changing.fulfil(shop, order["id"], {order["lineItems"][1]["id"]: 1})
        assert store.read_order(order["id"]).delivery == money.Delivery.PART

    def test_an_order_of_nothing_to_send_needs_no_delivery(self, shop, store, running):
        order = bought(shop)
        running.knobs.rewrite = {"UNFULFILLED": "FULFILLMENT_NOT_REQUIRED"}
        assert store.read_order(order["id"]).delivery == money.Delivery.NOT_NEEDED


class TestDisputes:
    def test_an_open_dispute_is_named(self, shop, store):
        order = bought(shop)
        made = changing.dispute(shop, order["id"], type="INQUIRY")
        assert store.read_order(order["id"]).disputes == (
            money.Dispute(
                remote_id=str(made["id"]), kind="inquiry", status="needs_response", amount=None
            ),
        )

    @pytest.mark.parametrize(
        ("status", "is_open"),
        [("UNDER_REVIEW", True), ("LOST", True), *((one, False) for one in live.HARMLESS)],
    )
    def test_a_dispute_counts_until_it_was_won(self, shop, store, status, is_open):
        order = bought(shop)
        made = changing.dispute(shop, order["id"])
        changing.settle_dispute(shop, made["id"], status)
        assert bool(store.read_order(order["id"]).disputes) is is_open

    def test_without_their_scope_the_order_is_read_all_the_same(self, shop, store, running):
        order = bought(shop)
        changing.dispute(shop, order["id"])
        running.knobs.scopes = WITHOUT_DISPUTES
        found = store.read_order(order["id"])
        assert (found.disputes, found.captured) == ((), D("49.95"))

    def test_without_the_scope_of_orders_nothing_is_read(self, shop, store, running):
        order = bought(shop)
        running.knobs.scopes = "read_products"
        with pytest.raises(base.CredentialsError):
            store.read_order(order["id"])
