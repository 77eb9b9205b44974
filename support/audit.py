"""The record of everything that was done about requests: appended, chained, and checked.

An event names no person but staff, and holds no secret: notes are ours or the platform's words on
amounts, ``sent`` and ``answered`` have ids, quantities and amounts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from django.utils import timezone

from connectors.platforms import base
from support.models import AddressUpdateRequest, RefundRequest, RequestEvent

Request = RefundRequest | AddressUpdateRequest
SUBJECTS: dict[str, type[Request]] = {
    RequestEvent.Subject.REFUND: RefundRequest,
    RequestEvent.Subject.ADDRESS: AddressUpdateRequest,
}
# What the digest covers, all of it.
COVERED = (
    "subject", "request_id", "number", "at", "actor_id", "actor", "what", "from_stage", "to_stage",
    "attempt", "key", "payload_hash", "outcome", "latency_ms", "note", "sent", "answered", "before",
)  # fmt: skip
REMOVED = "removed"
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an event says beside who, when and which stages; ``latency`` is in seconds."""

    what: str
    note: str = ""
    attempt: int = 0
    key: str = ""
    payload_hash: str = ""
    outcome: str = ""
    latency: float | None = None
    sent: base.Json | None = field(default=None)
    answered: base.Json | None = field(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A request whose record isn't as it was written."""

    subject: str
    request_id: UUID
    problem: str


def subject_of(request: Request) -> str:
    """What kind of request this is, as events call it."""
    is_refund = isinstance(request, RefundRequest)
    return RequestEvent.Subject.REFUND if is_refund else RequestEvent.Subject.ADDRESS


def append(
    request: Request, entry: Entry, *, actor: Any = None, before: str = "", after: str = ""
) -> RequestEvent:
    """Write an event after the request's last one; within the transaction of what it records.

    The caller has just changed the request's row, and so holds its lock: numbers don't collide.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An event is written in the transaction of what it records.")
    last = RequestEvent.objects.filter(request_id=request.pk).order_by("-number").first()
    values = asdict(entry)
    latency = values.pop("latency")
    event = RequestEvent(
        subject=subject_of(request),
        request_id=request.pk,
        number=1 if last is None else last.number + 1,
        at=timezone.now(),
        actor_id=actor.pk if actor else None,
        actor=name_of(actor),
        from_stage=before,
        to_stage=after,
        latency_ms=None if latency is None else round(latency * 1000),
        before="" if last is None else last.digest,
        **values,
    )
    event.digest = digest(event)
    event.save(force_insert=True)
    return event


def name_of(actor: AbstractBaseUser | None) -> str:
    """The name under which staff log in; '' for Storekeep itself."""
    return actor.get_username()[:150] if actor else ""


def digest(event: RequestEvent) -> str:
    """The digest of an event's row and of the one before it."""
    values = {name: getattr(event, name) for name in COVERED}
    values["at"] = _moment(event.at)
    values["request_id"] = str(event.request_id)
    text = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def events_of(request: Request) -> list[RequestEvent]:
    """What happened to the request, oldest first."""
    return list(RequestEvent.objects.filter(request_id=request.pk))


def verify() -> Iterator[Fault]:
    """Every request whose events were changed or removed, or that was moved without one."""
    events = RequestEvent.objects.order_by("request_id", "number").iterator(AT_ONCE)
    seen: set[UUID] = set()
    for request_id, chain in groupby(events, key=lambda event: event.request_id):
        seen.add(request_id)
        found = list(chain)
        problem = _broken(found) or _differs(found)
        if problem:
            yield Fault(subject=found[0].subject, request_id=request_id, problem=problem)
    for subject, model in SUBJECTS.items():
        for key in model._default_manager.filter(version__gt=0).values_list("pk", flat=True):
            if key not in seen:
                yield Fault(subject=subject, request_id=key, problem="All of its events are gone.")


def _broken(chain: list[RequestEvent]) -> str:
    """What is wrong with a chain by itself, '' for nothing."""
    before = ""
    for number, event in enumerate(chain, 1):
        if event.number != number:
            return f"Event {number} is missing."
        if event.before != before or event.digest != digest(event):
            return f"Event {number} is not as it was written."
        before = event.digest
    return ""


def _differs(chain: list[RequestEvent]) -> str:
    """How the request's own row differs from what its events say, '' for not at all."""
    last = chain[-1]
    request = SUBJECTS[last.subject]._default_manager.filter(pk=last.request_id).first()
    if request is None:
        return "" if last.what == REMOVED else "The request itself is gone."
    stages = [event.to_stage for event in chain if event.to_stage]
    if request.version != len([event for event in chain if event.to_stage]):
        return f"The request was changed {request.version} times, its events say {len(stages)}."
    if stages and request.stage != stages[-1]:
        return f"The request is “{request.stage}”, its last event says “{stages[-1]}”."
    return ""


def tries_of(request: Request) -> int:
    """How often the request was put off already."""
    return RequestEvent.objects.filter(request_id=request.pk, what="put off").count()
