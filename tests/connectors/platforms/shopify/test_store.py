"""A Shopify store is read at the wire, whatever it answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.platforms import base, shopify
from connectors.platforms.shopify import client as wire
from connectors.platforms.shopify import connections, paging
from connectors.sandbox import people
from connectors.sandbox.shopify import changing, goods, orders
from connectors.sandbox.shopify.shop import Selection
from tests.connectors.platforms.shopify.conftest import spec

ALL = list(base.Resource)
ORDERS = base.Resource.ORDERS


def window(after=None):
    return base.Window(after=after, before=datetime.now(UTC))


def read(store, resource, after=None, position=None):
    return list(store.read(resource, window(after), position or {}))


def ids(batches):
    return [record.remote_id for batch in batches for record in batch.records]


def asked(running, name):
    return sum(name in str(seen) for seen in running.application.log)


class TestReading:
    def test_everything_comes_by_a_bulk_operation(self, store, running):
        counts = [len(ids(read(store, resource))) for resource in ALL]
        assert counts == [5, 1, 12]
        assert asked(running, "BulkRun") == 3

    def test_a_bulk_operation_is_kept_before_its_first_record(self, store):
        first = read(store, ORDERS)[0]
        assert (list(first.records), set(first.position)) == ([], {"bulk", "done"})

    def test_a_reading_goes_on_in_the_same_operation(self, store):
        batches = read(store, ORDERS)
        assert ids(read(store, ORDERS, position=batches[0].position)) == ids(batches)
        assert ids(read(store, ORDERS, position=batches[-1].position)) == []

    def test_children_in_any_order_find_their_parents(self, store, running):
        running.knobs.bulk_interleave = 1
        lines = [len(one.lines) for batch in read(store, ORDERS) for one in batch.records]
        assert lines == [1] * 12

    def test_a_taken_bulk_operation_leaves_paging(self, store, running):
        running.knobs.bulk_taken = 1
        assert len(ids(read(store, ORDERS))) == 12

    def test_a_bulk_operation_that_fails_leaves_paging(self, store, running):
        running.knobs.bulk_fail = 1
        assert len(set(ids(read(store, ORDERS)))) == 12

    def test_an_operation_of_ours_that_runs_is_waited_for(self, store, running):
        running.knobs.bulk_seconds = 0.3
        document = wire.documents.text("bulk_orders")
        started = store._client.mutate("bulk_run", {"query": document})
        identity = started.data["bulkOperationRunQuery"]["bulkOperation"]["id"]
        running.knobs.bulk_taken = 1
        assert read(store, ORDERS)[0].position["bulk"] == identity

    def test_changes_come_page_by_page_oldest_first(self, store, shop):
        shop.clock = lambda: datetime.now(UTC)
        changed = changing.archive(shop, 5_500_000_000_003)["id"]
        after = datetime.now(UTC) - timedelta(hours=1)
        assert ids(read(store, ORDERS, after))[-1] == changed

    def test_only_what_changed_since_comes(self, shop, store):
        shop.clock = lambda: datetime.now(UTC) + timedelta(minutes=5)
        changing.archive(shop, 5_500_000_000_003)
        after = datetime.now(UTC) + timedelta(minutes=1)
        assert ids(read(store, ORDERS, after)) == [5_500_000_000_003]

    def test_customers_come_newest_first_and_end_at_the_window(self, store, shop, running):
        for number in range(300):
            shop.add_customer(people.address(number, "United Kingdom"))
        shop.clock = lambda: datetime.now(UTC) + timedelta(minutes=5)
        shop.edit("customer", 7_200_000_000_005, firstName="Bo")
        running.application.log.clear()
        found = read(store, base.Resource.CUSTOMERS, datetime.now(UTC) + timedelta(minutes=1))
        assert ids(found)[0] == 7_200_000_000_005
        assert len(found) == 1

    def test_a_search_longer_than_shopify_gives_begins_again_where_it_stands(
        self, store, shop, running, monkeypatch
    ):
        monkeypatch.setattr(paging, "AT_ONCE", 5)
        monkeypatch.setattr(connections, "MOST", 3)
        moment = [datetime.now(UTC) - timedelta(hours=1)]
        shop.clock = lambda: moment[0]
        for order in [n["id"] for n in shop.select("order", Selection())]:
            moment[0] += timedelta(seconds=7)
            changing.archive(shop, order)
        found = read(store, ORDERS, datetime.now(UTC) - timedelta(hours=2))
        assert len(set(ids(found))) == 12

    def test_lines_that_do_not_fit_into_a_page_are_read_on(self, store, shop, running):
        lines = [orders.LineSpec(title=f"Line {n}", unit_price="1.00") for n in range(130)]
        number = shop.add_order(orders.OrderSpec(lines=lines, email="x@example.com"))["id"]
        (record,) = store.fetch(ORDERS, [number]).records
        assert [line.title for line in record.lines] == [f"Line {n}" for n in range(130)]

    def test_a_product_of_very_many_variants_comes_whole(self, store, shop):
        variants = [
            goods.VariantSpec(price="1.00", sku=f"V{n}", selected={"No": str(n)})
            for n in range(2_048)
        ]
        product = shop.add_product(goods.ProductSpec(title="Many", variants=variants))
        found = store.refetch(base.Resource.PRODUCTS, [product["id"]])
        assert len({record.sku for record in found.batch.records}) == 2_048
        assert len(found.families[product["id"]]) == 2_048

    def test_missing_and_repeated_skus_are_given_as_they_are(self, store):
        skus = [r.sku for b in read(store, base.Resource.PRODUCTS) for r in b.records]
        assert skus == ["TEE-M", "TEE-M", "", "MUG", "BOWL"]

    def test_a_foreign_order_keeps_both_moneys_apart(self, store, shop):
        product = shop.get("product", 8_100_000_000_001)
        variant = shop.variants(product["id"])[0]
        order = shop.add_order(spec(product, variant, currency="EUR", rate="1.2"))
        (record,) = store.fetch(ORDERS, [order["id"]]).records
        assert (record.currency, record.shop_currency) == ("EUR", "GBP")
        assert record.total > record.shop_total
        parts = sum(line.total + line.total_tax for line in record.lines)
        parts += sum(one.total + one.tax for one in record.charges if one.kind == "shipping")
        assert parts == record.total

    def test_a_discount_by_code_is_taken_off_the_lines(self, store, shop):
        product = shop.get("product", 8_100_000_000_001)
        variant = shop.variants(product["id"])[0]
        order = shop.add_order(spec(product, variant, discount=10))
        (record,) = store.fetch(ORDERS, [order["id"]]).records
        (line,) = record.lines
        assert line.subtotal - line.total == record.discount_total > 0
        coupon = [one for one in record.charges if one.kind == "coupon"]
        assert coupon[0].total == -record.discount_total

    def test_refunds_and_cancellations_are_seen(self, store, shop):
        order = shop.get("order", 5_500_000_000_001)
        changing.refund(shop, order["id"], {order["lineItems"][0]["id"]: 1})
        changing.cancel(shop, 5_500_000_000_002)
        one, two = store.fetch(ORDERS, [5_500_000_000_001, 5_500_000_000_002]).records
        assert one.refunded_total == one.refunds[0].amount > 0
        assert two.status == "cancelled"


class TestIds:
    def test_all_ids_come_upwards_without_a_gap(self, store):
        for resource, number in zip(ALL, (5, 1, 12), strict=True):
            (batch,) = store.read_ids(resource, {})
            assert (len(batch.ids), batch.low, batch.high) == (number, 0, None)

    def test_stamps_are_those_of_the_records(self, store):
        (batch,) = store.read_ids(base.Resource.PRODUCTS, {})
        records = store.fetch(base.Resource.PRODUCTS, sorted(batch.ids)).records
        assert {one.remote_id: one.modified_at for one in records} == dict(batch.stamps)

    def test_ranges_join_over_pages(self, store, monkeypatch):
        monkeypatch.setattr(connections, "MOST", 5)
        batches = list(store.read_ids(ORDERS, {}))
        assert [len(one.ids) for one in batches] == [5, 7]
        assert [one.low for one in batches[1:]] == [one.high for one in batches[:-1]]

    def test_without_all_orders_nothing_is_said_of_older_ones(self, store, running):
        running.knobs.scopes = "read_products,read_customers,read_orders"
        (batch,) = store.read_ids(ORDERS, {})
        assert batch.low == 5_500_000_000_001


class TestThrottling:
    def test_a_throttled_query_is_asked_again(self, store, running):
        running.knobs.throttled = 2
        store._client.sleep = lambda seconds: None
        assert store.now() is not None
        assert running.knobs.throttled == 0

    def test_429_is_waited_for_as_told(self, running):
        waits = []
        store = shopify.connect(running.url, running.token, "")
        store._client.sleep = waits.append
        running.knobs.throttle, running.knobs.retry_after = 1, "3"
        store.now()
        assert waits[0] >= 3
        store.close()

    def test_points_are_waited_for_exactly(self, running):
        waits = []
        store = shopify.connect(running.url, running.token, "")
        store._client._bucket._clock = lambda: 0.0
        store._client.sleep = waits.append
        cost = {
            "requestedQueryCost": 500,
            "throttleStatus": {
                "maximumAvailable": 1000, "currentlyAvailable": 300, "restoreRate": 100,
            },
        }  # fmt: skip
        store._client._bucket.learn("orders", cost)
        assert store._client._bucket.pause("orders") == 2.0
        store.close()

    def test_a_query_that_is_too_dear_is_made_smaller(self, store, running, shop):
        sizes = connections.PageSize(250)
        variables = {"lines": 100, "after": None, "query": None}
        found = connections.page(store._client, "orders", "orders", variables, sizes)
        assert len(found.nodes) == 12
        assert sizes.value < 250


@pytest.mark.parametrize(
    ("state", "code"),
    [("frozen", "frozen"), ("forbidden", "forbidden"), ("missing", "no_store"),
     ("locked", "locked")],
)  # fmt: skip
def test_a_shop_that_cannot_be_used_is_said_in_plain_words(store, running, state, code):
    running.knobs.state = state
    with pytest.raises(base.RejectedError) as error:
        store.check()
    assert error.value.code == code
    assert "Traceback" not in str(error.value)


class TestCredentials:
    def test_a_wrong_token_is_refused(self, running):
        store = shopify.connect(running.url, "shpat_wrong", "")
        with pytest.raises(base.CredentialsError, match="does not accept these credentials"):
            store.check()
        store.close()

    def test_a_client_id_is_granted_a_token_once(self, running):
        store = shopify.connect(running.url, running.client_id, running.client_secret)
        for _ in range(3):
            store.now()
        assert asked(running, "access_token") == 1
        store.close()

    def test_a_token_that_stopped_being_good_is_renewed_once(self, running):
        store = shopify.connect(running.url, running.client_id, running.client_secret)
        store.now()
        running.application.tokens.expire()
        store.now()
        assert asked(running, "access_token") == 2
        store.close()

    def test_a_token_is_renewed_before_it_ends(self, running):
        cache = base.PrivateCache()
        soon = datetime.now(UTC) + timedelta(minutes=4)
        cache.keep(base.Token(text="old", expires_at=soon))
        store = shopify.connect(
            running.url, running.client_id, running.client_secret, token_cache=cache
        )
        store.now()
        assert cache.load().text != "old"
        store.close()

    def test_a_refused_grant_is_said_in_plain_words(self, running):
        store = shopify.connect(running.url, running.client_id, "wrong")
        with pytest.raises(base.CredentialsError, match="grants no token"):
            store.check()
        store.close()

    def test_no_error_carries_a_secret(self, running):
        store = shopify.connect(running.url, "shpat_topsecret", "alsosecret")
        with pytest.raises(base.StoreError) as error:
            store.check()
        assert "secret" not in repr(error.value).replace("client id and secret", "")
        store.close()

    @pytest.mark.parametrize("missing", ["read_orders", "read_customers", "read_products"])
    def test_a_missing_scope_is_named(self, store, running, missing):
        scopes = {"read_orders", "read_customers", "read_products"} - {missing}
        running.knobs.scopes = ",".join(scopes)
        with pytest.raises(base.CredentialsError, match=missing):
            store.check()

    def test_sixty_days_and_reading_alone_are_warned_of(self, store, running):
        running.knobs.scopes = "read_products,read_customers,read_orders"
        found = store.check()
        assert found.can_write is False
        assert any("last 60 days" in warning for warning in found.warnings)
        assert any("write_orders" in warning for warning in found.warnings)

    def test_another_version_is_warned_of(self, running):
        store = shopify.connect(running.url, running.token, "", version="2020-01")
        assert any("not 2020-01" in warning for warning in store.check().warnings)
        store.close()


def test_a_search_that_was_ignored_in_part_is_a_failure(store):
    with pytest.raises(base.RejectedError) as error:
        store._client.query("order_ids", {"first": 5, "query": "nonsense:1"})
    assert error.value.code == "search_ignored"


def test_an_answer_that_breaks_off_is_asked_again(store, running):
    running.knobs.cut = 1
    store._client.sleep = lambda seconds: None
    assert len(ids(read(store, ORDERS, datetime.now(UTC) - timedelta(days=1)))) == 12


def test_a_mutation_without_an_answer_is_not_sent_again(store, running):
    running.knobs.lose_after = 1
    with pytest.raises(base.OutcomeUnknownError):
        store.add_webhook("orders/create", "http://127.0.0.1:9/x", "")
    assert [one.topic for one in store.webhooks()] == ["orders/create"]


def test_webhooks_are_added_listed_and_removed(store):
    made = store.add_webhook("orders/updated", "http://127.0.0.1:9/x", "")
    assert list(store.webhooks()) == [made]
    assert (made.topic, made.active) == ("orders/updated", True)
    store.remove_webhook(made.remote_id)
    assert list(store.webhooks()) == []
    store.remove_webhook(made.remote_id)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("acme.myshopify.com", "https://acme.myshopify.com"),
        ("https://Acme.myshopify.com/admin", "https://acme.myshopify.com"),
        ("acme", "https://acme.myshopify.com"),
        ("https://admin.shopify.com/store/acme/products", "https://acme.myshopify.com"),
        ("http://127.0.0.1:8090/", "http://127.0.0.1:8090"),
    ],
)
def test_an_address_is_kept_in_one_way(given, expected):
    assert shopify.normal_url(given) == expected


@pytest.mark.parametrize("given", ["", "shop.example.com", "https://u:p@acme.myshopify.com",
                                   "evil.com/acme.myshopify.com", "a.b.myshopify.com"])  # fmt: skip
def test_what_is_no_shopify_address_is_refused(given):
    with pytest.raises(base.RejectedError, match=r"your-store\.myshopify\.com"):
        shopify.normal_url(given)
