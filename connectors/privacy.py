"""What is kept of a person: shown, and erased so that no later sync brings it back."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from connectors import encryption, registry
from connectors.models import ConnectorConfig, Erasure, PrivacyRequest
from connectors.platforms import base

logger = logging.getLogger(__name__)

DUE = timedelta(days=30)
Kind, Status, Source = PrivacyRequest.Kind, PrivacyRequest.Status, PrivacyRequest.Source

TOPICS = {
    "customers/data_request": Kind.EXPORT,
    "customers/redact": Kind.ERASE,
    "shop/redact": Kind.ERASE_STORE,
}


def receive(*, connector: ConnectorConfig, topic: str, payload: base.Json) -> PrivacyRequest:
    """Keep what a store asks for; the same twice is kept once."""
    customer = payload.get("customer") or {}
    orders = payload.get("orders_to_redact") or payload.get("orders_requested") or ()
    person = registry.Person(
        customer_remote_ids=(customer["id"],) if customer.get("id") else (),
        emails=(customer["email"],) if customer.get("email") else (),
        order_remote_ids=tuple(orders),
    )
    return ask(connector=connector, kind=TOPICS[topic], person=person, source=Source.STORE)


def ask(
    *,
    connector: ConnectorConfig,
    kind: PrivacyRequest.Kind,
    person: registry.Person,
    source: PrivacyRequest.Source,
    actor: Any = None,
) -> PrivacyRequest:
    """Keep a request until it is dealt with; one that is open already is given back."""
    text = json.dumps(asdict(person))
    request, _ = PrivacyRequest.objects.get_or_create(
        connector=connector,
        kind=kind,
        digest=_request_digest(connector, text, source),
        status=Status.OPEN,
        defaults={"person": text, "source": source, "due_at": timezone.now() + DUE,
                  "asked_by": actor},
    )  # fmt: skip
    return request


def _request_digest(connector: ConnectorConfig, text: str, source: str) -> str:
    """What a store asks for doesn't wait for what staff asked for."""
    return _digest(connector, text if source == Source.STORE else f"{source} {text}")


def waiting(*, connector: ConnectorConfig, person: registry.Person) -> PrivacyRequest | None:
    """The open request of staff to erase exactly this person."""
    digest = _request_digest(connector, json.dumps(asdict(person)), Source.CONSOLE)
    return PrivacyRequest.objects.filter(
        connector=connector, kind=Kind.ERASE, digest=digest, status=Status.OPEN
    ).first()


def confirm(*, request: PrivacyRequest, actor: Any) -> int:
    """Erase what somebody else on the staff asked to be erased; how many rows that were.

    Raises ``ValidationError``, and then nothing was erased.
    """
    with transaction.atomic():
        found = _of_staff(request)
        if found.asked_by_id == actor.pk:
            raise ValidationError("You asked for it, so somebody else has to confirm it.")
        rows = erase(connector=found.connector, person=person_of(found))
        _close(found, rows, confirmed_by=actor)
    logger.info("erasure confirmed request=%s user=%s", request.pk, actor.pk)
    return rows


def withdraw(*, request: PrivacyRequest) -> None:
    """Let somebody whom staff asked to erase be; raises ``ValidationError`` when it is too late."""
    with transaction.atomic():
        _close(_of_staff(request), 0, status=Status.WITHDRAWN)


def _of_staff(request: PrivacyRequest) -> PrivacyRequest:
    rows = PrivacyRequest.objects.select_for_update(of=("self",)).select_related("connector")
    found = rows.filter(
        pk=request.pk, kind=Kind.ERASE, source=Source.CONSOLE, status=Status.OPEN
    ).first()  # fmt: skip
    if found is None:
        raise ValidationError("It is dealt with already.")
    return found


def person_of(request: PrivacyRequest) -> registry.Person:
    """Who it is about; raises ``ValueError`` once it is dealt with, or without its key."""
    if not isinstance(request.person, encryption.Secret):
        raise ValueError("The request no longer says who it is about.")
    found = json.loads(str(request.person))
    return registry.Person(**{name: tuple(values) for name, values in found.items()})


def to_fulfil() -> QuerySet[PrivacyRequest]:
    """Open requests that need nobody: those of stores, but for what staff have to hand out."""
    rows = PrivacyRequest.objects.filter(status=Status.OPEN, source=Source.STORE)
    return rows.exclude(kind=Kind.EXPORT)


def fulfil(*, request: PrivacyRequest) -> int:
    """Erase what an open request asks to be erased; how many rows that were."""
    if not to_fulfil().filter(pk=request.pk).exists():
        return 0
    if request.kind == Kind.ERASE_STORE:
        rows = erase_store(connector=request.connector)
    else:
        rows = erase(connector=request.connector, person=person_of(request))
    _close(request, rows)
    return rows


def _close(
    request: PrivacyRequest, rows: int, *, status: str = Status.DONE, **changes: Any
) -> None:
    PrivacyRequest.objects.filter(pk=request.pk, status=Status.OPEN).update(
        status=status, completed_at=timezone.now(), rows=rows, person=None, **changes
    )


def export(*, connector: ConnectorConfig, person: registry.Person) -> base.Json:
    """Everything that is kept of the person, as one JSON object."""
    found: base.Json = {
        "store": connector.store_url,
        "platform": connector.platform,
        "made_at": timezone.now().isoformat(),
    }
    with transaction.atomic():
        person = _widened(connector, person)
        for eraser in registry.ERASERS:
            found |= eraser.export(connector, person)
    return found


def _widened(connector: ConnectorConfig, person: registry.Person) -> registry.Person:
    for eraser in registry.ERASERS:
        person = eraser.widen(connector, person)
    return person


def answer(*, request: PrivacyRequest) -> base.Json:
    """The export that an open request asks for; from then on it counts as done."""
    found = export(connector=request.connector, person=person_of(request))
    _close(request, 0)
    return found


def erase(*, connector: ConnectorConfig, person: registry.Person) -> int:
    """Take the person out of every row, for good; how many rows that were.

    What money and stock need stays: amounts, lines, statuses and numbers of orders.
    """
    with transaction.atomic():
        person = _widened(connector, person)
        _remember(connector, person)
        rows = sum(eraser.erase(connector, person) for eraser in registry.ERASERS)
    logger.info("person erased store=%s rows=%d", connector.pk, rows)
    return rows


def erase_store(*, connector: ConnectorConfig) -> int:
    """Take every person of a store out, and stop copying it; how many rows that were."""
    with transaction.atomic():
        ConnectorConfig.objects.filter(pk=connector.pk).update(
            sync_enabled=False, access_token=None, webhook_url=""
        )
        rows = sum(eraser.erase_all(connector) for eraser in registry.ERASERS)
    logger.info("store erased store=%s rows=%d", connector.pk, rows)
    return rows


def _remember(connector: ConnectorConfig, person: registry.Person) -> None:
    now = timezone.now()
    subjects = [(Erasure.Kind.ORDER, str(number)) for number in person.order_remote_ids]
    subjects += [(Erasure.Kind.CUSTOMER, str(number)) for number in person.customer_remote_ids]
    digests = {_digest(connector, _folded(email)) for email in person.emails}
    subjects += [(Erasure.Kind.EMAIL, digest) for digest in sorted(digests)]
    Erasure.objects.bulk_create(
        [
            Erasure(connector=connector, kind=kind, subject=subject, erased_at=now)
            for kind, subject in subjects
        ],
        update_conflicts=True,
        unique_fields=["connector", "kind", "subject"],
        update_fields=["erased_at"],
    )


def redacted(
    connector: ConnectorConfig, resource: base.Resource, records: Sequence[Any]
) -> Sequence[Any]:
    """The records as they may be kept: without whom was erased.

    What somebody does after their erasure is theirs again: a new order, a new account.
    """
    if resource is base.Resource.PRODUCTS or not records:
        return records
    if not Erasure.objects.filter(connector=connector).exists():
        return records
    erased = _erased(connector, resource, records)
    return [_without_person(one) if _is_erased(connector, one, erased) else one for one in records]


Erased = dict[tuple[str, str], datetime]


def _erased(connector: ConnectorConfig, resource: base.Resource, records: Sequence[Any]) -> Erased:
    """When those of the records' subjects that were erased were."""
    subjects = {subject for one in records for _, subject in _subjects(connector, one)}
    found = Erasure.objects.filter(connector=connector, subject__in=subjects)
    return {
        (kind, subject): erased_at
        for kind, subject, erased_at in found.values_list("kind", "subject", "erased_at")
    }


def _subjects(connector: ConnectorConfig, record: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if isinstance(record, base.OrderRecord):
        found.append((Erasure.Kind.ORDER, str(record.remote_id)))
        if record.customer_remote_id is not None:
            found.append((Erasure.Kind.CUSTOMER, str(record.customer_remote_id)))
    else:
        found.append((Erasure.Kind.CUSTOMER, str(record.remote_id)))
    if record.email:
        found.append((Erasure.Kind.EMAIL, _digest(connector, _folded(record.email))))
    return found


def _is_erased(connector: ConnectorConfig, record: Any, erased: Erased) -> bool:
    own = Erasure.Kind.ORDER if isinstance(record, base.OrderRecord) else Erasure.Kind.CUSTOMER
    for kind, subject in _subjects(connector, record):
        erased_at = erased.get((kind, subject))
        if erased_at is None:
            continue
        if kind == own or record.created_at is None or record.created_at <= erased_at:
            return True
    return False


def _without_person(record: Any) -> Any:
    if isinstance(record, base.CustomerRecord):
        return replace(record, email="", name="", metadata={})
    return replace(
        record,
        email="",
        customer_name="",
        customer_note="",
        billing_address={},
        shipping_address={},
        refunds=tuple(replace(one, reason="") for one in record.refunds),
        fulfilments=tuple(
            replace(one, tracking_number="", tracking_url="") for one in record.fulfilments
        ),
        line_items=[],
        metadata={},
    )


def _folded(email: str) -> str:
    return email.strip().casefold()


def _digest(connector: ConnectorConfig, text: str) -> str:
    """A digest that only this installation can make.

    Its key is the store's own: it outlives the rotation of those that encrypt it.
    """
    return hmac.new(_key(connector).encode(), text.encode(), hashlib.sha256).hexdigest()


def _key(connector: ConnectorConfig) -> str:
    if not isinstance(connector.privacy_key, encryption.Secret):
        stores = ConnectorConfig.objects.filter(pk=connector.pk, privacy_key__isnull=True)
        stores.update(privacy_key=secrets.token_urlsafe(32))
        connector.refresh_from_db(fields=["privacy_key"])
    return str(connector.privacy_key)
