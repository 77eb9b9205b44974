"""Two stores with the same ids live side by side."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from catalog.models import PlatformProduct
from connectors import services, subscribing, verifying, webhooks
from connectors.models import ConnectorConfig, WebhookDelivery
from connectors.sandbox import rendering, server
from connectors.sandbox.shop import Shop
from orders.models import OrderItem, PlatformCustomer, PlatformOrder
from tests.connectors.conftest import spec
from tests.contract.conftest import BILLING

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def second(connector):
    shop = Shop(clock=lambda: datetime.now(UTC) - timedelta(minutes=1))
    shop.add_product(rendering.ProductSpec(name="Vase", sku="MUG", price=900))
    shop.add_customer(BILLING | {"first_name": "Bo", "email": "bo@example.com"})
    shop.add_order(spec(customer_id=2))
    with server.running(shop) as running:
        yield running


@pytest.fixture
def europe(second):
    return ConnectorConfig.objects.create(
        platform="woocommerce", store_url=second.url, api_key=second.key, secret=second.secret,
        key_prefix="eu", name="Europe",
    )  # fmt: skip


def sync(*words):
    call_command("sync", *words, stdout=io.StringIO())


def test_the_same_ids_are_two_rows_each(connector, europe):
    sync()
    assert set(PlatformProduct.objects.values_list("sku", "remote_id", "title")) == {
        ("MUG", 101, "Mug & Saucer"), ("eu-MUG", 101, "Vase")
    }  # fmt: skip
    assert set(PlatformCustomer.objects.values_list("customer_id", "email")) == {
        ("2", "ada.smith@example.com"), ("eu-2", "bo@example.com")
    }  # fmt: skip
    order = PlatformOrder.objects.get(order_id="eu-10001")
    assert (order.customer_id, order.connector) == ("eu-2", europe)
    assert OrderItem.objects.get(order_id="eu-10001").product.title == "Vase"


def test_what_happens_in_one_leaves_the_other_alone(connector, europe, shop):
    sync()
    shop.set_status(10_001, "completed")
    shop.remove("order", 10_002)
    sync("--store", connector.store_url)
    sync("--store", connector.store_url, "--full")
    statuses = dict(PlatformOrder.objects.values_list("order_id", "status"))
    assert (statuses["10001"], statuses["10002"]) == ("completed", "deleted")
    assert statuses["eu-10001"] == "processing"
    assert all(verifying.verify(connector=one)[0].is_clean for one in (connector, europe))


def test_each_has_cursors_and_credentials_of_its_own(connector, europe, second):
    europe.secret = "cs_wrong"
    europe.save()
    with pytest.raises(CommandError, match="Not complete"):
        sync()
    assert PlatformOrder.objects.filter(connector=connector).count() == 5
    assert not PlatformOrder.objects.filter(connector=europe).exists()
    europe.refresh_from_db()
    connector.refresh_from_db()
    assert (europe.disconnected_at is not None, connector.disconnected_at) == (True, None)


def test_each_has_webhooks_with_a_secret_of_its_own(connector, europe, second, shop):
    for one in (connector, europe):
        subscribing.register(connector=one, base_url="http://127.0.0.1:9")
    secrets = {str(one.webhook_secret) for one in (connector, europe)}
    assert len(secrets) == 2
    assert shop.get("webhook", 1)["delivery_url"].endswith(f"/webhooks/{connector.pk}/")
    assert second.shop.get("webhook", 1)["delivery_url"].endswith(f"/webhooks/{europe.pk}/")


def test_a_webhook_reads_from_its_own_store(connector, europe, second):
    WebhookDelivery.objects.create(
        connector=europe, delivery_key="k", topic="order.created", resource="orders",
        remote_id=10_001,
    )  # fmt: skip
    webhooks.process(connector=europe)
    assert PlatformOrder.objects.get().order_id == "eu-10001"


def test_two_stores_of_a_platform_can_not_have_one_prefix(connector, second):
    twin = ConnectorConfig(
        platform="woocommerce", store_url=second.url, api_key=second.key, secret=second.secret
    )
    with pytest.raises(ValidationError, match="Another store of this platform"):
        services.connect_store(connector=twin)
