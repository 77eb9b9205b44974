"""Verification finds what is missing, extra and stale, and mends it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from catalog.models import PlatformProduct
from connectors import tasks, verifying
from connectors.models import ConnectorConfig, Verification
from connectors.platforms import base
from connectors.sandbox import server
from connectors.sandbox.shop import Shop
from orders.models import PlatformCustomer, PlatformOrder
from tests.connectors.conftest import spec

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = base.Resource.ORDERS


@pytest.fixture
def copied(connector, capsys):
    call_command("sync")
    capsys.readouterr()
    return connector


def finding(connector, resource=ORDERS, **options):
    _, (found,) = verifying.verify(connector=connector, resources=[resource], **options)
    return found


def test_a_fresh_copy_is_complete(copied):
    kept, findings = verifying.verify(connector=copied)
    assert [(one.resource, one.in_store, one.here) for one in findings] == [
        ("products", 1, 1), ("customers", 1, 1), ("orders", 5, 5)
    ]  # fmt: skip
    assert kept.is_clean
    assert verifying.last(copied) == kept


def test_a_row_that_was_lost_is_missing_and_comes_back(copied):
    PlatformOrder.objects.get(remote_id=10_003).items.all().delete()
    PlatformOrder.objects.filter(remote_id=10_003).delete()
    assert finding(copied).missing == {10_003}
    mended = finding(copied, repair=True)
    assert (mended.is_clean, mended.repaired) == (True, 1)
    assert PlatformOrder.objects.get(remote_id=10_003).items.count() == 1


def test_a_row_that_the_store_does_not_have_is_extra_and_is_marked(copied, shop):
    shop.remove("order", 10_002)
    assert finding(copied).extra == {10_002}
    assert PlatformOrder.objects.get(remote_id=10_002).status == "processing"
    assert finding(copied, repair=True).is_clean
    assert PlatformOrder.objects.get(remote_id=10_002).status == "deleted"


def test_a_row_that_is_older_than_the_store_is_stale_and_is_read_again(copied):
    old = datetime(2026, 1, 1, tzinfo=UTC)
    PlatformOrder.objects.filter(remote_id=10_001).update(remote_modified_at=old, status="failed")
    assert finding(copied).stale == {10_001}
    assert finding(copied, repair=True).is_clean
    assert PlatformOrder.objects.get(remote_id=10_001).status == "processing"


def test_a_row_that_counts_as_deleted_and_is_in_the_store_is_missing(copied):
    PlatformProduct.objects.update(deleted_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert finding(copied, base.Resource.PRODUCTS).missing == {101}
    finding(copied, base.Resource.PRODUCTS, repair=True)
    assert PlatformProduct.objects.get().deleted_at is None


def test_a_lost_customer_is_missing(copied):
    PlatformOrder.objects.update(customer_id=None)
    PlatformCustomer.objects.all().delete()
    assert finding(copied, base.Resource.CUSTOMERS).missing == {2}


def test_what_changed_since_the_last_sync_is_pending(copied, shop):
    shop.clock = lambda: datetime.now(UTC) + timedelta(seconds=5)
    new = shop.add_order(spec())["id"]
    shop.set_status(10_001, "completed")
    found = finding(copied)
    assert (found.is_clean, found.pending) == (True, {new, 10_001})


def test_a_store_that_was_never_copied_is_not_complete(connector):
    found = finding(connector)
    assert (len(found.missing), found.is_clean) == (5, False)


def test_trashed_orders_are_no_difference(connector, shop, capsys):
    shop.set_status(10_004, "trash")
    call_command("sync")
    found = finding(connector)
    assert (found.is_clean, found.in_store, found.here) == (True, 4, 4)


def test_an_order_that_was_set_aside_is_named_so(connector, shop, capsys):
    shop.edit("order", 10_005, total="abc")
    call_command("sync")
    found = finding(connector)
    assert (found.is_clean, found.set_aside) == (True, {10_005})


def test_no_record_is_read_whole_where_nothing_differs(copied, store):
    store.application.log.clear()
    finding(copied)
    assert {seen.query.get("_fields") for seen in store.application.log} == {"id,date_modified_gmt"}


def test_another_store_with_the_same_ids_is_left_alone(copied, shop, capsys):
    with server.running(Shop()) as other:
        second = ConnectorConfig.objects.create(
            platform="woocommerce", store_url=other.url, api_key=other.key, secret=other.secret,
            key_prefix="eu",
        )  # fmt: skip
        call_command("sync")
        found = finding(second, repair=True)
        assert (found.in_store, found.here, found.is_clean) == (0, 0, True)
    assert PlatformOrder.objects.exclude(status="deleted").count() == 5


class TestManyMissing:
    @pytest.fixture
    def emptied(self, copied, shop):
        for _ in range(25):
            shop.add_order(spec())
        call_command("sync")
        for number in range(10_001, 10_031):
            shop.remove("order", number)
        return copied

    def test_a_share_that_is_implausible_is_not_marked_unasked(self, emptied):
        found = finding(emptied, repair=True)
        assert (len(found.extra), found.is_implausible) == (30, True)
        assert not PlatformOrder.objects.filter(status="deleted").exists()

    def test_it_is_marked_when_that_is_agreed(self, emptied):
        assert finding(emptied, repair=True, agree=lambda _: True).is_clean

    def test_the_command_needs_yes(self, emptied, capsys):
        with pytest.raises(SystemExit):
            call_command("verify", "orders", "--repair")
        assert "Say --yes" in capsys.readouterr().err
        call_command("verify", "orders", "--repair", "--yes")
        assert PlatformOrder.objects.filter(status="deleted").count() == 30


def test_the_command_lists_what_differs_and_ends_with_one(copied, shop, capsys):
    shop.remove("order", 10_002)
    with pytest.raises(SystemExit) as ended:
        call_command("verify", "--store", "Shop")
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "orders extra (here, not in the store any more): 10002" in said
    assert "manage.py verify --repair" in said
    call_command("verify", "--repair")
    assert "Complete: nothing missing, extra or stale." in capsys.readouterr().out


def test_the_command_prints_one_json_object(copied, shop, capsys):
    call_command("verify", "--json")
    (found,) = json.loads(capsys.readouterr().out)
    assert found["resources"]["orders"] == {
        "in_store": 5, "here": 5, "repaired": 0, "missing": [], "extra": [], "stale": [],
        "set_aside": [], "pending": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["refunds"], "There is no “refunds” to verify"),
        (["--store", "nowhere.example.com"], "No connected store fits"),
    ],
)
def test_wrong_words_get_a_plain_answer(connector, words, expected):
    with pytest.raises(CommandError, match=expected):
        call_command("verify", *words)


def test_a_store_that_does_not_answer_is_named(connector):
    connector.secret = "cs_wrong"
    connector.save()
    with pytest.raises(CommandError, match="secret is wrong"):
        call_command("verify")
    assert not Verification.objects.exists()


def test_the_task_keeps_what_it_found(copied, shop):
    shop.remove("order", 10_002)
    tasks.verify(str(copied.pk))
    assert not verifying.last(copied).is_clean
