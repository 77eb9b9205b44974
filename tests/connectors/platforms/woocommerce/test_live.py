"""A WooCommerce order is read as it is now, with all that decides over a refund."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.platforms import base, money
from connectors.sandbox import faults, paying_back
from tests.connectors.platforms.woocommerce.paying import asked, bought, line, sent

D = Decimal
PARCEL = {
    "tracking_number": "AB1", "tracking_provider": "Royal Mail", "date_shipped": "1767225600"
}  # fmt: skip
SENT_IN_PART = [{"id": 1, "key": "_wc_shipment_tracking_items", "value": [PARCEL]}]
NOT_PAID = {"date_paid": None, "date_paid_gmt": None}


@pytest.fixture
def shop(bench):
    return bench.shop


def units(order):
    return [(one.refundable_quantity, one.unsent_quantity) for one in order.lines]


class TestOrder:
    def test_an_order_comes_with_its_money_and_units(self, shop, store, running):
        order = bought(shop)
        store.refund(asked(order, "24.00", lines=(line(order, units=2, total="20", tax="4"),)))
        running.application.log.clear()
        found = store.read_order(order["id"])
        assert found.record.remote_id == order["id"]
        assert (found.record.currency, found.captured, found.refunded) == ("GBP", D(66), D(24))
        assert (found.gives_back, found.is_cancelled, found.disputes) == (True, False, ())
        assert found.delivery is money.Delivery.NOTHING
        assert units(found) == [(1, 1), (1, 1)]
        assert list(found.refunds) == list(store.list_refunds(order["id"]))
        assert sent(running) == []

    def test_units_given_back_elsewhere_count_and_never_below_none(self, shop, store):
        order = bought(shop)
        mug, bowl = (one["id"] for one in order["line_items"])
        given = {"amount": "1.00", "api_refund": False, "api_restock": False}
        for wanted in ({mug: 1}, {mug: 1, bowl: 50}):
            items = [{"id": number, "quantity": count} for number, count in wanted.items()]
            paying_back.make(shop, order, given | {"line_items": items}, faults.Knobs())
        assert units(store.read_order(order["id"])) == [(1, 1), (0, 0)]

    def test_a_hiccup_while_reading_is_got_over(self, shop, store, running):
        order = bought(shop)
        running.knobs.fail, running.knobs.throttle, running.knobs.retry_after = 1, 1, "0"
        assert store.read_order(order["id"]).captured == D(66)

    @pytest.mark.parametrize("gone", [True, False])
    def test_an_order_that_is_gone_or_in_the_trash_is_missing(self, shop, store, gone):
        order = bought(shop)
        if gone:
            shop.remove("order", order["id"])
        else:
            shop.set_status(order["id"], "trash")
        with pytest.raises(base.RejectedError) as raised:
            store.read_order(order["id"])
        assert raised.value.code == "missing"

    @pytest.mark.parametrize("name", ["total", "status", "billing", "line_items", "currency"])
    def test_an_order_that_makes_no_sense_is_not_used(self, shop, store, running, name):
        order = bought(shop)
        running.knobs.rewrite = {f'"{name}":': '"other":'}
        with pytest.raises(base.RejectedError, match="can't be understood") as raised:
            store.read_order(order["id"])
        assert raised.value.code == "unreadable"

    def test_a_cancelled_order_says_so(self, shop, store):
        order = bought(shop)
        shop.set_status(order["id"], "cancelled")
        assert store.read_order(order["id"]).is_cancelled


class TestPayments:
    @pytest.mark.parametrize(
        ("changes", "captured"),
        [
            ({"status": "processing"}, "66.00"),
            ({"status": "processing", **NOT_PAID}, "66.00"),
            ({"status": "completed", **NOT_PAID}, "66.00"),
            ({"status": "cancelled"}, "66.00"),
            ({"status": "cancelled", **NOT_PAID}, "0"),
            ({"status": "on-hold", **NOT_PAID}, "0"),
            ({"status": "pending", **NOT_PAID}, "0"),
            ({"status": "failed", **NOT_PAID}, "0"),
        ],
    )
    def test_money_was_received_where_the_store_says_so(self, shop, store, changes, captured):
        order = bought(shop, **changes)
        assert store.read_order(order["id"]).captured == D(captured)

    @pytest.mark.parametrize(
        ("method", "gives_back"),
        [("stripe", True), ("cod", False), ("bacs", False), ("ppcp-gateway", False), ("", False)],
    )
    def test_only_a_gateway_that_can_gives_back(self, shop, store, method, gives_back):
        order = bought(shop, payment_method=method)
        assert store.read_order(order["id"]).gives_back is gives_back

    def test_a_refund_that_moved_no_money_counts_as_the_store_counts_it(self, shop, store):
        order = bought(shop)
        paying_back.write_down(shop, order)
        found = store.read_order(order["id"])
        assert (found.captured, found.refunded) == (D(66), D(66))
        assert [one.tender for one in found.refunds] == [money.Tender.NONE]


class TestDelivery:
    @pytest.mark.parametrize(
        ("changes", "delivery", "unsent"),
        [
            ({"status": "processing"}, "nothing", [3, 1]),
            ({"status": "on-hold"}, "nothing", [3, 1]),
            ({"status": "processing", "meta_data": SENT_IN_PART}, "part", [3, 1]),
            ({"status": "completed"}, "all", [0, 0]),
            ({"status": "refunded"}, "not_needed", [0, 0]),
            ({"status": "refunded", "meta_data": SENT_IN_PART}, "not_needed", [0, 0]),
        ],
    )
    def test_an_order_is_sent_by_and_by(self, shop, store, changes, delivery, unsent):
        found = store.read_order(bought(shop, **changes)["id"])
        assert found.delivery == delivery
        assert [one.unsent_quantity for one in found.lines] == unsent

    def test_a_whole_refund_leaves_nothing_to_be_sent(self, shop, store):
        order = bought(shop)
        store.refund(asked(order, "66.00", lines=()))
        found = store.read_order(order["id"])
        assert (found.record.platform_status, found.delivery) == ("refunded", "not_needed")
