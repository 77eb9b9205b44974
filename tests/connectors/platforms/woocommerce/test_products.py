from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.platforms import base
from connectors.platforms.woocommerce import products


def record(product, parent_title=""):
    return products.record(product, [], parent_title)


def test_a_simple_product_keeps_what_it_is(product):
    assert record(product) == base.ProductRecord(
        remote_id=60,
        parent_remote_id=None,
        sku="CANDLE",
        title="Candle red & white",
        description="<p>Burns for <b>40</b> hours.</p>",
        price=Decimal("24.5"),
        available=True,
        kind="simple",
        status="publish",
        stock_quantity=7,
        image_url="https://shop.example.com/candle.jpg",
        options={},
        created_at=datetime(2025, 11, 2, 10, tzinfo=UTC),
        modified_at=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
        metadata=product,
    )


def test_a_variable_product_cant_be_bought_itself(variable):
    found = record(variable)
    assert (found.kind, found.available, found.options) == ("variable", False, {})
    assert (found.price, found.description, found.image_url) == (Decimal(10), "Linen.", "")


def test_a_variation_is_titled_after_its_parent_and_its_options(variation):
    found = record(variation, "Tea towel")
    assert found.title == "Tea towel – Blue, L"
    assert found.options == {"Colour": "Blue", "Size": "L"}
    assert (found.parent_remote_id, found.kind) == (50, "variation")
    assert found.image_url == "https://shop.example.com/blue.jpg"


def test_a_variation_without_a_known_parent_has_its_own_name(variation):
    assert record(variation).title == "Blue, L"


def test_a_variation_of_any_option_has_its_parents_title(variation, changed):
    bare = changed(variation, {"attributes": [], "name": ""})
    assert record(bare, "Tea towel").title == "Tea towel"


def test_a_variation_inherits_its_parents_sku_from_the_store(variation, changed):
    assert record(variation).sku == "TT"
    assert record(changed(variation, {"sku": ""})).sku == ""


def test_a_variation_without_a_parent_is_refused(variation, changed):
    with pytest.raises(base.RecordError, match="Its parent's id"):
        record(changed(variation, {"parent_id": 0}))


def test_a_price_that_is_not_set_is_none(product, changed):
    assert record(changed(product, {"price": ""})).price is None


def test_a_price_that_is_none_is_refused(product, changed):
    with pytest.raises(base.RecordError) as caught:
        record(changed(product, {"price": "abc"}))
    assert (caught.value.cause, caught.value.detail) == (
        "bad_amount",
        "Its price is not an amount.",
    )


@pytest.mark.parametrize(
    ("values", "available"),
    [
        ({}, True),
        ({"stock_status": "onbackorder"}, True),
        ({"stock_status": "outofstock"}, False),
        ({"status": "trash"}, False),
        ({"status": "private"}, False),
        ({"purchasable": False}, False),
    ],
)
def test_a_product_is_available_when_anyone_can_buy_it(product, changed, values, available):
    assert record(changed(product, values)).available is available


@pytest.mark.parametrize(
    ("given", "expected"), [(-2, -2), (None, None), (2.9, 2), ("7", None), (2**40, None)]
)
def test_a_stock_quantity_is_in_whole_units(product, changed, given, expected):
    assert record(changed(product, {"stock_quantity": given})).stock_quantity == expected


def test_dates_may_be_missing(product, changed):
    found = record(changed(product, {"date_created_gmt": None, "date_modified_gmt": "x"}))
    assert (found.created_at, found.modified_at) == (None, None)


def test_a_title_of_400_characters_is_cut_with_a_note(product, changed):
    notes = []
    found = products.record(changed(product, {"name": "t" * 400}), notes)
    assert found.title == "t" * 255
    assert [(n.remote_id, n.cause, n.set_aside) for n in notes] == [(60, "title_cut", False)]
