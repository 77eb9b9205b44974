"""How the stand-in answers: versions, tokens, costs and faults."""

from __future__ import annotations

import pytest
import requests

from connectors.sandbox.shopify import costing, faults
from tests.connectors.sandbox.shopify.conftest import Client, spec

SHOP = "{ shop { name currencyCode } }"


def grant(store, **changes):
    form = {
        "client_id": store.client_id, "client_secret": store.client_secret,
        "grant_type": "client_credentials",
    }  # fmt: skip
    url = f"{store.url}/admin/oauth/access_token"
    return requests.post(url, data={**form, **changes}, timeout=10)


def test_a_stranger_is_told_so(client):
    answer = client.post(SHOP, token="shpat_wrong")
    assert answer.status_code == 401
    assert answer.json() == {
        "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
    }


def test_a_granted_token_lasts_a_day(store, client, clock):
    granted = grant(store).json()
    assert granted["expires_in"] == 86399
    assert "read_all_orders" in granted["scope"]
    assert client.post(SHOP, token=granted["access_token"]).status_code == 200
    clock.move(seconds=86_399)
    assert client.post(SHOP, token=granted["access_token"]).status_code == 401


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "nobody"}, 400, "application_cannot_be_found"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_wrong_grant_is_refused(store, changes, status, error):
    answer = grant(store, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize(
    ("asked", "status", "served"),
    [
        ("2026-10", 200, "2026-10"),
        ("2025-04", 200, "2026-01"),
        ("unstable", 200, "unstable"),
        ("2031-01", 404, ""),
    ],
)
def test_an_outdated_version_falls_forward(client, asked, status, served):
    answer = client.post(SHOP, version=asked)
    assert answer.status_code == status
    assert answer.headers.get("X-Shopify-API-Version", "") == served


def test_a_field_that_there_is_not_is_an_error_under_200(client):
    (error,) = client("{ shop { nmae } }")["errors"]
    assert error["message"] == "Field 'nmae' doesn't exist on type 'Shop'"
    assert error["extensions"]["code"] == "undefinedField"


def test_a_missing_variable_is_an_error_under_200(client):
    (error,) = client("query ($id: ID!) { order(id: $id) { id } }")["errors"]
    assert error["extensions"]["code"] == "INVALID_VARIABLE"


def test_each_answer_tells_its_cost(client, shop):
    shop.add_order(spec())
    cost = client("{ orders(first: 50) { nodes { id totalPriceSet { shopMoney { amount } } } } }")[
        "extensions"
    ]["cost"]
    assert cost["requestedQueryCost"] == 2 + 7 * 3
    assert cost["actualQueryCost"] == 2 + 1 * 3
    assert cost["throttleStatus"]["maximumAvailable"] == 2000.0
    assert cost["throttleStatus"]["restoreRate"] == 100.0


def test_orders_with_their_lines_cost_as_recorded(client):
    line = "id variant { id } product { id } originalUnitPriceSet { shopMoney { amount } }"
    lines = f"lineItems(first: 50) {{ nodes {{ {line} }} }}"
    query = f"{{ orders(first: 50) {{ nodes {{ id {lines} }} }} }}"
    assert client(query)["extensions"]["cost"]["requestedQueryCost"] == 2 + 7 * (1 + 2 + 7 * 5)


def test_too_dear_a_query_is_refused(client):
    lines = "lineItems(first: 250) { nodes { taxLines { title } variant { id } product { id } } }"
    (error,) = client(f"{{ orders(first: 250) {{ nodes {{ {lines} {lines} }} }} }}".replace(
        lines + " " + lines, lines + " again: " + lines
    ))["errors"]  # fmt: skip
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert error["extensions"]["maxCost"] == 1000


def test_an_empty_bucket_throttles_under_200(client, knobs):
    knobs.available, knobs.restore_rate = 1.0, 0.0
    client.data(SHOP)
    answer = client(SHOP)
    assert "data" not in answer
    assert answer["errors"][0]["message"] == "Throttled"
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer["extensions"]["cost"] == {
        "requestedQueryCost": 1,
        "actualQueryCost": None,
        "throttleStatus": {
            "maximumAvailable": 1.0, "currentlyAvailable": 0, "restoreRate": 0.0,
        },
    }  # fmt: skip


def test_points_leak_back():
    moment = [0.0]
    bucket = costing.Bucket(faults.Knobs(available=10, restore_rate=2), lambda: moment[0])
    assert bucket.take(8)
    assert not bucket.take(3)
    moment[0] = 0.5
    assert bucket.take(3)
    bucket.give_back(1)
    assert bucket.status()["currentlyAvailable"] == 1


@pytest.mark.parametrize(
    ("state", "status"), [("frozen", 402), ("forbidden", 403), ("missing", 404), ("locked", 423)]
)
def test_a_shop_that_is_closed_says_so(client, knobs, state, status):
    knobs.state = state
    assert client.post(SHOP).status_code == status


def test_faults_pass(store, client, knobs):
    knobs.throttle, knobs.fail, knobs.throttled = 1, 1, 1
    refused = client.post(SHOP)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert client.post(SHOP).status_code == 500
    assert client(SHOP)["errors"][0]["message"] == "Throttled"
    assert client.data(SHOP)["shop"]["currencyCode"] == "GBP"


def test_a_cut_connection_breaks_the_body(store, knobs):
    knobs.cut = 1
    with pytest.raises(requests.RequestException):
        Client(store).post(SHOP)


def test_knobs_can_be_turned_by_http(store, client, knobs):
    url = f"{store.url}/sandbox/knobs"
    assert requests.post(url, json={"throttled": 1}, timeout=5).status_code == 200
    assert client(SHOP)["errors"][0]["message"] == "Throttled"
    for wrong in ({"nonsense": 1}, {"state": "melted"}):
        assert requests.post(url, json=wrong, timeout=5).status_code == 400


def test_the_log_keeps_what_was_asked_and_no_credentials(store, client):
    client.data("query Named { shop { name } }")
    (seen,) = store.application.log
    assert (seen.method, seen.path, seen.operation) == (
        "POST", "/admin/api/2026-10/graphql.json", "Named",
    )  # fmt: skip
    assert store.token not in repr(seen)
