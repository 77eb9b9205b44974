"""The console's first page, its sidebar and its search."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.models import SyncCursor
from tests.factories import ConnectorFactory, CustomerFactory, OrderFactory, ProductFactory

pytestmark = pytest.mark.django_db

HOME = "/admin/"


def staff(client, *codenames):
    user = User.objects.create_user("sam", password="sam", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    client.force_login(user)


def titles(response):
    return [i["title"] for g in response.context["sidebar_navigation"] for i in g["items"]]


def copied(store, *, ago):
    for resource in ("products", "customers", "orders"):
        moment = timezone.now() - ago
        SyncCursor.objects.create(connector=store, resource=resource, changed_until=moment)


def states(response):
    return [one.badge.text for one in response.context["states"]]


def test_an_empty_installation_tells_how_to_connect_a_store(admin_client):
    body = admin_client.get(HOME).content.decode()
    assert "No store is connected yet" in body
    assert 'href="/admin/connectors/connectorconfig/add/"' in body


def test_orders_are_counted_for_today_and_seven_days(admin_client):
    store = ConnectorFactory()
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    for moment in (today, today - timedelta(seconds=1), today - timedelta(days=7)):
        OrderFactory(connector=store, created_at=moment, status="processing")
    tiles = admin_client.get(HOME).context["tiles"]
    assert [(tile.label, tile.figure) for tile in tiles] == [
        ("Orders today", "1"), ("Orders in 7 days", "2"), ("Orders processing", "3"),
    ]  # fmt: skip
    listed = [admin_client.get(tile.url).context["cl"].result_count for tile in tiles]
    assert listed == [1, 2, 3]


@pytest.mark.parametrize(
    ("changed", "ago", "state"),
    [
        ({}, timedelta(minutes=5), "Connected"),
        ({}, timedelta(hours=1), "Behind"),
        ({"sync_interval": 7200}, timedelta(hours=1), "Connected"),
        ({"sync_enabled": False}, timedelta(days=9), "Off"),
        ({"disconnected_reason": "Wrong secret."}, timedelta(hours=1), "Disconnected"),
    ],
)
def test_the_state_of_a_store_is_shown(admin_client, changed, ago, state):
    since = timezone.now() if "disconnected_reason" in changed else None
    store = ConnectorFactory(disconnected_at=since, **changed)
    copied(store, ago=ago)
    response = admin_client.get(HOME)
    assert states(response) == [state]
    assert bool(response.context["troubles"]) == (state in ("Behind", "Disconnected"))
    listing = admin_client.get("/admin/connectors/connectorconfig/").content.decode()
    assert state in listing


def test_a_store_without_a_complete_copy_is_no_trouble(admin_client):
    ConnectorFactory()
    response = admin_client.get(HOME)
    assert states(response) == ["Not copied yet"]
    assert response.context["troubles"] == []


def test_the_first_page_asks_as_much_for_ten_stores_as_for_one(admin_client):
    def queries():
        admin_client.get(HOME)
        with CaptureQueriesContext(connection) as caught:
            admin_client.get(HOME)
        return len(caught)

    OrderFactory()
    one = queries()
    for store in ConnectorFactory.create_batch(9):
        OrderFactory(connector=store)
    assert queries() == one


def test_staff_see_only_what_they_may_open(client):
    OrderFactory(number="4711")
    staff(client, "view_platformproduct")
    response = client.get(HOME)
    assert titles(response) == ["Today", "Products"]
    assert "4711" not in response.content.decode()
    assert not [name for name in ("states", "tiles", "note_counts") if name in response.context]


def test_every_link_of_the_sidebar_opens(admin_client):
    response = admin_client.get(HOME)
    links = [i["link"] for g in response.context["sidebar_navigation"] for i in g["items"]]
    assert [admin_client.get(link).status_code for link in links] == [200] * len(links)
    assert len(links) == 22


@pytest.mark.parametrize("extended", [{}, {"extended": "1"}])
def test_search_finds_orders_customers_and_products_by_prefix(admin_client, extended):
    store = ConnectorFactory()
    customer = CustomerFactory(connector=store, name="Zoe Orr", email="zoe@x.co")
    OrderFactory(connector=store, customer=customer, number="Z-7", email="q@x.co")
    ProductFactory(connector=store, title="Zebra <b>mug</b>", sku="S-1")
    ProductFactory(connector=store, title="A zebra", sku="S-2")
    body = admin_client.get("/admin/search/", {"s": "z", **extended}).content.decode()
    assert "#Z-7" in body
    assert "Zoe Orr" in body
    assert "Zebra &lt;b&gt;mug&lt;/b&gt;" in body
    assert "A zebra" not in body


def test_search_shows_nobody_what_they_may_not_see(client):
    OrderFactory(number="Z-7")
    staff(client, "view_platformproduct")
    assert "Z-7" not in client.get("/admin/search/", {"s": "Z-7"}).content.decode()


def test_search_never_looks_for_a_text_in_the_middle(admin_client):
    with CaptureQueriesContext(connection) as caught:
        admin_client.get("/admin/search/", {"s": "100%\0"})
    patterns = [q["sql"] for q in caught if "LIKE" in q["sql"]]
    assert patterns
    assert not [sql for sql in patterns if "'%" in sql]
    assert not [sql for sql in patterns if "LIMIT" not in sql]


@pytest.mark.parametrize("term", ["", "  "])
def test_search_for_nothing_finds_nothing(admin_client, term):
    assert admin_client.get("/admin/search/", {"s": term}).content == b""


def test_signing_in_leads_to_the_first_page(client):
    User.objects.create_superuser("sam", password="sam")
    response = client.post("/admin/login/", {"username": "sam", "password": "sam"})
    assert (response.status_code, response.url) == (302, HOME)


def test_staff_accounts_can_be_listed_and_opened(admin_client, admin_user):
    assert admin_client.get("/admin/auth/user/").status_code == 200
    assert admin_client.get(f"/admin/auth/user/{admin_user.pk}/change/").status_code == 200
