"""Variants with their products become records; so do customers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.platforms import base
from connectors.platforms.shopify import mapper, products
from tests.connectors.platforms.shopify import samples


def mapped(variant):
    (record,), notes = mapper.map_items(base.Resource.PRODUCTS, [variant])
    return record, notes


def test_a_variant_is_a_product_that_can_be_bought():
    record, notes = mapped(samples.variant())
    assert notes == []
    assert (record.remote_id, record.parent_remote_id, record.sku) == (301, 201, "TEE-M")
    assert (record.title, record.options) == ("Tee – Red, M", {"Colour": "Red", "Size": "M"})
    assert (record.price, record.available, record.stock_quantity) == (Decimal("15.00"), True, 7)
    assert (record.kind, record.status) == ("variation", "active")
    assert record.image_url == "https://cdn.example.com/tee.png"


def test_a_variant_changes_with_its_product():
    record, _ = mapped(samples.variant())
    assert record.modified_at == datetime(2026, 11, 3, tzinfo=UTC)


def test_the_only_variant_has_its_products_title_and_no_options():
    only = [{"name": "Title", "value": "Default Title"}]
    record, _ = mapped(
        samples.variant(product={"hasOnlyDefaultVariant": True}, selectedOptions=only)
    )
    assert (record.title, record.options, record.kind) == ("Tee", {}, "simple")


@pytest.mark.parametrize(
    ("product", "changes"),
    [
        ({"status": "DRAFT"}, {}),
        ({"status": "ARCHIVED"}, {}),
        ({}, {"availableForSale": False}),
    ],
)
def test_what_is_not_sold_is_not_available(product, changes):
    assert not mapped(samples.variant(product=product, **changes))[0].available


def test_stock_that_is_not_counted_is_unknown():
    assert mapped(samples.variant(inventoryItem={"tracked": False}))[0].stock_quantity is None


def test_a_missing_sku_is_empty():
    assert mapped(samples.variant(sku=None))[0].sku == ""


def test_every_variant_of_a_product_comes_with_it():
    product = samples.PRODUCT | {"variants": [samples.VARIANT, samples.VARIANT | {"id": "x"}]}
    items = products.items(product)
    assert [item["product"]["title"] for item in items] == ["Tee", "Tee"]
    assert "variants" not in items[0]["product"]


def test_a_customer_has_the_default_address_where_there_is_no_name():
    (record,), _ = mapper.map_items(
        base.Resource.CUSTOMERS, [samples.customer(firstName=None, lastName="")]
    )
    assert (record.remote_id, record.name, record.email) == (
        401, "Ada Smith", "ada.smith@example.com"
    )  # fmt: skip


def test_a_customer_without_an_email_has_none():
    (record,), _ = mapper.map_items(
        base.Resource.CUSTOMERS, [samples.customer(defaultEmailAddress=None)]
    )
    assert record.email == ""
