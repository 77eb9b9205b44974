"""The stand-in WooCommerce store takes and refuses refunds as a running one was recorded."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.sandbox import rendering, server
from connectors.sandbox.shop import Shop
from tests.contract.conftest import BILLING, Api

RECORDINGS = os.environ.get("STOREKEEP_RECORDINGS", "")
BY_HAND = {"api_refund": False}


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture
def running(shop):
    with server.running(shop) as found:
        yield found


@pytest.fixture
def api(running):
    return Api(url=running.url, key=running.key, secret=running.secret)


@pytest.fixture
def order(shop):
    """Three mugs at 10.00 and 5.00 of shipping, VAT of 20 % on top: 42.00."""
    mug = shop.add_product(rendering.ProductSpec(name="Mug", sku="MUG", price=1000, stock=7))
    spec = rendering.OrderSpec(
        customer_id=0, billing=BILLING, shipping=BILLING, shipping_cost=500, paid=shop.clock(),
        lines=[
            rendering.LineSpec(
                name="Mug", product_id=mug["id"], variation_id=0, sku="MUG", quantity=3,
                unit_price=1000,
            )
        ],
    )  # fmt: skip
    return shop.add_order(spec)


@pytest.fixture
def ask(api, order):
    def asking(order_id=order["id"], **given):
        return api.call("POST", f"orders/{order_id}/refunds", json=BY_HAND | given)

    return asking


def refused(answer):
    body = answer.json()
    return answer.status_code, body["code"], body["message"], body["data"]


CANNOT = "woocommerce_rest_cannot_create_order_refund"


class TestAmounts:
    @pytest.mark.parametrize("amount", ["42.01", "9999.00"])
    def test_more_than_is_left_is_refused_as_a_failure_of_the_server(self, shop, ask, amount):
        assert refused(ask(amount=amount)) == (500, CANNOT, "Invalid refund amount.", 500)
        assert shop.count("refund") == 0

    def test_an_order_that_was_given_back_has_nothing_left(self, shop, order, ask):
        assert ask(amount="42.00").status_code == 201
        assert shop.get("order", order["id"])["status"] == "refunded"
        assert refused(ask(amount="0.01")) == (500, CANNOT, "Invalid refund amount.", 500)

    def test_an_amount_below_zero_is_refused(self, shop, ask):
        code, words = "woocommerce_rest_invalid_order_refund", "Refund amount must be greater "
        assert refused(ask(amount="-5")) == (500, code, f"{words}than zero.", 400)
        assert shop.count("refund") == 0

    def test_a_number_is_no_amount(self, shop, ask):
        status, code, _, data = refused(ask(amount=5))
        assert (status, code) == (400, "rest_invalid_param")
        assert data["details"]["amount"] == {
            "code": "rest_invalid_type", "message": "amount is not of type string.",
            "data": {"param": "amount"},
        }  # fmt: skip
        assert shop.count("refund") == 0

    @pytest.mark.parametrize(
        ("given", "kept", "listed"),
        [
            ({"amount": "0"}, "0.00", "-0.00"),
            ({"amount": "1.005"}, "1.01", "-1.01"),
            ({}, "", "-"),
        ],
    )
    def test_nothing_and_too_much_precision_are_taken(self, api, order, ask, given, kept, listed):
        made = ask(**given)
        assert (made.status_code, made.json()["amount"]) == (201, kept)
        (entry,) = api.get(f"orders/{order['id']}").json()["refunds"]
        assert entry == {
            "id": made.json()["id"], "reason": "", "total": listed, "total_tax": "0.00",
        }  # fmt: skip

    def test_the_same_twice_makes_two(self, api, order, ask):
        made = [ask(amount="5.00", reason="Größe 😀").json() for _ in range(2)]
        assert made[0]["id"] != made[1]["id"]
        assert [one["reason"] for one in made] == ["Größe 😀"] * 2
        found = api.get(f"orders/{order['id']}").json()
        assert (found["total"], found["status"]) == ("42.00", "processing")
        assert [one["total"] for one in found["refunds"]] == ["-5.00", "-5.00"]

    @pytest.mark.parametrize("status", ["pending", "cancelled"])
    def test_orders_that_were_not_paid_can_be_refunded(self, shop, order, ask, status):
        shop.set_status(order["id"], status)
        assert ask(amount="1.00").status_code == 201


class TestLines:
    def test_the_amount_wins_over_its_lines(self, api, order, ask):
        line = order["line_items"][0]["id"]
        tax = [{"id": 1, "refund_total": 1.6}]
        given = [{"id": line, "quantity": 1, "refund_total": 17.99, "refund_tax": tax}]
        made = ask(amount="10.00", line_items=given).json()
        (item,) = made["line_items"]
        assert (made["amount"], item["quantity"], item["total"]) == ("10.00", -1, "-17.99")
        assert (item["total_tax"], item["taxes"]) == (
            "-1.60", [{"id": 1, "total": "-1.60", "subtotal": "-1.60"}],
        )  # fmt: skip
        assert item["meta_data"][0]["value"] == str(line)
        (entry,) = api.get(f"orders/{order['id']}").json()["refunds"]
        assert (entry["total"], entry["total_tax"]) == ("-10.00", "-1.60")

    def test_more_units_than_were_bought_are_taken(self, order, ask):
        given = [{"id": order["line_items"][0]["id"], "quantity": 50, "refund_total": 1}]
        made = ask(amount="1.00", line_items=given)
        assert made.status_code == 201
        assert made.json()["line_items"][0]["quantity"] == -50

    def test_lines_that_are_not_there_are_left_out(self, ask):
        given = [{"id": 999999, "quantity": 1, "refund_total": 1}]
        made = ask(amount="1.00", line_items=given)
        assert (made.status_code, made.json()["line_items"]) == (201, [])

    def test_units_without_an_amount_are_worth_nothing(self, order, ask):
        made = ask(line_items=[{"id": order["line_items"][0]["id"], "quantity": 1}]).json()
        (item,) = made["line_items"]
        assert (made["amount"], item["quantity"], item["total"], item["subtotal"]) == (
            "", -1, "0.00", "0.00",
        )  # fmt: skip

    @pytest.mark.parametrize(("given", "stock"), [({}, 9), ({"api_restock": False}, 7)])
    def test_units_go_back_on_the_shelf_unless_that_is_refused(
        self, shop, order, ask, given, stock
    ):
        line = order["line_items"][0]
        ask(amount="1.00", line_items=[{"id": line["id"], "quantity": 2}], **given)
        assert shop.get("product", line["product_id"])["stock_quantity"] == stock


class TestPayment:
    def test_the_gateway_is_asked_unless_that_is_refused(self, shop, order, ask):
        assert ask(amount="1.00").json()["refunded_payment"] is False
        assert shop.payouts == []
        assert ask(amount="2.00", api_refund=True).json()["refunded_payment"] is True
        assert shop.payouts == [(order["id"], Decimal("2.00"))]

    @pytest.mark.parametrize(
        ("method", "problem"),
        [("", "does not exist."), ("cod", "does not support automatic refunds.")],
    )
    def test_a_payment_that_cannot_give_back_is_refused_and_leaves_no_refund(
        self, shop, order, ask, method, problem
    ):
        shop.edit("order", order["id"], payment_method=method)
        words = f"The payment gateway for this order {problem}"
        assert refused(ask(amount="1.00", api_refund=True)) == (500, CANNOT, words, 500)
        assert (shop.count("refund"), shop.payouts) == (0, [])

    def test_a_gateway_that_fails_leaves_no_refund(self, shop, running, ask):
        running.knobs.gateway_fail = 1
        assert ask(amount="1.00", api_refund=True).status_code == 500
        assert (shop.count("refund"), shop.payouts) == (0, [])

    @pytest.mark.parametrize(
        ("knob", "kept", "paid"),
        [
            ("lose_before", [], 0), ("lose_saved", [False], 0), ("lose_paid", [False], 1),
            ("lose_after", [True], 1), ("fail_after", [True], 1),
        ],
    )  # fmt: skip
    def test_a_store_may_die_at_any_step(self, shop, running, order, ask, knob, kept, paid):
        setattr(running.knobs, knob, 1)
        try:
            assert ask(amount="1.00", reason="[sk:1]", api_refund=True).status_code == 500
        except OSError:
            assert knob != "fail_after"
        found = shop.children("refund", order["id"])
        assert [one["refunded_payment"] for one in found] == kept
        assert [one["reason"] for one in found] == ["[sk:1]"] * len(kept)
        assert len(shop.payouts) == paid

    def test_the_status_refunded_writes_a_refund_down_and_moves_no_money(
        self, api, shop, order, ask
    ):
        ask(amount="2.00")
        api.call("PUT", f"orders/{order['id']}", json={"status": "refunded"})
        first, *_ = api.get(f"orders/{order['id']}/refunds").json()
        assert (first["amount"], first["refunded_payment"]) == ("40.00", False)
        assert shop.payouts == []


class TestReading:
    def test_the_newest_comes_first_and_pages_have_their_size(self, api, order, ask):
        made = [ask(amount="0.01").json()["id"] for _ in range(12)]
        path = f"orders/{order['id']}/refunds"
        first = api.get(path)
        assert [one["id"] for one in first.json()] == made[:1:-1]
        assert (first.headers["X-WP-Total"], first.headers["X-WP-TotalPages"]) == ("12", "2")
        rest = api.get(path, offset=10, per_page=100, orderby="id", order="asc")
        assert [one["id"] for one in rest.json()] == made[10:]

    def test_a_refund_of_another_order_and_one_that_is_gone_are_told_apart(
        self, api, shop, order, ask
    ):
        made = ask(amount="1.00").json()["id"]
        other = order["id"] + 1
        shop.store("order", {**order, "id": other})
        code = "woocommerce_rest_invalid_order_refund_id"
        assert refused(api.get(f"orders/{other}/refunds/{made}")) == (
            500, code, "Invalid order refund ID.", 404,
        )  # fmt: skip
        assert api.call("DELETE", f"orders/{order['id']}/refunds/{made}").status_code == 200
        gone = api.call("DELETE", f"orders/{order['id']}/refunds/{made}")
        assert refused(gone) == (
            404, "woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.", {"status": 404},
        )  # fmt: skip

    def test_an_order_that_is_none_is_refused_as_a_failure_of_the_server(self, shop, ask):
        code = "woocommerce_rest_invalid_order_id"
        assert refused(ask(999999, amount="1.00")) == (500, code, "Invalid order ID.", 404)
        assert shop.count("refund") == 0


def recorded(name):
    if not RECORDINGS:
        pytest.skip("no recordings: set STOREKEEP_RECORDINGS to their folder")
    recording = json.loads((Path(RECORDINGS) / f"{name}.json").read_text())
    return recording["request"], recording["response"]


@pytest.mark.parametrize(
    "name",
    [
        "refund_amount_over_remaining", "refund_negative_amount", "refund_amount_as_number",
        "refund_order_missing", "refund_api_refund_default_true_no_gateway", "refund_delete_force",
    ],
)  # fmt: skip
def test_a_refusal_is_word_for_word_the_recorded_one(api, shop, order, name):
    request, response = recorded(name)
    shop.store("order", {**order, "id": 234, "payment_method": ""})
    path = request["path"].removeprefix("/wp-json/wc/v3/")
    answer = api.call(request["method"], path, json=request["body"], params=request["query"])
    assert (answer.status_code, answer.json()) == (response["status"], response["body"])


@pytest.mark.parametrize(
    "name",
    [
        "refund_partial_amount", "refund_partial_amount_duplicate", "refund_remaining_full",
        "refund_zero_amount", "refund_missing_amount", "refund_line_item_qty_only",
        "refund_line_item_qty_over", "refund_line_item_unknown_id",
        "refund_line_item_with_amount_mismatch",
    ],
)  # fmt: skip
def test_a_refund_is_the_recorded_one(api, shop, order, name):
    request, response = recorded(name)
    lines = [{**order["line_items"][0], "id": number} for number in (538, 539)]
    shop.store("order", {**order, "id": 234, "total": "44.09", "line_items": lines})
    answer = api.call("POST", "orders/234/refunds", json=request["body"])
    assert answer.status_code == response["status"]
    assert shown(answer.json()) == shown(response["body"])


def shown(refund):
    """What of a refund doesn't depend on the order's goods, the time and the ids."""
    names = ("amount", "reason", "refunded_by", "refunded_payment", "shipping_lines", "fee_lines")
    kind = [one["value"] for one in refund["meta_data"] if one["key"] == "_refund_type"]
    parts = ("quantity", "subtotal", "subtotal_tax", "total", "total_tax", "taxes")
    items = [
        {part: item[part] for part in parts} | {"of": item["meta_data"][0]["value"]}
        for item in refund["line_items"]
    ]
    return {name: refund[name] for name in names} | {"kind": kind, "items": items}
