"""The connection test, in words for people."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime, timedelta

import pytest
import responses

from connectors.platforms import base, woocommerce
from connectors.sandbox import server
from connectors.sandbox.shop import Shop

SITE = "https://shop.example.com"
API = f"{SITE}/wp-json/wc/v3"
INDEX = {
    "name": "Hearth",
    "namespaces": ["wp/v2", "wc/v3"],
    "timezone_string": "",
    "gmt_offset": "-3.5",
}
REFUSED = {"code": "woocommerce_rest_cannot_view", "message": "No.", "data": {"status": 403}}


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as found:
        yield found


def serve(wire, **others):
    """A store that lets a read/write key do everything, but for what ``others`` replace."""
    now = email.utils.format_datetime(datetime.now(UTC), usegmt=True)
    answers = {
        "index": {"json": INDEX},
        "products": {"json": []},
        "customers": {"json": []},
        "orders": {"json": [], "headers": {"Date": now}},
        "put": {
            "status": 404,
            "json": {"code": "woocommerce_rest_shop_order_invalid_id", "message": "", "data": {}},
        },
        "system_status": {"json": {"environment": {"version": "11.0.1"}}},
        "data/currencies/current": {"json": {"code": "EUR"}},
        **others,
    }
    wire.get(f"{SITE}/wp-json/", **answers.pop("index"))
    wire.put(f"{API}/orders/0", **answers.pop("put"))
    for path, answer in answers.items():
        wire.get(f"{API}/{path}", **answer)


def check(url=SITE):
    store = woocommerce.connect(url, "ck_1", "cs_2")
    try:
        return store.check()
    finally:
        store.close()


def test_a_store_says_what_it_is(wire):
    serve(wire)
    assert check() == base.StoreDescription(
        name="Hearth",
        version="11.0.1",
        currency="EUR",
        timezone="UTC-03:30",
        can_write=True,
        warnings=(),
    )


def test_the_sandbox_passes_and_nothing_in_it_changes():
    shop = Shop()
    shop.add_customer({"first_name": "", "last_name": "", "email": "a@example.com"})
    with server.running(shop) as running:
        store = woocommerce.connect(running.url, running.key, running.secret)
        found = store.check()
        store.close()
        writes = [seen for seen in running.application.log if seen.method != "GET"]
    assert (found.currency, found.timezone, found.can_write) == ("GBP", "Europe/London", True)
    assert [warning.split(":")[0] for warning in found.warnings] == [
        "The store is reached over plain HTTP"
    ]
    assert [(seen.method, seen.path) for seen in writes] == [("PUT", "/wp-json/wc/v3/orders/0")]
    assert shop.count("order") == 0


def test_a_key_that_may_only_read_is_a_warning():
    with server.running(permissions="read") as running:
        store = woocommerce.connect(running.url, running.key, running.secret)
        found = store.check()
        store.close()
    assert found.can_write is False
    assert "may only read" in found.warnings[0]


@pytest.mark.parametrize(
    ("permissions", "secret", "code"),
    [("write", None, "write_only"), ("read_write", "cs_wrong", "bad_signature")],
)
def test_a_key_that_cant_read_is_refused(permissions, secret, code):
    with server.running(permissions=permissions) as running:
        store = woocommerce.connect(running.url, running.key, secret or running.secret)
        with pytest.raises(base.CredentialsError) as caught:
            store.check()
        store.close()
    assert caught.value.code == code


@pytest.mark.parametrize("path", ["products", "customers", "orders"])
def test_a_user_who_may_not_see_one_of_the_lists_is_refused(wire, path):
    serve(wire, **{path: {"status": 403, "json": REFUSED}})
    with pytest.raises(base.CredentialsError, match="shop manager"):
        check()


@pytest.mark.parametrize(
    ("index", "code", "words"),
    [
        ({"json": {**INDEX, "namespaces": ["wp/v2"]}}, "no_woocommerce", "without WooCommerce"),
        ({"json": {"hello": 1}}, "no_wordpress", "no WordPress"),
        ({"json": []}, "no_wordpress", "no WordPress"),
        ({"status": 404, "body": "<html>"}, "no_api", "Permalinks"),
        ({"status": 200, "body": "<html>hi</html>"}, "not_json", "web page"),
        ({"status": 301, "headers": {"Location": "https://www.example.com/wp-json/"}},
         "redirected", "Use https://www.example.com as the address"),
        ({"status": 401, "body": "<html>", "headers": {"WWW-Authenticate": "Basic"}},
         "server_password", "password of its own"),
    ],
)  # fmt: skip
def test_what_is_no_woocommerce_is_told(wire, index, code, words):
    serve(wire, index=index)
    with pytest.raises(base.StoreError, match=words) as caught:
        check()
    assert caught.value.code == code


def test_a_wordpress_that_hides_its_index_is_still_checked(wire):
    hidden = {"code": "rest_not_logged_in", "message": "No.", "data": {"status": 401}}
    serve(wire, index={"status": 401, "json": hidden})
    found = check()
    assert (found.name, found.timezone, found.currency) == ("", "", "EUR")


@pytest.mark.parametrize(
    ("answer", "can_write"),
    [
        ({"status": 401, "json": {**REFUSED, "message": "no write permissions"}}, False),
        ({"status": 404, "json": {"code": "rest_no_route"}}, None),
        ({"status": 500, "body": "x"}, None),
        ({"status": 200, "json": {}}, None),
    ],
)
def test_whether_the_key_may_write_is_told_as_far_as_it_is_known(wire, answer, can_write):
    serve(wire, put=answer)
    assert check().can_write is can_write


def test_what_a_shop_manager_may_not_see_is_left_empty(wire):
    no = {"status": 403, "json": REFUSED}
    serve(wire, **{"system_status": no, "data/currencies/current": no})
    found = check()
    assert (found.version, found.currency) == ("", "")
    assert found.warnings == ("The store does not say its currency; each order says its own.",)


@pytest.mark.parametrize(
    ("minutes", "words"), [(7, "7 minutes ahead"), (-90, "90 minutes behind"), (0, None)]
)
def test_a_clock_that_differs_is_a_warning(wire, minutes, words):
    moment = datetime.now(UTC) + timedelta(minutes=minutes, seconds=3)
    date = email.utils.format_datetime(moment, usegmt=True)
    serve(wire, orders={"json": [], "headers": {"Date": date}})
    warnings = check().warnings
    assert [words in warning for warning in warnings] == ([True] if words else [])


def test_a_store_that_can_not_be_reached_is_told_at_once(wire):
    serve(wire, products={"status": 503})
    with pytest.raises(base.RetryableError, match="overloaded or down"):
        check()
    assert sum(call.request.url.startswith(f"{API}/products") for call in wire.calls) == 1
