"""A sync that is killed at random moments ends with what an undisturbed one ends with."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from connectors.models import ConnectorConfig, SyncRun
from connectors.sandbox import rendering, server
from connectors.sandbox.shop import Shop
from orders.models import PlatformOrder
from tests.connectors.conftest import spec
from tests.contract.conftest import BILLING

ROOT = Path(__file__).resolve().parents[2]
KILLS = 50
CONTENTS = {
    "platform_product": "sku, remote_id, title, exact_price, available, remote_modified_at",
    "platform_customer": "customer_id, email, name, remote_modified_at, deleted_at IS NULL",
    "platform_order": "order_id, customer_id, status, exact_total, charges, refunds, metadata",
    "order_item": "order_id, remote_id, sku, quantity, total, total_tax, position",
    "sync_note": "resource, remote_id, cause, set_aside",
    "sync_cursor": 'resource, changed_until IS NULL, "window", sweep, swept_at IS NULL',
}
LAST = [""]


def big_shop():
    shop = Shop(clock=lambda: datetime.now(UTC) - timedelta(minutes=1))
    for number in range(300):
        shop.add_product(rendering.ProductSpec(name=f"Mug {number}", sku=f"M{number}", price=500))
    people = [shop.add_customer(BILLING | {"email": f"p{n}@example.com"}) for n in range(300)]
    for number in range(2_000):
        person = people[number % 300]["id"] if number % 3 else 0
        lines = [
            rendering.LineSpec(
                name="Mug", product_id=101 + (number + n) % 300, variation_id=0,
                sku=f"M{(number + n) % 300}", quantity=n + 1, unit_price=599,
            )
            for n in range(3)
        ]  # fmt: skip
        shop.add_order(spec(customer_id=person, lines=lines))
    shop.edit("order", 10_777, total="abc")
    return shop


def contents():
    found = {}
    with connection.cursor() as cursor:
        for table, columns in CONTENTS.items():
            cursor.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3")
            found[table] = cursor.fetchall()
    return found


def start_sync():
    return subprocess.Popen(
        [sys.executable, "manage.py", "sync"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url(), "LOG_LEVEL": "ERROR"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def database_url():
    values = connection.settings_dict
    return (
        f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}"
        f"/{values['NAME']}"
    )


def connect(store):
    return ConnectorConfig.objects.create(
        platform="woocommerce", store_url=store.url, api_key=store.key, secret=store.secret
    )


@pytest.mark.django_db(transaction=True)
def test_fifty_kills_end_as_an_undisturbed_run():
    chance = random.Random(20)
    kills, in_the_middle = 0, 0
    with server.running(big_shop()) as store:
        connect(store)
        call_command("sync", stdout=io.StringIO())
        undisturbed = contents()
        assert len(undisturbed["platform_order"]) == 1_999
        while kills < KILLS:
            call_command("flush", interactive=False, verbosity=0, reset_sequences=False)
            connect(store)
            while kills < KILLS and count() < 1_999 and kill_a_sync(chance):
                kills += 1
                in_the_middle += 0 < count() < 1_999
            call_command("sync", stdout=io.StringIO())
            assert contents() == undisturbed
            assert not SyncRun.objects.open().exists()
    assert in_the_middle > KILLS / 5, f"{in_the_middle} of {KILLS} kills were in the middle"


def count():
    return PlatformOrder.objects.count()


def kill_a_sync(chance):
    """Start a sync and kill it somewhere in its copying; false when it ended before that.

    Every other one is killed behind its first orders, however fast the machine is.
    """
    process, before = start_sync(), count()
    wait(process, lambda: SyncRun.objects.open().exclude(owner=LAST[0]).exists())
    LAST[0] = SyncRun.objects.open().values_list("owner", flat=True).first() or ""
    if chance.random() < 0.5:
        wait(process, lambda: count() > before)
    deadline = time.monotonic() + chance.uniform(0, 0.1 if count() > before else 0.7)
    wait(process, lambda: time.monotonic() >= deadline)
    ended = process.poll()
    process.kill()
    process.communicate()
    assert ended in (None, 0)
    return ended is None


def wait(process, is_so):
    while process.poll() is None and not is_so():
        time.sleep(0.002)
