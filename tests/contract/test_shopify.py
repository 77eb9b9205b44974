"""What Storekeep relies on in Shopify's API, true of the sandbox and of a real store."""

from __future__ import annotations

import pytest
import requests

from connectors.sandbox.shopify import server
from tests.connectors.platforms.shopify.conftest import stocked
from tests.contract import stores


class Api:
    """A store's API for tests: requests, nothing of ours in between."""

    def __init__(self, url, token, version):
        self.url, self.token, self.version = url, token, version

    def post(self, query, token=None, **variables):
        return requests.post(
            f"{self.url}/admin/api/{self.version}/graphql.json",
            json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": token or self.token},
            timeout=60,
        )

    def __call__(self, query, **variables):
        answer = self.post(query, **variables)
        assert answer.status_code == 200, answer.text[:200]
        return answer.json()


@pytest.fixture(params=["sandbox", "real"])
def api(request):
    if request.param == "sandbox":
        with server.running_shopify(stocked()) as store:
            yield Api(store.url, store.token, "2026-10")
        return
    if not stores.SHOPIFY:
        pytest.skip("no real store: set STOREKEEP_SHOPIFY_URL and _TOKEN")
    url = stores.SHOPIFY if "://" in stores.SHOPIFY else f"https://{stores.SHOPIFY}"
    yield Api(url.rstrip("/"), stores.SHOPIFY_TOKEN, stores.VERSION or "2026-10")


def codes(answer):
    return [error.get("extensions", {}).get("code") for error in answer["errors"]]


def test_every_answer_says_which_version_served_it(api):
    assert api.post("{ shop { id } }").headers["X-Shopify-API-Version"]


def test_a_wrong_token_gets_401(api):
    assert api.post("{ shop { id } }", token="shpat_wrong").status_code == 401


def test_every_answer_says_what_it_cost_and_what_is_left(api):
    cost = api("{ shop { id } }")["extensions"]["cost"]
    assert cost["requestedQueryCost"] >= 1
    assert {"maximumAvailable", "currentlyAvailable", "restoreRate"} <= set(cost["throttleStatus"])


def test_a_query_of_over_a_thousand_points_is_refused(api):
    bag = "{ shopMoney { amount } presentmentMoney { amount } }"
    line = f"id variant {{ id }} originalTotalSet {bag} discountedTotalSet {bag}"
    inner = f"lineItems(first: 250) {{ nodes {{ {line} }} }}"
    answer = api(f"{{ orders(first: 250) {{ nodes {{ id {inner} }} }} }}")
    assert codes(answer) == ["MAX_COST_EXCEEDED"]


def test_a_field_that_is_unknown_is_an_error_under_200(api):
    assert api("{ shop { nonsense } }")["errors"]


def test_an_unknown_search_field_is_warned_of(api):
    answer = api('{ orders(first: 1, query: "nonsense:1") { nodes { id } } }')
    assert answer["extensions"]["search"][0]["warnings"]


def test_orders_come_by_their_change_and_pages_join(api):
    query = """query ($after: String) {
      orders(first: 3, after: $after, sortKey: UPDATED_AT) {
        nodes { id updatedAt } pageInfo { hasNextPage endCursor } } }"""
    first = api(query)["data"]["orders"]
    if not first["pageInfo"]["hasNextPage"]:
        pytest.skip("too few orders")
    second = api(query, after=first["pageInfo"]["endCursor"])["data"]["orders"]
    stamps = [one["updatedAt"] for one in first["nodes"] + second["nodes"]]
    assert stamps == sorted(stamps)
    assert not {one["id"] for one in first["nodes"]} & {one["id"] for one in second["nodes"]}


def test_a_quoted_moment_filters_to_the_second(api):
    newest = api("{ orders(first: 1, sortKey: UPDATED_AT, reverse: true) { nodes { updatedAt } } }")
    if not newest["data"]["orders"]["nodes"]:
        pytest.skip("no orders")
    stamp = newest["data"]["orders"]["nodes"][0]["updatedAt"]
    query = "query ($q: String) { orders(first: 5, query: $q) { nodes { updatedAt } } }"
    found = api(query, q=f"updated_at:>'{stamp}'")["data"]["orders"]["nodes"]
    assert all(one["updatedAt"] > stamp for one in found)


def test_ids_of_nothing_are_null(api):
    ids = '["gid://shopify/Order/1"]'
    assert api(f"{{ nodes(ids: {ids}) {{ id }} }}")["data"]["nodes"] == [None]


def test_the_app_can_read_its_own_scopes(api):
    answer = api("{ currentAppInstallation { accessScopes { handle } } }")
    assert answer["data"]["currentAppInstallation"]["accessScopes"]


def test_a_refund_without_an_idempotency_key_is_refused(api):
    answer = api(
        'mutation { refundCreate(input: {orderId: "gid://shopify/Order/1"}) '
        "{ refund { id } userErrors { message } } }"
    )
    assert codes(answer) == ["BAD_REQUEST"]
