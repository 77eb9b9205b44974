"""What the stand-in answers to readers."""

from __future__ import annotations

import pytest

from connectors.sandbox import people
from connectors.sandbox.shopify import goods
from tests.connectors.sandbox.shopify.conftest import spec

IDS = """query ($first: Int!, $after: String, $query: String, $reverse: Boolean) {
  orders(first: $first, after: $after, query: $query, reverse: $reverse, sortKey: UPDATED_AT) {
    nodes { id } pageInfo { hasNextPage endCursor }
  }
}"""


def numbers(answer, name="orders"):
    return [int(one["id"].rpartition("/")[2]) % 1000 for one in answer["data"][name]["nodes"]]


def test_an_order_adds_up_in_both_currencies(client, shop):
    shop.add_order(spec(currency="EUR", rate="1.2", discount=10))
    money = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
    order = client.data(
        f"{{ orders(first: 1) {{ nodes {{ displayFinancialStatus subtotalPriceSet {money} "
        f"totalPriceSet {money} lineItems(first: 1) {{ nodes {{ discountedTotalSet {money} }} }} "
        "} } }"
    )["orders"]["nodes"][0]
    assert order["displayFinancialStatus"] == "PAID"
    assert order["subtotalPriceSet"] == {
        "shopMoney": {"amount": "21.6", "currencyCode": "GBP"},
        "presentmentMoney": {"amount": "25.92", "currencyCode": "EUR"},
    }
    assert order["totalPriceSet"]["presentmentMoney"]["amount"] == "33.06"
    # A code's discount is the order's: the line's own total doesn't know of it.
    line = order["lineItems"]["nodes"][0]
    assert line["discountedTotalSet"]["shopMoney"]["amount"] == "24.0"


def test_pages_go_on_where_the_cursor_ended(client, shop, clock):
    for _ in range(5):
        shop.add_order(spec())
    first = client(IDS, first=2)
    second = client(IDS, first=2, after=first["data"]["orders"]["pageInfo"]["endCursor"])
    last = client(IDS, first=2, after=second["data"]["orders"]["pageInfo"]["endCursor"])
    assert [numbers(one) for one in (first, second, last)] == [[1, 2], [3, 4], [5]]
    assert last["data"]["orders"]["pageInfo"]["hasNextPage"] is False
    assert numbers(client(IDS, first=2, reverse=True)) == [5, 4]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("updated_at:>='2026-11-20T12:30:00Z'", [3, 4]),
        ("updated_at:>'2026-11-20T12:30:00Z'", [4]),
        ("updated_at:<'2026-11-20T12:30:00Z' OR updated_at:>'2026-11-20T13:00:00Z'", [1, 2, 4]),
        ("updated_at:>=2026-11-20T13:30:00Z", [1, 2, 3, 4]),
        ("updated_at:>='2026-11-20T13:30:00+01:00'", [3, 4]),
        ("id:5500000000001 OR id:5500000000003", [1, 3]),
        ("id:>5500000000002", [3, 4]),
        ("id:>5500000000001 id:<=5500000000003", [2, 3]),
        ("-id:5500000000001 AND NOT id:5500000000004", [2, 3]),
        ("name:'#1002'", [2]),
        ("tag:late", [4]),
        ("status:open (id:5500000000001 OR id:5500000000002)", [1, 2]),
    ],
)
def test_searches_find(client, shop, clock, query, found):
    for _ in range(3):
        shop.add_order(spec())
        clock.move(hours=1)
    shop.add_order(spec(tags=["late"]))
    assert numbers(client(IDS, first=9, query=query)) == found


def test_an_unknown_field_is_ignored_with_a_warning(client, shop):
    shop.add_order(spec())
    answer = client(IDS, first=1, query="updatedat:>='2027-01-01' status:open")
    assert numbers(answer) == [1]
    (search,) = answer["extensions"]["search"]
    assert search["path"] == ["orders"]
    assert search["warnings"] == [
        {
            "field": "updatedat",
            "message": "Invalid search field for this query.",
            "code": "invalid_field",
        }
    ]


def test_customers_are_found_by_whole_days(client, shop, clock):
    shop.add_customer(people.address(1, "France"))
    query = (
        "{ customers(first: 5, query: \"updated_at:>='2026-11-20T23:59:59Z'\") { nodes { id } } }"
    )
    assert len(client.data(query)["customers"]["nodes"]) == 1


def test_variants_are_the_products_and_change_its_stamp(client, shop, clock, mug):
    clock.move(minutes=3)
    shop.edit("variant", shop.variants(mug["id"])[1]["id"], price="9.00")
    product = client.data(
        "query ($id: ID!) { product(id: $id) { updatedAt totalInventory hasOutOfStockVariants "
        "variantsCount { count precision } variants(first: 5) { nodes { title sku price } } } }",
        id=f"gid://shopify/Product/{mug['id']}",
    )["product"]
    assert product == {
        "updatedAt": "2026-11-20T10:33:00Z",
        "totalInventory": 4,
        "hasOutOfStockVariants": True,
        "variantsCount": {"count": 2, "precision": "EXACT"},
        "variants": {
            "nodes": [
                {"title": "Red", "sku": "MUG-RED", "price": "8.00"},
                {"title": "Blue", "sku": None, "price": "9.00"},
            ]
        },
    }


def test_a_deleted_variant_is_null_on_its_line(client, shop, mug):
    shop.add_order(spec(mug))
    shop.delete("variant", 44_000_000_000_001)
    line = client.data(
        "{ orders(first: 1) { nodes { lineItems(first: 1) { nodes { sku variant { id } "
        "product { title } } } } } }"
    )["orders"]["nodes"][0]["lineItems"]["nodes"][0]
    assert line == {"sku": "MUG-RED", "variant": None, "product": {"title": "Mug"}}


def test_nodes_are_found_by_their_global_ids(client, shop, mug):
    answer = client.data(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename ... on Product { title } } }",
        ids=[f"gid://shopify/Product/{mug['id']}", "gid://shopify/Order/1"],
    )
    assert answer["nodes"] == [
        {"id": f"gid://shopify/Product/{mug['id']}", "__typename": "Product", "title": "Mug"},
        None,
    ]


def test_a_given_id_is_never_given_again(shop):
    first = shop.add_order(spec())
    shop.delete("order", first["id"])
    assert shop.add_order(spec())["id"] == first["id"] + 1


def test_lists_end_at_the_cap(client, shop, knobs):
    for _ in range(4):
        shop.add_order(spec())
    knobs.object_cap = 3
    first = client(IDS, first=2)
    beyond = client(IDS, first=2, after=first["data"]["orders"]["pageInfo"]["endCursor"])
    assert beyond["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert client.data("{ ordersCount(limit: null) { count precision } }")["ordersCount"] == {
        "count": 3,
        "precision": "AT_LEAST",
    }


def test_a_page_has_at_most_250(client):
    assert "first cannot exceed 250" in client(IDS, first=251)["errors"][0]["message"]


def test_a_product_may_have_a_default_variant_only(client, shop):
    shop.add_product(goods.ProductSpec(title="Vase"))
    product = client.data(
        "{ products(first: 1) { nodes { hasOnlyDefaultVariant tracksInventory options { name "
        "values } variants(first: 1) { nodes { title } } } } }"
    )["products"]["nodes"][0]
    assert product == {
        "hasOnlyDefaultVariant": True,
        "tracksInventory": False,
        "options": [{"name": "Title", "values": ["Default Title"]}],
        "variants": {"nodes": [{"title": "Default Title"}]},
    }


def test_orders_older_than_60_days_need_their_own_scope(client, shop, clock, knobs):
    old = shop.add_order(spec())
    clock.move(days=61)
    shop.add_order(spec())
    assert numbers(client(IDS, first=9)) == [1, 2]
    knobs.scopes = "read_orders"
    assert numbers(client(IDS, first=9)) == [2]
    single = "query ($id: ID!) { order(id: $id) { id } }"
    assert client.data(single, id=f"gid://shopify/Order/{old['id']}") == {"order": None}


def test_without_its_scope_a_field_is_denied(client, shop, knobs):
    knobs.scopes = "read_products"
    answer = client(IDS, first=1)
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"] == {
        "code": "ACCESS_DENIED",
        "documentation": "https://shopify.dev/api/usage/access-scopes",
        "requiredAccess": "`read_orders` access scope.",
    }
