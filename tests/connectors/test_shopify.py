"""A Shopify store from the wire into the tables, by syncs and by webhooks."""

from __future__ import annotations

import io
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from catalog.models import PlatformProduct
from connectors import (
    presenting,
    privacy,
    registry,
    services,
    subscribing,
    tasks,
    verifying,
    webhooks,
)
from connectors.models import ConnectorConfig, PrivacyRequest, SyncNote, WebhookDelivery
from connectors.sandbox.shopify import changing, server
from orders.models import OrderItem, PlatformCustomer, PlatformOrder
from tests.connectors.platforms.shopify.conftest import spec, stocked
from tests.connectors.test_webhooks import wait_for_threads, work_off

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop():
    return stocked()


@pytest.fixture
def store(shop):
    with server.running_shopify(shop) as running:
        yield running


@pytest.fixture
def connector(store):
    return ConnectorConfig.objects.create(
        platform="shopify", store_url=store.url, api_key=store.client_id,
        secret=store.client_secret, name="Shopify shop",
    )  # fmt: skip


def sync(*words):
    call_command("sync", *words, stdout=io.StringIO())


def clean(connector):
    return verifying.verify(connector=connector)[0].is_clean


def test_a_store_is_copied_whole_and_verified(connector, store):
    sync()
    assert (PlatformProduct.objects.count(), PlatformCustomer.objects.count()) == (5, 1)
    assert (PlatformOrder.objects.count(), OrderItem.objects.count()) == (12, 12)
    order = PlatformOrder.objects.get(remote_id=5_500_000_000_001)
    assert (order.platform, order.number, order.order_id) == ("shopify", "1001", "5500000000001")
    assert order.items.get().product.title == "Tee – M"
    assert clean(connector)


def test_missing_and_repeated_skus_get_keys_of_their_own(connector):
    sync()
    keys = set(PlatformProduct.objects.values_list("sku", "merchant_sku"))
    assert keys == {
        ("TEE-M", "TEE-M"), ("TEE-M~44000000000002", "TEE-M"), ("id-44000000000003", ""),
        ("MUG", "MUG"), ("BOWL", "BOWL"),
    }  # fmt: skip
    causes = SyncNote.objects.values_list("cause", flat=True).order_by("cause")
    assert list(causes) == ["sku_missing", "sku_repeated"]


def test_a_change_comes_with_the_next_sync(connector, shop, store):
    sync()
    shop.edit("product", 8_100_000_000_002, title="Cup")
    changing.fulfil(shop, 5_500_000_000_004)
    store.application.log.clear()
    sync()
    assert PlatformProduct.objects.get(sku="MUG").title == "Cup"
    assert PlatformOrder.objects.get(remote_id=5_500_000_000_004).fulfilment_status == "fulfilled"
    assert "BulkRun" not in str(store.application.log)


def test_what_is_deleted_is_found_by_the_sweep(connector, shop):
    sync()
    shop.delete("order", 5_500_000_000_005)
    shop.delete("variant", 44_000_000_000_002)
    ConnectorConfig.objects.update(sweep_interval=60)
    connector.cursors.update(swept_at=datetime.now(UTC) - timedelta(hours=1))
    sync()
    assert PlatformOrder.objects.get(remote_id=5_500_000_000_005).status == "deleted"
    assert PlatformProduct.objects.get(remote_id=44_000_000_000_002).deleted_at is not None
    assert clean(connector)


def test_orders_that_the_app_may_no_longer_see_are_not_taken_for_deleted(connector, shop, store):
    old = [5_500_000_000_001, 5_500_000_000_002]
    for number in old:
        shop.edit("order", number, createdAt="2026-01-01T00:00:00Z")
    sync()
    store.knobs.scopes = "read_products,read_customers,read_orders"
    connector.cursors.update(swept_at=datetime.now(UTC) - timedelta(days=9))
    sync()
    assert not PlatformOrder.objects.filter(remote_id__in=old, status="deleted").exists()


def test_a_granted_token_is_kept_encrypted_for_other_processes(connector, store):
    sync("products")
    sync("products")
    assert str(store.application.log).count("access_token") == 1
    kept = ConnectorConfig.objects.get()
    assert kept.access_token_expires_at > datetime.now(UTC) + timedelta(hours=20)
    assert str(kept.access_token) not in str(vars(kept))


class TestConnecting:
    def test_both_kinds_of_credentials_connect(self, store, capsys):
        for key in (store.token, store.client_id):
            call_command(
                "connect", "shopify", store.url, "--api-key", key, "--secret", store.client_secret
            )
            assert "Connected: Hearth & Home" in capsys.readouterr().out
        assert ConnectorConfig.objects.count() == 1

    @pytest.mark.parametrize(
        ("knobs", "expected"),
        [
            ({"scopes": "read_orders"}, "lacks the access read_products, read_customers"),
            ({"state": "frozen"}, "a bill is unpaid"),
            ({"refuse_grant": 1}, "grants no token"),
        ],
    )
    def test_every_failure_is_said_in_plain_words(self, store, knobs, expected):
        for name, value in knobs.items():
            setattr(store.knobs, name, value)
        words = ["--api-key", store.client_id, "--secret", store.client_secret]
        with pytest.raises(CommandError, match=expected):
            call_command("connect", "shopify", store.url, *words)
        assert not ConnectorConfig.objects.exists()

    def test_a_form_without_a_secret_takes_a_token(self, admin_client, store):
        admin_client.post(
            "/admin/connectors/connectorconfig/add/",
            {
                "platform": "shopify", "store_url": store.url, "api_key": store.token,
                "secret": "", "sync_interval": 300, "sweep_interval": 86_400, "name": "",
                "key_prefix": "", "ca_bundle": "", "sync_enabled": "on",
            },
        )  # fmt: skip
        assert ConnectorConfig.objects.get().name == "Hearth & Home on Shopify"


@pytest.fixture
def listening(live_server, connector, monkeypatch):
    monkeypatch.setattr(
        tasks.process_webhooks, "apply_async",
        lambda args, **_: threading.Thread(target=work_off, args=args).start(),
    )  # fmt: skip
    subscribing.register(connector=connector, base_url=live_server.url)
    yield connector
    wait_for_threads()


def until(is_so, seconds=2.0):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class TestWebhooks:
    def test_a_change_is_here_within_two_seconds(self, listening, shop, store):
        product = shop.get("product", 8_100_000_000_001)
        number = shop.add_order(spec(product, shop.variants(product["id"])[0]))["id"]
        until(PlatformOrder.objects.filter(remote_id=number).exists)
        changing.cancel(shop, number)
        until(PlatformOrder.objects.filter(remote_id=number, status="cancelled").exists)
        assert store.application.deliveries.wait()

    def test_a_deleted_variant_is_marked_by_its_products_webhook(self, listening, shop, store):
        sync()
        shop.delete("variant", 44_000_000_000_002)
        gone = PlatformProduct.objects.filter(remote_id=44_000_000_000_002)
        until(gone.filter(deleted_at__isnull=False).exists)
        assert PlatformProduct.objects.filter(deleted_at=None).count() == 4
        assert store.application.deliveries.wait()

    def test_a_deleted_order_is_marked(self, listening, shop, store):
        sync()
        shop.delete("order", 5_500_000_000_006)
        until(PlatformOrder.objects.filter(remote_id=5_500_000_000_006, status="deleted").exists)
        assert store.application.deliveries.wait()

    def test_one_that_shopify_dropped_is_made_again(self, listening, store):
        first = subscribing.inspect(connector=listening)
        with services.opened(listening) as opened:
            opened.remove_webhook(opened.webhooks()[0].remote_id)
        assert len(subscribing.inspect(connector=listening).missing) == 1
        tasks.keep_webhooks()
        assert set(subscribing.inspect(connector=listening).present) == set(first.present)

    def test_without_the_apps_secret_none_can_be_verified(self, connector):
        connector.secret = ""
        connector.api_key = "shpat_" + "x" * 32
        connector.save()
        with pytest.raises(ValidationError, match="API secret key"):
            subscribing.register(connector=connector, base_url="http://127.0.0.1:9")

    def test_a_privacy_request_is_kept_and_carried_out(self, listening, live_server, store):
        sync()
        customer = PlatformCustomer.objects.get()
        body = {
            "shop_id": 1, "shop_domain": "x.myshopify.com", "orders_to_redact": [],
            "customer": {"id": customer.remote_id, "email": customer.email, "phone": ""},
        }  # fmt: skip
        address = f"{live_server.url}/webhooks/{listening.pk}/"
        store.application.deliveries.send(address, "customers/redact", body)
        until(PrivacyRequest.objects.exists)
        wait_for_threads()
        tasks.fulfil_privacy_requests()
        assert PlatformCustomer.objects.get().email == ""
        assert WebhookDelivery.objects.get(topic="customers/redact").payload is None

    def test_an_order_sent_again_as_an_erasure_erases_nobody(self, listening, live_server, store):
        body = {"id": 1, "customer": {"id": 7_200_000_000_001}}
        address = f"{live_server.url}/webhooks/{listening.pk}/"
        store.application.deliveries.send(address, "customers/redact", body)
        assert store.application.deliveries.wait()
        assert not PrivacyRequest.objects.exists()

    def test_an_erasure_holds_against_bulk_and_paging(self, listening, shop):
        sync()
        number = PlatformCustomer.objects.get().remote_id
        privacy.erase(connector=listening, person=registry.Person(customer_remote_ids=(number,)))
        changing.archive(shop, 5_500_000_000_001)
        sync("--full")
        sync()
        assert set(PlatformOrder.objects.values_list("email", flat=True)) == {""}
        assert PlatformCustomer.objects.get().email == ""


def test_a_burst_of_webhooks_costs_few_requests(connector, shop, store):
    sync()
    for number in range(12):
        WebhookDelivery.objects.create(
            connector=connector, delivery_key=f"k{number}", topic="orders/updated",
            resource="orders", remote_id=5_500_000_000_001 + number,
        )  # fmt: skip
    store.application.log.clear()
    webhooks.process(connector=connector)
    assert len(store.application.log) == 1


def test_the_page_of_a_customer_shows_the_default_address(connector, admin_client):
    sync()
    customer = PlatformCustomer.objects.get()
    said = admin_client.get(presenting.page_of(customer)).content.decode()
    assert "Default address" in said
    assert customer.metadata["defaultAddress"]["address1"] in said
