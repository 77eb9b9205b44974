"""Whatever happens while stores are copied: once it settles, nothing is missing, extra or stale.

STOREKEEP_CHAOS_SECONDS says for how long (8); `make chaos-sync` takes a minute.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from connectors import engine, services, subscribing, tasks, verifying, webhooks
from connectors.models import ConnectorConfig, SyncCursor, SyncRun, WebhookDelivery
from connectors.platforms import base
from connectors.sandbox import server
from connectors.sandbox.shopify import server as shopify_server
from orders.models import PlatformOrder
from tests.chaos import shops
from tests.connectors.test_kill import start_sync

SECONDS = float(os.environ.get("STOREKEEP_CHAOS_SECONDS", "8"))
LONGEST = 60
FAULTS = ("fail", "throttle", "cut", "truncate", "maintenance")


@contextmanager
def both(seed):
    """A store of each platform, served and connected."""
    woocommerce, shopify = shops.WooCommerce(seed), shops.Shopify(seed + 1)
    with (
        server.running(woocommerce.shop) as one,
        shopify_server.running_shopify(shopify.shop) as two,
    ):
        two.knobs.restore_rate = 10_000.0
        two.knobs.webhook_pause = 0.05
        ConnectorConfig.objects.create(
            platform="woocommerce", store_url=one.url, api_key=one.key, secret=one.secret
        )
        ConnectorConfig.objects.create(
            platform="shopify", store_url=two.url, api_key=two.client_id, secret=two.client_secret
        )
        yield (woocommerce, one), (shopify, two)


class Trouble(threading.Thread):
    """Changes shops and turns knobs until it is stopped."""

    def __init__(self, pairs, seed):
        super().__init__(daemon=True)
        self.pairs, self.chance = pairs, random.Random(seed)
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.wait(self.chance.uniform(0, 0.03)):
            for shop, store in self.pairs:
                shop.change()
                if self.chance.random() < 0.15:
                    self.turn(store.knobs)

    def turn(self, knobs):
        setattr(knobs, self.chance.choice(FAULTS), 1)
        knobs.retry_after = "0"
        knobs.latency = self.chance.choice((0, 0, 0.02))
        knobs.webhook_duplicate = self.chance.choice((0, 1))
        knobs.webhook_reorder = self.chance.choice((0, 1))
        knobs.webhook_drop = self.chance.choice((0, 0, 2))

    def stop(self):
        self.stopped.set()
        self.join()
        for _, store in self.pairs:
            calm(store.knobs)


def calm(knobs):
    for name in (*FAULTS, "webhook_duplicate", "webhook_reorder", "webhook_drop"):
        setattr(knobs, name, 0)
    knobs.latency = 0.0


def copy_and_kill(chance):
    """A sync in a process of its own, which may be killed at any moment."""
    process = start_sync()
    try:
        process.wait(timeout=chance.choice((1.0, 2.0, 4.0, 8.0)))
    except Exception:  # noqa: BLE001 - whatever: it is killed now
        process.send_signal(signal.SIGKILL)
    process.communicate()


def is_spared():
    """Whether no sync is known to have been killed yet: a slow machine starts them slowly."""
    return not SyncRun.objects.filter(status="interrupted").exists()


def settle(stores, workers):
    """Everything that is under way comes to its end, then all is swept once more."""
    for _, store in stores:
        sender = getattr(store.application, "webhooks", None)
        if sender is not None:
            assert sender.settle(60)
        else:
            assert store.application.deliveries.wait(60)
    for worker in workers:
        worker.join(60)
    WebhookDelivery.objects.filter(status="waiting").update(due_at=datetime.now(UTC))
    for connector in ConnectorConfig.objects.all():
        webhooks.process(connector=connector)
    time.sleep(shops.COARSE + 1)
    # A search for deletions that a killed sync began says nothing of what went behind it.
    SyncCursor.objects.update(swept_at=datetime.now(UTC) - timedelta(days=9), sweep={})
    sync()


def sync():
    """One run of everything; in so short a time more may be deleted than a shop deletes."""
    options = engine.Options(accept_deletions=True)
    for connector in ConnectorConfig.objects.all():
        for resource in base.Resource:
            run = services.sync_resource(connector=connector, resource=resource, options=options)
            assert run.status == SyncRun.Status.COMPLETE, run.error


def work_off(connector_id):
    try:
        tasks.process_webhooks(connector_id)
    finally:
        connection.close()


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_after_chaos_nothing_is_missing_extra_or_stale(live_server, monkeypatch):
    workers = []

    def queue(args, **_):
        workers.append(threading.Thread(target=work_off, args=args))
        workers[-1].start()

    seed = random.randrange(10**6)
    chance = random.Random(seed)
    with both(seed) as stores:
        for connector in ConnectorConfig.objects.all():
            subscribing.register(connector=connector, base_url=live_server.url)
        monkeypatch.setattr(tasks.process_webhooks, "apply_async", queue)
        trouble = Trouble(stores, seed)
        trouble.start()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or (is_spared() and time.monotonic() < end + LONGEST):
            copy_and_kill(chance)
        trouble.stop()
        settle(stores, workers)
        found = {
            f"{connector.platform} {one.resource}": (one.missing, one.extra, one.stale)
            for connector in ConnectorConfig.objects.all()
            for one in verifying.verify(connector=connector)[1]
        }
    nothing = (set(), set(), set())
    assert found == dict.fromkeys(found, nothing), f"seed {seed}"
    assert PlatformOrder.objects.count() > 300
    assert not is_spared()
