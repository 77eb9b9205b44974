"""The scenarios of a whole store and of a person, each on both platforms and over HTTP."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.models import PlatformProduct
from connectors import presenting
from connectors.models import ConnectorConfig, PrivacyRequest, SyncCursor
from connectors.sandbox import server as woo_server
from connectors.sandbox.shopify import server as shopify_server
from connectors.sandbox.shopify.shop import Selection
from orders.models import PlatformCustomer, PlatformOrder
from support import audit
from support.models import RefundRequest
from tests.chaos import shops as busy
from tests.support import desk, shops
from tests.support.test_addresses import LEEDS
from tests.support.test_addresses import ask as ask_address
from tests.support.test_addresses import work as work_address
from tests.support.test_scenarios import ask, work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MODELS = {"product": PlatformProduct, "customer": PlatformCustomer, "order": PlatformOrder}


class WooCommerce(busy.WooCommerce):
    """A busy shop, as it is served."""

    platform = "woocommerce"
    faults = {"throttle": 4}

    @contextmanager
    def served(self):
        with woo_server.running(self.shop) as self.running:
            self.key, self.secret = self.running.key, self.running.secret
            self.running.knobs.retry_after = "0"
            yield self

    def ids(self, kind):
        """Of everything that the store has and lists."""
        listed = "SELECT id FROM record WHERE kind = ? AND status <> 'trash'"
        with self.shop.lock:
            return {number for (number,) in self.shop.database.execute(listed, [kind])}


class Shopify(busy.Shopify):
    """A busy shop, as it is served."""

    platform = "shopify"
    faults = {"throttle": 2, "throttled": 4}

    @contextmanager
    def served(self):
        with shopify_server.running_shopify(self.shop) as self.running:
            self.key, self.secret = self.running.client_id, self.running.client_secret
            self.running.knobs.restore_rate, self.running.knobs.retry_after = 10_000.0, "0"
            yield self

    def ids(self, kind):
        """Of everything that the store has; what we copy as products are its variants."""
        listed = {"product": "variant"}.get(kind, kind)
        return {one["id"] for one in self.shop.select(listed, Selection())}


@pytest.fixture(params=[Shopify, WooCommerce], ids=["shopify", "woocommerce"])
def shop(request):
    shops.roles()
    with request.param(7).served() as found:
        yield found


def copied(kind):
    """The store's ids of our rows that are still there."""
    rows = MODELS[kind].objects.filter(deleted_at=None)
    if kind == "order":
        rows = rows.exclude(status=PlatformOrder.Status.TRASHED)
    return set(rows.values_list("remote_id", flat=True))


def test_11_a_token_dead_for_three_days_is_named_mended_and_caught_up_with(
    page, live_server, shop, capsys
):
    connector = ConnectorConfig.objects.create(
        platform=shop.platform, store_url=shop.running.url, api_key=shop.key, secret=shop.secret,
        name="Hearth",
    )  # fmt: skip
    call_command("sync")
    since = datetime.now(UTC) - timedelta(days=3)
    ConnectorConfig.objects.update(secret="withdrawn", access_token=None)
    with shops.travelled(days=-3), pytest.raises(CommandError, match="Not complete"):
        call_command("sync")
    SyncCursor.objects.update(swept_at=since)
    for _ in range(80):
        shop.change()

    get_user_model().objects.create_superuser("boss", password="pass-word-1")
    staff = desk.Staff(page, live_server, get_user_model().objects.get())
    banner = page.inner_text(".sk-danger")
    assert "Hearth" in banner
    assert f"disconnected since {presenting.moment(since)[:11]}" in banner
    staff.open(presenting.page_of(connector))
    staff.fill("[name=secret]", shop.secret)
    staff.click("[name=_continue]")
    staff.click("text=Test connection")
    page.wait_for_selector("text=answers")

    knobs = shop.running.knobs
    knobs.turn(shop.faults)
    knobs.drift = shop.change
    call_command("sync", "--accept-deletions")
    knobs.drift = None
    shop.change()
    SyncCursor.objects.update(swept_at=since)
    call_command("sync", "--accept-deletions")
    assert {kind: copied(kind) for kind in MODELS} == {kind: shop.ids(kind) for kind in MODELS}
    cache.clear()
    staff.open("/admin/")
    assert "disconnected" not in page.inner_text("body")


def holds(*texts):
    """Those of the texts that some row of the database still holds, in whatever column."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            rows = " ".join(row for (row,) in cursor.fetchall())
            found |= {text for text in texts if text in rows}
    return sorted(found)


def test_12_an_erased_customer_does_not_come_back_and_the_money_rows_stay(store, agent, client):
    order = store.order((2, "10.00"))
    changed = work_address(ask_address(order, agent))
    refund = work(ask(order, agent, (0, 1), reason="Hannah wrote"))
    assert (changed.stage, refund.stage) == ("updated", "processed")
    call_command("sync")
    name = order.customer_name.split()[1]
    traces = (order.email, name, "150 School Street", LEEDS["address_1"], "Hannah wrote")
    assert holds(*traces)

    customer = PlatformCustomer.objects.create(
        customer_id="77", platform=store.platform, connector=store.connector, remote_id=77,
        email=order.email, name=order.customer_name,
    )  # fmt: skip
    first, second = shops.staff("first", "admin"), shops.staff("second", "admin")
    client.force_login(first)
    asked = client.post(
        presenting.page_of(customer).replace("/change/", "/erase/"), {"sure": "yes"}
    )
    client.post(asked["Location"].replace("/change/", "/confirm/"))
    assert PrivacyRequest.objects.get().status == "open"
    client.force_login(second)
    client.post(asked["Location"].replace("/change/", "/confirm/"))
    assert PrivacyRequest.objects.get().status == "done"
    assert holds(*traces) == []

    for words in ((), (), (), ("--full",)):
        call_command("sync", "--accept-deletions", *words)
    call_command("verify", "--repair")
    assert holds(*traces) == []
    refund.refresh_from_db()
    assert (refund.stage, refund.amount, refund.reason) == ("processed", 10, "")
    assert RefundRequest.objects.count() == 1
    assert PlatformOrder.objects.get(pk=order.pk).total_amount == 20
    assert not list(audit.verify())
