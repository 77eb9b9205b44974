"""The stand-in's own way of reading answers as graphql-core does."""

from __future__ import annotations

import pytest
from graphql import execute_sync, parse

from connectors.sandbox import people
from connectors.sandbox.shopify import changing, context, execution, faults, graph
from tests.connectors.sandbox.shopify.conftest import spec

RICH = """query Rich($first: Int!, $ids: [ID!]!) {
  __typename
  again: orders(first: 1) { edges { cursor node { id } } }
  orders(first: $first, sortKey: UPDATED_AT, reverse: true) {
    ...Page
    nodes {
      __typename id name customer { displayName addressesV2(first: 2) { nodes { ...Address } } }
      shippingAddress { ...Address formatted(withName: true) }
      totalPriceSet { shopMoney { amount } } totalPriceSet { presentmentMoney { currencyCode } }
      lineItems(first: 5) { nodes { discountedTotalSet(withCodeDiscounts: true) {
        shopMoney { amount } } discountAllocations { discountApplication { index
          ... on DiscountCodeApplication { code } value {
            __typename ... on PricingPercentageValue { percentage } } } } } }
      refunds(first: 3) { refundLineItems(first: 5) { nodes { lineItem { name } } } }
      fulfillments { trackingInfo { number } fulfillmentLineItems(first: 3) { nodes { quantity } } }
    }
  }
  nodes(ids: $ids) { id ... on Product { title variants(first: 3) { nodes { sku } } } }
}
fragment Page on OrderConnection { pageInfo { hasNextPage endCursor } nodes { number } }
fragment Address on MailingAddress { city countryCodeV2 }
"""


@pytest.fixture
def request_of(store):
    def make():
        application = store.application
        return context.Request(
            shop=store.shop, knobs=faults.Knobs(), operations=application.operations,
            jobs=application.jobs, version="2026-10", address=store.url,
        )  # fmt: skip

    return make


def test_a_rich_query_finds_the_same(request_of, shop, mug):
    person = shop.add_customer(people.address(1, "Germany"))
    order = shop.add_order(spec(mug, customer_id=person["id"], discount=10, currency="EUR"))
    changing.fulfil(shop, order["id"], tracking=[{"company": "DPD", "number": "1", "url": None}])
    changing.refund(shop, order["id"], {order["lineItems"][0]["id"]: 1})
    shop.add_order(spec())
    ids = [f"gid://shopify/Product/{mug['id']}", "gid://shopify/Order/5500000000001"]
    variables = {"first": 5, "ids": [*ids, "gid://shopify/Order/1"]}
    theirs = execute_sync(
        graph.schema(), parse(RICH), context_value=request_of(), variable_values=variables
    )
    assert theirs.errors is None
    document, operation = execution.read({"query": RICH})
    ours = execution.walked(document, operation, variables, request_of())
    assert ours.data == theirs.data


@pytest.mark.parametrize(
    "query",
    [
        '{ order(id: "nonsense") { id } }',
        "query ($id: ID!) { order(id: $id) { id } }",
        "{ orders { nodes { id } } }",
        "{ shop { name @skip(if: true) } }",
    ],
)
def test_errors_and_conditions_are_left_to_graphql_core(request_of, query):
    document, operation = execution.read({"query": query})
    assert execution.walked(document, operation, {}, request_of()) is None
