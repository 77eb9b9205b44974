"""Whatever is sent that makes no sense is refused, and the field that is wrong is named."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from support.models import AddressUpdateRequest, RefundRequest
from tests.storefront.asking import YORK, ask, order_of, path_of, refund_of

FIRST, LAST = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"
GARBAGE = ["", " ", "\0", "a\0b", "x" * 5_000, "9" * 400, "-1", "1e999", "NaN", "Infinity", "0x1F",
           "'; DROP TABLE platform_order; --", "..%2F..", "\u0663", "\u202e", "🧨", "[]", "{}",
           "null", "2026-99-99", FIRST, LAST, "1,,2"]  # fmt: skip
ANY_TEXT = {"search", "sku", "customer_id", "number"}
QUERIES = {
    "/products/": ["platform", "available", "price_min", "price_max", "sku", "updated_since",
                   "search", "ordering", "fields", "cursor", "limit"],
    "/customers/": ["email"],
    "/orders/": ["platform", "customer_id", "email", "number", "status", "created_since",
                 "created_before", "ordering", "cursor", "limit"],
}  # fmt: skip
FINE = {"limit": ["\u0663"], "updated_since": [FIRST, LAST], "created_since": [FIRST, LAST],
        "created_before": [FIRST, LAST]}  # fmt: skip
WRONG = [None, [], {}, [[]], {"a": 1}, True, 0.1, -1, 10**30, "", " ", "\0", "x" * 5_000,
         [None], [{}], [{"remote_id": "x"}], "\u202e"]  # fmt: skip
FREE = [("reason", ""), ("reason", " "), ("reason", "\u202e"), ("lines", [])]


@pytest.fixture
def order(shop, customer):
    return order_of(shop, customer)


def names_of(answer):
    assert set(answer.json()) == {"code", "message", "fields"}, answer.content
    return {one["field"].partition(".")[0] for one in answer.json()["fields"]}


@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path, names in QUERIES.items() for name in names]
)
def test_a_parameter_of_garbage_is_named(server, order, path, name):
    for value in GARBAGE:
        answer = server.get(f"{path}?{name}={quote(value)}")
        is_fine = answer.status_code == 200 and (name in ANY_TEXT or value in FINE.get(name, ()))
        if not is_fine:
            assert (answer.status_code in (400, 404), name in names_of(answer)) == (True, True), (
                value, answer.content
            )  # fmt: skip
        assert "\0" not in value or not is_fine


@pytest.mark.parametrize("path", ["/products/", "/customers/?email=a@b.cd", "/orders/"])
def test_a_parameter_that_is_none_is_named(server, order, path):
    answer = server.get(f"{path}{'&' if '?' in path else '?'}limt=5")
    assert (answer.status_code, names_of(answer)) == (400, {"limt"})
    assert answer.json()["fields"][0]["code"] == "unknown"


def test_a_parameter_that_is_given_twice_is_named(server, order):
    answer = server.get("/orders/?limit=1&limit=2")
    assert (answer.status_code, names_of(answer)) == (400, {"limit"})


@pytest.mark.parametrize("path", ["/orders/woocommerce/{}/", "/products/woocommerce/{}/",
                                  "/customers/woocommerce/{}/", "/orders/{}/1000/"])  # fmt: skip
def test_a_path_of_garbage_leads_nowhere(server, order, path):
    for value in GARBAGE:
        answer = server.get(path.format(quote(value, safe="")))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), value


def bodies(order):
    return {
        path_of(order, "refund-requests"): refund_of(order, shipping="1", reason="It broke"),
        path_of(order, "address-requests"): {"new_address": YORK},
        "/customer-tokens/": {"platform": order.platform, "customer_id": order.customer_id},
        "/guest-links/": {"platform": order.platform, "order_id": order.order_id},
    }


def nothing_was_made():
    return not RefundRequest.objects.exists() and not AddressUpdateRequest.objects.exists()


def test_a_field_of_garbage_is_named(server, order):
    for path, body in bodies(order).items():
        for name in body:
            for number, value in enumerate(WRONG):
                if (name == "reason" and value in ("", " ", "\u202e")) or (name, value) == (
                    "lines",
                    [],
                ):
                    continue
                answer = server.post(path, {**body, name: value}, idempotency_key=f"{name}{number}")
                assert answer.status_code in (400, 404, 422), (name, value, answer.content)
                if answer.status_code == 400:
                    assert names_of(answer) == {name}, (value, answer.content)
    assert nothing_was_made()


def test_a_field_that_is_none_is_named(server, order):
    for path, body in bodies(order).items():
        answer = server.post(path, {**body, "emial": "x"}, idempotency_key="k")
        assert (answer.status_code, names_of(answer)) == (400, {"emial"})
    inner = {"new_address": {**YORK, "zip": "1"}}
    answer = ask(server, order, inner, name="address-requests")
    assert answer.json()["fields"][0]["field"] == "new_address.zip"
    lines = [{**refund_of(order)["lines"][0], "amount": "1"}]
    answer = ask(server, order, {**refund_of(order), "lines": lines})
    assert answer.json()["fields"][0]["field"] == "lines.0.amount"
    assert nothing_was_made()


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        (b"", 400, "invalid"), (b"{}", 400, "invalid"), (b"{", 400, "parse_error"),
        (b"\xff\xfe", 400, "parse_error"),
        (b"[]", 400, "parse_error"), (b"1", 400, "parse_error"), (b"null", 400, "parse_error"),
        (b"[" * 60_000, 400, "parse_error"), (b'{"a":' * 10_000, 400, "parse_error"),
        (b'{"lines": NaN}', 400, "parse_error"), (b'{"a": "\\ud800"}', 400, "parse_error"),
        (b"{}" + b" " * 2_000_000, 413, "too_large"),
        (json.dumps({"reason": "x" * 2_000_000}).encode(), 413, "too_large"),
    ],
)  # fmt: skip
def test_a_body_that_is_none_is_refused(server, order, text, status, code):
    for path in bodies(order):
        answer = server.client.post(
            f"/api/v1{path}", text, content_type="application/json",
            headers={"Authorization": server.authorization, "Idempotency-Key": "k"},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert nothing_was_made()


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json-patch",
     "application/x-www-form-urlencoded", "x"],
)  # fmt: skip
def test_a_body_of_another_kind_is_refused(server, order, kind):
    for path, body in bodies(order).items():
        answer = server.client.generic(
            "POST", f"/api/v1{path}", json.dumps(body), content_type=kind,
            headers={"Authorization": server.authorization, "Idempotency-Key": "k"},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert nothing_was_made()


def test_another_answer_than_json_is_not_had(server, order):
    answer = server.get("/orders/", accept="text/html")
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")
