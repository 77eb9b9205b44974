"""Who may call what, as one table; whatever isn't in it is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from connectors.models import StorefrontKey
from recommendations.models import RecommendationEvent, RecommendationLog
from support.models import AddressUpdateRequest, RefundRequest
from tests import factories
from tests.storefront.asking import YORK, ask, order_of, refund_of
from tests.storefront.conftest import Caller, key_of, shopper_of
from tests.storefront.trying import start
from tryon.models import TryOnOverlay, TryOnSession

# Columns: the shop's server; a server with no scope; the server of another store; the shopper,
# another shopper of the store; the guest with a link to the order, one with a link to another; the
# visitor with the token of a session that is no customer's.
COLUMNS = ("server", "scopeless", "elsewhere", "shopper", "other", "guest", "stranger", "visitor")
MATRIX = """
GET  /products/                                                  200 403 200 200 200 200 200 403
GET  /products/{platform}/{sku}/                                 200 403 404 200 200 200 200 403
GET  /customers/?email=ada@example.com                           200 403 200 403 403 403 403 403
GET  /customers/{platform}/{customer_id}/                        200 403 404 200 404 403 403 403
GET  /customers/{platform}/{customer_id}/orders/                 200 403 404 200 404 403 403 403
GET  /orders/                                                    200 403 200 200 200 403 403 403
GET  /orders/{platform}/{order_id}/                              200 403 404 200 404 200 404 403
GET  /orders/{platform}/{order_id}/refund-eligibility/           200 403 404 200 404 200 404 403
GET  /orders/{platform}/{order_id}/address-eligibility/          200 403 404 200 404 200 404 403
GET  /orders/{platform}/{order_id}/refund-requests/              200 403 404 200 404 200 404 403
POST /orders/{platform}/{order_id}/refund-requests/              201 403 404 201 404 201 404 403
GET  /orders/{platform}/{order_id}/refund-requests/{refund}/     200 403 404 200 404 200 404 403
GET  /orders/{platform}/{order_id}/address-requests/             200 403 404 200 404 200 404 403
POST /orders/{platform}/{order_id}/address-requests/             201 403 404 201 404 201 404 403
GET  /orders/{platform}/{order_id}/address-requests/{address}/   200 403 404 200 404 200 404 403
POST /customer-tokens/                                           201 403 404 403 403 403 403 403
POST /guest-links/                                               201 403 404 403 403 403 403 403
GET  /recommendations/                                           200 403 200 200 200 403 403 403
GET  /recommendations/{recommendation}/                          200 403 404 200 404 403 403 403
POST /recommendations/{recommendation}/events/                   201 403 404 201 404 403 403 403
POST /try-on/sessions/                                           201 403 422 201 201 403 403 403
GET  /try-on/sessions/{session}/                                 200 403 404 200 404 403 403 404
DELETE /try-on/sessions/{session}/                               204 403 404 204 404 403 403 404
POST /try-on/sessions/{session}/products/                        200 403 404 200 404 403 403 404
GET  /try-on/sessions/{visit}/                                   200 403 404 404 404 403 403 200
DELETE /try-on/sessions/{visit}/                                 204 403 404 404 404 403 403 204
POST /try-on/sessions/{visit}/products/                          200 403 404 404 404 403 403 200
"""
ROWS = [line.split() for line in MATRIX.strip().splitlines()]
OTHERS = ("none", "mistyped", "revoked", "expired key", "expired token", "revoked token", "staff")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT")
SECRETS = (b"ada@example.com", b"Boar Lane", b"Stonegate")


pytestmark = pytest.mark.usefixtures("private")


@pytest.fixture
def order(shop):
    factories.ProductFactory(connector=shop, sku="SKU")
    return order_of(shop, factories.CustomerFactory(connector=shop, email="ada@example.com"))


@pytest.fixture
def visit(server, order, photo_bytes):
    """The answer to a visitor's photo."""
    return start(server, photo_bytes, "SKU").json()


@pytest.fixture
def rows(server, order, visit, photo_bytes):
    session = start(server, photo_bytes, "SKU", customer_id=order.customer_id).json()
    refund = ask(server, order, refund_of(order), key="first").json()
    return {
        "platform": order.platform, "order_id": order.order_id, "sku": "SKU",
        "customer_id": order.customer_id, "refund": refund["id"], "address": address_of(order),
        "recommendation": recommendation_of(order),
        "session": session["id"], "visit": visit["id"],
    }  # fmt: skip


def address_of(order):
    """A change that was made long ago, so that another may be asked for."""
    made = AddressUpdateRequest.objects.create(
        order_id=order.order_id, platform=order.platform, new_address=YORK, stage="updated",
        status="updated",
    )  # fmt: skip
    return made.pk


def recommendation_of(order):
    """An answer to the order's customer."""
    made = RecommendationLog.objects.create(
        customer=order.customer, connector=order.connector, recommendations=["SKU"]
    )
    return made.pk


def guest_of(server, order):
    body = {"platform": order.platform, "order_id": order.order_id}
    return Caller(server.client, f"Bearer {server.post('/guest-links/', body).json()['token']}")


@pytest.fixture
def callers(server, shop, order, visit):
    """Those of the table's columns."""
    other = factories.OrderFactory(connector=shop)
    elsewhere = factories.ConnectorFactory(key_prefix="eu")
    return {
        "server": server,
        "scopeless": Caller(server.client, key_of(shop, [])[1]),
        "elsewhere": Caller(server.client, key_of(elsewhere)[1]),
        "shopper": shopper_of(server, order.customer),
        "other": shopper_of(server, other.customer),
        "guest": guest_of(server, order),
        "stranger": guest_of(server, other),
        "visitor": Caller(server.client, f"Bearer {visit['token']}"),
    }


@pytest.fixture
def nobodies(server, shop, order, admin_user):
    """Those whom nothing is open to."""
    gone = Caller(server.client, key_of(shop)[1])
    orphan = shopper_of(gone, order.customer)
    StorefrontKey.objects.filter(prefix=gone.authorization.split()[1].partition(".")[0]).update(
        revoked=True
    )
    late = Caller(server.client, key_of(shop, expiry_date=timezone.now() - timedelta(1))[1])
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        expired = shopper_of(server, order.customer)
    staff = Client()
    staff.force_login(admin_user)
    return {
        "none": Caller(server.client),
        "mistyped": Caller(server.client, server.authorization[:-1] + "?"),
        "revoked": gone, "expired key": late, "expired token": expired, "revoked token": orphan,
        "staff": Caller(staff),
    }  # fmt: skip


def body_of(path, order):
    if path.endswith("tokens/"):
        return {"platform": order.platform, "customer_id": order.customer_id}
    if path.endswith("products/"):
        return {"skus": ["SKU"]}
    if path.endswith("links/"):
        return {"platform": order.platform, "order_id": order.order_id}
    if path.endswith("events/"):
        return {"kind": "click", "sku": "SKU"}
    return {"new_address": YORK} if "address" in path else refund_of(order)


def made():
    models = (
        RefundRequest, AddressUpdateRequest, RecommendationEvent, TryOnSession, TryOnOverlay,
    )  # fmt: skip
    return [model.objects.count() for model in models]


def ask_for(caller, method, path, order, photo_bytes, key):
    if path == "/try-on/sessions/":
        return start(caller, photo_bytes, "SKU")
    body = body_of(path, order) if method == "POST" else None
    return caller(method, path, body, idempotency_key=key)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
@pytest.mark.parametrize("column", range(len(COLUMNS)), ids=COLUMNS)
def test_a_caller_gets_what_the_table_says(row, column, callers, rows, order, photo_bytes):
    method, path, *expected = row
    before, caller = made(), callers[COLUMNS[column]]
    answer = ask_for(caller, method, path.format(**rows), order, photo_bytes, f"k{column}")
    assert answer.status_code == int(expected[column]), answer.content
    if answer.status_code >= 400:
        assert made() == before
        assert set(answer.json()) == {"code", "message", "fields"}
    if COLUMNS[column] in ("elsewhere", "other", "stranger"):
        assert not [text for text in SECRETS if text in answer.content]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_nobody_else_gets_anything(row, nobodies, rows, order, photo_bytes):
    method, path, *_ = row
    before = made()
    answers = {
        who: ask_for(caller, method, path.format(**rows), order, photo_bytes, "k").status_code
        for who, caller in nobodies.items()
    }
    assert answers == dict.fromkeys(OTHERS, 401)
    assert made() == before


@pytest.mark.parametrize("path", sorted({row[1] for row in ROWS}))
def test_every_other_method_is_refused(path, callers, nobodies, rows):
    taken = {row[0] for row in ROWS if row[1] == path}
    before = made()
    for method in set(METHODS) - taken:
        answer = callers["server"](method, path.format(**rows), {})
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert {one.strip() for one in answer.headers["Allow"].split(",")} >= taken
        for who in ("none", "revoked", "staff"):
            assert nobodies[who](method, path.format(**rows), {}).status_code == 401
    assert made() == before


def test_the_table_names_every_endpoint():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    described = {
        (method.upper(), _shape(path.removeprefix("/api/v1")))
        for path, methods in schema["paths"].items() for method in methods
    }  # fmt: skip
    assert described == {(row[0], _shape(row[1].partition("?")[0])) for row in ROWS}


def _shape(path):
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.parametrize("path", ["/", "/connectors/", "/keys/", "/orders/woocommerce/", "/x"])
def test_what_is_no_endpoint_is_not_there_for_anybody(server, path, db):
    for method in METHODS:
        answer = server(method, path, {})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
