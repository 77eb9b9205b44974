"""How a request changes: one compare-and-set, with its event, in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from support import audit
from support.models import AddressUpdateRequest, RefundRequest
from support.stages import ADDRESS_MOVES, ADDRESS_STATUS, REFUND_MOVES, REFUND_STATUS

RequestT = TypeVar("RequestT", RefundRequest, AddressUpdateRequest)


class OvertakenError(Exception):
    """Somebody else changed the request first: read it again."""


def started(request: RequestT, entry: audit.Entry, *, actor: Any = None) -> RequestT:
    """Save a new request with its first event."""
    statuses = _rules(request)[1]
    request.status, request.version = statuses[request.stage], 1
    with transaction.atomic():
        request.save(force_insert=True)
        audit.append(request, entry, actor=actor, after=request.stage)
    return request


def move(
    request: RequestT, to: str, entry: audit.Entry, *, actor: Any = None, **changes: Any
) -> RequestT:
    """Move the request on from exactly the state that the caller read, and record it.

    Gives it back as it is now. Raises ``OvertakenError`` when it is in another state by now, and
    then nothing was changed.
    """
    moves, statuses = _rules(request)
    if to != request.stage and to not in moves.get(request.stage, ()):
        raise ValueError(f"A request that is {request.stage} can't become {to}.")
    with transaction.atomic():
        values = {"stage": to, "status": statuses[to], "changed_at": timezone.now(), **changes}
        if compare_and_set(request, values) != 1:
            raise OvertakenError
        audit.append(request, entry, actor=actor, before=request.stage, after=to)
        return read(request)


def compare_and_set(request: RequestT, values: dict[str, Any]) -> int:
    """Change the row if it is as it was read, under the same lease; how many rows that were."""
    rows = type(request)._default_manager.filter(
        pk=request.pk,
        stage=request.stage,
        version=request.version,
        lease_token=request.lease_token,
    )
    return rows.update(version=F("version") + 1, **values)


def read(request: RequestT) -> RequestT:
    """The request as it is now."""
    return type(request)._default_manager.get(pk=request.pk)


def locked(request: RequestT) -> RequestT:
    """The request as it is now, which nobody else can change before the transaction ends."""
    return type(request)._default_manager.select_for_update().get(pk=request.pk)


def note(request: RequestT, entry: audit.Entry, *, actor: Any = None) -> None:
    """Record something that moved nothing."""
    with transaction.atomic():
        audit.append(locked(request), entry, actor=actor)


def claim(model: type[RequestT], key: uuid.UUID, stages: tuple[str, ...]) -> RequestT | None:
    """Take the lease of a request that is due and in one of these stages; None if it isn't ours.

    Whoever held the lease before can't move the request any more.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A lease is taken in a transaction of its own.")
    now = timezone.now()
    due = Q(due_at__isnull=True) | Q(due_at__lte=now)
    free = model._default_manager.filter(_is_free(now), due, pk=key, stage__in=stages)
    request = free.first()
    if request is None:
        return None
    until = now + timedelta(seconds=settings.MONEY_LEASE_SECONDS)
    token = request.lease_token + 1
    as_read = free.filter(version=request.version, lease_token=request.lease_token)
    if as_read.update(lease_until=until, lease_token=token) != 1:
        return None
    # Not read back: after a long pause that could be the lease of whoever came next.
    request.lease_until, request.lease_token = until, token
    return request


def release(request: RequestT, due: datetime) -> None:
    """Give the lease back, if it is still ours, until then."""
    rows = type(request)._default_manager.filter(pk=request.pk, lease_token=request.lease_token)
    rows.update(lease_until=None, due_at=due)


def holding(request: RequestT) -> Callable[[], None]:
    """What raises ``OvertakenError`` once the request's lease is over: others may be at it then."""
    until = request.lease_until

    def check() -> None:
        if until is None or timezone.now() >= until:
            raise OvertakenError

    return check


def _is_free(now: datetime) -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lt=now)


def _rules(request: RequestT) -> Any:
    if isinstance(request, RefundRequest):
        return REFUND_MOVES, REFUND_STATUS
    return ADDRESS_MOVES, ADDRESS_STATUS
