"""Orders as Shopify gives them become records."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.platforms import base
from connectors.platforms.shopify import mapper
from tests.connectors.platforms.shopify import samples


def mapped(order):
    records, notes = mapper.map_items(base.Resource.ORDERS, [order])
    return (records[0] if records else None), notes


def test_an_order_keeps_its_number_moments_and_buyer():
    record, notes = mapped(samples.order())
    assert notes == []
    assert (record.remote_id, record.number) == (1001, "1042")
    assert (record.customer_remote_id, record.customer_name) == (401, "Ada Smith")
    assert record.created_at == datetime(2026, 11, 1, 9, 59, tzinfo=UTC)
    assert record.paid_at == datetime(2026, 11, 1, 10, 0, 3, tzinfo=UTC)
    assert record.shipping_address == {
        "first_name": "Ada", "last_name": "Smith", "address_1": "1 Mill Street", "city": "Leeds",
        "state": "ENG", "postcode": "LS1 1AA", "country": "GB",
    }  # fmt: skip


def test_a_line_is_before_tax_and_after_every_discount():
    (line,) = mapped(samples.order())[0].lines
    assert (line.subtotal, line.total, line.total_tax) == (
        Decimal("30.0"), Decimal("27.00"), Decimal("4.31")
    )  # fmt: skip
    assert (line.quantity, line.sku, line.product_remote_ids) == (3, "TEE-M", (301,))


def test_tax_that_prices_include_is_taken_out_of_them():
    (line,) = mapped(samples.order(taxesIncluded=True))[0].lines
    assert (line.subtotal, line.total) == (Decimal("25.69"), Decimal("22.69"))
    assert line.total + line.total_tax == Decimal("27.00")


def test_each_discount_is_one_charge_over_lines_and_shipping():
    charges = mapped(samples.order())[0].charges
    assert [(one.kind.value, one.title, one.total) for one in charges] == [
        ("shipping", "Standard", Decimal("4.00")),
        ("coupon", "SPRING", Decimal("-3.00")),
        ("coupon", "3+", Decimal("-1.00")),
    ]


def test_the_parts_of_an_order_add_up_to_its_total():
    record, _ = mapped(samples.order())
    lines = sum(line.total + line.total_tax for line in record.lines)
    assert lines + record.shipping_total == record.total


def test_shop_money_stands_beside_the_total_and_nowhere_else():
    order = samples.order(
        presentmentCurrencyCode="EUR",
        totalPriceSet=samples.bag("35.31", "EUR", shop="30.02", shop_currency="GBP"),
    )
    record, _ = mapped(order)
    assert (record.total, record.currency) == (Decimal("35.31"), "EUR")
    assert (record.shop_total, record.shop_currency) == (Decimal("30.02"), "GBP")
    assert mapped(samples.order())[0].shop_total is None


def test_an_amount_in_another_currency_sets_the_order_aside():
    record, (note,) = mapped(samples.order(totalTaxSet=samples.bag("4.31", "USD")))
    assert record is None
    assert (note.remote_id, note.cause, note.set_aside) == (1001, "mixed_currencies", True)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "processing"),
        ({"displayFulfillmentStatus": "FULFILLED"}, "completed"),
        ({"displayFulfillmentStatus": "ON_HOLD"}, "on_hold"),
        ({"displayFinancialStatus": "PENDING"}, "pending"),
        ({"displayFinancialStatus": "AUTHORIZED"}, "on_hold"),
        ({"displayFinancialStatus": "EXPIRED"}, "failed"),
        ({"displayFinancialStatus": "REFUNDED"}, "refunded"),
        ({"displayFinancialStatus": "PARTIALLY_REFUNDED"}, "processing"),
        ({"displayFinancialStatus": None}, "processing"),
        ({"displayFinancialStatus": "SOMETHING_NEW"}, "other"),
        ({"cancelledAt": "2026-11-02T00:00:00Z"}, "cancelled"),
    ],
)
def test_the_status_follows_money_and_parcels(changes, status):
    assert mapped(samples.order(**changes))[0].status == status


def test_cancelled_archived_test_and_edited_orders_are_marked():
    record, _ = mapped(
        samples.order(
            cancelledAt="2026-11-02T00:00:00Z", closedAt="2026-11-02T00:00:00Z",
            test=True, edited=True,
        )
    )  # fmt: skip
    assert (record.platform_status, record.is_test, record.is_edited) == ("cancelled", True, True)
    assert record.cancelled_at == datetime(2026, 11, 2, tzinfo=UTC)
    assert mapped(samples.order(closedAt="2026-11-02T00:00:00Z"))[0].platform_status == "archived"


def test_a_guest_without_email_has_neither():
    record, notes = mapped(samples.order(customer=None, email=None, billingAddress=None))
    assert (record.customer_remote_id, record.email, notes) == (None, "", [])
    assert record.customer_name == "Ada Smith"


def test_a_customer_shown_by_their_email_has_no_name():
    customer = {"id": "gid://shopify/Customer/401", "displayName": "ada.smith@example.com"}
    order = samples.order(customer=customer, billingAddress=None, shippingAddress=None)
    assert mapped(order)[0].customer_name == ""


def test_refunds_and_parcels_are_kept():
    refund = {
        "id": "gid://shopify/Refund/701", "note": "Broken", "createdAt": "2026-11-03T00:00:00Z",
        "totalRefundedSet": samples.bag("5.00"),
    }  # fmt: skip
    parcel = {
        "id": "gid://shopify/Fulfillment/801", "status": "SUCCESS", "displayStatus": "IN_TRANSIT",
        "createdAt": "2026-11-02T00:00:00Z",
        "trackingInfo": [{"company": "DPD", "number": "1", "url": "https://dpd.example/1"},
                         {"company": "DPD", "number": "2", "url": None}],
    }  # fmt: skip
    gone = {"id": "gid://shopify/Fulfillment/802", "status": "CANCELLED", "trackingInfo": []}
    record, _ = mapped(samples.order(refunds=[refund], fulfillments=[parcel, gone]))
    assert [(one.remote_id, one.amount, one.reason) for one in record.refunds] == [
        (701, Decimal("5.00"), "Broken")
    ]
    assert [(one.status, one.tracking_number) for one in record.fulfilments] == [
        ("in_transit", "1"), ("in_transit", "2")
    ]  # fmt: skip


def test_a_line_whose_variant_is_gone_keeps_the_sku_it_was_sold_under():
    (line,) = mapped(samples.order(lineItems=[samples.line(variant=None, sku=None)]))[0].lines
    assert (line.product_remote_ids, line.sku) == ((), "")


def test_a_removed_shipping_line_is_no_charge():
    removed = samples.SHIPPING | {"isRemoved": True, "discountAllocations": []}
    record, _ = mapped(samples.order(shippingLines=[removed], lineItems=[]))
    assert record.charges == ()


def test_tips_and_fees_are_charges():
    fee = {
        "id": "gid://shopify/AdditionalFee/9", "name": "Duties",
        "price": samples.bag("3.00"), "taxLines": [],
    }  # fmt: skip
    order = samples.order(additionalFees=[fee], totalTipReceivedSet=samples.bag("1.50"))
    fees = [one for one in mapped(order)[0].charges if one.kind == "fee"]
    assert [(one.title, one.total) for one in fees] == [
        ("Duties", Decimal("3.00")), ("Tip", Decimal("1.50"))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"id": "1001"}, "bad_id"),
        ({"updatedAt": "yesterday"}, "bad_date"),
        ({"totalPriceSet": samples.bag("NaN")}, "bad_amount"),
        ({"totalPriceSet": None}, "unknown_shape"),
        ({"presentmentCurrencyCode": ""}, "bad_currency"),
        ({"lineItems": [samples.LINE, samples.LINE]}, "repeated_line_id"),
    ],
)
def test_an_order_that_cannot_be_used_is_set_aside_with_its_cause(changes, cause):
    record, (note,) = mapped(samples.order(**changes))
    assert record is None
    assert (note.cause, note.set_aside) == (cause, True)
    assert "Ada" not in note.detail


def test_a_missing_part_is_named():
    order = samples.order()
    del order["totalTaxSet"], order["totalPriceSet"]
    _, (note,) = mapped(order)
    assert (note.cause, note.detail) == (
        "missing_field", "The order comes without its totalPriceSet."
    )  # fmt: skip
