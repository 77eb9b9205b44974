"""Bulk operations, from the request to the file."""

from __future__ import annotations

import json
import time

import pytest
import requests

from tests.connectors.sandbox.shopify.conftest import spec

RUN = """mutation ($query: String!) {
  bulkOperationRunQuery(query: $query) {
    bulkOperation { id status } userErrors { field message code }
  }
}"""
POLL = """query ($id: ID!) {
  bulkOperation(id: $id) {
    status errorCode objectCount rootObjectCount fileSize url partialDataUrl
  }
}"""
ORDERS = (
    "{ orders { edges { node { id name totalPriceSet { shopMoney { amount } } "
    "lineItems { edges { node { id quantity } } } } } } }"
)
IN_A_LIST = (
    "{ orders { edges { node { id refunds { refundLineItems { edges { node { id } } } } } } } }"
)
TOO_DEEP = """{ customers { edges { node { id orders { edges { node { id
  lineItems { edges { node { id variant { product { id
    variants { edges { node { id } } } } } } } }
} } } } } } }"""


def started(client, query):
    answer = client.data(RUN, query=query)["bulkOperationRunQuery"]
    assert answer["userErrors"] == []
    assert answer["bulkOperation"]["status"] == "CREATED"
    return answer["bulkOperation"]["id"]


def ended(client, identity):
    for _ in range(300):
        found = client.data(POLL, id=identity)["bulkOperation"]
        if found["status"] not in ("CREATED", "RUNNING", "CANCELING"):
            return found
        time.sleep(0.01)
    raise AssertionError(found)


def lines(url):
    answer = requests.get(url, timeout=5)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_children_carry_their_parents_id(client, shop, mug):
    first, second = shop.add_order(spec()), shop.add_order(spec())
    done = ended(client, started(client, ORDERS))
    assert (done["status"], done["objectCount"], done["rootObjectCount"]) == ("COMPLETED", "4", "2")
    gids = [f"gid://shopify/Order/{one['id']}" for one in (first, second)]
    found = lines(done["url"])
    assert found[0] == {
        "id": gids[0], "name": "#1001", "totalPriceSet": {"shopMoney": {"amount": "29.95"}},
    }  # fmt: skip
    assert found[1] == {
        "id": f"gid://shopify/LineItem/{first['id'] * 1000 + 1}", "quantity": 3,
        "__parentId": gids[0],
    }  # fmt: skip
    assert [one.get("__parentId") for one in found] == [None, gids[0], None, gids[1]]


def test_children_need_not_follow_their_parent(client, shop, knobs):
    first, second = shop.add_order(spec()), shop.add_order(spec())
    knobs.bulk_interleave = 1
    found = lines(ended(client, started(client, ORDERS))["url"])
    parents = [one.get("__parentId", "").rpartition("/")[2] for one in found]
    assert parents == ["", "", str(second["id"]), str(first["id"])]


def test_an_empty_result_has_no_file(client):
    done = ended(client, started(client, ORDERS))
    assert (done["status"], done["url"], done["objectCount"]) == ("COMPLETED", None, "0")


def test_more_than_a_page_is_exported(client, shop):
    body = shop.add_order(spec())
    shop.store("order", *({**body, "id": body["id"] + n} for n in range(300)))
    done = ended(client, started(client, "{ orders { edges { node { id } } } }"))
    assert len({one["id"] for one in lines(done["url"])}) == 300


def test_a_file_is_gone_after_a_week(client, shop, clock):
    shop.add_order(spec())
    url = ended(client, started(client, ORDERS))["url"]
    clock.move(days=8)
    assert requests.get(url, timeout=5).status_code == 404


def test_failed_and_cancelled_operations_say_so(client, shop, knobs):
    shop.add_order(spec())
    knobs.bulk_fail, knobs.bulk_partial = 1, 1
    failed = ended(client, started(client, ORDERS))
    assert (failed["status"], failed["errorCode"], failed["url"]) == (
        "FAILED", "INTERNAL_SERVER_ERROR", None,
    )  # fmt: skip
    assert len(lines(failed["partialDataUrl"])) == 1
    knobs.bulk_seconds = 30.0
    going = started(client, ORDERS)
    cancel = "mutation ($id: ID!) { bulkOperationCancel(id: $id) { userErrors { message } } }"
    assert client.data(cancel, id=going)["bulkOperationCancel"]["userErrors"] == []
    assert ended(client, going)["status"] == "CANCELED"
    again = client.data(cancel, id=going)["bulkOperationCancel"]["userErrors"]
    assert again[0]["message"] == "A bulk operation cannot be canceled when it is canceled"


def test_five_operations_run_at_once_and_no_more(client, shop, knobs):
    knobs.bulk_seconds = 30.0
    first = started(client, ORDERS)
    for _ in range(4):
        started(client, ORDERS)
    answer = client.data(RUN, query=ORDERS)["bulkOperationRunQuery"]
    assert answer["bulkOperation"] is None
    assert answer["userErrors"] == [
        {
            "field": None,
            "code": "OPERATION_IN_PROGRESS",
            "message": "A bulk query operation for this app and shop is already in progress: "
            f"{first}.",
        }
    ]
    listed = client.data(
        '{ bulkOperations(first: 9, query: "status:running operation_type:query") '
        "{ nodes { id } } }"
    )
    assert len(listed["bulkOperations"]["nodes"]) == 5


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ shop { name } }", "at least one connection"),
        ("{ orders { nodes { id } } }", "`edges` and `node`"),
        (ORDERS.replace("{ id name", "{ name"), "must select the 'id' field"),
        ("{ orders { edges { node { nope } } } }", "Cannot query field 'nope'"),
        (IN_A_LIST, "within a list field"),
        (TOO_DEEP, "nesting depth greater than 2"),
    ],
)
def test_what_cant_be_run_in_bulk_is_a_user_error(client, query, message):
    answer = client.data(RUN, query=query)["bulkOperationRunQuery"]
    assert answer["bulkOperation"] is None
    (error,) = answer["userErrors"]
    assert error["code"] == "INVALID"
    assert message in error["message"]


def test_a_missing_scope_fails_the_operation(client, shop, knobs):
    knobs.scopes = "read_products"
    done = ended(client, started(client, ORDERS))
    assert (done["status"], done["errorCode"]) == ("FAILED", "ACCESS_DENIED")
