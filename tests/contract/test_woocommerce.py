"""What Storekeep relies on in WooCommerce's REST API, true of the sandbox and of a real store."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from connectors.sandbox import server
from tests.contract.conftest import Api, stocked

RECORDINGS = os.environ.get("STOREKEEP_RECORDINGS", "")


def error(answer):
    body = answer.json()
    return answer.status_code, body["code"]


def ids(answer):
    assert answer.status_code == 200, answer.text[:200]
    return [item["id"] for item in answer.json()]


def a_stamp(api):
    """A modification stamp that at least one order has, and not all."""
    orders = api.get("orders", orderby="modified", order="asc", per_page=1).json()
    return orders[0]["date_modified_gmt"]


def test_the_index_names_the_api(api):
    answer = requests.get(f"{api.url}/wp-json/", timeout=30, verify=api.ca_bundle or True)
    assert "wc/v3" in answer.json()["namespaces"]


def test_pages_have_totals_and_past_the_last_one_there_is_nothing(api):
    first = api.get("orders", per_page=5, orderby="id", order="asc")
    total, pages = int(first.headers["X-WP-Total"]), int(first.headers["X-WP-TotalPages"])
    assert pages == -(-total // 5)
    beyond = api.get("orders", per_page=5, page=pages + 1)
    assert (beyond.json(), int(beyond.headers["X-WP-Total"])) == ([], total)
    second = api.get("orders", per_page=5, page=2, orderby="id", order="asc")
    assert max(ids(first)) < min(ids(second))


def test_an_offset_starts_anywhere(api):
    everything = ids(api.get("orders", per_page=10, orderby="id", order="asc"))
    assert (
        ids(api.get("orders", per_page=3, offset=2, orderby="id", order="asc")) == (everything[2:5])
    )


@pytest.mark.parametrize("value", [0, 101])
def test_a_page_holds_one_to_a_hundred(api, value):
    answer = api.get("orders", per_page=value)
    assert error(answer) == (400, "rest_invalid_param")
    assert "per_page" in answer.json()["data"]["params"]


def test_page_zero_is_refused(api):
    assert error(api.get("orders", page=0)) == (400, "rest_invalid_param")


def test_modified_after_leaves_out_its_own_second(api):
    stamp = a_stamp(api)
    query = {"dates_are_gmt": "true", "orderby": "id", "order": "asc", "per_page": 100}
    after = api.get("orders", modified_after=stamp, **query).json()
    assert all(order["date_modified_gmt"] > stamp for order in after)
    before = datetime.fromisoformat(stamp) - timedelta(seconds=1)
    with_it = api.get("orders", modified_after=before.isoformat(), **query).json()
    assert stamp in {order["date_modified_gmt"] for order in with_it}


def test_modified_before_leaves_out_its_own_second(api):
    stamp = a_stamp(api)
    query = {"dates_are_gmt": "true", "per_page": 100}
    assert api.get("orders", modified_before=stamp, **query).json() == []


def test_a_stamp_with_z_is_utc(api):
    stamp = a_stamp(api)
    by_flag = api.get("orders", modified_after=stamp, dates_are_gmt="true", per_page=1)
    by_suffix = api.get("orders", modified_after=f"{stamp}Z", per_page=1)
    assert by_flag.headers["X-WP-Total"] == by_suffix.headers["X-WP-Total"]


def test_a_date_that_is_none_is_refused(api):
    answer = api.get("orders", modified_after="yesterday")
    assert error(answer) == (400, "rest_invalid_param")
    assert answer.json()["data"]["params"] == {"modified_after": "Invalid date."}


def test_customers_ignore_modification_and_refuse_to_be_ordered_by_it(api):
    everyone = api.get("customers", per_page=1)
    later = api.get("customers", per_page=1, modified_after="2099-01-01T00:00:00")
    assert later.headers["X-WP-Total"] == everyone.headers["X-WP-Total"]
    assert error(api.get("customers", orderby="modified")) == (400, "rest_invalid_param")


def test_any_leaves_out_trash_and_drafts_of_the_checkout(api):
    listed = {order["status"] for order in api.get("orders", per_page=100).json()}
    assert not listed & {"trash", "checkout-draft"}
    named = api.get("orders", status="trash,checkout-draft", per_page=100).json()
    assert {order["status"] for order in named} <= {"trash", "checkout-draft"}
    assert not {order["id"] for order in named} & set(ids(api.get("orders", per_page=100)))


def test_an_unknown_status_is_refused(api):
    assert error(api.get("orders", status="shipped")) == (400, "rest_invalid_param")


def test_only_the_named_fields_come(api):
    order = api.get("orders", per_page=1, _fields="id,billing.email,line_items").json()[0]
    assert set(order) == {"id", "billing", "line_items"}
    assert set(order["billing"]) == {"email"}


def test_include_gives_just_those(api):
    some = ids(api.get("orders", per_page=3))
    assert sorted(ids(api.get("orders", include=",".join(map(str, some))))) == sorted(some)


def test_money_is_text_but_for_the_price_of_a_line(api):
    orders = api.get("orders", per_page=20).json()
    order = next(order for order in orders if order["line_items"])
    line = order["line_items"][0]
    for name in ("total", "total_tax", "shipping_total", "discount_total"):
        assert isinstance(order[name], str)
        Decimal(order[name])
    assert isinstance(line["total"], str)
    assert isinstance(line["price"], int | float)


def test_what_is_missing_is_404_with_its_code(api):
    assert error(api.get("orders/999999999")) == (404, "woocommerce_rest_shop_order_invalid_id")
    assert error(api.get("customers/999999999")) == (404, "wc_user_invalid_id")
    assert error(api.get("nothing")) == (404, "rest_no_route")
    assert error(api.get("orders/abc")) == (404, "rest_no_route")


def test_variations_of_what_is_missing_are_none(api):
    assert api.get("products/999999999/variations").json() == []


def test_a_variation_without_a_sku_answers_with_its_parents(api):
    for product in api.get("products", per_page=100).json():
        if product["type"] != "variable" or not product["sku"]:
            continue
        found = api.get(f"products/{product['id']}/variations", per_page=100).json()
        assert all(one["parent_id"] == product["id"] and one["sku"] for one in found)


def test_a_wrong_secret_and_a_wrong_key_are_401(api):
    wrong = api.call("GET", "orders", auth=api.auth(secret="cs_wrong"))
    assert error(wrong) == (401, "woocommerce_rest_authentication_error")
    unknown = api.call("GET", "orders", auth=api.auth(key="ck_unknown"))
    assert unknown.status_code == 401


def test_basic_over_plain_http_is_ignored(api):
    if api.url.startswith("https"):
        pytest.skip("this store is called over HTTPS")
    answer = requests.get(f"{api.url}/wp-json/wc/v3/orders", auth=(api.key, api.secret), timeout=30)
    assert error(answer) == (401, "woocommerce_rest_cannot_view")


def test_head_has_totals_and_no_body(api):
    answer = api.call("HEAD", "orders", params={"per_page": 1})
    assert answer.content == b""
    assert int(answer.headers["X-WP-Total"]) >= 1


@pytest.mark.writes
def test_any_put_moves_the_stamp(api):
    order = api.get("orders", per_page=1).json()[0]
    changed = api.call("PUT", f"orders/{order['id']}", json={})
    assert changed.status_code == 200
    assert changed.json()["date_modified_gmt"] >= order["date_modified_gmt"]


@pytest.mark.writes
def test_a_status_that_there_is_not_is_refused_and_nothing_changes(api):
    order = api.get("orders", per_page=1).json()[0]
    answer = api.call("PUT", f"orders/{order['id']}", json={"status": "lost"})
    assert error(answer) == (400, "rest_invalid_param")
    assert api.get(f"orders/{order['id']}").json()["status"] == order["status"]


@pytest.mark.writes
def test_an_address_is_merged_by_its_keys(api):
    order = api.get("orders", per_page=1).json()[0]
    answer = api.call("PUT", f"orders/{order['id']}", json={"shipping": {"city": "York"}})
    assert answer.json()["shipping"] == {**order["shipping"], "city": "York"}


def test_a_read_only_key_may_not_write():
    with server.running(stocked(), permissions="read") as store:
        api = Api(url=store.url, key=store.key, secret=store.secret)
        answer = api.call("PUT", "orders/10003", json={})
        assert error(answer) == (401, "woocommerce_rest_authentication_error")
        assert api.get("orders", per_page=1).status_code == 200


def test_a_forced_delete_leaves_nothing_and_the_trash_keeps_the_order():
    with server.running(stocked()) as store:
        api = Api(url=store.url, key=store.key, secret=store.secret)
        assert api.call("DELETE", "orders/10004").status_code == 200
        assert api.get("orders/10004").json()["status"] == "trash"
        assert error(api.call("DELETE", "orders/10004")) == (
            410,
            "woocommerce_rest_already_trashed",
        )
        assert api.call("DELETE", "orders/10004", params={"force": "true"}).status_code == 200
        assert api.get("orders/10004").status_code == 404


def recorded(name):
    if not RECORDINGS:
        pytest.skip("no recordings: set STOREKEEP_RECORDINGS to their folder")
    return json.loads((Path(RECORDINGS) / f"{name}.json").read_text())


def shape(value):
    """Keys in their order and kinds of values; numbers are of one kind."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, bool) or value is None or isinstance(value, str | list):
        return type(value).__name__
    return "number"


@pytest.mark.parametrize(
    "name",
    [
        "orders_per_page_101", "orders_per_page_0", "orders_page_0", "orders_status_unknown",
        "orders_orderby_invalid", "orders_modified_after_garbage", "orders_modified_after_unix",
        "order_missing", "customer_missing", "route_missing", "order_id_not_number",
        "products_p99_beyond", "variations_of_missing_product",
    ],
)  # fmt: skip
def test_the_sandbox_answers_as_a_recording_of_a_real_store(name):
    recording = recorded(name)
    request, response = recording["request"], recording["response"]
    with server.running(stocked()) as store:
        api = Api(url=store.url, key=store.key, secret=store.secret)
        path = request["path"].removeprefix("/wp-json/wc/v3/")
        answer = api.call(request["method"], path, params=request["query"])
    assert (answer.status_code, answer.json()) == (response["status"], response["body"])


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("orders_p1", "orders"),
        ("customers_p1", "customers"),
        ("variations_list_own_sku", "variations"),
    ],
)
def test_the_sandbox_has_no_key_that_a_recording_lacks_and_the_same_kinds_of_values(name, path):
    theirs = shape(recorded(name)["response"]["body"][0])
    with server.running(stocked()) as store:
        ours = shape(Api(url=store.url, key=store.key, secret=store.secret).get(path).json()[0])
    common = {key: kind for key, kind in theirs.items() if key in ours}
    assert set(ours) <= set(theirs)
    for key, kind in common.items():
        if "NoneType" not in (kind, ours[key]) and not isinstance(kind, dict):
            assert ours[key] == kind, key
