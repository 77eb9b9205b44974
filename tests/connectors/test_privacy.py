"""Persons are shown what is kept of them, and erased so that no sync brings them back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from connectors import privacy, registry, tasks, webhooks
from connectors.models import ConnectorConfig, Erasure, PrivacyRequest, WebhookDelivery
from connectors.sandbox import server
from connectors.sandbox.shop import Shop
from orders.models import OrderItem, PlatformCustomer, PlatformOrder
from recommendations.models import RecommendationLog
from support.models import AddressUpdateRequest, RefundRequest
from tests.connectors.conftest import spec
from tests.contract.conftest import BILLING
from tryon.models import TryOnSession

pytestmark = pytest.mark.django_db(transaction=True)

ADA = registry.Person(customer_remote_ids=(2,))
TRACES = ("ada.smith@example.com", "Ada", "Smith", "1 Mill Street", "LS1 1AA", "Ring twice")
OTHER = BILLING | {
    "email": "bo@example.com", "first_name": "Bo", "last_name": "Ek", "address_1": "2 Low Road",
    "postcode": "M1 1AA",
}  # fmt: skip


@pytest.fixture
def copied(connector, shop, capsys):
    shop.edit("order", 10_001, customer_note="Ring twice")
    shop.add_order(spec(billing=OTHER, shipping=OTHER))
    call_command("sync")
    capsys.readouterr()
    return connector


def everything():
    """Every text in every table of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        texts = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts)


def traces():
    text = everything()
    return [trace for trace in TRACES if trace in text]


def test_nothing_of_the_person_is_left_anywhere(copied):
    assert traces() == list(TRACES)
    privacy.erase(connector=copied, person=ADA)
    assert traces() == []
    assert "Bo Ek" in everything()


def test_what_money_and_stock_need_stays(copied):
    before = list(
        PlatformOrder.objects.order_by("pk").values_list("number", "exact_total", "status")
    )
    lines = OrderItem.objects.count()
    privacy.erase(connector=copied, person=ADA)
    found = PlatformOrder.objects.order_by("pk").values_list("number", "exact_total", "status")
    assert list(found) == before
    assert OrderItem.objects.count() == lines
    assert PlatformCustomer.objects.get(remote_id=2).deleted_at is None


def test_guest_orders_are_found_by_the_account_s_address(copied):
    privacy.erase(connector=copied, person=ADA)
    guests = PlatformOrder.objects.filter(customer_id=None).exclude(email="bo@example.com")
    assert [(one.email, one.billing_address) for one in guests] == [("", {})] * 3


@pytest.mark.parametrize("words", [["--full"], []])
def test_no_later_sync_brings_it_back(copied, shop, capsys, words):
    privacy.erase(connector=copied, person=ADA)
    shop.set_status(10_001, "completed")
    call_command("sync", *words)
    assert PlatformOrder.objects.get(remote_id=10_001).status == "completed"
    assert traces() == []


def test_no_webhook_brings_it_back(copied, shop):
    privacy.erase(connector=copied, person=ADA)
    shop.set_status(10_001, "completed")
    WebhookDelivery.objects.create(
        connector=copied, delivery_key="k", topic="order.updated", resource="orders",
        remote_id=10_001,
    )  # fmt: skip
    webhooks.process(connector=copied)
    assert traces() == []


def test_no_repair_brings_it_back(copied, capsys):
    privacy.erase(connector=copied, person=ADA)
    PlatformOrder.objects.update(remote_modified_at=datetime(2026, 1, 1, tzinfo=UTC))
    PlatformCustomer.objects.update(remote_modified_at=datetime(2020, 1, 1, tzinfo=UTC))
    call_command("verify", "--repair")
    assert traces() == []


def test_a_new_order_after_the_erasure_is_theirs_again(copied, shop, capsys):
    privacy.erase(connector=copied, person=ADA)
    shop.clock = lambda: datetime.now(UTC) + timedelta(seconds=5)
    number = shop.add_order(spec())["id"]
    call_command("sync", "--full")
    assert PlatformOrder.objects.get(remote_id=number).email == "ada.smith@example.com"
    assert PlatformOrder.objects.get(remote_id=10_001).email == ""


def test_requests_recommendations_and_try_ons_go_with_the_person(copied):
    order = PlatformOrder.objects.get(remote_id=10_002)
    key = {"customer_id": "2", "platform": "woocommerce"}
    address = AddressUpdateRequest.objects.create(
        order_id=order.order_id, platform=order.platform, status="pending",
        new_address={"address_1": "1 Mill Street"}, response={"name": "Ada"},
    )  # fmt: skip
    RefundRequest.objects.create(
        order_id=order.order_id, platform=order.platform, status="processed", stage="processed",
        response={"billing": "Ada"},
    )  # fmt: skip
    RecommendationLog.objects.create(**key, recommendations=["MUG"])
    TryOnSession.objects.create(**key, selfie_url="private/1.jpg")
    privacy.erase(connector=copied, person=ADA)
    address.refresh_from_db()
    assert (address.new_address, address.response) == ({}, None)
    assert RefundRequest.objects.get().response is None
    assert not RecommendationLog.objects.exists()
    assert not TryOnSession.objects.exists()


def test_another_store_s_customer_with_the_same_id_is_untouched(copied, capsys):
    other = Shop()
    other.add_customer(BILLING)
    with server.running(other) as running:
        ConnectorConfig.objects.create(
            platform="woocommerce", store_url=running.url, api_key=running.key,
            secret=running.secret, key_prefix="eu",
        )  # fmt: skip
        call_command("sync")
        privacy.erase(connector=copied, person=ADA)
    assert PlatformCustomer.objects.get(customer_id="eu-2").email == "ada.smith@example.com"


def test_erasing_twice_is_erasing_once(copied):
    privacy.erase(connector=copied, person=ADA)
    count = Erasure.objects.count()
    privacy.erase(connector=copied, person=ADA)
    assert Erasure.objects.count() == count


def test_an_erased_address_can_not_be_read_from_the_list_of_erasures(copied):
    privacy.erase(connector=copied, person=registry.Person(emails=("ada.smith@example.com",)))
    subjects = Erasure.objects.filter(kind="email").values_list("subject", flat=True)
    assert [len(subject) for subject in subjects] == [64]
    assert traces() == []


def test_the_export_holds_everything(copied):
    found = privacy.export(connector=copied, person=ADA)
    assert [one["email"] for one in found["customers"]] == ["ada.smith@example.com"]
    assert {one["number"] for one in found["orders"]} == {str(n) for n in range(10_001, 10_006)}
    assert found["orders"][0]["shipping_address"]["address_1"] == "1 Mill Street"
    assert len(found["orders"][0]["items"]) == 1
    assert {"refund_requests", "recommendations", "try_on_sessions"} <= found.keys()


REDACT = {
    "shop_id": 1, "shop_domain": "x.myshopify.com", "orders_to_redact": [10_002],
    "customer": {"id": 2, "email": "ada.smith@example.com", "phone": "1"},
}  # fmt: skip


class TestRequestsOfAStore:
    def test_one_to_erase_is_done_by_itself(self, copied):
        request = privacy.receive(connector=copied, topic="customers/redact", payload=REDACT)
        assert request.due_at - timezone.now() > timedelta(days=29)
        tasks.fulfil_privacy_requests()
        request.refresh_from_db()
        assert (request.status, request.rows > 0, request.person) == ("done", True, None)
        assert traces() == []

    def test_the_same_twice_is_one(self, copied):
        for _ in range(2):
            privacy.receive(connector=copied, topic="customers/redact", payload=REDACT)
        assert PrivacyRequest.objects.count() == 1

    def test_one_to_show_waits_for_staff(self, copied):
        payload = {"customer": {"id": 2}, "orders_requested": [], "data_request": {"id": 9}}
        request = privacy.receive(connector=copied, topic="customers/data_request", payload=payload)
        tasks.fulfil_privacy_requests()
        request.refresh_from_db()
        assert request.status == "open"
        assert privacy.answer(request=request)["customers"][0]["name"] == "Ada Smith"
        request.refresh_from_db()
        assert (request.status, request.person) == ("done", None)

    def test_who_it_is_about_is_encrypted_until_then(self, copied):
        request = privacy.receive(
            connector=copied, topic="customers/redact",
            payload=REDACT | {"customer": {"email": "eve@example.com"}},
        )  # fmt: skip
        assert "eve@example.com" not in everything()
        assert privacy.person_of(request).emails == ("eve@example.com",)

    def test_a_whole_store_is_erased_and_left_alone(self, copied):
        payload = {"shop_id": 1, "shop_domain": "x.myshopify.com"}
        privacy.receive(connector=copied, topic="shop/redact", payload=payload)
        tasks.fulfil_privacy_requests()
        assert traces() == []
        assert "bo@example.com" not in everything()
        assert ConnectorConfig.objects.get().sync_enabled is False
        assert PlatformOrder.objects.count() == 6


class TestConsole:
    @pytest.fixture
    def page(self, copied):
        return "/admin/orders/platformcustomer/2,woocommerce/"

    def test_the_export_is_a_file_that_nobody_keeps(self, admin_client, copied):
        customer = PlatformCustomer.objects.get(remote_id=2)
        answer = admin_client.post(url(customer, "export"))
        assert answer["Content-Disposition"].startswith("attachment")
        assert "no-store" in answer["Cache-Control"]
        assert json.loads(answer.content)["customers"][0]["email"] == "ada.smith@example.com"

    def test_erasing_asks_first_and_says_what_is_lost(self, admin_client, copied):
        customer = PlatformCustomer.objects.get(remote_id=2)
        answer = admin_client.get(url(customer, "erase"))
        assert "5 orders" in answer.content.decode()
        assert "can’t be undone" in answer.content.decode()
        admin_client.post(url(customer, "erase"), {"sure": "yes"})
        assert traces() == list(TRACES)

    def test_somebody_else_confirms_an_erasure(self, client, copied, django_user_model):
        first, second = (
            django_user_model.objects.create_superuser(name, password=name) for name in "ab"
        )
        customer = PlatformCustomer.objects.get(remote_id=2)
        client.force_login(first)
        page = client.post(url(customer, "erase"), {"sure": "yes"})["Location"]
        assert client.get(url(customer, "erase"))["Location"] == page
        tasks.fulfil_privacy_requests()
        client.post(page.replace("/change/", "/confirm/"))
        assert traces() == list(TRACES)
        assert "Somebody else who may erase" in client.get(page).content.decode()
        client.force_login(second)
        assert "customer 2" in client.get(page).content.decode()
        client.post(page.replace("/change/", "/confirm/"))
        assert traces() == []
        request = PrivacyRequest.objects.get()
        assert (request.asked_by, request.confirmed_by, request.person) == (first, second, None)

    def test_an_erasure_can_be_withdrawn_until_it_is_confirmed(self, admin_client, copied):
        customer = PlatformCustomer.objects.get(remote_id=2)
        page = admin_client.post(url(customer, "erase"), {"sure": "yes"})["Location"]
        admin_client.post(page.replace("/change/", "/withdraw/"))
        assert PrivacyRequest.objects.get().status == "withdrawn"
        admin_client.post(page.replace("/change/", "/confirm/"))
        assert traces() == list(TRACES)

    def test_what_the_store_asks_for_does_not_wait_for_staff(self, admin_client, copied):
        customer = PlatformCustomer.objects.get(remote_id=2)
        admin_client.post(url(customer, "erase"), {"sure": "yes"})
        payload = {"customer": {"id": 2}, "orders_to_redact": []}
        privacy.receive(connector=copied, topic="customers/redact", payload=payload)
        tasks.fulfil_privacy_requests()
        assert traces() == []

    def test_whoever_may_not_gets_403_and_sees_no_button(self, client, copied, django_user_model):
        from django.contrib.auth.models import Permission

        staff = django_user_model.objects.create_user("s", password="s", is_staff=True)
        staff.user_permissions.add(Permission.objects.get(codename="view_platformcustomer"))
        client.force_login(staff)
        customer = PlatformCustomer.objects.get(remote_id=2)
        assert "Erase" not in client.get(url(customer, "change")).content.decode()
        assert client.post(url(customer, "export")).status_code == 403
        assert client.post(url(customer, "erase"), {"sure": "yes"}).status_code == 403
        assert traces() == list(TRACES)

    def test_a_request_of_a_store_is_answered_with_a_download(self, admin_client, copied):
        payload = {"customer": {"id": 2}, "orders_requested": [], "data_request": {"id": 9}}
        request = privacy.receive(connector=copied, topic="customers/data_request", payload=payload)
        page = admin_client.get(f"/admin/connectors/privacyrequest/{request.pk}/change/")
        assert "Download the data" in page.content.decode()
        answer = admin_client.post(f"/admin/connectors/privacyrequest/{request.pk}/answer/")
        assert json.loads(answer.content)["customers"][0]["name"] == "Ada Smith"
        request.refresh_from_db()
        assert request.status == "done"


def url(customer, word):
    from connectors import presenting

    page = presenting.page_of(customer)
    return page if word == "change" else page.replace("/change/", f"/{word}/")


class TestCommand:
    def test_the_export_is_json_alone(self, copied, capsys):
        call_command("privacy", "export", "--store", "Shop", "--email", "ADA.smith@example.com")
        assert len(json.loads(capsys.readouterr().out)["orders"]) == 5

    def test_erasing_needs_yes_where_nobody_can_be_asked(self, copied, capsys):
        with pytest.raises(CommandError, match="--yes"):
            call_command("privacy", "erase", "--store", "Shop", "--customer", "2")
        call_command("privacy", "erase", "--store", "Shop", "--customer", "2", "--yes")
        assert "rows" in capsys.readouterr().out
        assert traces() == []

    def test_the_list_names_nobody(self, copied, capsys):
        privacy.receive(connector=copied, topic="customers/redact", payload=REDACT)
        call_command("privacy", "list")
        said = capsys.readouterr().out
        assert "Erase the person" in said
        assert "ada" not in said.lower()

    def test_nobody_named_is_refused(self, copied):
        with pytest.raises(CommandError, match="--customer, --email or --order"):
            call_command("privacy", "export", "--store", "Shop")
