from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.platforms import base
from connectors.platforms.woocommerce import orders


def record(order):
    return orders.record(order, [])


def test_an_order_keeps_who_what_and_when(order):
    found = record(order)
    assert (found.remote_id, found.number, found.customer_remote_id) == (4711, "A-4711", 23)
    assert (found.email, found.customer_name) == ("ida.brandt@example.com", "Ida Brandt")
    assert (found.status, found.platform_status) == (base.OrderStatus.PROCESSING, "processing")
    assert found.payment_method == "Credit card (Stripe)"
    assert found.customer_note == "Ring <b>twice</b> & wait"
    assert found.created_at == datetime(2026, 3, 29, 0, 59, 58, tzinfo=UTC)
    assert found.modified_at == datetime(2026, 3, 30, 8, 15, tzinfo=UTC)
    assert found.paid_at == datetime(2026, 3, 29, 1, 0, 7, tzinfo=UTC)
    assert found.completed_at is None
    assert found.prices_include_tax is False


def test_an_orders_amounts_are_exact(order):
    found = record(order)
    assert (found.currency, found.total) == ("EUR", Decimal("66.08"))
    assert (found.discount_total, found.shipping_total) == (Decimal("5.00"), Decimal("4.90"))
    assert (found.tax_total, found.refunded_total) == (Decimal("11.18"), Decimal("3.60"))


def test_a_line_has_its_own_totals_and_no_float_price(order):
    first = record(order).lines[0]
    assert first == base.LineRecord(
        remote_id=90,
        product_remote_ids=(51, 50),
        sku="TT-B-L",
        title="Tea towel & mug - Blue, L",
        quantity=3,
        subtotal=Decimal("30.00"),
        subtotal_tax=Decimal("6.00"),
        total=Decimal("26.00"),
        total_tax=Decimal("5.20"),
    )


def test_a_line_of_a_deleted_product_has_no_product_and_no_sku(order):
    gone = record(order).lines[2]
    assert (gone.product_remote_ids, gone.sku, gone.title) == ((), "", "Gone <b>soap")


def test_charges_are_shipping_fees_and_coupons_with_their_signs(order):
    assert [(c.kind.value, c.title, c.total, c.tax) for c in record(order).charges] == [
        ("shipping", "Parcel", Decimal("4.90"), Decimal("0.98")),
        ("fee", "Gift wrap", Decimal("2.00"), Decimal("0.40")),
        ("fee", "Loyalty", Decimal("-4.00"), Decimal("-0.80")),
        ("coupon", "spring", Decimal("-5.00"), Decimal("-1.00")),
    ]


def test_a_refunds_amount_is_positive_and_a_dash_is_nothing(order):
    refunds = record(order).refunds
    assert [(r.remote_id, r.amount, r.reason) for r in refunds] == [
        (97, Decimal("3.60"), "Chipped"),
        (98, Decimal(0), ""),
    ]


def test_addresses_hold_the_parts_that_are_not_empty(order):
    assert record(order).shipping_address == {
        "company": "Kontor Nord",
        "address_1": "Kai 7",
        "city": "Kiel",
        "postcode": "24103",
        "country": "DE",
    }


def test_the_payload_is_kept_as_it_came(order, changed):
    before = changed(order, {})
    found = record(order)
    assert found.line_items == before["line_items"]
    assert {**found.metadata, "line_items": found.line_items} == before
    assert "line_items" not in found.metadata
    assert order == before


def test_a_guest_without_any_address_is_still_an_order(order, changed):
    found = record(changed(order, {"customer_id": 0, "billing": [], "shipping": []}))
    assert (found.customer_remote_id, found.email, found.customer_name) == (None, "", "")
    assert found.billing_address == {}


def test_a_company_names_an_order_that_no_person_does(order, changed):
    found = record(changed(order, {"billing.first_name": "", "billing.last_name": ""}))
    assert found.customer_name == "Kontor Nord"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", "pending"),
        ("on-hold", "on_hold"),
        ("completed", "completed"),
        ("cancelled", "cancelled"),
        ("refunded", "refunded"),
        ("failed", "failed"),
        ("checkout-draft", "draft"),
        ("auto-draft", "draft"),
        ("trash", "trashed"),
        ("ready-for-pickup", "other"),
    ],
)
def test_a_status_has_our_word_and_keeps_its_own(order, changed, word, status):
    found = record(changed(order, {"status": word}))
    assert (found.status.value, found.platform_status) == (status, word)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "partially_refunded"),
        ({"refunds": []}, "paid"),
        ({"status": "refunded"}, "refunded"),
        ({"refunds": [], "date_paid_gmt": None}, "unpaid"),
        ({"refunds": [], "date_paid_gmt": None, "status": "completed"}, "paid"),
        ({"refunds": [], "date_paid_gmt": None, "status": "failed"}, "failed"),
        ({"refunds": [{"id": 1, "total": "-", "reason": ""}]}, "paid"),
    ],
)
def test_the_payment_status_follows_payment_and_refunds(order, changed, values, expected):
    assert record(changed(order, values)).payment_status == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "fulfilled"),
        ({"meta_data": []}, "unfulfilled"),
        ({"meta_data": [], "status": "completed"}, "fulfilled"),
        ({"meta_data": [], "status": "cancelled"}, ""),
        (
            {"meta_data": [{"key": "_fulfillment_status", "value": "partially_fulfilled"}]},
            "partially_fulfilled",
        ),
    ],
)
def test_the_fulfilment_status_follows_parcels_and_status(order, changed, values, expected):
    assert record(changed(order, values)).fulfilment_status == expected


@pytest.mark.parametrize(("currency", "total"), [("JPY", "1650.00"), ("BHD", "12.345")])
def test_a_total_keeps_the_decimals_that_the_store_wrote(order, changed, currency, total):
    found = record(changed(order, {"currency": currency, "total": total}))
    assert (found.currency, str(found.total)) == (currency, total)


@pytest.mark.parametrize(
    ("values", "cause", "detail"),
    [
        ({"total": "abc"}, "bad_amount", "Its total is not an amount."),
        ({"total": ""}, "bad_amount", "Its total is not an amount."),
        ({"total": 12.5}, "bad_amount", "Its total is not an amount."),
        (
            {"total": "123456789012.34"},
            "amount_too_large",
            "Its total is larger than 99,999,999.99.",
        ),
        (
            {"line_items.0.total": "1.1234567"},
            "too_many_decimals",
            "A line's total has more than six decimals.",
        ),
        (
            {"date_created_gmt": None},
            "bad_date",
            "Its date of creation is missing or not a date.",
        ),
        (
            {"date_modified_gmt": "soon"},
            "bad_date",
            "Its date of change is missing or not a date.",
        ),
        (
            {"line_items.1.quantity": 1.5},
            "bad_quantity",
            "A line's quantity is not a whole number.",
        ),
        ({"id": None}, "bad_id", "Its id is missing or not a number."),
        ({"currency": ""}, "bad_currency", "Its currency is missing or not a code."),
        ({"customer_id": "x"}, "bad_id", "Its customer's id is missing or not a number."),
        (
            {"line_items.1.id": 90},
            "repeated_line_id",
            "Two of its lines have the same id.",
        ),
    ],
)
def test_an_order_that_cant_be_used_says_why(order, changed, values, cause, detail):
    with pytest.raises(base.RecordError) as caught:
        record(changed(order, values))
    assert (caught.value.cause, caught.value.detail) == (cause, detail)


def test_an_email_that_is_too_long_is_cut_with_a_note(order, changed):
    notes = []
    found = orders.record(changed(order, {"billing.email": "a" * 300}), notes)
    assert found.email == "a" * 255
    assert [(n.remote_id, n.cause, n.set_aside) for n in notes] == [(4711, "text_cut", False)]


def test_a_parcel_of_a_tracking_plugin_is_a_fulfilment(order):
    assert record(order).fulfilments == (
        base.FulfilmentRecord(
            remote_id="ab12",
            status="shipped",
            company="dhl",
            tracking_number="00340434",
            tracking_url="",
            shipped_at=datetime(2026, 3, 29, 16, tzinfo=UTC),
        ),
    )


def test_parcels_that_php_numbered_with_gaps_are_all_found(order, changed):
    parcels = {
        "1": {"tracking_number": "A1", "custom_tracking_provider": "Kurier"},
        "4": {"tracking_number": "A2", "date_shipped": "2026-04-01"},
        "5": {"tracking_number": ""},
        "6": "broken",
    }
    found = record(changed(order, {"meta_data.0.value": parcels})).fulfilments
    assert [(p.remote_id, p.company, p.shipped_at) for p in found] == [
        ("A1", "Kurier", None),
        ("A2", "", datetime(2026, 4, 1, tzinfo=UTC)),
    ]


@pytest.mark.parametrize("value", ["", None, 7, [None], {"a": 1}, [{"tracking_number": {}}]])
def test_what_is_no_parcel_is_none(order, changed, value):
    assert record(changed(order, {"meta_data.0.value": value})).fulfilments == ()


def test_a_fulfilment_of_woocommerce_itself_is_read_where_the_payload_has_it(order):
    order["meta_data"] = []
    order["fulfillments"] = [
        {
            "id": 12,
            "status": "fulfilled",
            "date_deleted": None,
            "meta_data": [
                {"id": 1, "key": "_tracking_number", "value": "123456789"},
                {"id": 2, "key": "_tracking_url", "value": "https://example.com/t/123456789"},
                {"id": 3, "key": "_shipment_provider", "value": "ups"},
                {"id": 4, "key": "_date_fulfilled", "value": "2026-04-02T10:00:00"},
            ],
        },
        {"id": 13, "status": "fulfilled", "date_deleted": "2026-04-03", "meta_data": []},
    ]
    assert record(order).fulfilments == (
        base.FulfilmentRecord(
            remote_id="12",
            status="fulfilled",
            company="ups",
            tracking_number="123456789",
            tracking_url="https://example.com/t/123456789",
            shipped_at=datetime(2026, 4, 2, 10, tzinfo=UTC),
        ),
    )
