"""connect, sync and sync_status as an operator's terminal sees them, against the sandbox."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog.models import PlatformProduct
from connectors.models import ConnectorConfig, SyncCursor, SyncNote
from connectors.sandbox import server
from orders.models import OrderItem, PlatformCustomer, PlatformOrder

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words, **options):
    out, err = StringIO(), StringIO()
    call_command(*words, stdout=out, stderr=err, **options)
    return out.getvalue() + err.getvalue()


def refusal(*words, **options):
    err = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(*words, stdout=StringIO(), stderr=err, **options)
    return f"{err.getvalue()}{caught.value}"


def connect(store, *words, secret=None):
    return (
        "connect", "woocommerce", store.url, "--api-key", store.key,
        "--secret", secret or store.secret, *words,
    )  # fmt: skip


def test_connect_saves_what_works_and_says_what_it_found(store):
    said = run(*connect(store, "--sync-interval", "60"))
    assert "Connected: Hearth & Home (WooCommerce 11.0.1, GBP)" in said
    assert store.secret not in said
    saved = ConnectorConfig.objects.get()
    assert (saved.sync_interval, saved.api_key, saved.secret) == (60, store.key, store.secret)
    assert SyncCursor.objects.count() == 3


def test_connecting_again_renews_the_credentials_of_the_same_store(store):
    run(*connect(store))
    first = ConnectorConfig.objects.get()
    run(*connect(store, "--name", "Renamed"))
    again = ConnectorConfig.objects.get()
    assert (again.pk, again.name) == (first.pk, "Renamed")


def test_the_secret_may_come_from_the_environment(store, monkeypatch):
    monkeypatch.setenv("STOREKEEP_CONNECT_SECRET", store.secret)
    run("connect", "woocommerce", store.url, "--api-key", store.key)
    assert ConnectorConfig.objects.exists()


def test_a_wrong_secret_is_said_plainly_and_nothing_is_saved(store):
    said = refusal(*connect(store, secret="cs_wrong_secret"))
    assert "secret" in said.lower()
    assert "Nothing was saved" in said
    assert "cs_wrong_secret" not in said
    assert not ConnectorConfig.objects.exists()


def test_a_read_only_key_connects_with_a_warning(shop):
    with server.running(shop, permissions="read") as store:
        said = run(*connect(store))
    assert "Connected" in said
    assert "read" in said.lower()


def test_a_write_only_key_is_refused(shop):
    with server.running(shop, permissions="write") as store:
        assert "read" in refusal(*connect(store)).lower()
    assert not ConnectorConfig.objects.exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("connect", "magento", "https://a.example"), "There is no platform “magento”"),
        (("connect", "shopify", "https://a.example"), "your-store.myshopify.com"),
        (("connect", "woocommerce", "http://127.0.0.1:9", "--api-key", "k", "--secret", "s"),
         "Nothing was saved"),
        (("connect", "woocommerce", "not a store", "--api-key", "k", "--secret", "s"), "address"),
        (("sync", "refunds"), "There is no “refunds” to copy"),
        (("sync",), "No connected store fits"),
        (("sync", "--platform", "magento"), "There is no platform “magento”"),
    ],
)  # fmt: skip
def test_wrong_words_get_a_plain_answer(words, expected):
    assert expected in refusal(*words)
    assert not ConnectorConfig.objects.exists()


def test_sync_copies_a_store_over_http(connector, shop):
    said = run("sync")
    assert "Shop: products: 1 created" in said
    assert "Shop: orders: 5 created" in said
    product = PlatformProduct.objects.get()
    assert (product.title, product.sku, str(product.price)) == ("Mug & Saucer", "MUG", "5.99")
    order = PlatformOrder.objects.get(order_id="10002")
    assert (str(order.total_amount), order.currency) == ("21.56", "GBP")
    assert order.customer == PlatformCustomer.objects.get()
    item = order.items.get()
    assert (item.quantity, str(item.price), item.product) == (3, "5.99", product)


def test_sync_copies_only_what_is_named(connector):
    run("sync", "customers")
    assert PlatformCustomer.objects.count() == 1
    assert not PlatformOrder.objects.exists()


def test_a_store_that_fails_ends_with_an_error_and_the_next_sync_goes_on(connector, store):
    run("sync", "products", "customers")
    known, store.application.doorkeeper.credentials = store.application.doorkeeper.credentials, {}
    said = refusal("sync", "orders")
    assert "Not complete" in said
    connector.refresh_from_db()
    assert connector.disconnected_at
    store.application.doorkeeper.credentials = known
    assert "5 created" in run("sync", "orders")


def test_a_date_that_is_none_is_refused(connector):
    assert "“soon” is no date" in refusal("sync", "--since", "soon")
    assert "--full reads everything" in refusal("sync", "--since", "2026-01-01", "--full")


def test_a_dry_run_says_what_it_would_do(connector):
    assert "orders: would be 5 created" in run("sync", "--dry-run")
    assert not PlatformOrder.objects.exists()


def test_sync_status_is_readable_by_people_and_programs(connector):
    assert "not copied completely yet" in run("sync_status")
    run("sync")
    found = json.loads(run("sync_status", "--json"))
    assert [one["resource"] for one in found] == ["products", "customers", "orders"]
    assert found[2]["last_run"]["created_count"] == 5
    assert found[2]["lag_seconds"] < 60


SPOILED = [
    ("order", {"total": "abc"}, 4),
    ("order", {"total": "123456789012.34"}, 4),
    ("order", {"date_created_gmt": None, "date_created": None}, 4),
    ("order", {"date_modified_gmt": "2026-00-00T00:00:00"}, 4),
    ("order", {"line_items": "none"}, 4),
    ("order", {"customer_note": "N\x00L"}, 5),
    ("product", {"price": "abc"}, 0),
    ("product", {"name": "N\x00L"}, 1),
    ("product", {"name": "x" * 400}, 1),
]
ROWS = {"order": PlatformOrder, "product": PlatformProduct}


@pytest.mark.parametrize(("kind", "spoilt", "rows"), SPOILED)
def test_one_bad_record_is_noted_and_the_others_arrive(connector, shop, kind, spoilt, rows):
    number = {"order": 10_003, "product": 101}[kind]
    shop.store(kind, shop.get(kind, number) | spoilt)
    run("sync", f"{kind}s")
    assert ROWS[kind].objects.count() == rows
    note = SyncNote.objects.get()
    assert (note.remote_id, note.set_aside) == (number, rows in (0, 4))
    assert note.detail


def test_a_lone_surrogate_in_a_name_is_replaced_and_noted(connector, shop, store):
    shop.edit("product", 101, name="SURROGATE mug")
    store.knobs.rewrite = {"SURROGATE": "\\ud800"}
    run("sync", "products")
    assert PlatformProduct.objects.get().title == "\ufffd mug"
    assert not SyncNote.objects.get().set_aside


@pytest.mark.parametrize(
    "fault", ["throttle", "fail", "cut", "truncate", "php_warning", "login_page", "maintenance"]
)
def test_a_passing_fault_of_the_store_loses_nothing(connector, store, fault):
    store.knobs.retry_after = "0"
    setattr(store.knobs, fault, 1)
    try:
        run("sync", "orders")
    except CommandError:
        run("sync", "orders")
    assert PlatformOrder.objects.count() == 5
    assert OrderItem.objects.count() == 5


def test_a_doubled_record_and_a_page_of_ten_megabytes_are_read(connector, store):
    store.knobs.repeat = 1
    store.knobs.bloat = 1
    run("sync", "orders")
    assert PlatformOrder.objects.count() == 5


def test_edits_and_deletions_between_pages_lose_nothing(connector, shop, store):
    victims = iter(range(10_001, 10_004))

    def drift():
        number = next(victims, None)
        if number:
            shop.edit("order", number, customer_note=f"edited {number}")

    store.knobs.drift = drift
    run("sync", "orders")
    store.knobs.drift = None
    shop.remove("order", 10_005)
    run("sync", "orders", "--full")
    assert PlatformOrder.objects.exclude(status="deleted").count() == 4
    assert PlatformOrder.objects.get(order_id="10001").customer_note == "edited 10001"
