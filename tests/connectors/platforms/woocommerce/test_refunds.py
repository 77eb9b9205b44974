"""WooCommerce orders are refunded exactly, and what is on the wire says everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import orjson
import pytest

from connectors.platforms import base, money
from connectors.sandbox import faults, paying_back
from tests.connectors.platforms.woocommerce.paying import (
    asked,
    bodies,
    bought,
    line,
    paid_back,
    sent,
)

D = Decimal
TENDER = money.Tender


@pytest.fixture
def shop(bench):
    return bench.shop


def elsewhere(shop, order, amount, **given):
    """A refund that somebody makes in the store's own admin."""
    given = {"amount": amount, "api_refund": False, "api_restock": False, **given}
    return paying_back.make(shop, shop.get("order", order["id"]), given, faults.Knobs())


def priced(order, places):
    """The order of a store that keeps amounts with so many decimals."""

    def written(part):
        return {
            name: f"{D(text):.{places}f}" if name in ("total", "total_tax") else text
            for name, text in part.items()
        }  # fmt: skip

    return written(order) | {"line_items": [written(one) for one in order["line_items"]]}


class TestPreview:
    def test_the_store_has_no_opinion_but_knows_what_is_left(self, shop, store, running):
        order = bought(shop)
        elsewhere(shop, order, "16.00")
        assert store.preview_refund(asked(order)) == money.RefundPreview(
            suggested=None, suggested_tax=None, maximum=D("50.00"), tenders=()
        )
        assert sent(running) == []

    def test_what_was_not_paid_can_not_be_given_back(self, shop, store):
        order = bought(shop, status="on-hold", date_paid=None, date_paid_gmt=None)
        assert store.preview_refund(asked(order)).maximum == 0

    def test_amounts_that_the_store_would_round_are_refused(self, shop, store):
        order = bought(shop)
        with pytest.raises(base.RejectedError, match=r"2 decimals: 1\.005 GBP") as raised:
            store.preview_refund(asked(order, "1.005", lines=()))
        assert raised.value.code == "store_decimals"

    def test_an_order_that_is_gone_is_missing(self, store, shop):
        with pytest.raises(base.RejectedError) as raised:
            store.preview_refund(asked(bought(shop), order_remote_id=1))
        assert raised.value.code == "missing"


class TestMaking:
    def test_one_line_is_refunded_exactly(self, bench, shop, store):
        order = bought(shop)
        made = store.refund(asked(order))
        assert made == money.LiveRefund(
            remote_id=made.remote_id, amount=D("12.00"), currency="GBP", reason="Chipped [sk:1]",
            tender=TENDER.SUCCESS, shipping=D(0), shipping_tax=D(0), created_at=bench.now,
            lines=(
                money.LiveRefundLine(
                    remote_id=order["line_items"][0]["id"], quantity=1, total=D(10), tax=D(2)
                ),
            ),
        )  # fmt: skip
        assert paid_back(shop, order) == [D("12.00")]
        assert list(store.list_refunds(order["id"])) == [made]

    def test_what_is_sent_is_the_amount_its_lines_and_what_the_store_is_to_do(
        self, shop, store, running
    ):
        order = bought(shop)
        store.refund(asked(order))
        expected = {
            "amount": "12.00",
            "reason": "Chipped [sk:1]",
            "api_refund": True,
            "api_restock": False,
            "line_items": [
                {
                    "id": order["line_items"][0]["id"],
                    "quantity": 1,
                    "refund_total": "10.00",
                    "refund_tax": [{"id": 1, "refund_total": "2.00"}],
                }
            ],
        }
        path = f"orders/{order['id']}/refunds"
        assert sent(running) == [("POST", path, orjson.dumps(expected))]

    def test_lines_shipping_and_goodwill_come_to_the_amount(self, shop, store, running):
        order = bought(shop)
        made = store.refund(
            asked(order, "33.00", lines=(line(order, units=2, total="20.00", tax="4.00"),),
                  shipping=D("5.00"), shipping_tax=D("1.00"))
        )  # fmt: skip
        (body,) = bodies(running)
        assert body["line_items"] == [
            {
                "id": order["line_items"][0]["id"], "quantity": 2, "refund_total": "20.00",
                "refund_tax": [{"id": 1, "refund_total": "4.00"}],
            },
            {
                "id": order["shipping_lines"][0]["id"], "refund_total": "5.00",
                "refund_tax": [{"id": 1, "refund_total": "1.00"}],
            },
        ]  # fmt: skip
        assert (made.amount, made.shipping, made.shipping_tax) == (D(33), D(5), D(1))
        assert paid_back(shop, order) == [D("33.00")]

    def test_goodwill_is_money_without_lines(self, shop, store, running):
        order = bought(shop)
        made = store.refund(asked(order, "0.01", lines=()))
        assert (made.amount, made.lines, made.shipping) == (D("0.01"), (), D(0))
        assert bodies(running)[0]["line_items"] == []

    def test_shipping_comes_off_its_lines_in_turn(self, shop, store, running):
        order = bought(shop)
        (first,) = order["shipping_lines"]
        second = {**first, "id": 77, "total": "3.00", "total_tax": "0.60"}
        shop.edit("order", order["id"], shipping_lines=[first, second], total="69.60")
        refund = asked(order, "8.40", lines=(), shipping=D("7.00"), shipping_tax=D("1.40"))
        made = store.refund(refund)
        assert (made.shipping, made.shipping_tax) == (D(7), D("1.40"))
        assert [
            (one["id"], one["refund_total"], one["refund_tax"][0]["refund_total"])
            for one in bodies(running)[0]["line_items"]
        ] == [(first["id"], "5.00", "1.00"), (77, "2.00", "0.40")]

    def test_tax_is_split_by_its_rates_and_the_last_takes_the_rest(self, shop, store, running):
        order = bought(shop)
        mug, bowl = order["line_items"]
        rates = [{"id": number, "total": "2.00", "subtotal": "2.00"} for number in (4, 5, 6)]
        shop.edit("order", order["id"], line_items=[{**mug, "taxes": rates}, bowl])
        store.refund(asked(order))
        (item,) = bodies(running)[0]["line_items"]
        assert [(one["id"], one["refund_total"]) for one in item["refund_tax"]] == [
            (4, "0.66"), (5, "0.66"), (6, "0.68"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("places", "amount", "written"), [(0, "12", "12"), (2, "12", "12.00"), (3, "12", "12.000")]
    )
    def test_amounts_have_the_stores_decimals(self, shop, store, running, places, amount, written):
        order = bought(shop)
        shop.store("order", priced(order, places))
        assert store.refund(asked(order, amount)).amount == D(12)
        assert bodies(running)[0]["amount"] == written

    @pytest.mark.parametrize(
        "changes",
        [
            {"amount": D("12.005")},
            {"shipping": D("0.001")},
            {"shipping_tax": D("0.001")},
        ],
    )
    def test_amounts_that_the_store_would_round_are_not_sent(self, shop, store, running, changes):
        with pytest.raises(base.RejectedError) as raised:
            store.refund(replace(asked(bought(shop)), **changes))
        assert raised.value.code == "store_decimals"
        assert sent(running) == []

    def test_a_line_whose_parts_would_be_rounded_is_not_sent(self, shop, store, running):
        order = bought(shop)
        with pytest.raises(base.RejectedError, match=r"1\.999"):
            store.refund(asked(order, lines=(line(order, tax="1.999"),)))
        assert sent(running) == []

    def test_a_refund_by_hand_asks_no_payment(self, shop, store, running):
        order = bought(shop)
        made = store.refund(asked(order, gives_back=False))
        assert (made.tender, made.amount, made.lines[0].quantity) == (TENDER.NONE, D(12), 1)
        assert bodies(running)[0]["api_refund"] is False
        assert paid_back(shop, order) == []

    def test_what_the_staff_wrote_comes_back_as_it_was(self, shop, store):
        note = "Größe 😀 & <b>“x”</b> [sk:1]"
        assert store.refund(asked(bought(shop), note=note)).reason == note

    def test_a_line_that_the_order_does_not_have_is_not_sent(self, shop, store, running):
        order = bought(shop)
        gone = replace(line(order), remote_id=1)
        with pytest.raises(base.RejectedError) as raised:
            store.refund(asked(order, lines=(gone,)))
        assert raised.value.code == "no_line"
        assert sent(running) == []

    @pytest.mark.parametrize("status", ["trash", None])
    def test_an_order_that_is_gone_or_in_the_trash_is_not_refunded(
        self, shop, store, running, status
    ):
        order = bought(shop)
        if status:
            shop.set_status(order["id"], status)
        else:
            shop.remove("order", order["id"])
        with pytest.raises(base.RejectedError) as raised:
            store.refund(asked(order))
        assert (raised.value.code, sent(running)) == ("missing", [])

    def test_an_order_that_makes_no_sense_is_not_refunded(self, shop, store, running):
        running.knobs.rewrite = {'"total":': '"sum":'}
        with pytest.raises(base.RejectedError) as raised:
            store.refund(asked(bought(shop)))
        assert (raised.value.code, sent(running)) == ("unreadable", [])


class TestRestocking:
    def stock(self, shop, order):
        products = (shop.get("product", one["product_id"]) for one in order["line_items"])
        return [one["stock_quantity"] for one in products]

    @pytest.mark.parametrize(
        ("restocks", "units", "stock"),
        [
            ((False, False), [2, 1], [7, 7]),
            ((True, False), [2, 0], [9, 7]),
            ((False, True), [0, 1], [7, 8]),
            ((True, True), [2, 1], [9, 8]),
        ],
    )
    def test_only_what_is_to_go_back_on_the_shelf_does(
        self, shop, store, running, restocks, units, stock
    ):
        order = bought(shop)
        lines = (
            line(order, units=2, total="20.00", tax="4.00", restock=restocks[0]),
            line(order, 1, total="20.00", tax="4.00", restock=restocks[1]),
        )
        made = store.refund(asked(order, "48.00", lines=lines))
        (body,) = bodies(running)
        assert [one["quantity"] for one in body["line_items"]] == units
        assert body["api_restock"] is any(restocks)
        assert self.stock(shop, order) == stock
        assert [(one.total, one.tax) for one in made.lines] == [(D(20), D(4))] * 2


class TestOnce:
    def test_the_store_knows_no_keys_and_the_same_twice_makes_two(self, shop, store):
        order = bought(shop)
        made = {store.refund(asked(order)).remote_id for _ in range(2)}
        assert (len(made), store.key_lifetime) == (2, timedelta(0))
        assert paid_back(shop, order) == [D("12.00")] * 2

    @pytest.mark.parametrize(
        ("knob", "tenders", "paid"),
        [
            ("lose_before", [], 0),
            ("lose_saved", [TENDER.NONE], 0),
            ("lose_paid", [TENDER.NONE], 1),
            ("lose_after", [TENDER.SUCCESS], 1),
            ("fail_after", [TENDER.SUCCESS], 1),
        ],
    )
    def test_a_lost_answer_is_unknown_and_the_marker_shows_how_far_it_came(
        self, shop, store, running, knob, tenders, paid
    ):
        order = bought(shop)
        setattr(running.knobs, knob, 1)
        with pytest.raises(base.OutcomeUnknownError, match="not known"):
            store.refund(asked(order))
        assert len(sent(running)) == 1
        assert len(paid_back(shop, order)) == paid
        found = store.list_refunds(order["id"])
        assert [(one.tender, one.reason) for one in found] == [
            (tender, "Chipped [sk:1]") for tender in tenders
        ]

    def test_a_gateway_that_fails_is_unknown_and_leaves_no_trace(self, shop, store, running):
        order = bought(shop)
        running.knobs.gateway_fail = 1
        with pytest.raises(base.OutcomeUnknownError, match="declined the refund") as raised:
            store.refund(asked(order))
        assert raised.value.code == "payment_unclear"
        assert (list(store.list_refunds(order["id"])), len(sent(running))) == ([], 1)


class TestRefusals:
    def test_more_than_is_left_is_refused_in_the_stores_words(self, shop, store):
        order = bought(shop)
        elsewhere(shop, order, "60.00")
        with pytest.raises(base.RejectedError, match="Invalid refund amount"):
            store.refund(asked(order))
        assert paid_back(shop, order) == []

    @pytest.mark.parametrize(
        ("method", "words"),
        [("", "does not exist"), ("cod", "does not support automatic refunds")],
    )
    def test_a_payment_that_cannot_give_back_refuses(self, shop, store, method, words):
        order = bought(shop, payment_method=method)
        with pytest.raises(base.RejectedError, match=words):
            store.refund(asked(order))
        assert (list(store.list_refunds(order["id"])), paid_back(shop, order)) == ([], [])


class TestListing:
    def test_refunds_come_oldest_first_with_those_made_in_the_store(self, shop, store):
        order = bought(shop)
        elsewhere(shop, order, "20.00", reason="By hand")
        store.refund(asked(order))
        found = store.list_refunds(order["id"])
        assert [(one.reason, one.amount, one.tender) for one in found] == [
            ("By hand", D("20.00"), TENDER.NONE),
            ("Chipped [sk:1]", D("12.00"), TENDER.SUCCESS),
        ]

    @pytest.mark.parametrize("count", [99, 100, 101, 200])
    def test_refunds_longer_than_a_page_come_whole(self, shop, store, count):
        order = bought(shop)
        made = [elsewhere(shop, order, "0.01")["id"] for _ in range(count)]
        assert [one.remote_id for one in store.list_refunds(order["id"])] == made

    @pytest.mark.parametrize("body", ["{}", "null", '""'])
    def test_an_answer_that_is_no_list_is_not_taken_for_none(self, shop, store, running, body):
        order = bought(shop)
        running.knobs.rewrite = {"[]": body}
        with pytest.raises(base.RetryableError) as raised:
            store.list_refunds(order["id"])
        assert raised.value.code == "no_list"

    def test_a_store_that_ignores_offset_is_not_read_for_ever(self, shop, store, ignoring_offset):
        order = bought(shop)
        for _ in range(100):
            elsewhere(shop, order, "0.01")
        with pytest.raises(base.RejectedError, match="ignores the parameter offset"):
            store.list_refunds(order["id"])

    def test_a_refund_without_an_amount_gave_nothing_back(self, shop, store):
        order = bought(shop)
        item = {"id": order["line_items"][0]["id"], "quantity": 1}
        elsewhere(shop, order, "", line_items=[item])
        (found,) = store.list_refunds(order["id"])
        assert (found.amount, found.lines[0].quantity, found.lines[0].total) == (0, 1, 0)

    def test_the_status_refunded_moved_no_money(self, shop, store):
        order = bought(shop)
        paying_back.write_down(shop, order)
        (found,) = store.list_refunds(order["id"])
        assert (found.amount, found.tender) == (D("66.00"), TENDER.NONE)

    @pytest.mark.parametrize("name", ["id", "refunded_payment"])
    def test_a_refund_that_makes_no_sense_is_not_left_out(self, shop, store, running, name):
        order = bought(shop)
        elsewhere(shop, order, "1.00")
        running.knobs.rewrite = {f'"{name}":': '"other":'}
        with pytest.raises(base.RejectedError) as raised:
            store.list_refunds(order["id"])
        assert raised.value.code == "unreadable"

    @pytest.mark.parametrize("gone", [True, False])
    def test_an_order_that_is_gone_or_in_the_trash_is_missing(self, shop, store, gone):
        order = bought(shop)
        if gone:
            shop.remove("order", order["id"])
        else:
            shop.set_status(order["id"], "trash")
        with pytest.raises(base.RejectedError) as raised:
            store.list_refunds(order["id"])
        assert raised.value.code == "missing"
