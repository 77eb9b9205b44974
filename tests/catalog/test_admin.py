"""Products in the console."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from catalog.models import PlatformProduct
from connectors import notes
from connectors.platforms import base
from tests.factories import ConnectorFactory, ItemFactory, OrderFactory, ProductFactory

pytestmark = pytest.mark.django_db

PRODUCTS = "/admin/catalog/platformproduct/"


def page_of(product):
    return f"{PRODUCTS}{product.pk}/change/"


def test_the_page_shows_price_stock_and_family(admin_client):
    store = ConnectorFactory(currency="GBP")
    parent = ProductFactory(connector=store, title="Shirt")
    variant = ProductFactory(
        connector=store, title="Shirt, red", parent_remote_id=parent.remote_id,
        stock_quantity=1200, exact_price="19.5", options={"Colour": "<b>red</b>"},
    )  # fmt: skip
    body = admin_client.get(page_of(variant)).content.decode()
    assert "GBP 19.50" in body
    assert "1,200" in body
    assert "&lt;b&gt;red&lt;/b&gt;" in body
    assert 'variant of <a href="' in body
    assert admin_client.get(page_of(parent)).context["variants"] == [variant]


def test_a_product_without_a_price_says_so(admin_client):
    product = ProductFactory(exact_price=None, price=0)
    assert "The store has set none" in admin_client.get(page_of(product)).content.decode()
    assert "no price" in admin_client.get(PRODUCTS).content.decode()


def test_only_web_pictures_are_shown(admin_client):
    good = ProductFactory(image_url="https://shop.example.com/a.png")
    bad = ProductFactory(image_url="javascript:alert(1)")
    assert (
        'src="https://shop.example.com/a.png"' in admin_client.get(page_of(good)).content.decode()
    )
    assert "<img" not in admin_client.get(page_of(bad)).content.decode()


def test_the_newest_lines_come_first_and_others_not_at_all(admin_client):
    product = ProductFactory(sku="MUG")
    for day in (1, 3, 2):
        order = OrderFactory(
            connector=product.connector, number=f"N{day}",
            created_at=datetime(2026, 3, day, tzinfo=UTC),
        )  # fmt: skip
        ItemFactory(order=order, sku="MUG")
        ItemFactory(order=order, sku="MUG-2")
    body = admin_client.get(page_of(product)).content.decode()
    assert [body.index(f"#N{day}") for day in (3, 2, 1)] == sorted(
        body.index(f"#N{day}") for day in (1, 2, 3)
    )
    assert body.count("#N3") == 1


def test_the_notes_about_a_product_stand_on_its_page(admin_client):
    product = ProductFactory()
    made = base.Note(
        remote_id=product.remote_id, cause="sku_repeated", detail="Twice.", set_aside=False
    )
    notes.record(
        connector=product.connector, resource=base.Resource.PRODUCTS, imported_ids=[], notes=[made]
    )
    body = admin_client.get(page_of(product)).content.decode()
    assert "SKU repeated." in body
    assert "Twice." in body


@pytest.mark.parametrize(
    ("term", "found"),
    [("mu", ["Mug"]), ("Blue c", ["Blue cup"]), ("cup", []), ("c-1", ["Blue cup"])],
)
def test_search_is_by_prefix_of_the_whole_term(admin_client, term, found):
    store = ConnectorFactory()
    ProductFactory(connector=store, title="Mug", sku="X-9", merchant_sku="X-9")
    ProductFactory(connector=store, title="Blue cup", sku="C-1", merchant_sku="C-1")
    response = admin_client.get(PRODUCTS, {"q": term})
    assert [product.title for product in response.context["cl"].result_list] == found


def test_nobody_changes_a_product_here(admin_client):
    product = ProductFactory(title="Mug")
    assert admin_client.post(page_of(product), {"title": "Cup"}).status_code == 403
    assert PlatformProduct.objects.get().title == "Mug"
