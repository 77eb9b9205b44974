"""Reading a shop over HTTP while it changes."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from connectors.platforms import base, woocommerce
from connectors.platforms.woocommerce.client import Client
from connectors.sandbox import rendering, wire

from .conftest import BILLING, NOW

ORDERS, PRODUCTS, CUSTOMERS = base.Resource.ORDERS, base.Resource.PRODUCTS, base.Resource.CUSTOMERS
WHOLE = base.Window(after=None, before=NOW)
RECENT = base.Window(after=NOW - timedelta(hours=1), before=NOW)


def ids(batches):
    return [record.remote_id for batch in batches for record in batch.records]


def saved(position):
    """As it comes back from the database."""
    return json.loads(json.dumps(position))


# Reading


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 198, 450])
def test_every_order_is_read_once(bench, store, count):
    bench.add_orders(range(1, count + 1))
    batches = list(store.read(ORDERS, WHOLE, {}))
    assert sorted(ids(batches)) == list(range(1, count + 1))
    assert [note for batch in batches for note in batch.notes] == []
    assert all(batch.total == count for batch in batches)


def test_trash_and_drafts_are_read_with_their_status(bench, store):
    bench.add_orders([1], status="processing")
    bench.add_orders([2], status="trash")
    bench.add_orders([3], status="checkout-draft")
    found = {
        r.remote_id: r.status for batch in store.read(ORDERS, WHOLE, {}) for r in batch.records
    }
    assert found == {
        1: base.OrderStatus.PROCESSING,
        2: base.OrderStatus.TRASHED,
        3: base.OrderStatus.DRAFT,
    }


def test_a_window_holds_its_start_and_not_its_end(bench, store):
    for number, seconds in ((1, -1), (2, 0), (3, 3599), (4, 3600)):
        bench.add_orders([number], RECENT.after + timedelta(seconds=seconds))
    assert sorted(ids(store.read(ORDERS, RECENT, {}))) == [2, 3]


def test_orders_with_equal_stamps_are_all_read(bench, store):
    bench.add_orders(range(1, 351), NOW - timedelta(minutes=5))
    assert sorted(ids(store.read(ORDERS, RECENT, {}))) == list(range(1, 351))


@pytest.mark.parametrize("resource", list(base.Resource))
def test_a_reading_that_finds_nothing_costs_a_few_requests_whatever_the_size(
    bench, store, resource
):
    bench.add_orders(range(1, 1001), NOW - timedelta(days=2))
    before = store.request_count
    assert list(store.read(resource, RECENT, {})) == []
    assert store.request_count - before <= 4


def test_pages_are_fetched_at_the_same_time_but_not_more_than_four(bench, running, store):
    bench.add_orders(range(1, 1201))
    lock, active, most = threading.Lock(), 0, 0

    def drift():
        nonlocal active, most
        with lock:
            active += 1
            most = max(most, active)
        time.sleep(0.03)
        with lock:
            active -= 1

    running.knobs.drift = drift
    assert len(ids(store.read(ORDERS, WHOLE, {}))) == 1200
    assert 2 <= most <= 4


@pytest.mark.parametrize("seed", range(6))
def test_no_order_is_lost_while_others_are_edited_deleted_trashed_and_added(
    bench, running, store, seed
):
    bench.add_orders(range(1001, 1801))
    bench.now = NOW + timedelta(seconds=5)
    random_ = random.Random(seed)
    fresh = itertools.count(5000)
    touched, lock = set(), threading.Lock()

    def drift():
        with lock:
            for _ in range(random_.choice([0, 1, 3, 30])):
                number = random_.randrange(1001, 1801)
                if bench.shop.get("order", number) is None:
                    continue
                touched.add(number)
                change = random_.random()
                if change < 0.4:
                    bench.shop.edit("order", number, customer_note="changed")
                elif change < 0.6:
                    bench.shop.edit("order", number, status="trash")
                elif change < 0.8:
                    bench.shop.remove("order", number)
                else:
                    # Comes into the window from outside, below what was read.
                    bench.add_orders([random_.randrange(1, 1000)])
            bench.add_orders([next(fresh)], bench.now)

    running.knobs.drift = drift
    found = set(ids(store.read(ORDERS, WHOLE, {})))
    assert set(range(1001, 1801)) - touched <= found
    assert not {number for number in found if number >= 5000}


def leaves_after_the_first_page(bench, running):
    """An order of the first page is edited, and so leaves the window, once it was sent."""
    calls = itertools.count()

    def drift():
        if next(calls) == 1:
            bench.now = NOW + timedelta(seconds=5)
            bench.shop.edit("order", 1, customer_note="changed")

    running.knobs.drift = drift


def test_page_after_page_would_lose_the_order_that_moves_up(bench, running):
    bench.add_orders(range(1, 251))
    leaves_after_the_first_page(bench, running)
    plain = Client(running.url, running.key, running.secret)
    window = {"modified_before": "2026-05-04T12:00:00", "dates_are_gmt": "true"}
    found = [
        order["id"]
        for page in ("1", "2", "3")
        for order in plain.get(
            "orders",
            {**window, "orderby": "id", "order": "asc", "per_page": "100", "page": page},
        ).data
    ]
    plain.close()
    assert set(range(1, 251)) - set(found) == {101}


def test_the_order_that_moves_up_is_read(bench, running, store):
    bench.add_orders(range(1, 251))
    leaves_after_the_first_page(bench, running)
    assert set(range(2, 251)) <= set(ids(store.read(ORDERS, WHOLE, {})))


def test_many_orders_that_come_in_below_lose_none(bench, running, store):
    bench.add_orders(range(1001, 1501))
    calls = itertools.count()

    def drift():
        if next(calls) == 4:
            bench.add_orders(range(1, 351))

    running.knobs.drift = drift
    assert set(range(1001, 1501)) <= set(ids(store.read(ORDERS, WHOLE, {})))


def test_a_reading_resumes_from_each_of_its_positions(bench, running, store):
    bench.add_orders(range(1, 451))
    bench.add_orders(range(451, 461), status="trash")
    batches = list(store.read(ORDERS, WHOLE, {}))
    assert len(batches) >= 6
    for done in range(1, len(batches) + 1):
        again = woocommerce.connect(running.url, running.key, running.secret)
        rest = again.read(ORDERS, WHOLE, saved(batches[done - 1].position))
        together = ids(batches[:done]) + ids(rest)
        assert sorted(together) == list(range(1, 461))
        again.close()


def test_a_reading_resumes_after_most_of_its_rows_have_left(bench, store):
    bench.add_orders(range(1, 1001))
    first = next(store.read(ORDERS, WHOLE, {}))
    bench.now = NOW + timedelta(seconds=5)
    for number in range(51, 1001):
        bench.shop.remove("order", number)
    before = store.request_count
    assert sorted(ids(store.read(ORDERS, WHOLE, saved(first.position)))) == list(range(1, 51))
    assert store.request_count - before < 10


def test_customers_are_read_whole_and_those_who_register_meanwhile_dont_stop_it(
    bench, running, store
):
    for number in range(250):
        bench.shop.add_customer({**BILLING, "email": f"c{number}@example.com"})
    bench_ids = set(range(2, 252))
    running.knobs.drift = lambda: bench.shop.add_customer(BILLING)
    found = ids(store.read(CUSTOMERS, WHOLE, {}))
    assert bench_ids <= set(found)
    assert len(found) == len(set(found))
    assert CUSTOMERS not in store.timed


def test_an_order_that_cant_be_used_is_a_note_and_the_others_are_read(bench, store):
    bench.add_orders([1], total="abc")
    bench.add_orders([2, 3])
    (batch,) = store.read(ORDERS, WHOLE, {})
    assert ids([batch]) == [2, 3]
    assert [(n.remote_id, n.cause, n.set_aside) for n in batch.notes] == [(1, "bad_amount", True)]


@pytest.mark.parametrize("fault", ["repeat", "bloat", "truncate", "cut", "php_warning"])
def test_a_fault_in_one_page_loses_nothing(bench, running, store, fault):
    bench.add_orders(range(1, 151))
    setattr(running.knobs, fault, 1)
    assert sorted(ids(store.read(ORDERS, WHOLE, {}))) == list(range(1, 151))


@pytest.mark.parametrize("number", [1, 52, 53, 54, 150, 151, 152, 250])
def test_a_record_without_an_id_stops_nothing(bench, running, store, number):
    bench.add_orders(range(1, 251))
    running.knobs.rewrite = {f'"id":{number},"parent_id"': '"id":null,"parent_id"'}
    batches = list(store.read(ORDERS, WHOLE, {}))
    notes = {(note.remote_id, note.cause) for batch in batches for note in batch.notes}
    assert notes == {(None, "bad_id")}
    assert sorted(ids(batches)) == [other for other in range(1, 251) if other != number]


def test_texts_that_cant_be_stored_are_replaced(bench, running, store):
    bench.add_orders([1, 2])
    running.knobs.rewrite = {'"Ida"': '"I\\u0000d\\ud800a"'}
    (batch,) = store.read(ORDERS, WHOLE, {})
    assert [record.customer_name for record in batch.records] == ["I\ufffdd\ufffda Brandt"] * 2
    assert [note.cause for note in batch.notes] == ["text_replaced"] * 2


def test_a_store_that_ignores_offset_is_not_read_as_if_it_were_whole(bench, store, ignoring_offset):
    bench.add_orders(range(1, 151))
    with pytest.raises(base.RejectedError, match="ignores the parameter offset"):
        list(store.read(ORDERS, WHOLE, {}))


# Products


@pytest.fixture
def catalogue(bench):
    """Two simple products and two variable ones, three variations each."""
    bench.now = NOW - timedelta(days=1)
    shop = bench.shop
    made = {"simple": [], "variable": [], "variation": []}
    for name in ("Candle", "Soap"):
        spec = rendering.ProductSpec(name=name, sku=name.upper(), price=500)
        made["simple"].append(shop.add_product(spec)["id"])
    for name in ("Towel &amp; cloth", "Mug"):
        spec = rendering.ProductSpec(
            name=name, kind="variable", options={"Colour": ["Red", "Blue", "Green"]}
        )
        parent = shop.add_product(spec)
        made["variable"].append(parent["id"])
        for colour in ("Red", "Blue", "Green"):
            child = rendering.ProductSpec(name=colour, price=900)
            made["variation"].append(shop.add_variation(parent, child, ("Colour", colour))["id"])
    bench.now = NOW
    return made


@pytest.fixture(params=["with a list of variations", "without"])
def any_shop(request, monkeypatch):
    if request.param == "without":
        monkeypatch.delitem(wire.ROUTES, r"/variations")


def test_products_are_read_with_their_variations(catalogue, store, any_shop):
    records = {r.remote_id: r for b in store.read(PRODUCTS, WHOLE, {}) for r in b.records}
    assert sorted(records) == sorted(itertools.chain(*catalogue.values()))
    titles = [records[number].title for number in catalogue["variation"]]
    assert titles[:2] == ["Towel & cloth – Red", "Towel & cloth – Blue"]
    assert {records[number].parent_remote_id for number in catalogue["variation"]} == set(
        catalogue["variable"]
    )


def test_a_changed_parent_brings_its_variations(bench, catalogue, store, any_shop):
    bench.now = NOW - timedelta(minutes=5)
    towel = catalogue["variable"][0]
    bench.shop.edit("product", towel, name="Bath towel")
    records = {r.remote_id: r for b in store.read(PRODUCTS, RECENT, {}) for r in b.records}
    assert sorted(records) == [towel, *catalogue["variation"][:3]]
    assert records[catalogue["variation"][0]].title == "Bath towel – Red"


def test_a_variation_that_changed_alone_is_read_with_its_parents_title(bench, catalogue, store):
    bench.now = NOW - timedelta(minutes=5)
    bench.shop.edit("variation", catalogue["variation"][1], price="12")
    (record,) = [r for b in store.read(PRODUCTS, RECENT, {}) for r in b.records]
    assert (record.remote_id, record.title) == (catalogue["variation"][1], "Towel & cloth – Blue")


def test_a_variation_whose_parent_is_in_the_trash_has_its_own_name(bench, catalogue, store):
    bench.now = NOW - timedelta(hours=2)
    bench.shop.edit("product", catalogue["variable"][0], status="trash")
    bench.now = NOW - timedelta(minutes=5)
    for number in catalogue["variation"][:2]:
        bench.shop.edit("variation", number, price="12")
    records = [r for b in store.read(PRODUCTS, RECENT, {}) for r in b.records]
    assert [record.title for record in records] == ["Red", "Blue"]


def test_a_position_of_another_kind_starts_anew(bench, store):
    bench.add_orders(range(1, 151))
    position = {"section": "elsewhere", "offset": 10, "low": 5}
    assert len(ids(store.read(ORDERS, WHOLE, position))) == 150


def test_more_variations_than_a_page_are_all_read(bench, store, any_shop):
    bench.now = NOW - timedelta(days=1)
    parent = bench.shop.add_product(rendering.ProductSpec(name="Paint", kind="variable"))
    for number in range(230):
        spec = rendering.ProductSpec(name=str(number), price=100)
        bench.shop.add_variation(parent, spec, ("Shade", str(number)))
    found = ids(store.read(PRODUCTS, WHOLE, {}))
    assert len(set(found)) == 231


def test_a_trashed_product_is_read_as_trash(bench, catalogue, store):
    bench.now = NOW - timedelta(minutes=5)
    bench.shop.edit("product", catalogue["simple"][0], status="trash")
    (record,) = [r for b in store.read(PRODUCTS, RECENT, {}) for r in b.records]
    assert (record.status, record.available) == ("trash", False)


def test_reading_products_resumes_from_each_of_its_positions(
    bench, catalogue, running, store, any_shop
):
    everything = sorted(itertools.chain(*catalogue.values()))
    batches = list(store.read(PRODUCTS, WHOLE, {}))
    for done in range(1, len(batches) + 1):
        again = woocommerce.connect(running.url, running.key, running.secret)
        rest = again.read(PRODUCTS, WHOLE, saved(batches[done - 1].position))
        assert sorted({*ids(batches[:done]), *ids(rest)}) == everything
        again.close()


# Sweeping


def covered(batches):
    """The ids of a sweep whose ranges leave no gap and hold what they say."""
    ranges = sorted((b.low, float("inf") if b.high is None else b.high) for b in batches)
    assert ranges[0][0] == 0
    assert ranges[-1][1] == float("inf")
    assert all(one[1] == other[0] for one, other in itertools.pairwise(ranges))
    for batch in batches:
        assert all(batch.low <= i and (batch.high is None or i < batch.high) for i in batch.ids)
    return sorted(i for batch in batches for i in batch.ids)


@pytest.mark.parametrize("count", [0, 1, 100, 101, 450])
def test_a_sweep_lists_every_order_that_is_not_in_the_trash(bench, store, count):
    bench.add_orders(range(10, 10 + count))
    bench.add_orders([3, 5000], status="trash")
    bench.add_orders([4, 6000], status="checkout-draft")
    assert covered(list(store.read_ids(ORDERS, {}))) == [4, *range(10, 10 + count), 6000]


def test_a_sweep_lists_customers(bench, store):
    for _ in range(120):
        bench.shop.add_customer(BILLING)
    assert covered(list(store.read_ids(CUSTOMERS, {}))) == list(range(2, 122))


def test_a_sweep_lists_products_and_variations(catalogue, store, any_shop):
    expected = sorted(itertools.chain(*catalogue.values()))
    assert covered(list(store.read_ids(PRODUCTS, {}))) == expected


@pytest.mark.parametrize("resource", [ORDERS, PRODUCTS])
def test_a_sweep_resumes_from_each_of_its_positions(bench, catalogue, running, store, resource):
    bench.add_orders(range(1, 451))
    batches = list(store.read_ids(resource, {}))
    for done in range(1, len(batches) + 1):
        again = woocommerce.connect(running.url, running.key, running.secret)
        rest = list(again.read_ids(resource, saved(batches[done - 1].position)))
        assert covered(batches[:done] + rest) == covered(batches)
        again.close()


@pytest.mark.parametrize("seed", range(4))
def test_a_sweep_misses_no_order_while_others_come_and_go(bench, running, store, seed):
    bench.add_orders(range(1001, 1801))
    random_, lock, touched = random.Random(seed), threading.Lock(), set()

    def drift():
        with lock:
            for _ in range(random_.choice([0, 2, 20])):
                number = random_.randrange(1, 2001)
                touched.add(number)
                if random_.random() < 0.6:
                    bench.shop.remove("order", number)
                else:
                    bench.add_orders([number])

    running.knobs.drift = drift
    found = covered(list(store.read_ids(ORDERS, {})))
    untouched = set(range(1, 2001)) - touched
    assert untouched & set(found) == untouched & set(range(1001, 1801))


# Single records


def test_orders_are_fetched_by_id_whatever_their_status(bench, store):
    bench.add_orders(range(1, 251))
    bench.add_orders([300], status="trash")
    bench.add_orders([301], status="checkout-draft")
    batch = store.fetch(ORDERS, [*range(1, 251), 300, 301, 999])
    assert sorted(ids([batch])) == [*range(1, 251), 300, 301]
    assert store.fetch(ORDERS, []).records == []


def test_products_and_variations_are_fetched_by_id(bench, catalogue, store, any_shop):
    bench.shop.edit("product", catalogue["simple"][1], status="trash")
    wanted = list(itertools.chain(*catalogue.values()))
    batch = store.fetch(PRODUCTS, [*wanted, 99_999])
    records = {record.remote_id: record for record in batch.records}
    assert sorted(records) == sorted(wanted)
    assert records[catalogue["variation"][0]].kind == "variation"
    assert records[catalogue["simple"][1]].status == "trash"


def test_customers_are_fetched_by_id(bench, store):
    made = bench.shop.add_customer(BILLING)
    (record,) = store.fetch(CUSTOMERS, [made["id"], 77]).records
    assert (record.remote_id, record.email) == (made["id"], "ida@example.com")


def test_a_bad_record_that_is_fetched_is_a_note(bench, store):
    bench.add_orders([1], date_created_gmt=None)
    batch = store.fetch(ORDERS, [1])
    assert batch.records == []
    assert [(note.remote_id, note.cause) for note in batch.notes] == [(1, "bad_date")]


# The rest


def test_now_is_the_stores_clock_to_the_second(store, monkeypatch):
    assert abs(store.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert store.now().microsecond == 0


def test_the_guard_is_called_where_the_caller_is(running):
    threads = []
    store = woocommerce.connect(
        running.url,
        running.key,
        running.secret,
        guard=lambda: threads.append(threading.current_thread()),
    )
    for call in (
        lambda: store.read(ORDERS, WHOLE, {}),
        lambda: store.read_ids(ORDERS, {}),
        lambda: store.fetch(ORDERS, []),
        store.now,
        store.check,
    ):
        threads.clear()
        call()
        assert threading.current_thread() in threads
    store.close()


def test_only_the_fields_that_are_used_are_asked_for(bench, running, store):
    bench.add_orders([1])
    list(store.read(ORDERS, WHOLE, {}))
    asked = running.application.log[-1].query["_fields"].split(",")
    assert "line_items" in asked
    assert not {"order_key", "_links", "customer_ip_address"} & set(asked)
