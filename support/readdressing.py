"""What a worker does with an address change: check it against the store, send it, read it back.

Sending the same address twice does no harm, sending it over somebody else's does: each attempt is
preceded by a look at what the store has, and only what is read back ends the request.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from connectors import engine, registry, services
from connectors.models import ConnectorConfig
from connectors.platforms import base
from connectors.platforms.money import LiveOrder
from orders.models import PlatformOrder
from support import audit, destinations, moving, postal, resolving, sending
from support.models import AddressUpdateRequest, RequestEvent
from support.sending import Outcome, StoppedError
from support.stages import AddressStage

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
LOST = ("unknown", "busy")
Request = AddressUpdateRequest

NOT_APPLIED = "The store took the change, but still has the address from before."
NO_TRACE = "The store did not make the change, however often it was asked."
NO_SNAPSHOT = "The store has another address, and what it had before is not known. Ask again."
CONFLICT = "The address was changed in the store in the meantime. Nothing was overwritten."


def send(request_id: uuid.UUID) -> None:
    """Send a change that is due, if nobody else is at it, and read it back."""
    request = moving.claim(Request, request_id, (AddressStage.CHECKING,))
    if request is None:
        return
    order = _order(request)
    with (
        sending.stopping(request, order.connector, again=AddressStage.CHECKING),
        services.opened(order.connector, guard=moving.holding(request)) as store,
    ):
        request = _send(request, order, store)
        _look_again(request, order, store)
    if request.stage == AddressStage.VERIFYING:
        verify(request.pk)


def _order(request: Request) -> PlatformOrder:
    return PlatformOrder.objects.select_related("connector").get(
        order_id=request.order_id, platform=request.platform
    )


def _look_again(request: Request, order: PlatformOrder, store: registry.Store) -> None:
    if request.is_final:
        sending.look_again(order, store)


def _send(request: Request, order: PlatformOrder, store: registry.Store) -> Request:
    live = store.read_order(order.remote_id)
    if postal.same(live.record.shipping_address, request.new_address):
        return _updated(request, live, Outcome(kind="read"))
    _check(request, order, live)
    if not postal.same(live.record.shipping_address, _seen(request)):
        return _failed(request, live, AddressStage.CONFLICT, "conflict", CONFLICT)
    if (reasons := destinations.reasons_for_two(live)) and not request.approval_hash:
        return _to_second(request, reasons)
    try:
        address = destinations.for_store(request)
    except postal.AddressError as error:
        raise StoppedError(str(error), code="address") from None
    request = _commit(request, live)
    return _conclude(request, _deliver(store, order, address), order.connector)


def _seen(request: Request) -> dict[str, str]:
    return destinations.unpacked(request.seen_address) or {}


def _check(request: Request, order: PlatformOrder, live: LiveOrder) -> None:
    """Raises ``StoppedError`` for what has come in the way since it was asked for."""
    connector = ConnectorConfig.objects.get(pk=order.connector_id)
    if not connector.writes_enabled:
        raise StoppedError(f"Changes are switched off for {connector}.", code="writes_off")
    if request.approval_reasons and request.approval_hash != destinations.content_hash(request):
        raise StoppedError("It was changed after it was approved.", code="not_approved")
    destinations.demand_movable(live)


def _to_second(request: Request, reasons: list[str]) -> Request:
    """Goods left between asking and sending: somebody else has to agree now."""
    entry = audit.Entry(what="needs approval", note=" ".join(reasons))
    return moving.move(
        request, AddressStage.AWAITING_APPROVAL, entry,
        approval_reasons=reasons, due_at=None, lease_until=None,
    )  # fmt: skip


def _commit(request: Request, live: LiveOrder) -> Request:
    """Write down that it is sent now, and what the order was before."""
    now, before = timezone.now(), live.record.shipping_address
    attempt = request.attempts + 1
    entry = audit.Entry(
        what="sending", attempt=attempt, payload_hash=destinations.digest(request.new_address),
        sent=destinations.summary(before, request.new_address),
    )  # fmt: skip
    return moving.move(
        request, AddressStage.SENDING, entry,
        previous_address=destinations.packed(before),
        total_before=live.record.total, tax_before=live.record.tax_total,
        response={"captured": str(live.captured)},
        attempts=attempt, attempted_at=now, error="", error_code="",
        first_attempted_at=request.first_attempted_at or now,
    )  # fmt: skip


def _deliver(store: registry.Store, order: PlatformOrder, address: dict[str, str]) -> Outcome:
    """Send it, and say what kind of answer came."""
    started = time.monotonic()
    try:
        store.update_shipping_address(order.remote_id, address)
    except base.StoreError as error:
        return sending.outcome_of(error, time.monotonic() - started)
    return Outcome(kind="made", latency=time.monotonic() - started)


def _conclude(request: Request, outcome: Outcome, connector: ConnectorConfig) -> Request:
    """Write down what came of an attempt; an answer that came too late is kept as evidence."""
    if outcome.kind == "no_access":
        engine.keep_disconnected(connector, outcome.words)
    try:
        return _settled(request, outcome)
    except moving.OvertakenError:
        moving.note(request, _entry(request, outcome, what="answered late"))
        raise


def _settled(request: Request, outcome: Outcome) -> Request:
    stage = _stage_after(outcome)
    now = timezone.now()
    due = {
        AddressStage.VERIFYING: now,
        AddressStage.REJECTED: None,
    }.get(stage, now + sending.pause(request.attempts, outcome.retry_after))
    return moving.move(
        request, stage, _entry(request, outcome), outcome=outcome.kind,
        error=outcome.words, error_code=outcome.code[:50], due_at=due, lease_until=None,
    )  # fmt: skip


def _stage_after(outcome: Outcome) -> AddressStage:
    """Where an answer leads; success proves nothing before it is read back."""
    if outcome.kind == "made":
        return AddressStage.VERIFYING
    if outcome.kind in ("rejected", "no_access"):
        return AddressStage.REJECTED
    if outcome.kind in ("not_sent", "throttled"):
        return AddressStage.CHECKING
    return AddressStage.UNKNOWN


def _entry(request: Request, outcome: Outcome, *, what: str = "answered") -> audit.Entry:
    """The store's own words stay out of it: they may repeat the address."""
    return audit.Entry(
        what=what,
        attempt=request.attempts,
        payload_hash=destinations.digest(request.new_address),
        outcome=outcome.kind,
        latency=outcome.latency or None,
        answered={"code": outcome.code} if outcome.code else None,
    )


def verify(request_id: uuid.UUID) -> None:
    """Read back a change that the store said it made."""
    _read_back(request_id, AddressStage.VERIFYING, _verified)


def resolve(request_id: uuid.UUID) -> None:
    """See what came of a change whose answer was lost."""
    _read_back(request_id, AddressStage.UNKNOWN, _resolved)


Settled = Callable[[Request, LiveOrder, registry.Store], Request]


def _read_back(request_id: uuid.UUID, stage: AddressStage, settled: Settled) -> None:
    """Settle by what the store has now; where it can't be read, it is tried again later."""
    request = moving.claim(Request, request_id, (stage,))
    if request is None:
        return
    order = _order(request)
    try:
        with services.opened(order.connector, guard=moving.holding(request)) as store:
            live = _live(request, order, store)
            request = settled(request, live, store)
            _look_again(request, order, store)
    except moving.OvertakenError:
        logger.info("address change overtaken request=%s", request.pk)
    except StoppedError as error:
        sending.stop(request, error)
    except base.StoreError as error:
        resolving.later(request, order.connector, error)


def _live(request: Request, order: PlatformOrder, store: registry.Store) -> LiveOrder:
    """The order now; raises ``StoppedError`` where there is none any more."""
    try:
        return store.read_order(order.remote_id)
    except base.RejectedError as error:
        if error.code != "missing":
            raise
        raise StoppedError(str(error), code=error.code) from None


def _verified(request: Request, live: LiveOrder, store: registry.Store) -> Request:
    found = live.record.shipping_address
    if postal.same(found, request.new_address):
        return _updated(request, live, Outcome(kind="read"))
    if postal.same(found, _before(request) or {}):
        return _failed(request, live, AddressStage.NOT_APPLIED, "not_applied", NOT_APPLIED)
    return _failed(request, live, AddressStage.CONFLICT, "conflict", CONFLICT)


def _before(request: Request) -> dict[str, str] | None:
    return destinations.unpacked(request.previous_address)


def _resolved(request: Request, live: LiveOrder, store: registry.Store) -> Request:
    """Only the wanted address settles it at once: what was sent may still be at work."""
    found, before = live.record.shipping_address, _before(request)
    if postal.same(found, request.new_address):
        return _updated(request, live, Outcome(kind="found"))
    settled_at = (request.attempted_at or request.requested_at) + store.settle_time
    if settled_at > timezone.now():
        moving.release(request, settled_at)
        return request
    if before is None:
        return _failed(request, live, AddressStage.NOT_APPLIED, "no_snapshot", NO_SNAPSHOT)
    if not postal.same(found, before):
        return _failed(request, live, AddressStage.CONFLICT, "conflict", CONFLICT)
    if _lost(request) >= MOST_ATTEMPTS:
        return _failed(request, live, AddressStage.NOT_APPLIED, "no_trace", NO_TRACE)
    return _again(request)


def _lost(request: Request) -> int:
    """How many attempts had no answer that says anything."""
    return RequestEvent.objects.filter(request_id=request.pk, outcome__in=LOST).count()


def _again(request: Request) -> Request:
    """The store still has the old address: once more, through all the checks."""
    entry = audit.Entry(what="to be sent once more", note="The store has the address from before.")
    return moving.move(
        request, AddressStage.CHECKING, entry, due_at=timezone.now(), lease_until=None
    )


def _updated(request: Request, live: LiveOrder, outcome: Outcome) -> Request:
    """End it: the store has the address. What nobody sent changed no price either."""
    record = live.record
    before: dict[str, Any] = (
        {} if request.attempts else {"total_before": record.total, "tax_before": record.tax_total}
    )
    return moving.move(
        request, AddressStage.UPDATED, _entry(request, outcome, what="read back"),
        total_after=record.total, tax_after=record.tax_total, **before,
        error="", error_code="", outcome=outcome.kind, due_at=None, lease_until=None,
    )  # fmt: skip


def _failed(
    request: Request, live: LiveOrder, stage: AddressStage, code: str, words: str
) -> Request:
    """End it with what the store has instead."""
    found, record = live.record.shipping_address, live.record
    after = {"total_after": record.total, "tax_after": record.tax_total} if request.attempts else {}
    entry = audit.Entry(
        what="read back", attempt=request.attempts, outcome=code,
        answered=destinations.summary(request.new_address, found),
    )  # fmt: skip
    return moving.move(
        request, stage, entry, live_address=destinations.packed(found), **after,
        error=words, error_code=code, due_at=None, lease_until=None,
    )  # fmt: skip
