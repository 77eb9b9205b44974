"""What the sync engine relies on in every store, whatever its platform."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest

from connectors.platforms import base
from tests.contract import stores

MOST = 2_000
RESOURCES = list(base.Resource)
ADDRESS = "https://storekeep.example.com/webhooks/contract/"
TOPICS = {"woocommerce": "order.created", "shopify": "orders/create"}


@pytest.fixture(params=stores.KINDS)
def store(request):
    with stores.opened(request.param, request) as found:
        yield found


@pytest.fixture
def platform(request):
    return request.node.callspec.params["store"].split()[0]


def read(store, resource, after=None, position=None):
    """The records and notes of a reading; of a large store, its first ones."""
    window = base.Window(after=after, before=store.now() + timedelta(seconds=1))
    records, notes, positions = [], [], []
    for batch in store.read(resource, window, position or {}):
        records += batch.records
        notes += batch.notes
        positions.append(batch.position)
        if len(records) > MOST:
            break
    return records, notes, positions


def ids_of(store, resource):
    found = {}
    for batch in islice(store.read_ids(resource, {}), 50):
        found |= dict(batch.stamps)
    return found


def test_a_store_says_what_it_is(store):
    found = store.check()
    assert found.name
    assert len(found.currency) == 3


def test_its_clock_is_not_far_from_ours(store):
    assert abs(store.now() - datetime.now(UTC)) < timedelta(minutes=15)


@pytest.mark.parametrize("resource", RESOURCES)
def test_reading_everything_gives_each_record_with_its_id(store, resource):
    records, notes, _ = read(store, resource)
    assert len({one.remote_id for one in records}) == len(records)
    assert not [one for one in notes if one.set_aside and one.remote_id is None]


@pytest.mark.parametrize("resource", RESOURCES)
def test_ids_are_those_of_the_records(store, resource):
    records, notes, _ = read(store, resource)
    if len(records) > MOST:
        pytest.skip("too large a store to be held against its ids")
    known = {one.remote_id for one in records} | {one.remote_id for one in notes}
    assert set(ids_of(store, resource)) <= known


@pytest.mark.parametrize("resource", RESOURCES)
def test_ranges_of_ids_leave_no_gap(store, resource):
    batches = list(islice(store.read_ids(resource, {}), 20))
    pairs = sorted((one.low, one.high) for one in batches)
    assert all(first[1] == second[0] for first, second in pairwise(pairs))
    for batch in batches:
        assert all(one >= batch.low for one in batch.ids)
        assert batch.high is None or all(one < batch.high for one in batch.ids)


@pytest.mark.parametrize("resource", RESOURCES)
def test_records_by_id_are_the_same_as_read(store, resource):
    records, _, _ = read(store, resource)
    chosen = {one.remote_id: one for one in records[:7]}
    found = store.fetch(resource, list(chosen)).records
    assert {one.remote_id for one in found} == set(chosen)
    for one in found:
        same = chosen[one.remote_id]
        if one.modified_at == same.modified_at:
            assert one == same


@pytest.mark.parametrize("resource", RESOURCES)
def test_an_id_that_the_store_does_not_have_is_left_out(store, resource):
    assert store.fetch(resource, [2**53 - 1]).records == []


@pytest.mark.parametrize("resource", [base.Resource.PRODUCTS, base.Resource.ORDERS])
def test_nothing_has_changed_since_the_future(store, resource):
    window = base.Window(
        after=store.now() + timedelta(days=2), before=store.now() + timedelta(days=3)
    )
    assert [r for batch in store.read(resource, window, {}) for r in batch.records] == []


def test_a_window_holds_what_changed_in_it(store):
    records, _, _ = read(store, base.Resource.ORDERS)
    if not records or len(records) > MOST:
        pytest.skip("no orders, or too many")
    newest = max(one.modified_at for one in records)
    found, _, _ = read(store, base.Resource.ORDERS, after=newest)
    expected = {one.remote_id for one in records if one.modified_at >= newest}
    assert expected <= {one.remote_id for one in found}


def test_a_reading_resumes_behind_a_batch(store):
    records, _, positions = read(store, base.Resource.ORDERS)
    if len(records) > MOST:
        pytest.skip("too large a store to be read twice")
    rest, _, _ = read(store, base.Resource.ORDERS, position=positions[0])
    assert {one.remote_id for one in rest} <= {one.remote_id for one in records}
    last, _, _ = read(store, base.Resource.ORDERS, position=positions[-1])
    assert last == []


def test_the_parts_of_orders_belong_to_them(store):
    records, _, _ = read(store, base.Resource.ORDERS)
    for one in records[:200]:
        assert one.total >= 0
        assert len(one.currency) == 3
        assert len({line.remote_id for line in one.lines}) == len(one.lines)
        assert one.refunded_total == sum(refund.amount for refund in one.refunds)


@pytest.mark.writes
def test_a_webhook_is_made_listed_and_taken_away(store, platform):
    topic = TOPICS[platform]
    address = ADDRESS
    if "127.0.0.1" in getattr(store._client, "root", ""):
        address = "http://127.0.0.1:9/webhooks/contract/"
    made = store.add_webhook(topic, address, "a secret for the contract's sake")
    try:
        assert (made.topic, made.url, made.active) == (topic, address, True)
        assert made.remote_id in {one.remote_id for one in store.webhooks()}
    finally:
        store.remove_webhook(made.remote_id)
    assert made.remote_id not in {one.remote_id for one in store.webhooks()}
