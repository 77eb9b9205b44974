"""What is said of a Shopify mutation's outcome is never more than its answer proves."""

from __future__ import annotations

import pytest

from connectors.platforms import base, money, shopify
from connectors.platforms.shopify import client, failures
from connectors.sandbox.shopify import changing
from tests.connectors.platforms.shopify.paying import asked, bought, sent, with_tenders

CREATED = '{"data":{"refundCreate":'


@pytest.fixture
def order(shop):
    return bought(shop)


@pytest.fixture
def refund(order, store):
    return with_tenders(store, asked(order))


def errors(*found):
    return [{"message": "Ada Lovelace", **one} for one in found]


def error(code, *path):
    return {"extensions": {"code": code}, "path": list(path)}


def before_writing(store, act):
    """Have something happen between the last read and the write."""
    mutate = store._client.mutate

    def acting(*given, **options):
        act()
        return mutate(*given, **options)

    store._client.mutate = acting


class TestAnswers:
    @pytest.mark.parametrize(
        "extra",
        [
            '"path":["refundCreate","refund","transactions"],"extensions":{"code":"ACCESS_DENIED"}',
            '"path":["refundCreate","refund"],"extensions":{"code":"INTERNAL_SERVER_ERROR"}',
            '"path":["refundCreate"],"extensions":{"code":"SOMETHING_NEW"}',
            '"path":["refundCreate"]',
        ],
    )
    def test_an_error_beside_what_was_made_is_unknown(
        self, shop, store, running, order, refund, extra
    ):
        running.knobs.rewrite = {CREATED: f'{{"errors":[{{"message":"x",{extra}}}],{CREATED[1:]}'}
        with pytest.raises(base.OutcomeUnknownError):
            store.refund(refund)
        assert len(changing.payouts(shop, order["id"])) == 1

    @pytest.mark.parametrize(
        "answer", ['{"data":{"other":', '{"data":{"refundCreate":null,"other":', '{"later":{"x":']
    )
    def test_an_answer_without_a_refund_is_unknown(self, store, running, refund, answer):
        running.knobs.rewrite = {CREATED: answer}
        with pytest.raises(base.OutcomeUnknownError):
            store.refund(refund)

    def test_a_refund_that_cannot_be_understood_was_made_all_the_same(self, store, running, refund):
        running.knobs.rewrite = {'"kind":"REFUND"': '"type":"REFUND"'}
        with pytest.raises(base.OutcomeUnknownError, match="The refund was made"):
            store.refund(refund)

    @pytest.mark.parametrize("knob", ["cut", "truncate", "php_warning"])
    def test_an_answer_that_is_damaged_is_unknown(self, store, running, refund, knob):
        before_writing(store, lambda: setattr(running.knobs, knob, 1))
        with pytest.raises(base.OutcomeUnknownError):
            store.refund(refund)

    def test_an_answer_that_is_too_large_is_unknown(
        self, shop, store, running, order, refund, monkeypatch
    ):
        running.knobs.rewrite = {CREATED: " " * 20_000 + CREATED}
        monkeypatch.setattr(store._client._transport, "_largest", 20_000)
        with pytest.raises(base.OutcomeUnknownError):
            store.refund(refund)
        assert len(changing.payouts(shop, order["id"])) == 1

    def test_a_conflict_is_busy_for_a_write_alone(self):
        assert isinstance(failures.of_status(409, {}, writes=True), base.BusyError)
        assert isinstance(failures.of_status(409, {}), base.RejectedError)

    @pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 520])
    def test_no_status_of_a_server_in_trouble_says_that_nothing_was_sent(self, status):
        found = failures.of_status(status, {}, writes=True)
        assert isinstance(found, base.RetryableError)
        assert found.code == "store_failed"

    def test_a_token_that_was_refused_is_renewed_and_the_refund_made_once(
        self, shop, running, order
    ):
        store = shopify.connect(running.url, running.client_id, running.client_secret)
        refund = with_tenders(store, asked(order))
        before_writing(store, running.application.tokens.expire)
        assert store.refund(refund).tender == money.Tender.SUCCESS
        store.close()
        assert len(changing.payouts(shop, order["id"])) == 1

    @pytest.mark.parametrize("knob", ["throttle", "throttled"])
    def test_a_refund_that_was_not_let_in_is_sent_again(
        self, shop, store, running, order, refund, knob
    ):
        store._client.sleep = lambda seconds: None
        before_writing(store, lambda: setattr(running.knobs, knob, 3))
        assert store.refund(refund).tender == money.Tender.SUCCESS
        assert len(sent(running)) == 4
        assert len(changing.payouts(shop, order["id"])) == 1

    def test_a_refund_that_is_never_let_in_may_be_sent_again_later(
        self, shop, store, running, order, refund
    ):
        store._client.sleep = lambda seconds: None
        before_writing(store, lambda: setattr(running.knobs, "throttled", 100))
        with pytest.raises(base.RetryableError) as raised:
            store.refund(refund)
        assert raised.value.code == "rate_limited"
        assert len(sent(running)) == client.FEW_THROTTLED
        assert changing.payouts(shop, order["id"]) == []

    @pytest.mark.parametrize("knob", ["fail", "fail_json", "maintenance", "login_page"])
    def test_an_answer_of_something_else_is_unknown(self, store, running, refund, knob):
        before_writing(store, lambda: setattr(running.knobs, knob, 1))
        with pytest.raises(base.OutcomeUnknownError):
            store.refund(refund)


class TestErrors:
    @pytest.mark.parametrize(
        ("found", "kind"),
        [
            ([error("BAD_REQUEST", "refundCreate")], base.RejectedError),
            ([error("ACCESS_DENIED", "refundCreate")], base.CredentialsError),
            ([error("undefinedField", "mutation", "refundCreate", "x")], base.RejectedError),
            ([error("INVALID_VARIABLE")], base.RejectedError),
            ([error("MAX_COST_EXCEEDED")], base.RejectedError),
            ([error("THROTTLED")], base.RetryableError),
            ([error("IDEMPOTENCY_CONCURRENT_REQUEST", "refundCreate")], base.BusyError),
            ([error("IDEMPOTENCY_KEY_PARAMETER_MISMATCH")], base.OutcomeUnknownError),
            ([error("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")], base.OutcomeUnknownError),
            ([error("INTERNAL_SERVER_ERROR")], base.OutcomeUnknownError),
            ([error("TIMEOUT")], base.OutcomeUnknownError),
            ([{}], base.OutcomeUnknownError),
            ([error("THROTTLED"), error("TIMEOUT")], base.OutcomeUnknownError),
            ([error("ACCESS_DENIED", "refundCreate", "refund")], base.OutcomeUnknownError),
        ],
    )
    def test_only_what_cannot_have_run_is_refused(self, found, kind):
        failure = failures.of_write({}, errors(*found), None)
        assert type(failure) is kind
        assert "Ada" not in str(failure)

    def test_a_text_for_errors_is_unknown(self):
        failure = failures.of_write({}, ["Internal Server Error"], None)
        assert isinstance(failure, base.OutcomeUnknownError)

    def test_a_refusal_beside_data_is_unknown(self):
        data = {"data": {"refundCreate": {"refund": None}}}
        failure = failures.of_write(data, [error("BAD_REQUEST", "refundCreate")], None)
        assert isinstance(failure, base.OutcomeUnknownError)

    @pytest.mark.parametrize(
        ("found", "kind"),
        [
            ({"message": "Enter a ZIP code"}, base.RejectedError),
            ({"message": ""}, base.RejectedError),
            ({"message": "This request is currently in progress, try again."}, base.BusyError),
            ({"message": "x", "code": "IDEMPOTENCY_CONCURRENT_REQUEST"}, base.BusyError),
            ({"message": "The same idempotency key was used."}, base.OutcomeUnknownError),
            ({"message": "x", "code": "INTERNAL_ERROR"}, base.OutcomeUnknownError),
        ],
    )
    def test_user_errors_are_refusals_but_for_the_keys_own(self, found, kind):
        assert type(failures.of_user_errors([found])) is kind

    def test_long_words_are_cut(self):
        found = failures.of_user_errors([{"message": "a" * 200}, {"message": "b" * 200}])
        assert str(found) == "a" * 200 + " " + "b" * 99
        assert len(str(found)) == failures.LONGEST_WORDS
