"""Products over the API: lists that are read page by page, and what they may be narrowed by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from catalog.importing import ProductImporter
from catalog.models import PlatformProduct
from tests import factories

MOMENT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def read(caller, path):
    answer = caller.get(path)
    assert answer.status_code == 200, answer.content
    return answer.json()


def skus(page):
    return [one["sku"] for one in page["results"]]


def walked(caller, path, between=lambda number: None):
    """All SKUs from the first page to the last."""
    found, number = [], 0
    while path:
        page = read(caller, path)
        found += skus(page)
        between(number)
        number += 1
        path = page["next"] and page["next"].partition("/api/v1")[2]
    return found


def test_a_product_by_its_key(server, shop):
    factories.ProductFactory(
        connector=shop, sku="A/B 1", title="Teapot", exact_price=Decimal("12.5"),
        options={"Colour": "Blue"}, image_url="https://img.example.com/1.jpg",
    )  # fmt: skip
    assert read(server, "/products/woocommerce/A%2FB%201/") == {
        "sku": "A/B 1", "platform": "woocommerce", "merchant_sku": "A/B 1",
        "remote_id": PlatformProduct.objects.get().remote_id, "parent_remote_id": None,
        "kind": "simple", "title": "Teapot", "description": None, "price": "12.50",
        "currency": "GBP", "available": True, "stock_quantity": None,
        "image_url": "https://img.example.com/1.jpg", "options": {"Colour": "Blue"},
        "platform_status": "publish", "is_deleted": False,
        "updated_at": "2026-03-01T12:00:00Z", "synced_at": "2026-03-01T12:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize("ordering", ["title", "-title", "price", "-price", "updated_at"])
def test_pages_neither_skip_nor_repeat_while_rows_come_and_go(server, shop, ordering):
    rows = factories.ProductFactory.create_batch(230, connector=shop, title="Same", price="5.00")
    stay = {row.sku for row in rows[:200]}

    def between(number):
        rows[200 + number].delete()
        factories.ProductFactory(connector=shop, title="Same", price="5.00")

    found = walked(server, f"/products/?ordering={ordering}&limit=20", between)
    assert len(found) == len(set(found))
    assert stay <= set(found)


def test_what_is_deleted_is_in_updated_since_only(server, shop):
    kept, gone = factories.ProductFactory.create_batch(2, connector=shop)
    ProductImporter().mark_deleted(shop, [gone.remote_id])
    assert skus(read(server, "/products/")) == [kept.sku]
    page = read(server, "/products/?updated_since=2026-03-02T00:00:00Z")
    assert [(one["sku"], one["is_deleted"]) for one in page["results"]] == [(gone.sku, True)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("available=true", ["A", "B"]),
        ("available=false", ["C"]),
        ("price_min=10", ["B", "C"]),
        ("price_max=9.99", ["A"]),
        ("sku=A,C", ["A", "C"]),
        ("platform=shopify", []),
        ("search=blue", ["A"]),
        ("search=tea", ["A", "B"]),
        ("search=porcelain", ["B"]),
        ("ordering=-price", ["C", "B", "A"]),
        ("updated_since=2026-03-02T00:00:00Z", ["C"]),
    ],
)
def test_what_a_list_is_narrowed_by(server, shop, query, expected):
    make = factories.ProductFactory
    make(connector=shop, sku="A", title="Teabag blue", exact_price="5", price="5")
    make(connector=shop, sku="B", title="Teacup", exact_price="10", price="10",
         description="Of porcelain")  # fmt: skip
    make(connector=shop, sku="C", title="Wardrobe", exact_price="20", price="20", available=False,
         synced_at=MOMENT + timedelta(days=2))  # fmt: skip
    assert skus(read(server, f"/products/?{query}")) == expected


def test_only_the_fields_that_are_asked_for(server, shop):
    factories.ProductFactory(connector=shop, sku="A", title="Teapot")
    page = read(server, "/products/?fields=title,sku&ordering=price")
    assert page["results"] == [{"title": "Teapot", "sku": "A"}]


def test_who_has_the_answer_already_gets_no_body(server, shop):
    product = factories.ProductFactory(connector=shop, sku="A")
    before = server.get("/products/woocommerce/A/")
    again = server.get("/products/woocommerce/A/", if_none_match=before.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    PlatformProduct.objects.filter(pk=product.pk).update(title="Another")
    again = server.get("/products/woocommerce/A/", if_none_match=before.headers["ETag"])
    assert (again.status_code, again.json()["title"]) == (200, "Another")


def test_shoppers_see_what_is_offered(shopper, server, shop):
    factories.ProductFactory(connector=shop, sku="A")
    factories.ProductFactory(connector=shop, sku="B", platform_status="draft")
    assert skus(read(shopper, "/products/")) == ["A"]
    assert skus(read(server, "/products/")) == ["A", "B"]
    assert shopper.get("/products/woocommerce/B/").status_code == 404


def test_what_one_request_asks_for_does_not_hold_for_the_next(server, shop):
    factories.ProductFactory.create_batch(3, connector=shop)
    sizes = [len(read(server, f"/products/{asked}")["results"]) for asked in ("", "?limit=1", "")]
    assert sizes == [3, 1, 3]
    fields = [len(read(server, f"/products/?limit=1{asked}")["results"][0])
              for asked in ("&fields=sku,title", "")]  # fmt: skip
    assert fields == [2, 18]
