"""What beat's tick queues, and what a task does with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from config.celery import app
from connectors import runs, services, tasks
from connectors.models import ConnectorConfig, SyncCursor, SyncRun
from connectors.platforms import base
from orders.models import PlatformOrder

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cursors(connector):
    for resource in base.Resource:
        SyncCursor.objects.create(connector=connector, resource=resource)


def due():
    return [resource.value for _, resource in services.claim_due()]


def complete(*resources):
    SyncCursor.objects.filter(resource__in=resources).update(changed_until=timezone.now())


def test_what_is_due_is_given_to_one_caller_only(connector, cursors):
    complete("products", "customers")
    assert due() == ["products", "customers", "orders"]
    assert due() == []


def test_a_resource_is_due_again_when_its_interval_has_run_out(connector, cursors):
    complete("products", "customers")
    due()
    SyncCursor.objects.filter(resource="orders").update(due_at=timezone.now())
    assert due() == ["orders"]
    later = SyncCursor.objects.get(resource="orders").due_at
    assert abs(later - timezone.now() - timedelta(seconds=300)) < timedelta(seconds=5)


def test_orders_wait_for_the_first_copy_of_products_and_customers(connector, cursors):
    assert due() == ["products"]
    complete("products")
    assert due() == ["customers"]
    complete("customers")
    assert due() == ["orders"]


def test_a_failing_resource_does_not_hold_up_the_others_for_ever(connector, cursors):
    due()
    SyncRun.objects.create(
        connector=connector, resource="products", kind="full", owner="a:1-1", status="failed",
        finished_at=timezone.now(),
    )  # fmt: skip
    assert due() == ["customers"]


def test_a_store_that_is_left_alone_is_never_due(connector, cursors):
    ConnectorConfig.objects.update(sync_enabled=False)
    assert due() == []


@pytest.fixture
def _eager():
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.mark.usefixtures("_eager")
def test_the_tick_queues_and_the_task_copies(connector, cursors):
    for _ in base.Resource:
        tasks.dispatch_due.delay()
    assert PlatformOrder.objects.count() == 5


def test_a_second_task_beside_the_first_does_nothing(connector, cursors, store):
    runs.open_run(connector=connector, resource=base.Resource.ORDERS, kind="incremental")
    asked = len(store.application.log)
    tasks.sync_resource(str(connector.pk), "orders")
    assert len(store.application.log) == asked
    assert not PlatformOrder.objects.exists()


def test_a_task_for_a_store_that_is_gone_does_nothing(db):
    tasks.sync_resource("6f3c9a52-9f0a-4b1c-8a54-7a6f9f2f9f10", "orders")


def test_tasks_go_to_the_queue_of_their_app():
    assert app.amqp.router.route({}, "connectors.tasks.sync_resource")["queue"].name == "sync"
    assert app.amqp.router.route({}, "support.tasks.refund")["queue"].name == "money"


def test_no_store_is_called_while_a_transaction_is_open(connector):
    from django.db import transaction

    with (
        transaction.atomic(),
        services.opened(connector) as opened,
        pytest.raises(services.HttpInTransactionError),
    ):
        opened.now()


def test_credentials_that_no_key_opens_are_kept_with_the_store_as_its_reason(connector, settings):
    settings.FIELD_KEYS = ["another key of more than thirty-two characters"]
    tasks.sync_resource(str(connector.pk), "orders")
    connector.refresh_from_db()
    assert "FIELD_KEYS" in connector.disconnected_reason
    assert not SyncRun.objects.exists()


def test_runs_that_ended_long_ago_are_forgotten(connector):
    for days in (1, 40):
        SyncRun.objects.create(
            connector=connector, resource="orders", kind="full", owner="a:1-1",
            status="complete", finished_at=timezone.now() - timedelta(days=days),
        )  # fmt: skip
    tasks.forget_old_runs()
    assert SyncRun.objects.count() == 1


def test_the_key_prefix_is_fixed_once_something_was_copied(connector):
    assert not services.has_synced(connector)
    tasks.sync_resource(str(connector.pk), "orders")
    assert services.has_synced(connector)


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("connectors.tasks.process_webhooks", "webhooks"),
        ("connectors.tasks.dispatch_webhooks", "webhooks"),
        ("connectors.tasks.sync_resource", "sync"),
        ("support.tasks.anything", "money"),
    ],
)
def test_webhooks_do_not_wait_behind_a_first_copy(task, queue):
    assert app.amqp.router.route({}, task)["queue"].name == queue
