"""What customers ask for over the API: reckoned, kept once, and left to staff."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from orders.models import PlatformOrder
from support import services
from support.models import AddressUpdateRequest, RefundRequest, RequestEvent
from tests import factories
from tests.storefront.asking import YORK, ask, order_of, path_of, refund_of
from tests.storefront.conftest import Caller


@pytest.fixture
def order(shop, customer):
    return order_of(shop, customer)


def test_what_can_be_asked_back(shopper, order):
    found = shopper.get(path_of(order, "refund-eligibility")).json()
    assert (found["eligible"], found["amount"], found["shipping"]) == (True, "29.00", "5.00")
    assert [(one["quantity"], one["amount"]) for one in found["lines"]] == [(2, "24.00")]
    assert {"code": "damaged", "label": "Arrived damaged"} in found["reasons"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "pending"}, "not_paid"),
        ({"created_at": timezone.now() - timedelta(days=31)}, "too_late"),
    ],
)
def test_what_can_not_be_asked_back(shopper, order, changes, code):
    PlatformOrder.objects.filter(pk=order.pk).update(**changes)
    found = shopper.get(path_of(order, "refund-eligibility")).json()
    assert (found["eligible"], found["code"], found["amount"]) == (False, code, "0.00")
    refused = ask(shopper, order, refund_of(order))
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert not RefundRequest.objects.exists()


def test_a_customers_refund_waits_for_staff(shopper, order):
    made = ask(shopper, order, refund_of(order, reason="It broke", shipping="5.00"))
    assert made.status_code == 201, made.content
    found = made.json()
    assert (found["status"], found["amount"], found["currency"]) == ("pending", "17.00", "GBP")
    assert b"It broke" not in made.content
    request = RefundRequest.objects.get()
    assert (request.stage, request.due_at) == ("awaiting_approval", None)
    assert request.approval_reasons[0] == "A customer asked for it."
    assert request.asked_by_customer
    assert RequestEvent.objects.get().what == "asked for by a customer"
    listed = shopper.get(path_of(order, "refund-requests")).json()["results"]
    assert listed == [found]


def test_no_more_is_asked_for_than_is_left(shopper, order):
    assert ask(shopper, order, refund_of(order, 2)).status_code == 201
    again = ask(shopper, order, refund_of(order, 1), key="k2")
    assert (again.status_code, again.json()["code"]) == (422, "amount")
    assert RefundRequest.objects.count() == 1


def test_the_same_key_gives_the_same_answer(shopper, order):
    body = refund_of(order)
    first, second = ask(shopper, order, body), ask(shopper, order, body)
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    other = ask(shopper, order, refund_of(order, 2))
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert RefundRequest.objects.count() == 1


@pytest.mark.parametrize("text", ["", " ", "x" * 256, "a\tb"])
def test_without_a_key_nothing_is_asked(shopper, order, text):
    refused = ask(shopper, order, refund_of(order), key=text)
    assert refused.status_code == 400
    assert refused.json()["fields"][0]["field"] == "Idempotency-Key"


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_row(shopper, order):
    body = refund_of(order)

    def once(_):
        try:
            answer = ask(Caller(Client(), shopper.authorization), order, body)
            return answer.status_code, answer.content
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(once, range(20)))
    assert [status for status, _ in answers] == [201]
    assert RefundRequest.objects.count() == 1


def test_a_rule_of_the_shop_lets_small_ones_through(settings, shopper, order):
    settings.CUSTOMER_REFUND_BELOW = "15"
    assert ask(shopper, order, refund_of(order)).status_code == 201
    assert RefundRequest.objects.get().stage == "holding"
    assert ask(shopper, order, refund_of(order, shipping="5"), key="k2").status_code == 201
    assert RefundRequest.objects.filter(stage="awaiting_approval").count() == 1


def test_a_customers_address_change_waits_for_staff(shopper, order):
    made = ask(shopper, order, {"new_address": YORK}, name="address-requests")
    assert made.status_code == 201, made.content
    assert made.json()["new_address"]["city"] == "York"
    request = AddressUpdateRequest.objects.get()
    assert (request.stage, request.due_at) == ("awaiting_approval", None)
    assert shopper.get(path_of(order, "address-requests")).json()["results"] == [made.json()]


@pytest.mark.parametrize(
    ("address", "field", "allowed"),
    [
        ({**YORK, "country": "XX"}, "new_address.country", "GB"),
        ({**YORK, "country": "US", "state": "ZZ"}, "new_address.state", "CA"),
        ({**YORK, "postcode": "1"}, "new_address.postcode", None),
    ],
)
def test_a_wrong_address_names_the_part(shopper, order, address, field, allowed):
    refused = ask(shopper, order, {"new_address": address}, name="address-requests")
    assert (refused.status_code, refused.json()["code"]) == (422, "address")
    wrong = {one["field"]: one for one in refused.json()["fields"]}
    assert allowed is None or allowed in wrong[field]["allowed"]
    assert not AddressUpdateRequest.objects.exists()


def test_an_address_of_what_was_sent_stays(shopper, order):
    PlatformOrder.objects.filter(pk=order.pk).update(fulfilments=[{"remote_id": "1"}])
    found = shopper.get(path_of(order, "address-eligibility")).json()
    assert (found["eligible"], found["code"]) == (False, "fulfilled")
    refused = ask(shopper, order, {"new_address": YORK}, name="address-requests")
    assert (refused.status_code, refused.json()["code"]) == (422, "fulfilled")


def test_staff_approve_what_a_customer_asked_for(shopper, order, admin_user):
    ask(shopper, order, refund_of(order))
    order.connector.writes_enabled = True
    order.connector.save()
    request = RefundRequest.objects.get()
    content = services.payloads.content_hash(request)
    done = services.approve_refund(request=request, actor=admin_user, content=content)
    assert done.stage == "holding"
    listed = shopper.get(path_of(order, "refund-requests")).json()["results"]
    assert [one["status"] for one in listed] == ["pending"]


def test_nobody_asks_for_an_order_that_they_do_not_see(shopper, shop):
    other = factories.OrderFactory(connector=shop)
    body = {"lines": [{"remote_id": 1, "quantity": 1}], "reason_code": "damaged"}
    assert ask(shopper, other, body).status_code == 404
