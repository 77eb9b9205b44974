"""Stores, runs and notes in the console."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu import pools

from config.celery import app
from connectors import notes
from connectors.models import ConnectorConfig, SyncCursor, SyncNote, SyncRun
from connectors.platforms import base
from tests.factories import ConnectorFactory, OrderFactory, ProductFactory

STORES = "/admin/connectors/connectorconfig/"
SECRETS = ("ck_test_key_1234", "cs_test_secret_9876")


def page_of(store, word="change"):
    return f"{STORES}{store.pk}/{word}/"


def staff(client, *codenames):
    user = User.objects.create_user("sam", password="sam", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    client.force_login(user)


def filled(store, **changed):
    return {
        "platform": "woocommerce", "store_url": store.url, "name": "", "api_key": store.key,
        "secret": store.secret, "key_prefix": "", "ca_bundle": "", "sync_interval": "300",
        "sweep_interval": "86400", "sync_enabled": "on", **changed,
    }  # fmt: skip


def said(response):
    return [str(message) for message in response.context["messages"]]


@pytest.mark.django_db(transaction=True)
class TestConnecting:
    def test_a_store_that_answers_is_saved_with_its_cursors(self, admin_client, store):
        response = admin_client.post(f"{STORES}add/", filled(store))
        assert response.status_code == 302
        saved = ConnectorConfig.objects.get()
        assert (saved.store_url, saved.currency, saved.secret) == (store.url, "GBP", store.secret)
        assert SyncCursor.objects.filter(connector=saved).count() == 3

    def test_a_wrong_secret_is_named_beside_the_form_and_nothing_is_saved(
        self, admin_client, store
    ):
        wrong = "cs_0000000000000000000000000000000000000000"
        response = admin_client.post(f"{STORES}add/", filled(store, secret=wrong))
        assert response.status_code == 200
        [error] = response.context["adminform"].form.non_field_errors()
        assert error.endswith("Nothing was saved.")
        assert wrong not in response.content.decode()
        assert not ConnectorConfig.objects.exists()

    def test_an_address_that_is_none_is_refused_without_a_call(self, admin_client, store):
        response = admin_client.post(
            f"{STORES}add/", filled(store, store_url="ftp://shop.example.com")
        )
        assert "This is not a store&#x27;s address" in response.content.decode()
        assert not ConnectorConfig.objects.exists()

    def test_a_platform_that_cannot_be_connected_is_not_offered(self, admin_client, store):
        response = admin_client.post(f"{STORES}add/", filled(store, platform="magento"))
        assert "platform" in response.context["adminform"].form.errors
        assert not ConnectorConfig.objects.exists()

    def test_empty_credentials_keep_the_stored_ones(self, admin_client, store):
        admin_client.post(f"{STORES}add/", filled(store))
        saved = ConnectorConfig.objects.get()
        asked = len(store.application.log)
        changed = filled(store, api_key="", secret="", name="Ours", sync_interval="60")
        assert admin_client.post(page_of(saved), changed).status_code == 302
        saved.refresh_from_db()
        assert (saved.name, saved.sync_interval, saved.secret) == ("Ours", 60, store.secret)
        assert len(store.application.log) == asked

    def test_new_credentials_are_tried_before_they_replace_the_stored_ones(
        self, admin_client, store
    ):
        admin_client.post(f"{STORES}add/", filled(store))
        saved = ConnectorConfig.objects.get()
        response = admin_client.post(page_of(saved), filled(store, secret="cs_wrong_wrong_wrong"))
        assert response.status_code == 200
        saved.refresh_from_db()
        assert saved.secret == store.secret

    def test_the_connection_is_tested_on_demand(self, admin_client, store):
        admin_client.post(f"{STORES}add/", filled(store))
        saved = ConnectorConfig.objects.get()
        response = admin_client.post(page_of(saved, "test"), follow=True)
        assert any(one.startswith("The store answers: WooCommerce") for one in said(response))
        ConnectorConfig.objects.update(secret="cs_wrong_wrong_wrong")
        response = admin_client.post(page_of(saved, "test"), follow=True)
        assert not any(one.startswith("The store answers") for one in said(response))


@pytest.mark.django_db
class TestStores:
    @pytest.mark.parametrize("path", ["", "{}/change/", "{}/delete/", "{}/history/"])
    def test_no_page_shows_a_credential(self, admin_client, path):
        store = ConnectorFactory()
        body = admin_client.get(STORES + path.format(store.pk)).content.decode()
        assert not [secret for secret in SECRETS if secret in body]

    def test_the_last_four_characters_are_shown(self, admin_client):
        body = admin_client.get(page_of(ConnectorFactory())).content.decode()
        assert "Stored: …1234. Leave this empty to keep it." in body
        assert "Stored: …9876. Leave this empty to keep it." in body

    def test_an_unreadable_credential_is_called_so(self, admin_client, settings):
        store = ConnectorFactory()
        settings.FIELD_KEYS = ["another key, of thirty-two characters or more"]
        body = admin_client.get(page_of(store)).content.decode()
        assert body.count("The stored one is unreadable") == 2

    def test_the_key_prefix_is_fixed_by_the_first_sync(self, admin_client):
        store = ConnectorFactory(key_prefix="eu")
        body = admin_client.get(page_of(store)).content.decode()
        assert 'name="key_prefix"' in body
        SyncCursor.objects.create(
            connector=store, resource="orders", window={"position": {"page": 2}}
        )
        body = admin_client.get(page_of(store)).content.decode()
        assert 'name="key_prefix"' not in body

    def test_a_disconnected_store_says_since_when_and_why(self, admin_client):
        store = ConnectorFactory(
            disconnected_at=datetime(2026, 3, 1, 9, 5, tzinfo=UTC), disconnected_reason="<b>No</b>"
        )
        body = admin_client.get(page_of(store)).content.decode()
        assert "Disconnected since 1 Mar 2026, 09:05 UTC." in body
        assert "&lt;b&gt;No&lt;/b&gt;" in body

    def test_a_store_with_rows_is_not_deleted(self, admin_client):
        store = ProductFactory().connector
        response = admin_client.post(page_of(store, "delete"), {"post": "yes"}, follow=True)
        assert f"{store} can't be deleted" in said(response)[0]
        assert ConnectorConfig.objects.filter(pk=store.pk).exists()

    def test_a_store_without_rows_is_deleted_with_its_runs(self, admin_client):
        store = ConnectorFactory()
        run_of(store)
        assert admin_client.get(page_of(store, "delete")).status_code == 200
        assert admin_client.post(page_of(store, "delete"), {"post": "yes"}).status_code == 302
        assert not ConnectorConfig.objects.exists()
        assert not SyncRun.objects.exists()

    def test_sync_now_makes_everything_due_and_wakes_whoever_copies(self, admin_client):
        store = ConnectorFactory()
        later = timezone.now() + timedelta(hours=1)
        SyncCursor.objects.create(connector=store, resource="orders", due_at=later)
        with broker("memory://"):
            response = admin_client.post(page_of(store, "sync"), follow=True)
        assert said(response) == ["Queued: products, customers and orders are copied now."]
        assert SyncCursor.objects.get().due_at is None

    def test_sync_now_says_when_redis_does_not_answer(self, admin_client):
        store = ConnectorFactory()
        with broker("redis://127.0.0.1:1/0"):
            response = admin_client.post(page_of(store, "sync"), follow=True)
        assert "Redis does not answer" in said(response)[0]

    def test_sync_now_refuses_a_store_that_is_off(self, admin_client):
        store = ConnectorFactory(sync_enabled=False)
        response = admin_client.post(page_of(store, "sync"), follow=True)
        assert said(response) == ["Syncing is off for this store: turn it on below first."]

    @pytest.mark.parametrize("word", ["test", "sync"])
    def test_buttons_do_nothing_by_get(self, admin_client, word):
        assert admin_client.get(page_of(ConnectorFactory(), word)).status_code == 405

    @pytest.mark.parametrize("word", ["test", "sync", "change", "delete"])
    def test_who_may_only_look_changes_nothing(self, client, word):
        store = ConnectorFactory()
        staff(client, "view_connectorconfig")
        assert client.get(page_of(store)).status_code == 200
        assert client.post(page_of(store, word), {"post": "yes"}).status_code == 403
        assert ConnectorConfig.objects.filter(pk=store.pk).exists()

    def test_who_may_only_look_sees_no_credential_at_all(self, client):
        store = ConnectorFactory()
        staff(client, "view_connectorconfig")
        body = client.get(page_of(store)).content.decode()
        assert not [text for text in (*SECRETS, "1234", "9876", "Sync now") if text in body]

    def test_the_list_asks_as_much_for_ten_stores_as_for_one(self, admin_client):
        ConnectorFactory()
        one = queries(admin_client, STORES)
        ConnectorFactory.create_batch(9)
        assert queries(admin_client, STORES) == one


@pytest.mark.django_db
class TestNotes:
    def test_they_are_counted_by_cause_with_what_it_means(self, admin_client):
        store = ConnectorFactory()
        note(store, 1, "sku_missing"), note(store, 2, "sku_missing")
        note(store, 3, "bad_amount", set_aside=True)
        response = admin_client.get("/admin/connectors/syncnote/causes/")
        counted = [(n.title, n.count, n.set_aside) for n in response.context["note_counts"]]
        assert counted == [("Bad amount", 1, 1), ("SKU missing", 2, 0)]
        assert "The product has no SKU in the store" in response.content.decode()

    def test_each_leads_to_its_record_where_we_have_it(self, admin_client):
        product = ProductFactory(sku="A-1")
        note(product.connector, product.remote_id, "sku_repeated")
        note(product.connector, 999_999, "bad_amount", set_aside=True)
        body = admin_client.get("/admin/connectors/syncnote/").content.decode()
        page = "/admin/catalog/platformproduct/A-1_5F-woocommerce/change/"
        assert f'href="{page}">Product {product.remote_id}<' in body
        assert ">Product 999999</a>" not in body
        assert "Product 999999" in body

    def test_the_list_asks_as_much_for_forty_as_for_one(self, admin_client):
        product = ProductFactory()
        note(product.connector, product.remote_id, "text_cut")
        one = queries(admin_client, "/admin/connectors/syncnote/")
        for other in ProductFactory.create_batch(39, connector=product.connector):
            note(product.connector, other.remote_id, "text_cut")
        assert queries(admin_client, "/admin/connectors/syncnote/") == one

    def test_the_counts_need_the_permission_to_view_notes(self, client):
        staff(client, "view_connectorconfig")
        assert client.get("/admin/connectors/syncnote/causes/").status_code == 403


@pytest.mark.django_db
def test_runs_are_read_only_and_say_how_they_went(admin_client):
    run = run_of(OrderFactory().connector, status="failed", error="It broke.", created_count=1234)
    page = f"/admin/connectors/syncrun/{run.pk}/change/"
    assert "It broke." in admin_client.get(page).content.decode()
    assert admin_client.post(page, {"error": ""}).status_code == 403
    body = admin_client.get("/admin/connectors/syncrun/").content.decode()
    assert ">1,234<" in body


@contextmanager
def broker(url):
    """The Celery app with another broker, and no connection to the one before."""
    before = app.conf.broker_url
    try:
        _use_broker(url)
        yield
    finally:
        _use_broker(before)


def _use_broker(url):
    pools.reset()
    app._pool = app.amqp._producer_pool = None
    app.conf.broker_url = url


def run_of(store, status="complete", **values):
    now = timezone.now()
    return SyncRun.objects.create(
        connector=store, resource="orders", kind="full", status=status, owner="host:1-2",
        started_at=now, finished_at=now, **values,
    )  # fmt: skip


def note(store, remote_id, cause, *, set_aside=False):
    made = base.Note(remote_id=remote_id, cause=cause, detail="Because.", set_aside=set_aside)
    notes.record(connector=store, resource=base.Resource.PRODUCTS, imported_ids=[], notes=[made])
    return SyncNote.objects.get(remote_id=remote_id, cause=cause)


def queries(client, url):
    client.get(url)  # sessions and content types are cached by the first
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(url).status_code == 200
    return len(caught)
