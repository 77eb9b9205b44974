"""Webhooks come in, are worked off, and are looked after at the stores."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalog.models import PlatformProduct
from connectors import services, subscribing, tasks, views, webhooks
from connectors.models import ConnectorConfig, WebhookDelivery
from connectors.platforms import base
from orders.models import PlatformOrder
from tests.connectors.conftest import spec

SECRET = "a secret of thirty-two characters"
Status = WebhookDelivery.Status


def signed(body, secret=SECRET):
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@pytest.fixture
def known(connector):
    connector.webhook_secret = SECRET
    connector.save()
    return connector


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """What was queued; nothing takes it from there but the tests."""
    found = []
    monkeypatch.setattr(tasks.process_webhooks, "apply_async", lambda args, **_: found.append(args))
    return found


def send(client, connector, body, *, topic="order.updated", delivery="d1", signature=None):
    return client.post(
        f"/webhooks/{connector.pk}/",
        data=body,
        content_type="application/json",
        headers={
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Delivery-ID": delivery,
            "X-WC-Webhook-Signature": signed(body) if signature is None else signature,
        },
    )


class TestReceiving:
    def test_a_genuine_one_is_kept_and_queued(self, client, known, queued):
        body = json.dumps({"id": 10_001, "billing": {"email": "ada@example.com"}}).encode()
        assert send(client, known, body).status_code == 200
        delivery = WebhookDelivery.objects.get()
        assert (delivery.topic, delivery.resource, delivery.remote_id, delivery.status) == (
            "order.updated", "orders", 10_001, "waiting"
        )  # fmt: skip
        assert queued == [(str(known.pk),)]

    def test_nothing_of_its_body_is_kept(self, client, known):
        body = json.dumps({"id": 1, "billing": {"email": "ada@example.com"}}).encode()
        send(client, known, body)
        assert "ada@example.com" not in str(WebhookDelivery.objects.values().get())

    def test_a_forged_one_is_refused_and_nothing_is_stored(self, client, known, queued):
        for signature in ("", "x", signed(b"other"), signed(b'{"id": 1}', "other secret")):
            assert send(client, known, b'{"id": 1}', signature=signature).status_code == 401
        assert not WebhookDelivery.objects.exists()
        assert queued == []

    def test_a_body_changed_by_one_byte_is_refused(self, client, known):
        good = signed(b'{"id": 1}')
        assert send(client, known, b'{"id":  1}', signature=good).status_code == 401

    def test_an_unknown_store_answers_as_a_forged_webhook_does(self, client, known):
        forged = send(client, known, b"{}", signature="x")
        known.pk = "00000000-0000-4000-8000-000000000000"
        unknown = send(client, known, b"{}")
        assert (unknown.status_code, unknown.content) == (forged.status_code, forged.content)

    def test_a_store_without_a_secret_takes_none(self, client, connector):
        assert (
            send(client, connector, b'{"id": 1}', signature=signed(b'{"id": 1}', "")).status_code
            == 401
        )

    def test_one_of_over_two_mebibytes_is_refused_unread(self, client, known, queued):
        body = b'{"id": 1, "x": "' + b"x" * views.LARGEST + b'"}'
        assert send(client, known, body).status_code == 413
        assert not WebhookDelivery.objects.exists()

    def test_the_same_one_twice_is_kept_once(self, client, known, queued):
        for _ in range(2):
            assert send(client, known, b'{"id": 1}').status_code == 200
        assert WebhookDelivery.objects.count() == 1
        assert len(queued) == 1

    def test_two_of_one_second_have_the_same_delivery_id_and_are_two(self, client, known):
        send(client, known, b'{"id": 1, "total": "1"}')
        send(client, known, b'{"id": 1, "total": "2"}')
        assert WebhookDelivery.objects.count() == 2

    def test_the_greeting_of_a_new_webhook_is_answered_and_not_kept(self, client, known):
        answer = client.post(
            f"/webhooks/{known.pk}/", data="webhook_id=7",
            content_type="application/x-www-form-urlencoded",
        )  # fmt: skip
        assert answer.status_code == 200
        assert not WebhookDelivery.objects.exists()

    def test_it_cannot_be_asked_for(self, client, known):
        assert client.get(f"/webhooks/{known.pk}/").status_code == 405

    def test_one_that_cannot_be_understood_is_answered_so_that_it_stops(self, client, known):
        for body in (b"not json", b'{"id": "x"}', b"[]"):
            assert send(client, known, body).status_code == 200
        assert not WebhookDelivery.objects.exists()

    def test_without_a_queue_it_is_kept_for_the_next_tick(self, client, known, monkeypatch):
        from kombu.exceptions import OperationalError

        def down(*args, **options):
            raise OperationalError

        monkeypatch.setattr(tasks.process_webhooks, "apply_async", down)
        assert send(client, known, b'{"id": 1}').status_code == 200
        assert webhooks.stores_with_work() == [known]


def delivery(connector, number, resource="orders", **values):
    defaults = {"delivery_key": f"k{WebhookDelivery.objects.count()}", "topic": "order.updated"}
    return WebhookDelivery.objects.create(
        connector=connector, resource=resource, remote_id=number, **(defaults | values)
    )


@pytest.mark.django_db(transaction=True)
class TestWorkingOff:
    def test_what_was_announced_is_read_again_and_written(self, known, shop):
        number = shop.add_order(spec())["id"]
        delivery(known, number)
        assert webhooks.process(connector=known) == 1
        assert PlatformOrder.objects.get().remote_id == number
        assert WebhookDelivery.objects.get().status == Status.DONE

    def test_many_about_one_record_ask_the_store_once(self, known, shop, store):
        for _ in range(5):
            delivery(known, 10_001)
        before = len(store.application.log)
        webhooks.process(connector=known)
        assert len(store.application.log) - before == 1

    def test_what_is_gone_from_the_store_is_marked(self, known, shop):
        delivery(known, 10_001)
        webhooks.process(connector=known)
        shop.remove("order", 10_001)
        delivery(known, 10_001, topic="order.deleted")
        webhooks.process(connector=known)
        assert PlatformOrder.objects.get().status == "deleted"

    def test_a_late_one_about_a_restored_order_says_what_is_true_now(self, known, shop):
        shop.set_status(10_001, "trash")
        shop.set_status(10_001, "completed")
        delivery(known, 10_001, topic="order.deleted")
        webhooks.process(connector=known)
        assert PlatformOrder.objects.get().status == "completed"

    def test_a_store_that_does_not_answer_is_asked_again_later(self, known, store):
        delivery(known, 10_001)
        store.knobs.fail = 100
        known.store_url = "http://127.0.0.1:1"
        known.save()
        webhooks.process(connector=known)
        waiting = WebhookDelivery.objects.get()
        assert (waiting.status, waiting.attempts) == (Status.WAITING, 1)
        assert waiting.due_at > timezone.now() + timedelta(seconds=5)
        assert webhooks.process(connector=known) == 0

    def test_after_the_last_attempt_it_is_given_up_with_the_reason(self, known):
        delivery(known, 10_001, attempts=webhooks.MOST_ATTEMPTS - 1)
        known.store_url = "http://127.0.0.1:1"
        known.save()
        webhooks.process(connector=known)
        found = WebhookDelivery.objects.get()
        assert found.status == Status.FAILED
        assert "the next sync brings the change" in found.error

    def test_refused_credentials_fail_it_with_the_reason(self, known):
        delivery(known, 10_001)
        known.secret = "cs_wrong"
        known.save()
        webhooks.process(connector=known)
        found = WebhookDelivery.objects.get()
        assert (found.status, "secret is wrong" in found.error) == (Status.FAILED, True)

    def test_one_whose_worker_went_away_is_taken_up_again(self, known):
        past = timezone.now() - timedelta(seconds=1)
        delivery(known, 10_001, status=Status.PROCESSING, due_at=past, attempts=1)
        assert webhooks.process(connector=known) == 1

    def test_one_that_another_worker_holds_is_left_alone(self, known):
        later = timezone.now() + timedelta(minutes=1)
        delivery(known, 10_001, status=Status.PROCESSING, due_at=later)
        delivery(known, 10_001)
        delivery(known, 10_002)
        assert webhooks.process(connector=known) == 1
        assert WebhookDelivery.objects.get(status=Status.DONE).remote_id == 10_002

    def test_a_product_and_an_order_are_both_read(self, known):
        delivery(known, 10_001)
        delivery(known, 101, resource="products", topic="product.updated")
        webhooks.process(connector=known)
        assert (PlatformOrder.objects.count(), PlatformProduct.objects.count()) == (1, 1)

    def test_old_ones_are_forgotten_and_waiting_ones_are_not(self, known):
        old = timezone.now() - timedelta(days=31)
        delivery(known, 1, status=Status.DONE, received_at=old)
        delivery(known, 2, received_at=old)
        delivery(known, 3, status=Status.DONE)
        assert webhooks.forget_old() == 1
        assert set(WebhookDelivery.objects.values_list("remote_id", flat=True)) == {2, 3}


@pytest.mark.django_db(transaction=True)
class TestRegistering:
    BASE = "http://127.0.0.1:9"

    def test_every_topic_is_announced_once(self, connector, shop):
        state = subscribing.register(connector=connector, base_url=self.BASE)
        assert (len(state.present), state.missing, state.stale) == (11, [], [])
        subscribing.register(connector=connector, base_url=self.BASE)
        assert shop.count("webhook") == 11

    def test_the_secret_is_ours_and_encrypted(self, connector, shop):
        subscribing.register(connector=connector, base_url=self.BASE)
        connector = ConnectorConfig.objects.get(pk=connector.pk)
        assert shop.get("webhook", 1)["secret"] == str(connector.webhook_secret)
        assert len(str(connector.webhook_secret)) >= 32

    def test_one_that_the_store_switched_off_is_made_again(self, connector, shop):
        subscribing.register(connector=connector, base_url=self.BASE)
        shop.store("webhook", {**shop.get("webhook", 1), "status": "disabled"})
        shop.remove("webhook", 2)
        tasks.keep_webhooks()
        assert subscribing.inspect(connector=connector).missing == []
        assert shop.count("webhook") == 11
        assert shop.get("webhook", 1) is None

    def test_those_at_an_earlier_address_are_replaced(self, connector, shop):
        subscribing.register(connector=connector, base_url="http://127.0.0.1:8")
        state = subscribing.register(connector=connector, base_url=self.BASE)
        assert state.url.startswith(self.BASE)
        assert shop.count("webhook") == 11

    def test_webhooks_of_others_are_left_alone(self, connector, store, shop):
        other = {"topic": "order.created", "delivery_url": "http://127.0.0.1:9/other"}
        number = store.application.webhooks.add(other)["id"]
        subscribing.register(connector=connector, base_url=self.BASE)
        assert subscribing.unregister(connector=connector) == 11
        assert shop.get("webhook", number) is not None
        assert shop.count("webhook") == 1

    def test_a_lost_secret_replaces_all_of_them(self, connector, shop):
        subscribing.register(connector=connector, base_url=self.BASE)
        ConnectorConfig.objects.update(webhook_secret=None)
        connector = ConnectorConfig.objects.get()
        subscribing.register(connector=connector, base_url=self.BASE)
        secrets = {shop.get("webhook", number)["secret"] for number in range(1, 12)}
        assert secrets == {str(connector.webhook_secret)}

    def test_without_a_public_address_it_says_what_to_set(self, connector, settings):
        settings.PUBLIC_URL = ""
        with pytest.raises(ValidationError, match="Set PUBLIC_URL"):
            subscribing.register(connector=connector)

    def test_a_store_without_webhooks_is_not_looked_after(self, connector, shop):
        tasks.keep_webhooks()
        assert shop.count("webhook") == 0


@pytest.mark.django_db(transaction=True)
def test_a_change_in_the_store_is_here_within_two_seconds(
    live_server, connector, store, shop, monkeypatch
):
    monkeypatch.setattr(
        tasks.process_webhooks, "apply_async",
        lambda args, **_: threading.Thread(target=work_off, args=args).start(),
    )  # fmt: skip
    subscribing.register(connector=connector, base_url=live_server.url)
    started = time.monotonic()
    number = shop.add_order(spec())["id"]
    while not PlatformOrder.objects.filter(remote_id=number).exists():
        assert time.monotonic() - started < 2
        time.sleep(0.02)
    shop.set_status(number, "completed")
    while PlatformOrder.objects.get(remote_id=number).status != "completed":
        assert time.monotonic() - started < 4
        time.sleep(0.02)
    assert store.application.webhooks.settle()
    wait_for_threads()


WORKERS = []


def work_off(connector_id):
    from django.db import connection

    WORKERS.append(threading.current_thread())
    try:
        tasks.process_webhooks(connector_id)
    finally:
        connection.close()


def wait_for_threads():
    for thread in WORKERS:
        thread.join(5)
    WORKERS.clear()


@pytest.mark.django_db(transaction=True)
def test_a_burst_of_doubled_and_shuffled_webhooks_ends_in_what_the_store_has(
    live_server, connector, store, shop
):
    subscribing.register(connector=connector, base_url=live_server.url)
    store.knobs.webhook_duplicate = store.knobs.webhook_reorder = 1
    store.knobs.webhook_delay = 0.2
    numbers = [shop.add_order(spec())["id"] for _ in range(8)]
    for number in numbers[:4]:
        shop.set_status(number, "completed")
    shop.set_status(numbers[7], "trash")
    assert store.application.webhooks.settle()
    webhooks.process(connector=connector)
    found = dict(PlatformOrder.objects.values_list("remote_id", "status"))
    assert {number: found[number] for number in numbers} == (
        dict.fromkeys(numbers[:4], "completed")
        | dict.fromkeys(numbers[4:7], "processing")
        | {numbers[7]: "trashed"}
    )


@pytest.mark.django_db(transaction=True)
def test_the_command_registers_shows_and_takes_away(connector, shop, capsys, settings):
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    call_command("webhooks", "register")
    assert "Shop: 11 webhooks" in capsys.readouterr().out
    call_command("webhooks", "status")
    assert "11 of 11 active" in capsys.readouterr().out
    shop.remove("webhook", 1)
    call_command("webhooks", "status")
    assert "missing: product.created" in capsys.readouterr().out
    call_command("webhooks", "unregister")
    assert shop.count("webhook") == 0


@pytest.mark.django_db(transaction=True)
def test_the_command_says_which_store_failed_and_why(connector):
    connector.secret = "cs_wrong"
    connector.save()
    with pytest.raises(CommandError, match="1 of 1 stores failed"):
        call_command("webhooks", "register", "--url", "http://127.0.0.1:9")


def test_a_store_that_is_gone_from_the_list_is_named(db):
    with pytest.raises(CommandError, match="No connected store fits"):
        call_command("webhooks", "status", "--store", "nowhere.example.com")


@pytest.mark.django_db(transaction=True)
def test_opening_a_store_needs_no_webhook_secret(connector):
    with services.opened(connector) as store:
        assert store.webhooks() == []
        with pytest.raises(base.StoreError):
            store.add_webhook("", "", "")
