"""Customers and orders over the API, and who sees which."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from connectors.models import StorefrontKey
from orders.models import PlatformOrder
from tests import factories
from tests.storefront.conftest import Caller, key_of, shopper_of


def path_of(order):
    return f"/orders/{order.platform}/{order.order_id}/"


def numbers(answer):
    assert answer.status_code == 200, answer.content
    return [one["order_id"] for one in answer.json()["results"]]


def test_an_order_with_all_that_belongs_to_it(server, order):
    PlatformOrder.objects.filter(pk=order.pk).update(
        shipping_address={"first_name": "Ada", "city": "Leeds", "country": "GB", "email": "x@y.z"},
        fulfilments=[{"remote_id": "7", "status": "success", "company": "DHL",
                      "tracking_number": "JD1", "tracking_url": "javascript:alert(1)",
                      "shipped_at": "2026-03-02T10:00:00Z"}],
        refunds=[{"remote_id": 9, "amount": "3", "reason": "Ada asked", "created_at": None}],
        metadata={"_secret": "raw"}, line_items=[{"raw": "payload"}],
    )  # fmt: skip
    answer = server.get(path_of(order))
    found = answer.json()
    item = order.items.get()
    assert found["total_amount"] == "12.00"
    assert found["items"] == [{
        "id": str(item.pk), "remote_id": item.remote_id, "sku": "SKU", "title": "A line",
        "quantity": 1, "price": "10.00", "total": "10.00", "total_tax": "2.00",
    }]  # fmt: skip
    assert found["shipping_address"]["city"] == "Leeds"
    assert found["fulfilments"] == [{
        "status": "success", "company": "DHL", "tracking_number": "JD1", "tracking_url": "",
        "shipped_at": "2026-03-02T10:00:00Z",
    }]  # fmt: skip
    assert found["refunds"] == [{"remote_id": "9", "amount": "3.00", "created_at": None}]
    for text in (b"raw", b"_secret", b"Ada asked", b"x@y.z"):
        assert text not in answer.content


def test_a_shopper_sees_their_own_orders_and_nothing_else(shopper, order, shop):
    other = factories.OrderFactory(connector=shop)
    draft = factories.OrderFactory(connector=shop, customer=order.customer, status="draft")
    assert numbers(shopper.get("/orders/")) == [order.order_id]
    assert numbers(shopper.get(f"/orders/?customer_id={other.customer_id}")) == []
    assert shopper.get(path_of(order)).status_code == 200
    refused = [shopper.get(path_of(one)) for one in (other, draft)]
    refused.append(shopper.get("/orders/woocommerce/999999/"))
    assert {(one.status_code, one.content) for one in refused} == {(404, refused[0].content)}


def test_a_guest_sees_one_order(guest, order, customer):
    other = factories.OrderFactory(connector=order.connector, customer=customer)
    assert guest.get(path_of(order)).status_code == 200
    assert guest.get(path_of(other)).status_code == 404
    assert guest.get("/orders/").status_code == 403


def test_a_key_of_one_store_sees_no_other(client, order):
    other = factories.ConnectorFactory(key_prefix="eu")
    theirs = factories.OrderFactory(connector=other)
    ours = Caller(client, key_of(order.connector)[1])
    both = Caller(client, key_of()[1])
    assert numbers(ours.get("/orders/")) == [order.order_id]
    assert sorted(numbers(both.get("/orders/"))) == sorted([order.order_id, theirs.order_id])
    assert ours.get(path_of(theirs)).status_code == 404
    body = {"platform": theirs.platform, "customer_id": theirs.customer_id}
    assert ours.post("/customer-tokens/", body).status_code == 404


def test_customers_by_key_and_by_email(server, shopper, customer, shop):
    other = factories.CustomerFactory(connector=shop)
    found = server.get(f"/customers/?email={customer.email.upper()}").json()["results"]
    assert [one["customer_id"] for one in found] == [customer.customer_id]
    path = f"/customers/woocommerce/{customer.customer_id}/"
    assert server.get(path).json() == found[0]
    assert shopper.get(path).json() == found[0]
    assert shopper.get(f"/customers/woocommerce/{other.customer_id}/").status_code == 404
    assert shopper.get(f"/customers/?email={customer.email}").status_code == 403


def test_a_token_ends_with_its_time_and_with_its_key(server, shopper, guest, order):
    assert shopper.get(path_of(order)).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert shopper.get(path_of(order)).json()["code"] == "expired_token"
        assert guest.get(path_of(order)).status_code == 200
    StorefrontKey.objects.update(revoked=True)
    assert shopper.get(path_of(order)).json()["code"] == "invalid_token"
    assert guest.get(path_of(order)).json()["code"] == "invalid_token"
    assert server.get(path_of(order)).json()["code"] == "invalid_key"


@pytest.mark.parametrize(
    "header",
    ["Api-Key", "Api-Key x", "Api-Key abc.def", "Bearer", "Bearer x.y.z", "Basic eDp5",
     "Api-Key \x01", "Bearer " + "a" * 5000],
)  # fmt: skip
def test_other_credentials_are_none(client, order, header):
    answer = Caller(client, header).get(path_of(order))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Api-Key"
    assert set(answer.json()) == {"code", "message", "fields"}


def test_a_key_without_the_scope_is_refused(client, order):
    caller = Caller(client, key_of(order.connector, ["catalog"])[1])
    assert caller.get(path_of(order)).json()["code"] == "missing_scope"
    assert caller.get("/products/").status_code == 200


def test_a_token_opens_no_more_than_its_key(client, order):
    caller = Caller(client, key_of(order.connector, ["tokens", "catalog"])[1])
    shopper = shopper_of(caller, order.customer)
    body = {"platform": order.platform, "order_id": order.order_id}
    guest = Caller(client, f"Bearer {caller.post('/guest-links/', body).json()['token']}")
    for token in (shopper, guest):
        assert token.get("/products/").status_code == 200
        assert token.get(path_of(order)).json()["code"] == "missing_scope"


def test_a_page_of_another_origin_is_refused(shopper, server, order):
    for caller in (shopper, server):
        assert caller.get(path_of(order), origin="https://shop.example.com").status_code == 200
        for origin in ("https://evil.example.com", "http://shop.example.com", "null"):
            answer = caller.get(path_of(order), origin=origin)
            assert answer.json()["code"] == "origin_not_allowed"


def test_too_many_requests_say_when_to_come_back(settings, server, order, customer):
    settings.API_RATE_CUSTOMER = 3
    one = shopper_of(server, customer)
    another = shopper_of(server, factories.CustomerFactory(connector=order.connector))
    assert [one.get("/orders/").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = one.get("/orders/")
    assert refused.json()["code"] == "throttled"
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert another.get("/orders/").status_code == 200


def test_whoever_guesses_keys_is_held_off(settings, client, db):
    settings.API_RATE_ADDRESS = 3
    guesses = [Caller(client, f"Api-Key guess{n}.x").get("/orders/") for n in range(5)]
    assert [one.status_code for one in guesses] == [401, 401, 401, 429, 429]


def test_no_session_opens_the_api(client, admin_user, order):
    client.force_login(admin_user)
    assert Caller(client).get(path_of(order)).status_code == 401
