"""What a request costs in queries: the key, then what is asked for, however many rows there are."""

from __future__ import annotations

import pytest

from connectors.storefront.prepared import Prepared
from orders.models import PlatformOrder
from tests import factories
from tests.storefront.asking import order_of, path_of
from tests.storefront.trying import start


@pytest.fixture
def order(shop, customer):
    return order_of(shop, customer)


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/products/", 2),
        ("/products/?search=A&available=true&price_min=1", 2),
        ("/products/woocommerce/SKU-1/", 2),
        ("/customers/?email=ada@example.com", 2),
        ("/customers/woocommerce/{customer}/", 2),
        ("/customers/woocommerce/{customer}/orders/", 3),
        ("/orders/", 2),
        ("/orders/?status=processing", 2),
        ("/orders/woocommerce/{order}/", 3),
        ("/orders/woocommerce/{order}/refund-requests/", 3),
    ],
)
def test_a_request_makes_so_many_queries(
    server, shop, order, path, queries, django_assert_num_queries
):
    for number in range(30):
        factories.ProductFactory(connector=shop, sku=f"SKU-{number}", exact_price="5")
        factories.ItemFactory(order=order)
        factories.OrderFactory(connector=shop, customer=order.customer)
    asked = path.format(order=order.order_id, customer=order.customer_id)
    assert server.get(asked).status_code == 200
    with django_assert_num_queries(queries):
        assert server.get(asked).status_code == 200


def test_a_try_on_makes_as_many_queries_for_twelve_products_as_for_one(
    server, shop, photo_bytes, private, django_assert_num_queries
):
    skus = [f"SKU-{number}" for number in range(12)]
    for sku in skus:
        factories.ProductFactory(connector=shop, sku=sku)
    for some in (skus[:1], skus):
        begun = start(server, photo_bytes, *some).json()
        with django_assert_num_queries(3):
            found = server.get(f"/try-on/sessions/{begun['id']}/").json()
        assert len(found["overlays"]) == len(some)


def test_eligibility_makes_as_many_queries_for_forty_lines_as_for_one(
    server, order, django_assert_max_num_queries
):
    server.get(path_of(order, "refund-eligibility"))
    for _ in range(40):
        factories.ItemFactory(order=order)
    with django_assert_max_num_queries(9):
        found = server.get(path_of(order, "refund-eligibility")).json()
    assert len(found["lines"]) == 41


def test_a_prepared_query_keeps_nothing_of_an_earlier_request(shop):
    first = factories.OrderFactory(connector=shop)
    second = factories.OrderFactory(connector=shop)
    made = []

    def make(*, order_id):
        made.append(order_id)
        return PlatformOrder.objects.filter(order_id=order_id).values("order_id")

    query = Prepared(make)
    for one in (first, second, first):
        assert query.rows(order_id=one.order_id) == [{"order_id": one.order_id}]
    assert query.rows(order_id="none") == []
    assert len(made) == 1
    assert made[0] not in (first.order_id, second.order_id)


def test_a_value_that_the_query_changes_is_refused(db):
    query = Prepared(lambda *, text: PlatformOrder.objects.filter(number__contains=text).values())
    with pytest.raises(ValueError, match="changed before the database"):
        query.rows(text="1")
