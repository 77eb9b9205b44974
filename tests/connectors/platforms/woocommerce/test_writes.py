"""What is said of a write to a WooCommerce store is never more than its answer proves."""

from __future__ import annotations

import pytest

from connectors.platforms import base
from connectors.platforms.woocommerce.client import Client
from connectors.platforms.woocommerce.store import WooCommerceStore
from connectors.sandbox import faults
from tests.connectors.platforms.woocommerce.paying import asked, bought, paid_back, sent

ADDRESS = {"address_1": "1 Main St", "city": "Ottawa", "country": "CA"}
CANNOT = "woocommerce_rest_cannot_create_order_refund"
NO_ORDER = "woocommerce_rest_invalid_order_id"
NO_AMOUNT = "woocommerce_rest_invalid_order_refund"
NO_KEY = "woocommerce_rest_authentication_error"
GATEWAY = "The payment gateway for this order"

WRITES = {
    "refund": lambda store, order: store.refund(asked(order)),
    "address": lambda store, order: store.update_shipping_address(order["id"], ADDRESS),
    "cancel": lambda store, order: store.cancel_order(order["id"], restock=False, note=""),
}


def problem(status, code, message="", data=None, **more):
    body = {"code": code, "message": message, "data": {"status": status} if data is None else data}
    return {"status": status, "body": body, **more}


def refund_error(message, data=500, code=CANNOT):
    """As WooCommerce answers whatever is wrong with a refund."""
    return problem(500, code, message, data)


@pytest.fixture
def shop(bench):
    return bench.shop


@pytest.fixture
def order(shop):
    return bought(shop)


@pytest.fixture
def answered(store, running, order):
    """What is raised of a write that gets this answer; by default nothing was done."""

    def write(answer, kind="refund", store=store):
        running.knobs.write_answer = answer
        with pytest.raises(base.StoreError) as raised:
            WRITES[kind](store, order)
        assert len(sent(running)) == 1
        return raised.value

    return write


@pytest.fixture
def connect(running):
    """A store that is asked with other options."""
    opened = []

    def connecting(**options):
        client = Client(running.url, running.key, running.secret, draw=lambda: 0.0, **options)
        opened.append(WooCommerceStore(client))
        return opened[-1]

    yield connecting
    for one in opened:
        one.close()


class TestRefused:
    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (refund_error("Invalid refund amount."), "Invalid refund amount."),
            (refund_error("Invalid order ID."), "Invalid order ID."),
            (refund_error(f"{GATEWAY} does not exist."), "does not exist."),
            (
                refund_error(f"{GATEWAY} does not support automatic refunds."),
                "does not support automatic refunds.",
            ),
            (refund_error("Invalid order ID.", 404, NO_ORDER), "Invalid order ID."),
            (refund_error("Ungültige Bestell-ID.", 404, NO_ORDER), "Ungültige Bestell-ID."),
            (
                refund_error("Refund amount must be greater than zero.", 400, NO_AMOUNT),
                "greater than zero.",
            ),
            (refund_error("Le montant est trop bas.", 400, NO_AMOUNT), "Le montant est trop bas."),
            (refund_error("Invalid &lt;b&gt;order&lt;/b&gt; ID.", 404, NO_ORDER), "Invalid order"),
        ],
    )
    def test_the_stores_own_refusals_of_a_refund_are_clear_though_they_are_500(
        self, answered, shop, order, answer, words
    ):
        error = answered(answer)
        assert type(error) is base.RejectedError
        assert str(error).startswith("The store refused: ")
        assert words in str(error)
        assert (error.code, paid_back(shop, order)) == (answer["body"]["code"], [])

    @pytest.mark.parametrize("kind", sorted(WRITES))
    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (problem(400, "rest_invalid_param", "Invalid parameter(s): x"), "rest_invalid_param"),
            (problem(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID."),
             "woocommerce_rest_shop_order_invalid_id"),
            (problem(404, "rest_no_route", "No route."), "rest_no_route"),
            ({"status": 400, "body": "<html>Bad Request"}, "http_400"),
            ({"status": 403, "body": "<html>Blocked by a firewall"}, "blocked"),
            ({"status": 404, "body": "<html>Not Found"}, "no_api"),
            ({"status": 301, "headers": {"Location": "https://other.example.com/"}}, "redirected"),
        ],
    )  # fmt: skip
    def test_what_was_not_let_in_is_refused(self, answered, kind, answer, code):
        error = answered(answer, kind)
        assert (type(error), error.code) == (base.RejectedError, code)

    @pytest.mark.parametrize("kind", sorted(WRITES))
    def test_a_refusal_is_told_in_the_stores_words(self, answered, kind):
        answer = problem(400, "rest_invalid_param", "Invalid parameter(s): <b>shipping</b> &amp; x")
        error = answered(answer, kind)
        assert str(error) == "The store refused: Invalid parameter(s): shipping & x"

    def test_long_words_are_cut(self, answered):
        error = answered(refund_error("x" * 1000, 404, NO_ORDER))
        assert str(error) == f"The store refused: {'x' * 300}"


class TestCredentials:
    @pytest.mark.parametrize("kind", sorted(WRITES))
    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (problem(401, NO_KEY, "Consumer secret is invalid."), "bad_secret"),
            (problem(401, "woocommerce_rest_cannot_view", "Sorry."), "bad_key"),
            (problem(401, NO_KEY, "The API key provided does not have write permissions."),
             "read_only"),
            (problem(403, "woocommerce_rest_cannot_create", "Sorry."), "forbidden"),
            (problem(403, "woocommerce_rest_cannot_edit", "Sorry."), "forbidden"),
        ],
    )  # fmt: skip
    def test_a_key_that_may_not_write_is_told_apart(self, answered, kind, answer, code):
        error = answered(answer, kind)
        assert (type(error), error.code) == (base.CredentialsError, code)

    def test_a_key_that_may_only_read_reads_and_writes_nothing(self, shop, order, running):
        owner = running.application.doorkeeper.credentials[running.key]
        object.__setattr__(owner, "permissions", "read")
        store = WooCommerceStore(Client(running.url, running.key, running.secret))
        for write in WRITES.values():
            with pytest.raises(base.CredentialsError, match="may only read"):
                write(store, order)
        assert store.read_order(order["id"]).refunds == ()
        assert shop.get("order", order["id"]) == order
        store.close()


class TestLater:
    @pytest.mark.parametrize("kind", sorted(WRITES))
    @pytest.mark.parametrize(
        "body", [problem(409, "woocommerce_rest_conflict", "Locked.")["body"], "<html>Conflict", ""]
    )
    def test_a_conflict_is_busy(self, answered, kind, body):
        assert type(answered({"status": 409, "body": body}, kind)) is base.BusyError

    @pytest.mark.parametrize("kind", sorted(WRITES))
    @pytest.mark.parametrize(
        "body", [problem(429, "too_many_requests", "Slow down.")["body"], "<html>Slow down", ""]
    )
    def test_a_write_that_was_held_back_may_be_sent_again(self, answered, kind, body):
        answer = {"status": 429, "body": body, "headers": {"Retry-After": "7"}}
        error = answered(answer, kind)
        assert type(error) is base.RetryableError
        assert (error.code, error.retry_after) == ("rate_limited", 7)

    @pytest.mark.parametrize("kind", sorted(WRITES))
    def test_a_store_that_refuses_connections_was_told_nothing(self, order, kind):
        store = WooCommerceStore(Client("http://127.0.0.1:9", "ck_1", "cs_1", draw=lambda: 0.0))
        store._client._sleep = lambda seconds: None
        with pytest.raises(base.RetryableError) as raised:
            WRITES[kind](store, order)
        assert raised.value.code == "refused"
        store.close()

    @pytest.mark.parametrize("knob", ["throttle", "fail", "fail_json", "maintenance"])
    def test_an_order_that_can_not_be_read_first_is_not_refunded(self, store, running, order, knob):
        running.knobs.retry_after = "0"
        setattr(running.knobs, knob, 100)
        store._client._sleep = lambda seconds: None
        with pytest.raises(base.RetryableError):
            store.refund(asked(order))
        assert sent(running) == []


HTML = faults.PHP_ERROR.decode()
UNCLEAR = {
    "a payment provider's error": refund_error("Your card issuer did not answer."),
    "a payment provider with like words": refund_error("Stripe: Invalid refund amount. (ch_1)"),
    "a refusal in another language": refund_error("Ungültiger Erstattungsbetrag."),
    "no words": refund_error(""),
    "a plugin's own code": problem(500, "stripe_error", "Timed out"),
    "an unknown code of the store": problem(500, "woocommerce_rest_refund_failed", "Failed"),
    "an unknown code of WordPress": problem(500, "rest_internal", "Failed"),
    "a fatal error": problem(500, "internal_server_error", f"<p>{HTML}</p>"),
    "a fatal error's page": {"status": 500, "body": HTML},
    "an upset gateway": {"status": 502, "body": "<html>Bad Gateway"},
    "maintenance": {"status": 503, "body": faults.MAINTENANCE.decode()},
    "a plugin's maintenance": problem(503, "wp_maintenance", "Back soon"),
    "a timeout before it": {"status": 504, "body": ""},
    "a timeout of its own": problem(408, "rest_timeout", "Timeout"),
    "a proxy's own error": {"status": 520, "body": "<html>Unknown Error"},
    "a signature that came twice": problem(401, NO_KEY, "Invalid nonce - nonce was used."),
    "a login page": {"status": 200, "body": faults.LOGIN.decode()},
    "a redirect to it": {"status": 302, "headers": {"Location": "/wp-login.php"}},
    "a warning before the answer": {"status": 201, "body": faults.WARNING.decode() + "{}"},
    "nothing at all": {"status": 200, "body": ""},
    "half of an answer": {"status": 201, "body": '{"id": 9000'},
}


class TestUnknown:
    @pytest.mark.parametrize("done", [False, True])
    @pytest.mark.parametrize("name", UNCLEAR)
    def test_a_refund_with_such_an_answer_may_have_been_made(
        self, answered, shop, order, store, name, done
    ):
        error = answered({**UNCLEAR[name], "done": done})
        assert type(error) is base.OutcomeUnknownError
        assert "not known" in str(error)
        assert len(paid_back(shop, order)) == done
        assert [one.reason for one in store.list_refunds(order["id"])] == ["Chipped [sk:1]"] * done

    @pytest.mark.parametrize("kind", ["address", "cancel"])
    @pytest.mark.parametrize("name", [name for name in UNCLEAR if name != "no words"])
    def test_an_order_with_such_an_answer_may_have_been_changed(self, answered, kind, name):
        error = answered({**UNCLEAR[name], "done": True}, kind)
        assert type(error) is base.OutcomeUnknownError

    @pytest.mark.parametrize(
        "body",
        [
            {}, [], None, "null", [1], {"id": 0, "refunded_payment": True}, {"id": 5},
            {"id": "x", "refunded_payment": True, "amount": "12.00"},
            {"id": 5, "refunded_payment": True, "amount": "a lot"},
            {"id": 5, "refunded_payment": True, "amount": "12.00", "line_items": [7]},
        ],
    )  # fmt: skip
    def test_an_answer_that_is_no_refund_proves_none(self, answered, shop, order, body):
        error = answered({"status": 201, "body": body, "done": True})
        assert (type(error), error.code) == (base.OutcomeUnknownError, "no_proof")
        assert len(paid_back(shop, order)) == 1

    @pytest.mark.parametrize("kind", sorted(WRITES))
    def test_an_answer_that_is_too_large_may_follow_what_was_done(self, answered, connect, kind):
        answer = {"status": 200, "body": "x" * 600_000, "done": True}
        error = answered(answer, kind, store=connect(largest=500_000))
        assert (type(error), error.code) == (base.OutcomeUnknownError, "too_large")

    @pytest.mark.parametrize("kind", sorted(WRITES))
    def test_an_answer_that_does_not_come_in_time_may_be_on_its_way(self, answered, connect, kind):
        answer = {"status": 201, "body": {}, "seconds": 1.5}
        error = answered(answer, kind, store=connect(timeout=(5, 0.5)))
        assert (type(error), error.code) == (base.OutcomeUnknownError, "timeout")

    @pytest.mark.parametrize("kind", sorted(WRITES))
    @pytest.mark.parametrize("knob", ["lose_before", "lose_after", "fail_after"])
    def test_a_connection_that_is_lost_says_nothing(self, store, running, order, kind, knob):
        setattr(running.knobs, knob, 1)
        with pytest.raises(base.OutcomeUnknownError):
            WRITES[kind](store, order)
        assert len(sent(running)) == 1

    def test_a_provider_s_words_are_kept_for_whoever_settles_it(self, answered):
        error = answered(refund_error("Card <i>expired</i> &amp; closed."))
        assert error.code == "payment_unclear"
        assert str(error) == (
            "The payment provider answered: Card expired & closed. "
            "Whether money moved is not known."
        )
