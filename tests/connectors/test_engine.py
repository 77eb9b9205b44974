"""The sync engine over a store in memory: what ends up in the tables, whatever happens."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.models import PlatformProduct
from connectors import engine, prefetching, processes, runs
from connectors.models import ConnectorConfig, SyncCursor, SyncNote, SyncRun
from connectors.platforms import base
from orders.models import OrderItem, PlatformCustomer, PlatformOrder
from tests.connectors.memory import START, MemoryStore, customer, line, order, product

pytestmark = pytest.mark.django_db

PRODUCTS, CUSTOMERS, ORDERS = base.Resource
HOUR = timedelta(hours=1)


@pytest.fixture
def connector():
    return ConnectorConfig.objects.create(
        platform="woocommerce", store_url="https://shop.example.com", api_key="ck", secret="cs"
    )


@pytest.fixture
def store():
    return MemoryStore()


def sync(connector, store, resource=ORDERS, **options):
    return engine.sync(
        connector=connector, resource=resource, store=store, options=engine.Options(**options)
    )


def counts(run):
    names = ("created", "updated", "unchanged", "deleted", "set_aside")
    return {name: number for name in names if (number := getattr(run, f"{name}_count"))}


def test_a_first_sync_copies_everything_and_the_next_copies_nothing(connector, store):
    store.put(*(order(n) for n in range(1, 8)))
    run = sync(connector, store)
    assert (run.status, counts(run)) == ("complete", {"created": 7})
    run.refresh_from_db()
    assert counts(run) == {"created": 7}
    assert OrderItem.objects.count() == 14
    store.clock += HOUR
    assert counts(sync(connector, store)) == {}


def test_a_changed_order_replaces_its_lines_and_keeps_their_ids(connector, store):
    first = order(1)
    store.put(first)
    sync(connector, store)
    kept = OrderItem.objects.get(remote_id=11).id
    store.clock += HOUR
    store.edit(first, lines=(line(11, quantity=4, total=Decimal("40.00")), line(13)))
    store.clock += HOUR
    assert counts(sync(connector, store)) == {"updated": 1}
    items = {i.remote_id: (i.id, i.quantity, i.price) for i in OrderItem.objects.all()}
    assert items[11] == (kept, 4, Decimal("10.00"))
    assert set(items) == {11, 13}


def test_an_older_order_never_overwrites_a_newer_one(connector, store):
    newer = order(1, modified_at=START + HOUR, status=base.OrderStatus.COMPLETED)
    store.put(newer)
    sync(connector, store)
    stale = order(1, modified_at=START, lines=(line(19),))
    store.put(stale)
    assert counts(sync(connector, store, full=True)) == {"unchanged": 1}
    assert PlatformOrder.objects.get().status == "completed"
    assert {item.remote_id for item in OrderItem.objects.all()} == {11, 12}


def test_an_order_names_a_customer_who_is_not_copied_yet(connector, store):
    store.put(order(1, customer_remote_id=7, email="ada@example.com", customer_name="Ada"))
    sync(connector, store)
    found = PlatformOrder.objects.get().customer
    assert (found.customer_id, found.email, found.name) == ("7", "ada@example.com", "Ada")
    store.put(customer(7, email="ada@new.example.com"))
    assert counts(sync(connector, store, CUSTOMERS)) == {"updated": 1}
    assert PlatformCustomer.objects.get().email == "ada@new.example.com"


def test_a_customer_of_an_order_does_not_overwrite_the_copied_one(connector, store):
    store.put(customer(7), order(1, customer_remote_id=7, email="typo@example.com"))
    sync(connector, store, CUSTOMERS)
    sync(connector, store)
    assert PlatformCustomer.objects.get().email == "c7@example.com"


def test_a_failure_in_the_middle_keeps_what_was_written_and_the_next_run_goes_on(connector, store):
    store.put(*(order(n) for n in range(1, 10)))
    store.fail_after = 2
    run = sync(connector, store)
    assert (run.status, run.error_code) == ("failed", "timeout")
    assert run.error == "The store does not answer."
    assert PlatformOrder.objects.count() == 6
    connector.refresh_from_db()
    assert connector.disconnected_at is not None
    run = sync(connector, store)
    assert (run.status, counts(run)) == ("complete", {"created": 3})
    connector.refresh_from_db()
    assert (connector.disconnected_at, connector.disconnected_reason) == (None, "")


def test_a_resumed_first_sync_then_reads_what_changed_meanwhile(connector, store):
    records = [order(n) for n in range(1, 7)]
    store.put(*records)
    store.fail_after = 1
    sync(connector, store)
    store.clock += HOUR
    store.edit(records[0], number="changed")
    store.clock += HOUR
    sync(connector, store)
    assert PlatformOrder.objects.get(order_id="1").number == "changed"
    assert SyncCursor.objects.get(resource=ORDERS).changed_until == store.clock


def test_the_cursor_overlaps_what_was_read(connector, store, settings):
    settings.SYNC_OVERLAP_SECONDS = 120
    store.put(order(1))
    sync(connector, store)
    until = store.clock
    store.clock += HOUR
    sync(connector, store)
    assert store.windows[-1].after == until - timedelta(seconds=120)


def test_a_late_since_does_not_move_the_cursor_over_a_gap(connector, store):
    store.put(order(1))
    sync(connector, store)
    until = store.clock
    store.clock += 10 * HOUR
    store.put(order(2, modified_at=until + HOUR), order(3, modified_at=until + 9 * HOUR))
    assert counts(sync(connector, store, since=until + 8 * HOUR)) == {"created": 1}
    assert SyncCursor.objects.get(resource=ORDERS).changed_until == until
    assert counts(sync(connector, store))["created"] == 1
    assert PlatformOrder.objects.count() == 3


def test_a_dry_run_counts_and_writes_nothing(connector, store):
    store.put(*(order(n) for n in range(1, 6)))
    assert counts(sync(connector, store, dry_run=True)) == {"created": 5}
    assert not PlatformOrder.objects.exists()
    assert not SyncRun.objects.exists()
    assert SyncCursor.objects.get().window == {}


def test_a_set_aside_record_is_noted_and_cleared_when_it_is_well_again(connector, store):
    bad = order(2)
    store.put(order(1), bad)
    store.notes[2] = base.Note(
        remote_id=2, cause="total_not_a_number", detail="Its total reads “abc”.", set_aside=True
    )
    run = sync(connector, store)
    assert (run.status, counts(run)) == ("complete", {"created": 1, "set_aside": 1})
    note = SyncNote.objects.get()
    assert (note.remote_id, note.cause, note.set_aside) == (2, "total_not_a_number", True)
    del store.notes[2]
    store.clock += HOUR
    store.edit(bad, number="2b")
    store.clock += HOUR
    assert counts(sync(connector, store)) == {"created": 1}
    assert not SyncNote.objects.exists()


def test_a_value_that_the_database_refuses_sets_aside_that_record_alone(connector, store):
    store.put(order(1), order(2, total=Decimal("123456789012.34")), order(3))
    run = sync(connector, store)
    assert (run.status, counts(run)) == ("complete", {"created": 2, "set_aside": 1})
    assert SyncNote.objects.get().cause == "database_refused"
    assert set(PlatformOrder.objects.values_list("order_id", flat=True)) == {"1", "3"}
    run.refresh_from_db()
    assert counts(run) == {"created": 2, "set_aside": 1}


def test_a_three_decimal_total_is_kept_exactly_and_marked(connector, store):
    store.put(order(1, currency="KWD", total=Decimal("12.345")))
    sync(connector, store)
    found = PlatformOrder.objects.get()
    assert (found.total_amount, found.exact_total) == (Decimal("12.35"), Decimal("12.345"))
    assert found.total_is_rounded
    assert SyncNote.objects.get().cause == "total_rounded"


def test_a_deleted_order_is_marked_by_the_sweep_and_keeps_its_lines(connector, store):
    store.put(*(order(n) for n in range(1, 6)))
    sync(connector, store)
    del store.records[ORDERS][3]
    assert counts(sync(connector, store, full=True)) == {"unchanged": 4, "deleted": 1}
    gone = PlatformOrder.objects.get(order_id="3")
    assert gone.status == "deleted"
    assert gone.items.count() == 2


def test_a_row_that_the_list_leaves_out_is_asked_for_before_it_is_marked(connector, store):
    store.put(order(1), order(2))
    sync(connector, store)
    store.unlisted = {2}
    store.clock += HOUR
    store.put(order(2, status=base.OrderStatus.TRASHED, modified_at=store.clock))
    assert "deleted" not in counts(sync(connector, store, full=True))
    assert PlatformOrder.objects.get(order_id="2").status == "trashed"


def test_a_record_that_reading_missed_is_found_by_the_sweep(connector, store):
    store.put(order(1))
    sync(connector, store)
    SyncCursor.objects.update(swept_at=timezone.now() - timedelta(days=2))
    store.put(order(2, modified_at=START - 300 * HOUR))
    assert counts(sync(connector, store))["created"] == 1


def test_a_sweep_that_misses_an_implausible_share_deletes_nothing(connector, store):
    store.put(*(order(n) for n in range(1, 41)))
    sync(connector, store)
    for n in range(1, 31):
        del store.records[ORDERS][n]
    run = sync(connector, store, full=True)
    assert run.status == "complete"
    assert "30 of 40 orders are no longer in the store" in run.warning
    assert "deleted" not in counts(run)
    assert counts(sync(connector, store, full=True, accept_deletions=True))["deleted"] == 30


def test_a_sweep_that_was_interrupted_goes_on_with_what_it_found(connector, store):
    store.put(*(order(n) for n in range(1, 10)))
    sync(connector, store)
    SyncCursor.objects.update(swept_at=timezone.now() - timedelta(days=2))
    del store.records[ORDERS][2]
    store.clock += HOUR
    store.fail_after = 1
    sync(connector, store)
    assert SyncCursor.objects.get().sweep["missing"] == [2]
    run = sync(connector, store)
    assert counts(run) == {"deleted": 1}


def test_customers_are_read_whole_on_the_sweep_interval_only(connector, store):
    store.put(customer(1))
    sync(connector, store, CUSTOMERS)
    store.request_count = 0
    sync(connector, store, CUSTOMERS)
    assert store.request_count == 0
    SyncCursor.objects.update(swept_at=timezone.now() - timedelta(days=2))
    store.put(customer(2))
    assert counts(sync(connector, store, CUSTOMERS)) == {"created": 1, "unchanged": 1}


def test_a_product_key_is_given_once_and_never_changes(connector, store):
    store.put(product(1, sku="TEE"), product(2, sku="TEE"), product(3, sku=""))
    sync(connector, store, PRODUCTS)
    keys = dict(PlatformProduct.objects.values_list("remote_id", "sku"))
    assert keys == {1: "TEE", 2: "TEE~2", 3: "id-3"}
    assert set(SyncNote.objects.values_list("remote_id", "cause")) == {
        (2, "sku_repeated"),
        (3, "sku_missing"),
    }
    store.clock += HOUR
    store.put(product(1, sku="TEE-NEW", modified_at=store.clock))
    store.clock += HOUR
    sync(connector, store, PRODUCTS)
    renamed = PlatformProduct.objects.get(remote_id=1)
    assert (renamed.sku, renamed.merchant_sku) == ("TEE", "TEE-NEW")


def test_a_long_sku_is_cut_and_stays_unlike_others(connector, store):
    long = "X" * 120
    store.put(product(1, sku=long + "a"), product(2, sku=long + "b"))
    sync(connector, store, PRODUCTS)
    keys = sorted(PlatformProduct.objects.values_list("sku", flat=True))
    assert [len(key) for key in keys] == [100, 100]
    assert len(set(keys)) == 2
    assert set(PlatformProduct.objects.values_list("merchant_sku", flat=True)) == {
        long + "a",
        long + "b",
    }


def test_two_stores_with_the_same_ids_do_not_touch_each_other(connector, store):
    other = ConnectorConfig.objects.create(
        platform="woocommerce", store_url="https://eu.example.com", api_key="ck", secret="cs",
        key_prefix="eu",
    )  # fmt: skip
    store.put(product(1, sku="eu-TEE"), customer(1), order(1, customer_remote_id=1))
    second = MemoryStore()
    second.put(product(1, sku="TEE"), customer(1), order(1, customer_remote_id=1, number="EU"))
    for resource in base.Resource:
        sync(connector, store, resource)
        sync(other, second, resource)
    assert set(PlatformOrder.objects.values_list("order_id", "customer_id", "number")) == {
        ("1", "1", "1"),
        ("eu-1", "eu-1", "EU"),
    }
    assert set(PlatformProduct.objects.values_list("sku", "connector_id")) == {
        ("eu-TEE", connector.pk),
        ("eu-TEE~1", other.pk),
    }


def test_a_line_finds_its_product_by_id_and_a_gone_product_leaves_the_sold_sku(connector, store):
    store.put(
        product(1, sku="TEE"),
        product(2, sku="TEE"),
        order(
            1,
            lines=(
                line(1, product_remote_ids=(2, 1), sku="TEE"),
                line(2, product_remote_ids=(99, 1), sku="TEE-XL"),
                line(3, product_remote_ids=(98,), sku="GONE"),
                line(4),
            ),
        ),
    )
    sync(connector, store, PRODUCTS)
    sync(connector, store)
    assert dict(OrderItem.objects.values_list("remote_id", "sku")) == {
        1: "TEE~2", 2: "TEE", 3: "GONE", 4: None,
    }  # fmt: skip


def test_a_unit_price_is_rounded_half_up_and_the_line_total_is_exact(connector, store):
    store.put(order(1, lines=(line(1, quantity=8, total=Decimal("1.00")),)))
    sync(connector, store)
    item = OrderItem.objects.get()
    assert (item.price, item.total) == (Decimal("0.13"), Decimal("1.00"))


def test_one_resource_of_a_store_is_copied_by_one_process_only(connector, store):
    runs.open_run(connector=connector, resource=ORDERS, kind=SyncRun.Kind.INCREMENTAL)
    with pytest.raises(runs.AlreadyRunningError):
        sync(connector, store)
    assert store.request_count == 0
    assert sync(connector, store, PRODUCTS).status == "complete"


def test_a_run_whose_process_was_killed_is_freed_at_once(connector, store):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    host, _ = runs.this_process().split(":")
    SyncRun.objects.create(
        connector=connector, resource=ORDERS, kind="full",
        owner=f"{host}:{processes.of(child.pid)}",
    )  # fmt: skip
    with pytest.raises(runs.AlreadyRunningError):
        sync(connector, store)
    child.kill()
    child.communicate()
    assert sync(connector, store).status == "complete"
    assert set(SyncRun.objects.values_list("status", flat=True)) == {"complete", "interrupted"}


def test_a_run_of_another_machine_is_freed_when_it_was_silent_for_long(connector, store):
    silent = SyncRun.objects.create(
        connector=connector, resource=ORDERS, kind="full", owner="elsewhere:1-1",
        heartbeat_at=timezone.now() - runs.STALE_AFTER - HOUR,
    )  # fmt: skip
    assert sync(connector, store).status == "complete"
    silent.refresh_from_db()
    assert silent.status == "interrupted"


def test_a_run_that_was_taken_over_writes_nothing_more(connector, store):
    store.page = 1
    store.put(*(order(n) for n in range(1, 60)))

    def take_over(progress):
        SyncRun.objects.open().update(status="interrupted", finished_at=timezone.now())

    run = sync(connector, store, report=take_over)
    assert "taken over" in run.error
    # What was read ahead before the first batches were written may have been among them.
    assert PlatformOrder.objects.count() <= 2 * prefetching.AHEAD


def test_an_interrupt_closes_the_run_and_keeps_what_was_written(connector, store):
    store.put(*(order(n) for n in range(1, 10)))
    store.fail_after, store.failure = 1, KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        sync(connector, store)
    assert SyncRun.objects.get().status == "interrupted"
    assert PlatformOrder.objects.count() == 3


def test_a_first_copy_that_was_interrupted_looks_for_what_went_meanwhile(connector, store):
    store.page = 2
    store.put(*(order(n) for n in range(1, 7)))
    store.fail_after = 2
    assert sync(connector, store).status == "failed"
    assert PlatformOrder.objects.filter(order_id="1").exists()
    del store.records[ORDERS][1]
    assert sync(connector, store).status == "complete"
    assert PlatformOrder.objects.get(order_id="1").status == "deleted"
