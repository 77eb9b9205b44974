"""Refunds, corrected addresses, cancellations and disputes, at the wire."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
import requests

from connectors.sandbox.shopify import changing, orders
from tests.connectors.sandbox.shopify.conftest import spec

BAG = "{ shopMoney { amount } presentmentMoney { amount } }"
REFUND = f"""mutation ($input: RefundInput!) {{
  refundCreate(input: $input) @idempotent(key: "%s") {{
    refund {{
      id note totalRefundedSet {BAG}
      refundLineItems(first: 5) {{
        nodes {{ quantity restockType restocked subtotalSet {BAG} }}
      }}
      transactions(first: 5) {{
        nodes {{ kind status amountSet {BAG} parentTransaction {{ id }} }}
      }}
      orderAdjustments(first: 5) {{ nodes {{ reason amountSet {BAG} }} }}
    }}
    order {{ displayFinancialStatus netPaymentSet {BAG} }}
    userErrors {{ field message }}
  }}
}}"""
SUGGEST = f"""query (
  $id: ID!, $lines: [RefundLineItemInput!], $full: Boolean, $shipping: Boolean
) {{
  order(id: $id) {{
    suggestedRefund(refundLineItems: $lines, suggestFullRefund: $full, refundShipping: $shipping) {{
      amountSet {BAG} maximumRefundableSet {BAG} subtotalSet {BAG} totalTaxSet {BAG}
      shipping {{ amountSet {BAG} maximumRefundableSet {BAG} }}
      refundLineItems {{ quantity lineItem {{ sku }} subtotalSet {BAG} }}
      suggestedTransactions {{ kind gateway amountSet {BAG} parentTransaction {{ id }} }}
    }}
  }}
}}"""


def gid(order):
    return f"gid://shopify/Order/{order['id']}"


def line(order, number=0):
    return f"gid://shopify/LineItem/{order['lineItems'][number]['id']}"


def given(order, units=1, amount=None, **changes):
    parent = f"gid://shopify/OrderTransaction/{order['transactions'][0]['id']}"
    payment = {
        "orderId": gid(order), "parentId": parent, "gateway": "shopify_payments",
        "kind": "REFUND", "amount": amount or f"{units * 8}.00",
    }  # fmt: skip
    lines = [{"lineItemId": line(order), "quantity": units, "restockType": "RETURN"}]
    return {
        "orderId": gid(order), "refundLineItems": lines, "transactions": [payment], **changes,
    }  # fmt: skip


def refund(client, data, key="one"):
    return client.data(REFUND % key, input=data)["refundCreate"]


def both(amount, presentment=None):
    return {
        "shopMoney": {"amount": amount}, "presentmentMoney": {"amount": presentment or amount},
    }  # fmt: skip


def test_a_refund_is_suggested_with_its_payments(client, shop):
    order = shop.add_order(spec(currency="EUR", rate="1.2"))
    found = client.data(
        SUGGEST, id=gid(order), lines=[{"lineItemId": line(order), "quantity": 2}], shipping=True
    )["order"]["suggestedRefund"]
    assert found["amountSet"] == both("21.95", "26.34")
    assert found["maximumRefundableSet"] == both("29.95", "35.94")
    assert found["subtotalSet"] == both("16.0", "19.2")
    assert found["shipping"]["amountSet"] == both("5.95", "7.14")
    assert found["refundLineItems"] == [
        {"quantity": 2, "lineItem": {"sku": "MUG-RED"}, "subtotalSet": both("16.0", "19.2")}
    ]
    assert found["suggestedTransactions"] == [
        {
            "kind": "SUGGESTED_REFUND",
            "gateway": "shopify_payments",
            "amountSet": both("21.95", "26.34"),
            "parentTransaction": {
                "id": f"gid://shopify/OrderTransaction/{order['transactions'][0]['id']}"
            },
        }
    ]


def test_a_full_refund_leaves_nothing(client, shop):
    order = shop.add_order(spec())
    first = client.data(SUGGEST, id=gid(order), full=True)["order"]["suggestedRefund"]
    assert first["amountSet"] == both("29.95")
    changing.refund(shop, order["id"])
    again = client.data(SUGGEST, id=gid(order), full=True)["order"]["suggestedRefund"]
    assert (again["amountSet"], again["suggestedTransactions"]) == (both("0.0"), [])


def test_a_refund_pays_back_and_restocks(client, shop, mug, clock):
    order = shop.add_order(spec(mug))
    clock.move(minutes=1)
    done = refund(client, given(order, note="Chipped"))
    assert done["userErrors"] == []
    assert done["refund"]["note"] == "Chipped"
    assert done["refund"]["totalRefundedSet"] == both("8.0")
    assert done["refund"]["refundLineItems"]["nodes"] == [
        {"quantity": 1, "restockType": "RETURN", "restocked": True, "subtotalSet": both("8.0")}
    ]
    (payment,) = done["refund"]["transactions"]["nodes"]
    assert (payment["kind"], payment["status"]) == ("REFUND", "SUCCESS")
    assert done["refund"]["orderAdjustments"]["nodes"] == []
    assert done["order"] == {
        "displayFinancialStatus": "PARTIALLY_REFUNDED", "netPaymentSet": both("21.95"),
    }  # fmt: skip
    stored = shop.get("order", order["id"])
    assert stored["updatedAt"] == "2026-11-20T10:31:00Z"
    assert stored["lineItems"][0]["refundableQuantity"] == 2
    assert shop.get("variant", order["lineItems"][0]["variant"])["inventoryQuantity"] == 5


def test_an_amount_that_is_not_the_goods_worth_is_an_adjustment(client, shop):
    order = shop.add_order(spec())
    done = refund(client, given(order, amount="6.50", discrepancyReason="DAMAGE"))
    assert done["refund"]["orderAdjustments"]["nodes"] == [
        {"reason": "DAMAGE", "amountSet": both("1.5")}
    ]


def test_goods_can_come_back_without_money(client, shop):
    order = shop.add_order(spec())
    done = refund(client, given(order, transactions=[]))
    assert done["userErrors"] == []
    assert done["refund"]["totalRefundedSet"] == both("0.0")
    assert done["order"]["displayFinancialStatus"] == "PAID"


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        (
            {"units": 4}, ["refundLineItems", "0", "quantity"],
            "Quantity cannot refund more items than were purchased",
        ),
        (
            {"amount": "30.00"}, None,
            "Refund amount £30.00 is greater than net payment received £29.95",
        ),
        ({"orderId": "gid://shopify/Order/1"}, ["orderId"], "Order does not exist"),
        ({"currency": "EUR"}, ["currency"], "Currency must be GBP"),
        (
            {"shipping": {"amount": "6.00"}}, ["shipping", "amount"],
            "Shipping refund amount is greater than the £5.95 that can be refunded",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_refunded_is_a_user_error(client, shop, changes, field, message):
    order = shop.add_order(spec())
    done = refund(client, given(order, **changes))
    assert done["refund"] is None
    assert done["userErrors"] == [{"field": field, "message": message}]
    assert shop.get("order", order["id"])["refunds"] == []


def test_a_foreign_currency_has_to_be_named(client, shop):
    order = shop.add_order(spec(currency="EUR", rate="1.2"))
    done = refund(client, given(order, amount="9.60"))
    assert done["userErrors"][0]["field"] == ["currency"]
    done = refund(client, given(order, amount="9.60", currency="EUR"))
    assert done["refund"]["totalRefundedSet"] == both("8.0", "9.6")


def test_a_key_is_required_from_2026_04(client, shop):
    order = shop.add_order(spec())
    bare = (REFUND % "x").replace('@idempotent(key: "x")', "")
    answer = client(bare, input=given(order))
    assert answer["data"] == {"refundCreate": None}
    assert answer["errors"][0]["message"] == (
        "The @idempotent directive is required for this mutation but was not provided."
    )
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert shop.get("order", order["id"])["refunds"] == []
    old = client.post(bare, {"input": given(order)}, version="2026-01").json()
    assert old["data"]["refundCreate"]["userErrors"] == []


def test_a_key_counts_for_a_day(client, shop, clock):
    order = shop.add_order(spec())
    first = refund(client, given(order))["refund"]
    assert refund(client, given(order))["refund"] == first
    other = client(REFUND % "one", input=given(order, units=2))
    assert other["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    clock.move(hours=24)
    assert refund(client, given(order))["refund"]["id"] != first["id"]
    assert len(shop.get("order", order["id"])["refunds"]) == 2


def test_a_refusal_can_be_tried_again_under_its_key(client, shop):
    order = shop.add_order(spec(payment=None))
    assert refund(client, given({**order, "transactions": [{"id": 1}]}))["userErrors"]
    order = changing.pay(shop, order["id"])
    assert refund(client, given(order))["userErrors"] == []


def test_a_payment_can_fail_though_the_refund_is_made(client, shop, knobs):
    order = shop.add_order(spec())
    knobs.refund_status = "FAILURE"
    done = refund(client, given(order))
    assert done["refund"]["transactions"]["nodes"][0]["status"] == "FAILURE"
    assert done["refund"]["totalRefundedSet"] == both("0.0")
    assert done["order"]["netPaymentSet"] == both("29.95")


@pytest.mark.parametrize(("moment", "made"), [("lose_before", 0), ("lose_after", 1)])
def test_an_answer_can_be_lost_on_both_sides_of_the_write(client, shop, knobs, moment, made):
    order = shop.add_order(spec())
    setattr(knobs, moment, 1)
    with pytest.raises(requests.RequestException):
        client.post(REFUND % "one", {"input": given(order)})
    assert len(shop.get("order", order["id"])["refunds"]) == made
    assert refund(client, given(order))["userErrors"] == []
    assert len(shop.get("order", order["id"])["refunds"]) == 1


def test_a_proxy_can_fail_after_the_write(client, shop, knobs):
    order = shop.add_order(spec())
    knobs.fail_after = 1
    assert client.post(REFUND % "one", {"input": given(order)}).status_code == 502
    assert changing.payouts(shop, order["id"]) == [Decimal("8.0")]


def test_a_key_can_be_in_use(client, shop, knobs):
    order = shop.add_order(spec())
    knobs.key_in_use = 1
    answer = client(REFUND % "one", input=given(order))
    assert answer["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_CONCURRENT_REQUEST"
    assert shop.get("order", order["id"])["refunds"] == []
    assert refund(client, given(order))["userErrors"] == []


@pytest.mark.parametrize(("status", "paid"), [("SUCCESS", [Decimal("8.0")]), ("FAILURE", [])])
def test_a_pending_payment_is_settled_later(client, shop, knobs, status, paid):
    order = shop.add_order(spec())
    knobs.refund_status = "PENDING"
    refund(client, given(order))
    assert changing.payouts(shop, order["id"]) == []
    (made,) = shop.get("order", order["id"])["refunds"]
    changed = changing.settle_refund(shop, order["id"], made["id"], status)
    assert changing.payouts(shop, order["id"]) == paid
    assert changed["refunds"][0]["totalRefundedSet"] == changed["totalRefundedSet"]


# Addresses

UPDATE = """mutation ($input: OrderInput!) {
  orderUpdate(input: $input) {
    order { updatedAt note shippingAddress { name address1 city zip provinceCode countryCodeV2 } }
    userErrors { field message }
  }
}"""
ADDRESS = {
    "firstName": "Ada", "lastName": "Lovelace", "address1": "1 Main St", "city": "Ottawa",
    "zip": "K2P0V6", "provinceCode": "ON", "countryCode": "CA",
}  # fmt: skip


def update(client, order, **changes):
    return client.data(UPDATE, input={"id": gid(order), **changes})["orderUpdate"]


def test_an_address_is_corrected_and_its_tax_reckoned_anew(client, shop):
    order = shop.add_order(spec())
    assert order["totalTaxSet"] == "4.99 GBP 4.99 GBP"
    done = update(client, order, shippingAddress=ADDRESS, note="Moved")
    assert done["userErrors"] == []
    assert done["order"]["note"] == "Moved"
    assert done["order"]["shippingAddress"] == {
        "name": "Ada Lovelace", "address1": "1 Main St", "city": "Ottawa", "zip": "K2P0V6",
        "provinceCode": "ON", "countryCodeV2": "CA",
    }  # fmt: skip
    assert shop.get("order", order["id"])["totalTaxSet"] == "0.0 GBP 0.0 GBP"


def test_the_tax_of_what_was_sent_stays(client, shop):
    order = shop.add_order(spec())
    changing.fulfil(shop, order["id"])
    assert update(client, order, shippingAddress=ADDRESS)["userErrors"] == []
    assert shop.get("order", order["id"])["totalTaxSet"] == "4.99 GBP 4.99 GBP"


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"countryCode": "US", "provinceCode": "NY", "zip": ""}, "zip", "Enter a ZIP code"),
        ({"zip": ""}, "zip", "Enter a postal code"),
        ({"provinceCode": None}, "province", "Select a province"),
        ({"city": " "}, "city", "Enter a city"),
        ({"lastName": ""}, "lastName", "Enter a last name"),
    ],
)
def test_a_wrong_address_is_a_user_error(client, shop, changes, field, message):
    order = shop.add_order(spec())
    done = update(client, order, shippingAddress={**ADDRESS, **changes})
    assert done["userErrors"] == [{"field": ["shippingAddress", field], "message": message}]
    assert shop.get("order", order["id"]) == order


def test_an_update_can_change_nothing_without_an_error(client, shop, knobs):
    order = shop.add_order(spec())
    knobs.ignore_updates = 1
    done = update(client, order, shippingAddress=ADDRESS)
    assert done["userErrors"] == []
    assert done["order"]["shippingAddress"]["city"] == order["shippingAddress"]["city"]


def test_writing_needs_its_scope(client, shop, knobs):
    order = shop.add_order(spec())
    knobs.scopes = "read_orders"
    answer = client(UPDATE, input={"id": gid(order), "note": "x"})
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert answer["data"] == {"orderUpdate": None}


# Cancelling, sending and disputing

CANCEL = """mutation ($id: ID!) {
  orderCancel(
    orderId: $id, reason: CUSTOMER, restock: true,
    refundMethod: {originalPaymentMethodsRefund: true}
  ) { job { id done } orderCancelUserErrors { code message } }
}"""


def cancelled(client, order):
    job = client.data(CANCEL, id=gid(order))["orderCancel"]["job"]
    for _ in range(300):
        found = client.data("query ($id: ID!) { job(id: $id) { id done } }", id=job["id"])["job"]
        if found["done"]:
            return
        time.sleep(0.01)
    raise AssertionError(found)


def test_cancelling_is_a_job(client, shop, mug):
    order = shop.add_order(spec(mug))
    cancelled(client, order)
    found = shop.get("order", order["id"])
    assert (found["cancelReason"], found["displayFinancialStatus"]) == ("CUSTOMER", "REFUNDED")
    assert found["currentTotalPriceSet"] == "0.0 GBP 0.0 GBP"
    assert shop.get("variant", order["lineItems"][0]["variant"])["inventoryQuantity"] == 7
    (error,) = client.data(CANCEL, id=gid(order))["orderCancel"]["orderCancelUserErrors"]
    assert error == {"code": "INVALID", "message": "Order has already been cancelled"}


def test_an_order_that_was_never_paid_is_voided(client, shop):
    order = shop.add_order(spec(payment=None))
    cancelled(client, order)
    assert shop.get("order", order["id"])["displayFinancialStatus"] == "VOIDED"


def test_parcels_are_told_with_their_tracking(client, shop):
    order = shop.add_order(spec())
    tracking = [{"company": "DPD UK", "number": "HS1", "url": "https://example.com/HS1"}]
    changing.fulfil(shop, order["id"], {order["lineItems"][0]["id"]: 2}, tracking=tracking)
    found = client.data(
        "query ($id: ID!) { order(id: $id) { displayFulfillmentStatus fulfillments(first: 3) { "
        "name status totalQuantity trackingInfo { company number url } "
        "fulfillmentLineItems(first: 3) { nodes { quantity lineItem { sku } } } } } }",
        id=gid(order),
    )["order"]
    assert found["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    assert found["fulfillments"] == [
        {
            "name": "#1001.1", "status": "SUCCESS", "totalQuantity": 2, "trackingInfo": tracking,
            "fulfillmentLineItems": {
                "nodes": [{"quantity": 2, "lineItem": {"sku": "MUG-RED"}}]
            },
        }
    ]  # fmt: skip


def test_a_dispute_is_on_the_order_and_in_the_account(client, shop):
    order = shop.add_order(spec())
    made = changing.dispute(shop, order["id"])
    query = (
        "query ($id: ID!) { order(id: $id) { disputes { id status initiatedAs } } "
        "shopifyPaymentsAccount { disputes(first: 5) { nodes { status order { name } "
        "amount { amount currencyCode } reasonDetails { reason } } } } }"
    )
    dispute = f"gid://shopify/OrderDisputeSummary/{made['id']}"
    found = client.data(query, id=gid(order))
    assert found["order"]["disputes"] == [
        {"id": dispute, "status": "NEEDS_RESPONSE", "initiatedAs": "CHARGEBACK"}
    ]
    assert found["shopifyPaymentsAccount"]["disputes"]["nodes"] == [
        {
            "status": "NEEDS_RESPONSE",
            "order": {"name": "#1001"},
            "amount": {"amount": "29.95", "currencyCode": "GBP"},
            "reasonDetails": {"reason": "FRAUDULENT"},
        }
    ]
    changing.settle_dispute(shop, made["id"], "LOST")
    assert client.data(query, id=gid(order))["order"]["disputes"][0]["status"] == "LOST"


def test_disputes_need_their_scope(client, shop, knobs):
    order = shop.add_order(spec())
    knobs.scopes = "read_orders,read_all_orders"
    answer = client("query ($id: ID!) { order(id: $id) { disputes { id } } }", id=gid(order))
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_an_edited_order_keeps_what_it_was(client, shop):
    order = shop.add_order(spec())
    changing.edit_lines(
        shop, order["id"], remove={order["lineItems"][0]["id"]: 1},
        add=[orders.LineSpec(title="Vase", unit_price="12.00")],
    )  # fmt: skip
    found = client.data(
        f"query ($id: ID!) {{ order(id: $id) {{ edited originalTotalPriceSet {BAG} "
        f"currentTotalPriceSet {BAG} totalOutstandingSet {BAG} "
        "lineItems(first: 5) { nodes { quantity currentQuantity } } } }",
        id=gid(order),
    )["order"]
    assert found == {
        "edited": True,
        "originalTotalPriceSet": both("29.95"),
        "currentTotalPriceSet": both("33.95"),
        "totalOutstandingSet": both("4.0"),
        "lineItems": {
            "nodes": [
                {"quantity": 3, "currentQuantity": 2},
                {"quantity": 1, "currentQuantity": 1},
            ]
        },
    }
