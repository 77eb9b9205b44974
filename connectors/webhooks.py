"""Webhooks that come in: kept at once, worked off soon after.

A delivery is only a hint. What it is about is read again from the store, so deliveries may come
twice, late, in any order or not at all.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import Enum
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from connectors import encryption, privacy, refreshing, registry, services
from connectors.models import ConnectorConfig, WebhookDelivery
from connectors.platforms import base, signing

logger = logging.getLogger(__name__)

AT_ONCE = 100
LEASE = timedelta(minutes=10)
KEPT = timedelta(days=30)
MOST_ATTEMPTS = 8
LONGEST_PAUSE = timedelta(hours=1)
# What a signature is compared with where there is no secret: as much work, and never right.
NO_SECRET = secrets.token_urlsafe(32)

Status = WebhookDelivery.Status


class Reception(Enum):
    """What became of a request: STORED anew, KNOWN already, IGNORED, or REFUSED."""

    STORED = "stored"
    KNOWN = "known"
    IGNORED = "ignored"
    REFUSED = "refused"


def receive(*, connector_id: UUID, body: bytes, headers: Mapping[str, str]) -> Reception:
    """Check a request on its raw bytes and keep what it announces; nothing of a forged one.

    Header names are in lower case.
    """
    connector = ConnectorConfig.objects.enabled().filter(pk=connector_id).first()
    secret = connector.webhook_secret if connector else None
    if connector is None or not isinstance(secret, encryption.Secret) or not str(secret):
        signing.is_genuine(body, "", NO_SECRET)
        return Reception.REFUSED
    announcing = registry.ANNOUNCING[connector.platform]
    if announcing.is_greeting(body, headers):
        return Reception.IGNORED
    if not announcing.is_genuine(body, headers, str(secret)):
        return Reception.REFUSED
    try:
        found = announcing.read(body, headers)
    except base.AnnouncementError as error:
        logger.warning("webhook not understood store=%s: %s", connector.pk, error)
        return Reception.IGNORED
    return _keep(connector, found)


def _keep(connector: ConnectorConfig, found: base.Announcement) -> Reception:
    is_hint = found.resource is not None
    _, is_new = WebhookDelivery.objects.get_or_create(
        connector=connector,
        delivery_key=found.delivery_key,
        defaults={
            "topic": found.topic,
            "resource": found.resource or "",
            "remote_id": found.remote_id,
            "payload": found.payload,  # type: ignore[misc]
            "status": Status.WAITING if is_hint or found.payload else Status.IGNORED,
        },
    )
    return Reception.STORED if is_new else Reception.KNOWN


def process(*, connector: ConnectorConfig) -> int:
    """Work off what is due for a store; how many deliveries that were.

    What can't be done now is left for later. May run beside itself: a record is read by one
    worker at a time.
    """
    number = 0
    while deliveries := _claimed(connector):
        number += len(deliveries)
        _answer_requests(connector, [one for one in deliveries if not one.resource])
        hints = [one for one in deliveries if one.resource]
        if hints and not _follow(connector, hints):
            break
    return number


def _claimed(connector: ConnectorConfig) -> list[WebhookDelivery]:
    """The next deliveries, given to this worker alone until the lease ends.

    Those about a record that another worker is reading wait: the older answer may be written last.
    """
    now = timezone.now()
    with transaction.atomic():
        ConnectorConfig.objects.select_for_update(no_key=True).get(pk=connector.pk)
        mine = WebhookDelivery.objects.filter(connector=connector)
        being_read = set(
            mine.filter(status=Status.PROCESSING, due_at__gt=now).values_list(
                "resource", "remote_id"
            )
        )
        due = [
            one
            for one in mine.due(now).order_by("received_at", "id")[:AT_ONCE]
            if (one.resource, one.remote_id) not in being_read
        ]
        mine.filter(pk__in=[one.pk for one in due]).update(
            status=Status.PROCESSING, due_at=now + LEASE, attempts=F("attempts") + 1
        )
    for one in due:
        one.attempts += 1
    return due


def _follow(connector: ConnectorConfig, deliveries: Sequence[WebhookDelivery]) -> bool:
    """Read again what was announced, and write it; whether the store answered."""
    ids: dict[base.Resource, set[int]] = defaultdict(set)
    for one in deliveries:
        if one.remote_id is not None:
            ids[base.Resource(one.resource)].add(one.remote_id)
    try:
        with services.opened(connector) as store:
            for resource in sorted(ids, key=list(base.Resource).index):
                refreshing.refresh(connector, resource, store, sorted(ids[resource]))
    except base.RetryableError as error:
        _put_off(deliveries, error)
        return False
    except base.StoreError as error:
        _settle(deliveries, Status.FAILED, str(error))
        return False
    _settle(deliveries, Status.DONE)
    return True


def _answer_requests(connector: ConnectorConfig, requests: Sequence[WebhookDelivery]) -> None:
    """Hand privacy requests over; from then on they have a life of their own."""
    for one in requests:
        if isinstance(one.payload, encryption.Secret):
            payload = json.loads(str(one.payload))
            privacy.receive(connector=connector, topic=one.topic, payload=payload)
            _settle([one], Status.DONE)
        else:
            _settle([one], Status.FAILED, "It is encrypted with a key that is not in FIELD_KEYS.")


def _put_off(deliveries: Sequence[WebhookDelivery], error: base.RetryableError) -> None:
    for one in deliveries:
        if one.attempts >= MOST_ATTEMPTS:
            _settle([one], Status.FAILED, f"{error} Given up; the next sync brings the change.")
            continue
        pause = min(timedelta(seconds=10 * 2**one.attempts), LONGEST_PAUSE)
        WebhookDelivery.objects.filter(pk=one.pk, status=Status.PROCESSING).update(
            status=Status.WAITING, due_at=timezone.now() + pause, error=str(error)
        )


def _settle(deliveries: Sequence[WebhookDelivery], status: Status, error: str = "") -> None:
    keys = [one.pk for one in deliveries]
    WebhookDelivery.objects.filter(pk__in=keys, status=Status.PROCESSING).update(
        status=status, error=error, processed_at=timezone.now(), payload=None
    )


def stores_with_work() -> list[ConnectorConfig]:
    """Enabled stores with deliveries that are due."""
    due = WebhookDelivery.objects.due(timezone.now()).values("connector")
    return list(ConnectorConfig.objects.enabled().filter(pk__in=due))


def forget_old() -> int:
    """Delete deliveries that were dealt with long ago; how many."""
    old = WebhookDelivery.objects.filter(received_at__lt=timezone.now() - KEPT)
    return old.exclude(status__in=WebhookDelivery.OPEN).delete()[0]
