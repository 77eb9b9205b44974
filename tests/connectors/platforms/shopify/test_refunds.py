"""Shopify orders are refunded once, whatever becomes of the answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from connectors.platforms import base, money, shopify
from connectors.platforms.shopify import refunds
from connectors.sandbox.shopify import changing
from tests.connectors.platforms.shopify.paying import KEY, asked, bought, line, sent, with_tenders

D = Decimal
TENDER = money.Tender
OTHER_KEY = KEY.replace("1", "2")


def parent(order, number=0):
    return f"gid://shopify/OrderTransaction/{order['transactions'][number]['id']}"


def split(shop):
    """An order of 49.95 that was paid with 10.00 of a gift card and a card."""
    order = bought(shop, payment=None)
    changing.pay(shop, order["id"], amount="10.00", gateway="gift_card")
    return changing.pay(shop, order["id"])


def suggested(order, amount):
    """How an answer suggests to pay so much of 49.95 back."""
    share, limit = (
        f'{{"presentmentMoney":{{"amount":"{one}","currencyCode":"GBP"}}}}'
        for one in (amount, "49.95")
    )
    return (
        f'"suggestedTransactions":[{{"gateway":"shopify_payments","amountSet":{share},'
        f'"maximumRefundableSet":{limit},"parentTransaction":{{"id":"{parent(order)}"}}}}]'
    )


class TestPreview:
    def test_the_store_says_what_the_goods_are_worth_and_whom_to_pay(self, shop, store):
        order = bought(shop)
        preview = store.preview_refund(asked(order))
        assert preview.suggested == D("8.00")
        assert preview.suggested_tax == D("1.33")
        assert preview.maximum == D("49.95")
        assert preview.tenders == (
            money.TenderShare(parent=parent(order), gateway="shopify_payments", amount=D(8)),
        )

    def test_more_than_is_suggested_is_spread_over_what_is_left_of_each_payment(self, shop, store):
        order = split(shop)
        refund = asked(order, "30.00", lines=())
        shares = store.preview_refund(refund).tenders
        assert [(one.gateway, one.amount) for one in shares] == [
            ("gift_card", D("10.0")),
            ("shopify_payments", D("20.00")),
        ]

    def test_less_than_is_suggested_leaves_payments_out(self, shop, store):
        order = split(shop)
        everything = (line(order, units=3), line(order, 1))
        shares = store.preview_refund(asked(order, "9.99", lines=everything)).tenders
        assert [(one.gateway, one.amount) for one in shares] == [("gift_card", D("9.99"))]

    def test_goodwill_without_lines_has_its_payment(self, shop, store):
        preview = store.preview_refund(asked(bought(shop), "0.01", lines=()))
        assert (preview.suggested, preview.tenders[0].amount) == (D(0), D("0.01"))

    def test_goodwill_goes_to_the_payments_of_the_goods_where_none_is_suggested(
        self, shop, store, running
    ):
        order = bought(shop)
        running.knobs.rewrite = {suggested(order, "0.0"): '"suggestedTransactions":[]'}
        (share,) = store.preview_refund(asked(order, "5.00", lines=())).tenders
        assert (share.parent, share.amount) == (parent(order), D("5.00"))

    def test_a_payment_without_a_limit_gives_back_what_is_suggested(self, shop, store, running):
        order = bought(shop)
        known = suggested(order, "8.0")
        limit = '{"presentmentMoney":{"amount":"49.95","currencyCode":"GBP"}}'
        running.knobs.rewrite = {known: known.replace(limit, "null")}
        assert store.preview_refund(asked(order)).tenders[0].amount == D(8)
        with pytest.raises(base.RejectedError, match=r"Only 8\.0 GBP"):
            store.preview_refund(asked(order, "8.01"))

    def test_more_than_is_left_is_refused_with_what_is_left(self, shop, store, running):
        order = bought(shop)
        changing.refund(shop, order["id"], {order["lineItems"][1]["id"]: 1})
        with pytest.raises(base.RejectedError, match=r"Only 29\.95 GBP") as raised:
            store.preview_refund(asked(order, "29.96"))
        assert raised.value.code == "exceeds_refundable"
        assert sent(running) == []

    def test_a_refund_that_is_only_written_down_needs_no_payment(self, shop, store):
        refund = asked(bought(shop), gives_back=False)
        assert store.preview_refund(refund).tenders == ()

    def test_an_order_that_is_gone_is_missing(self, shop, store):
        with pytest.raises(base.RejectedError) as raised:
            store.preview_refund(asked(bought(shop), order_remote_id=1))
        assert raised.value.code == "missing"


class TestMaking:
    def test_one_line_is_refunded_exactly(self, shop, store, running):
        order = bought(shop)
        made = store.refund(with_tenders(store, asked(order)))
        assert (made.amount, made.currency, made.tender) == (D(8), "GBP", TENDER.SUCCESS)
        assert made.reason == "Chipped [sk:1]"
        assert made.lines == (
            money.LiveRefundLine(
                remote_id=order["lineItems"][0]["id"], quantity=1, total=D("6.67"), tax=D("1.33")
            ),
        )
        assert changing.payouts(shop, order["id"]) == [D("8.0")]
        assert list(store.list_refunds(order["id"])) == [made]

    def test_what_is_sent_names_currency_payment_and_restocking(self, shop, store, running):
        order = bought(shop)
        store.refund(with_tenders(store, asked(order)))
        gid = f"gid://shopify/Order/{order['id']}"
        (variables,) = sent(running)
        assert variables["input"] == {
            "orderId": gid, "currency": "GBP", "note": "Chipped [sk:1]", "notify": False,
            "refundLineItems": [
                {
                    "lineItemId": f"gid://shopify/LineItem/{order['lineItems'][0]['id']}",
                    "quantity": 1, "restockType": "NO_RESTOCK",
                }
            ],
            "shipping": None,
            "transactions": [
                {
                    "orderId": gid, "parentId": parent(order), "gateway": "shopify_payments",
                    "kind": "REFUND", "amount": "8",
                }
            ],
        }  # fmt: skip

    def test_a_split_refund_goes_back_to_both_payments(self, shop, store):
        order = split(shop)
        made = store.refund(with_tenders(store, asked(order, "30.00", lines=())))
        assert made.amount == D(30)
        assert changing.payouts(shop, order["id"]) == [D("10.0"), D("20.0")]

    def test_a_foreign_order_is_refunded_in_the_customers_currency(self, shop, store):
        order = bought(shop, currency="EUR", rate="1.2")
        mug = line(order, total="8.00", tax="1.60")
        made = store.refund(with_tenders(store, asked(order, "9.60", lines=(mug,))))
        assert (made.amount, made.currency) == (D("9.6"), "EUR")
        assert (made.lines[0].total, made.lines[0].tax) == (D("8.0"), D("1.6"))
        assert changing.payouts(shop, order["id"]) == [D("9.6")]

    def test_an_order_is_not_refunded_in_another_currency(self, shop, store):
        order = bought(shop, currency="EUR", rate="1.2")
        refund = with_tenders(store, asked(order, "9.60"))
        with pytest.raises(base.RejectedError, match="Currency must be EUR"):
            store.refund(replace(refund, currency="GBP"))
        assert changing.payouts(shop, order["id"]) == []

    def test_goodwill_is_money_without_lines(self, shop, store):
        order = bought(shop)
        made = store.refund(with_tenders(store, asked(order, "5.00", lines=())))
        assert (made.amount, made.lines, made.shipping) == (D(5), (), D(0))

    @pytest.mark.parametrize("included", [True, False])
    def test_shipping_is_refunded_before_tax_and_with_its_tax(self, shop, store, running, included):
        shop.taxes_included = included
        order = bought(shop)
        net, tax, amount = ("4.96", "0.99", "5.95") if included else ("5.95", "1.19", "7.14")
        refund = asked(order, amount, lines=(), shipping=D(net), shipping_tax=D(tax))
        assert store.preview_refund(refund).suggested == D(amount)
        made = store.refund(with_tenders(store, refund))
        assert (made.shipping, made.shipping_tax, made.amount) == (D(net), D(tax), D(amount))
        assert sent(running)[0]["input"]["shipping"] == {"amount": "5.95"}

    def test_a_refund_that_is_written_down_asks_no_payment(self, shop, store):
        order = bought(shop)
        made = store.refund(asked(order, gives_back=False))
        assert (made.tender, made.amount, made.lines[0].quantity) == (TENDER.NONE, D(0), 1)
        assert changing.payouts(shop, order["id"]) == []

    def test_payments_that_give_another_amount_are_not_sent(self, shop, store, running):
        refund = with_tenders(store, asked(bought(shop)))
        with pytest.raises(base.RejectedError) as raised:
            store.refund(replace(refund, amount=D("8.01")))
        assert raised.value.code == "tenders_differ"
        assert sent(running) == []


class TestRestocking:
    def test_units_that_were_not_sent_are_cancelled_and_others_returned(self, shop, store, running):
        order = bought(shop)
        changing.fulfil(shop, order["id"], {order["lineItems"][0]["id"]: 2})
        refund = asked(order, "24.00", lines=(line(order, units=3, restock=True),))
        made = store.refund(with_tenders(store, refund))
        items = sent(running)[0]["input"]["refundLineItems"]
        assert [(one["quantity"], one["restockType"]) for one in items] == [
            (1, "CANCEL"),
            (2, "RETURN"),
        ]
        assert [one.quantity for one in made.lines] == [3]

    def test_a_second_sending_puts_back_as_the_first_did(self, shop, store, running):
        order = bought(shop)
        refund = with_tenders(store, asked(order, lines=(line(order, restock=True),)))
        running.knobs.lose_after = 1
        with pytest.raises(base.OutcomeUnknownError):
            store.refund(refund)
        changing.fulfil(shop, order["id"])
        made = store.refund(refund)
        assert sent(running)[0] == sent(running)[1]
        assert sent(running)[1]["input"]["refundLineItems"][0]["restockType"] == "CANCEL"
        assert [one.remote_id for one in store.list_refunds(order["id"])] == [made.remote_id]


class TestOnce:
    @pytest.mark.parametrize(
        ("knob", "made"), [("lose_before", 0), ("lose_after", 1), ("fail_after", 1)]
    )
    def test_a_lost_answer_is_unknown_and_the_same_key_pays_once(
        self, shop, store, running, knob, made
    ):
        order = bought(shop)
        refund = with_tenders(store, asked(order))
        setattr(running.knobs, knob, 1)
        with pytest.raises(base.OutcomeUnknownError):
            store.refund(refund)
        assert len(changing.payouts(shop, order["id"])) == made
        before = [one.remote_id for one in store.list_refunds(order["id"])]
        again = store.refund(refund)
        assert before in ([], [again.remote_id])
        assert store.refund(refund) == again
        assert changing.payouts(shop, order["id"]) == [D("8.0")]
        assert sent(running)[0] == sent(running)[1] == sent(running)[2]

    def test_the_same_amounts_are_sent_alike_however_they_are_kept(self, shop, store, running):
        order = bought(shop)
        refund = with_tenders(store, asked(order, "8.00"))
        store.refund(refund)
        share = replace(refund.tenders[0], amount=D("8"))
        store.refund(replace(refund, amount=D("8"), tenders=(share,)))
        assert sent(running)[0] == sent(running)[1]

    def test_a_key_with_another_refund_is_unknown(self, shop, store):
        order = bought(shop)
        refund = with_tenders(store, asked(order))
        store.refund(refund)
        with pytest.raises(base.OutcomeUnknownError) as raised:
            store.refund(replace(refund, note="Broken [sk:1]"))
        assert raised.value.code == "idempotency_key_parameter_mismatch"
        assert changing.payouts(shop, order["id"]) == [D("8.0")]

    @pytest.mark.parametrize(("keys", "paid"), [((KEY, KEY), 1), ((KEY, OTHER_KEY), 2)])
    def test_two_at_once_pay_once_under_one_key(self, shop, store, keys, paid):
        order = bought(shop)
        refund = with_tenders(store, asked(order))
        with ThreadPoolExecutor(2) as pool:
            made = list(pool.map(lambda key: store.refund(replace(refund, key=key)), keys))
        assert len({one.remote_id for one in made}) == paid
        assert len(changing.payouts(shop, order["id"])) == paid

    def test_a_key_in_use_is_waited_for(self, shop, store, running):
        refund = with_tenders(store, asked(bought(shop)))
        running.knobs.key_in_use = 1
        with pytest.raises(base.BusyError):
            store.refund(refund)
        assert store.refund(refund).tender == TENDER.SUCCESS


class TestRefusals:
    def test_a_user_error_is_told_in_the_platforms_words(self, shop, store):
        order = bought(shop)
        refund = with_tenders(store, asked(order))
        changing.refund(shop, order["id"])
        with pytest.raises(base.RejectedError, match="Quantity cannot refund more") as raised:
            store.refund(refund)
        assert raised.value.code == "user_error"

    @pytest.mark.parametrize("state", ["frozen", "forbidden", "locked"])
    def test_a_store_that_is_shut_refuses(self, shop, store, running, state):
        order = bought(shop)
        refund = with_tenders(store, asked(order))
        running.knobs.state = state
        with pytest.raises(base.RejectedError):
            store.refund(refund)
        assert changing.payouts(shop, order["id"]) == []

    def test_an_app_that_may_not_write_is_refused(self, shop, store, running):
        order = bought(shop)
        refund = with_tenders(store, asked(order))
        running.knobs.scopes = "read_orders,read_all_orders,read_customers,read_products"
        with pytest.raises(base.CredentialsError):
            store.refund(refund)
        assert changing.payouts(shop, order["id"]) == []

    def test_a_store_that_cannot_be_reached_was_told_nothing(self, shop):
        store = shopify.connect("http://127.0.0.1:9", "shpat_x", "secret")
        store._client.sleep = lambda seconds: None
        with pytest.raises(base.RetryableError):
            store._client.mutate("refund_create", {})
        store.close()


class TestTender:
    def test_a_pending_payment_ends_as_it_is_settled(self, shop, store, running):
        order = bought(shop)
        running.knobs.refund_status = "PENDING"
        made = store.refund(with_tenders(store, asked(order)))
        assert (made.tender, made.amount) == (TENDER.PENDING, D(8))
        assert changing.payouts(shop, order["id"]) == []
        changing.settle_refund(shop, order["id"], made.remote_id, "SUCCESS")
        (later,) = store.list_refunds(order["id"])
        assert later == replace(made, tender=TENDER.SUCCESS)
        assert changing.payouts(shop, order["id"]) == [D("8.0")]

    def test_a_payment_that_failed_gave_nothing_back(self, shop, store, running):
        running.knobs.refund_status = "FAILURE"
        made = store.refund(with_tenders(store, asked(bought(shop))))
        assert (made.tender, made.amount) == (TENDER.FAILED, D(0))

    @pytest.mark.parametrize(
        ("statuses", "tender"),
        [
            ([], TENDER.NONE),
            (["SUCCESS", "SUCCESS"], TENDER.SUCCESS),
            (["SUCCESS", "PENDING"], TENDER.PENDING),
            (["FAILURE", "AWAITING_RESPONSE"], TENDER.PENDING),
            (["UNKNOWN"], TENDER.PENDING),
            (["FAILURE", "ERROR"], TENDER.FAILED),
            (["SUCCESS", "FAILURE"], TENDER.SUCCESS),
        ],
    )
    def test_a_refund_has_the_state_of_its_payments(self, statuses, tender):
        assert refunds.tender(statuses) == tender

    def test_one_payment_of_two_that_failed_leaves_the_others_amount(self, shop, store, running):
        order = split(shop)
        running.knobs.refund_status = "PENDING"
        made = store.refund(with_tenders(store, asked(order, "30.00", lines=())))

        def fail_first(now):
            first, *rest = [one for one in now["transactions"] if one["kind"] == "REFUND"]
            first["status"] = "FAILURE"
            rest[0]["status"] = "SUCCESS"
            return now

        shop.change_order(order["id"], fail_first)
        (later,) = store.list_refunds(order["id"])
        assert later == replace(made, tender=TENDER.SUCCESS, amount=D("20.0"))


class TestListing:
    def test_refunds_come_oldest_first_with_those_made_in_the_store(self, shop, store):
        order = bought(shop)
        changing.refund(shop, order["id"], {order["lineItems"][1]["id"]: 1}, note="By hand")
        store.refund(with_tenders(store, asked(order)))
        found = store.list_refunds(order["id"])
        assert [(one.reason, one.amount) for one in found] == [
            ("By hand", D("20.0")),
            ("Chipped [sk:1]", D("8.0")),
        ]

    def test_an_order_that_is_gone_is_missing(self, store):
        with pytest.raises(base.RejectedError) as raised:
            store.list_refunds(1)
        assert raised.value.code == "missing"
