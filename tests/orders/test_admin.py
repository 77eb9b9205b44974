"""Orders and customers in the console."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import OrderItem, PlatformOrder
from tests.factories import (
    ConnectorFactory,
    CustomerFactory,
    ItemFactory,
    OrderFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db

ORDERS = "/admin/orders/platformorder/"
SCRIPT = "<script>alert(1)</script>"


def page_of(row):
    label = row._meta.label_lower.replace(".", "/")
    return f"/admin/{label}/{row.pk}/change/"


def body_of(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def queries(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def totals(client, order):
    rows = client.get(page_of(order)).context["totals"]
    return [(row.label, row.amount) for row in rows]


def numbers(response):
    return [order.number for order in response.context["cl"].result_list]


def test_the_page_reads_like_an_order(admin_client):
    order = OrderFactory(number="1001", currency="GBP", exact_total="1234.50")
    product = ProductFactory(connector=order.connector, sku="MUG", title="Mug")
    ItemFactory(
        order=order, sku="MUG", title="Mug", quantity=2, total="1234.50", subtotal="1234.50"
    )
    body = body_of(admin_client, page_of(order))
    assert "Order #1001" in body
    assert "GBP 1,234.50" in body
    assert "617.25" in body
    assert "1 Mar 2026, 12:00 UTC" in body
    assert "/admin/catalog/platformproduct/MUG_5F-woocommerce/change/" in body
    assert product.title in body


def test_what_the_store_sent_is_escaped_everywhere(admin_client):
    customer = CustomerFactory(name=SCRIPT)
    order = OrderFactory(
        connector=customer.connector,
        customer=customer,
        customer_name=SCRIPT,
        customer_note=SCRIPT,
        payment_method=SCRIPT,
        payment_status=SCRIPT,
        billing_address={"first_name": SCRIPT, "country": SCRIPT},
        line_items=[{"name": f"</pre>{SCRIPT}"}],
        charges=[{"kind": "fee", "title": SCRIPT, "total": "1"}],
        refunds=[{"amount": "1", "reason": SCRIPT, "created_at": "2026-03-02T12:00:00+00:00"}],
        fulfilments=[
            {"tracking_number": SCRIPT, "company": SCRIPT, "tracking_url": "https://x.test"}
        ],
    )
    ItemFactory(order=order, title=SCRIPT)
    for url in (page_of(order), page_of(customer), ORDERS, "/admin/orders/orderitem/", "/admin/"):
        assert SCRIPT not in body_of(admin_client, url)


def test_only_web_addresses_of_parcels_become_links(admin_client):
    order = OrderFactory(
        fulfilments=[
            {"tracking_number": "GOOD", "tracking_url": "https://track.example.com/GOOD"},
            {"tracking_number": "BAD", "tracking_url": "javascript:alert(1)"},
        ]
    )
    body = body_of(admin_client, page_of(order))
    assert 'href="https://track.example.com/GOOD"' in body
    assert "javascript:" not in body
    assert "BAD" in body


@pytest.mark.parametrize(
    ("currency", "total", "shown"),
    [("JPY", "12100", "JPY 12,100"), ("KWD", "36.345", "KWD 36.345"), ("GBP", "5", "GBP 5.00")],
)
def test_amounts_have_their_currencys_decimals(admin_client, currency, total, shown):
    order = OrderFactory(currency=currency, exact_total=total)
    assert shown in body_of(admin_client, page_of(order))


def test_a_rounded_total_is_marked(admin_client):
    order = OrderFactory(
        currency="KWD", exact_total="36.345", total_amount="36.35", total_is_rounded=True
    )
    assert "the total stands rounded, as 36.35" in body_of(admin_client, page_of(order))


def test_the_totals_add_up_to_what_is_left_after_refunds(admin_client):
    order = OrderFactory(
        exact_total="19.50", discount_total="2", shipping_total="4", tax_total="3.50",
        refunded_total="5.25",
        charges=[
            {"kind": "coupon", "title": "ten-off", "total": "-2", "tax": "0"},
            {"kind": "fee", "title": "Loyalty", "total": "-1", "tax": "0"},
        ],
    )  # fmt: skip
    ItemFactory(order=order, subtotal="15", total="13")
    assert totals(admin_client, order) == [
        ("Subtotal", Decimal("15")),
        ("Discount", Decimal("-2")),
        ("Shipping", Decimal("4")),
        ("Fee", Decimal("-1")),
        ("Tax", Decimal("3.5")),
        ("Total", Decimal("19.5")),
        ("Refunded", Decimal("-5.25")),
        ("Left after refunds", Decimal("14.25")),
    ]


def test_tax_within_the_prices_is_not_added_again(admin_client):
    order = OrderFactory(exact_total="12", tax_total="2")
    ItemFactory(order=order, subtotal="12", total="12")
    assert ("Tax, included above", Decimal("2")) in totals(admin_client, order)


def test_what_the_store_does_not_itemise_is_said(admin_client):
    order = OrderFactory(exact_total="12.01")
    ItemFactory(order=order, subtotal="12", total="12")
    assert ("Not itemised by the store", Decimal("0.01")) in totals(admin_client, order)


def test_the_history_is_newest_first(admin_client):
    at = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in range(1, 8)]
    order = OrderFactory(
        created_at=at[0], paid_at=at[0], completed_at=at[3], remote_modified_at=at[4],
        synced_at=at[5],
        fulfilments=[{"shipped_at": at[1].isoformat(), "tracking_number": "T1"}],
        refunds=[{"amount": "1.50", "created_at": at[2].isoformat()}],
    )  # fmt: skip
    history = admin_client.get(page_of(order)).context["history"]
    assert [event.text for event in history] == [
        "Last copied", "Last changed in the store", "Completed", "Refunded GBP 1.50", "Shipped",
        "Paid", "Placed",
    ]  # fmt: skip


def test_a_malformed_snapshot_still_shows_the_order(admin_client):
    order = OrderFactory(
        charges="none", refunds=[None, {"amount": "abc"}], fulfilments=[{"shipped_at": "soon"}],
        billing_address=[], shipping_address={"city": 7},
    )  # fmt: skip
    assert "Order #" in body_of(admin_client, page_of(order))


def test_a_guest_is_called_so_and_has_no_link(admin_client):
    order = OrderFactory(customer=None, customer_id=None, customer_name="Ann", email="a@b.co")
    again = OrderFactory(
        connector=order.connector, customer=None, customer_id=None, email="A@b.co", number="77"
    )
    response = admin_client.get(page_of(order))
    assert "Ann (guest)" in response.content.decode()
    assert response.context["others"] == [again]


def test_the_customers_other_orders_are_shown(admin_client):
    order = OrderFactory()
    other = OrderFactory(connector=order.connector, customer=order.customer)
    OrderFactory(connector=order.connector)
    assert admin_client.get(page_of(order)).context["others"] == [other]


@pytest.mark.parametrize("word", ["change", "delete"])
def test_nobody_changes_an_order_here(admin_client, word):
    order = OrderFactory(number="1001")
    url = page_of(order).replace("change", word)
    assert admin_client.post(url, {"number": "1", "post": "yes"}).status_code == 403
    assert PlatformOrder.objects.get().number == "1001"


def test_nobody_adds_an_order_here(admin_client):
    assert admin_client.get(f"{ORDERS}add/").status_code == 403
    assert admin_client.post(f"{ORDERS}add/", {"number": "1"}).status_code == 403
    assert not PlatformOrder.objects.exists()


def test_no_action_deletes_orders(admin_client):
    order = OrderFactory()
    admin_client.post(ORDERS, {"action": "delete_selected", "_selected_action": str(order.pk)})
    assert PlatformOrder.objects.exists()


@pytest.mark.parametrize("path", [ORDERS, "/admin/orders/platformcustomer/"])
def test_staff_without_the_permission_see_nothing(client, path):
    client.force_login(User.objects.create_user("sam", password="sam", is_staff=True))
    assert client.get(path).status_code == 403


def test_staff_with_the_view_permission_see_orders(client):
    user = User.objects.create_user("sam", password="sam", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_platformorder"))
    client.force_login(user)
    assert client.get(page_of(OrderFactory())).status_code == 200


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("10", ["1001", "1002"]),
        ("#1001", ["1001"]),
        ("ANN@", ["1002"]),
        ("001", []),
        ("%", []),
        ("nn@", []),
    ],
)
def test_search_is_by_prefix(admin_client, term, found):
    store = ConnectorFactory()
    for number, email in (("1001", "bob@x.co"), ("1002", "ann@x.co"), ("77", "zed@x.co")):
        OrderFactory(connector=store, number=number, order_id=number, email=email)
    response = admin_client.get(ORDERS, {"q": term})
    assert sorted(numbers(response)) == found


def test_filters_narrow_the_list(admin_client):
    first = OrderFactory(status="processing", created_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    OrderFactory(status="completed", created_at=datetime(2026, 3, 2, 0, 0, tzinfo=UTC))
    for query in (
        {"status__exact": "processing"},
        {"connector": str(first.connector_id)},
        {"created_at_from": "01/03/2026", "created_at_to": "01/03/2026"},
    ):
        assert numbers(admin_client.get(ORDERS, query)) == [first.number]
    assert numbers(admin_client.get(ORDERS, {"connector": "nonsense"})) == []
    assert len(numbers(admin_client.get(ORDERS, {"created_at_from": "99/99/9999"}))) == 2


@pytest.mark.parametrize(
    "url", [ORDERS, "/admin/orders/platformcustomer/", "/admin/orders/orderitem/"]
)
def test_a_list_asks_as_much_for_many_rows_as_for_one(admin_client, url):
    store = ItemFactory().order.connector
    one = queries(admin_client, url)
    for _ in range(9):
        ItemFactory(order=OrderFactory(connector=store))
    assert queries(admin_client, url) == one


def test_a_page_asks_as_much_for_many_lines_as_for_one(admin_client):
    order = ItemFactory().order
    one = queries(admin_client, page_of(order))
    ItemFactory.create_batch(9, order=order)
    assert queries(admin_client, page_of(order)) == one


def test_the_list_does_not_load_payloads(admin_client):
    OrderFactory()
    with CaptureQueriesContext(connection) as caught:
        admin_client.get(ORDERS)
    [listing] = [
        q["sql"] for q in caught if "ORDER BY" in q["sql"] and "platform_order" in q["sql"]
    ]
    assert "line_items" not in listing
    assert not [q for q in caught if "api_key" in q["sql"]]


def test_a_customers_page_sums_by_currency_without_what_was_no_sale(admin_client):
    customer = CustomerFactory(metadata={"billing": {"city": "Leeds", "country": "GB"}})
    for total, status, currency in (
        ("10.50", "completed", "GBP"), ("4.25", "refunded", "GBP"), ("900", "cancelled", "GBP"),
        ("3", "processing", "EUR"),
    ):  # fmt: skip
        OrderFactory(
            connector=customer.connector, customer=customer, exact_total=total, status=status,
            currency=currency, refunded_total="4.25" if status == "refunded" else 0,
        )  # fmt: skip
    response = admin_client.get(page_of(customer))
    sums = [(s.currency, s.orders, s.total, s.left) for s in response.context["spending"]]
    assert sums == [
        ("EUR", 1, Decimal("3"), Decimal("3")),
        ("GBP", 2, Decimal("14.75"), Decimal("10.50")),
    ]
    assert "Leeds" in response.content.decode()


def test_a_customer_with_many_orders_shows_twenty_and_a_link_to_all(admin_client):
    customer = CustomerFactory()
    OrderFactory.create_batch(21, connector=customer.connector, customer=customer)
    OrderFactory(connector=customer.connector)
    response = admin_client.get(page_of(customer))
    assert len(response.context["orders"]) == 20
    link = f"{ORDERS}?customer_id={customer.customer_id}&amp;platform__exact=woocommerce"
    assert link.replace("&amp;", "&") in response.content.decode().replace("&amp;", "&")
    everything = admin_client.get(link.replace("&amp;", "&"))
    assert everything.context["cl"].result_count == 21


def test_a_lines_page_leads_to_its_order(admin_client):
    item = ItemFactory()
    body = body_of(admin_client, f"/admin/orders/orderitem/{item.pk}/change/")
    assert f"#{item.order.number}" in body
    assert OrderItem.objects.count() == 1
