"""What a worker does with a refund that is due: check it against the store, send it once, settle.

Nothing is sent before it is committed that it will be, and under which key. From then on only an
answer that proves it ends the request: everything else is unknown, and goes to the resolver.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from connectors import engine, refreshing, registry, services
from connectors.models import ConnectorConfig
from connectors.platforms import base
from connectors.platforms.money import LiveOrder, LiveRefund, Tender
from orders.models import PlatformOrder
from support import audit, external, finishing, headroom, moving, payloads
from support.models import RefundRequest
from support.stages import RefundStage

logger = logging.getLogger(__name__)

SENDABLE = (RefundStage.APPROVED, RefundStage.HOLDING)
PAUSES = (5, 15, 60, 300, 900)  # seconds before the next try of what was not sent
LOOK_AGAIN = timedelta(minutes=1)


class StoppedError(Exception):
    """What may not be sent: ``code`` groups why, the message says it to the operator."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of sending: the class of the answer, and the refund where there is one."""

    kind: str
    refund: LiveRefund | None = None
    code: str = ""
    words: str = ""
    latency: float = 0.0
    retry_after: float | None = None


def send(request_id: uuid.UUID) -> None:
    """Send a refund that is due, if nobody else is at it; a second time finds nothing to do."""
    request = moving.claim(RefundRequest, request_id, SENDABLE)
    if request is None:
        return
    order = PlatformOrder.objects.select_related("connector").get(pk=_key(request))
    with (
        stopping(request, order.connector, again=RefundStage.APPROVED),
        services.opened(order.connector, guard=moving.holding(request)) as store,
    ):
        _send(request, order, store)


@contextmanager
def stopping(request: moving.RequestT, connector: ConnectorConfig, *, again: str) -> Iterator[None]:
    """End what the store or a check refuses before it is sent; put off, to ``again``, the rest."""
    try:
        yield
    except moving.OvertakenError:
        logger.info("request overtaken request=%s", request.pk)
    except base.CredentialsError as error:
        engine.keep_disconnected(connector, str(error))
        stop(request, StoppedError(str(error), code=error.code))
    except base.RejectedError as error:
        stop(request, StoppedError(str(error), code=error.code))
    except base.StoreError as error:
        put_off(request, error, stage=again)
    except StoppedError as error:
        stop(request, error)


def _key(request: RefundRequest) -> Any:
    return (request.order_id, request.platform)


def _send(request: RefundRequest, order: PlatformOrder, store: registry.Store) -> None:
    read_at = timezone.now()
    live = store.read_order(order.remote_id)
    external.learn(order, live.refunds, read_at=read_at)
    if request.resends and (found := marked(request, live.refunds)):
        settle_by(request, found, Outcome(kind="found"))
        look_again(order, store)
        return
    with transaction.atomic():
        check(request, headroom.lock(order), live)
    payload = request.payload or _payload(request, order, store)
    request = _commit(request, order, live, payload)
    outcome = deliver(store, payload)
    conclude(request, outcome, connector=order.connector)
    look_again(order, store)


def marked(request: RefundRequest, refunds: Sequence[LiveRefund]) -> LiveRefund | None:
    """The store's refund that carries the request's marker."""
    return next((one for one in refunds if request.marker and request.marker in one.reason), None)


def conclude(request: RefundRequest, outcome: Outcome, *, connector: ConnectorConfig) -> None:
    """Write down what came of an attempt; an answer that came too late is kept as evidence."""
    try:
        settle(request, outcome, connector=connector)
    except moving.OvertakenError:
        answered = payloads.answer_of(outcome.refund) if outcome.refund else None
        moving.note(request, _entry(request, outcome, what="answered late", answered=answered))
        raise


def _payload(request: RefundRequest, order: PlatformOrder, store: registry.Store) -> base.Json:
    payload = payloads.payload_of(request, order)
    if request.by_hand:
        return payload
    preview = store.preview_refund(payloads.refund_order(payload))
    return payloads.with_tenders(payload, preview.tenders)


def _commit(
    request: RefundRequest, order: PlatformOrder, live: LiveOrder, payload: base.Json
) -> RefundRequest:
    """Write down that it is sent now, once it is clear that it may be; raises ``StoppedError``."""
    with transaction.atomic():
        check(request, headroom.lock(order), live)
        now, digest = timezone.now(), payloads.payload_hash(payload)
        attempt = request.attempts + 1
        return moving.move(
            request,
            RefundStage.SENDING,
            audit.Entry(
                what="sending", attempt=attempt, key=str(request.key), payload_hash=digest,
                sent=payload,
            ),
            payload=payload,
            payload_hash=digest,
            attempts=attempt,
            attempted_at=now,
            first_attempted_at=request.first_attempted_at or now,
            error="",
            error_code="",
            outcome="",
        )  # fmt: skip


def check(request: RefundRequest, order: PlatformOrder, live: LiveOrder) -> None:
    """Raises ``StoppedError`` for what has come in the way since it was asked for.

    The order is locked, so that what it has left can't change before the transaction ends.
    """
    connector = ConnectorConfig.objects.get(pk=order.connector_id)
    if not connector.writes_enabled:
        raise StoppedError(f"Refunds are switched off for {connector}.", code="writes_off")
    if request.approval_reasons and request.approval_hash != payloads.content_hash(request):
        raise StoppedError("It was changed after it was approved.", code="not_approved")
    if live.record.currency != request.currency:
        raise StoppedError(
            f"The order is in {live.record.currency} now, the refund in {request.currency}.",
            code="currency",
        )
    if live.disputes:
        raise StoppedError(
            "The customer disputes the payment with their bank: refunding too would pay twice.",
            code="disputed",
        )
    if not request.by_hand and not live.gives_back:
        raise StoppedError(
            "The order’s payment can’t give money back by itself. Pay it back another way and "
            "choose “only record it”.",
            code="no_gateway",
        )
    try:
        headroom.check(
            request,
            captured=live.captured,
            sheet=headroom.sheet_of_live(live),
            spoken=headroom.spoken_for(order, but=request),
        )
    except headroom.ExceedsError as error:
        raise StoppedError(f"Not sent: {error}.", code="exceeds") from None


def deliver(store: registry.Store, payload: base.Json) -> Outcome:
    """Send it, and say what kind of answer came."""
    started = time.monotonic()
    try:
        refund = store.refund(payloads.refund_order(payload))
    except base.StoreError as error:
        return outcome_of(error, time.monotonic() - started)
    return Outcome(kind="made", refund=refund, latency=time.monotonic() - started)


def outcome_of(error: base.StoreError, latency: float) -> Outcome:
    """What an attempt came to that raised this."""
    return Outcome(
        kind=kind_of(error),
        code=error.code,
        words=str(error),
        latency=latency,
        retry_after=getattr(error, "retry_after", None),
    )


def kind_of(error: base.StoreError) -> str:
    """The class of an answer; what isn't known to be harmless is unknown."""
    if isinstance(error, base.RetryableError):
        return "throttled" if error.code == "rate_limited" else "not_sent"
    if isinstance(error, base.CredentialsError):
        return "no_access"
    if isinstance(error, base.RejectedError):
        return "rejected"
    return "busy" if isinstance(error, base.BusyError) else "unknown"


def settle(request: RefundRequest, outcome: Outcome, *, connector: ConnectorConfig) -> None:
    """Write down what came of an attempt; raises ``OvertakenError``."""
    if outcome.refund is not None:
        settle_by(request, outcome.refund, outcome)
        return
    entry = _entry(request, outcome)
    now = timezone.now()
    changes: dict[str, Any] = {
        "error": outcome.words, "error_code": outcome.code[:50], "outcome": outcome.kind,
        "lease_until": None,
    }  # fmt: skip
    if outcome.kind == "no_access":
        engine.keep_disconnected(connector, outcome.words)
    due = now + pause(request.attempts, outcome.retry_after)
    stage = _stage_without(request, outcome)
    changes["due_at"] = due if stage in (RefundStage.APPROVED, RefundStage.UNKNOWN) else None
    moving.move(request, stage, entry, **changes)


def _stage_without(request: RefundRequest, outcome: Outcome) -> RefundStage:
    """Where an answer without a refund leads.

    After a first attempt whose outcome is unknown, no answer to a later one proves anything of it.
    """
    is_first = request.stage == RefundStage.SENDING and not request.resends
    if outcome.kind == "rejected":
        return RefundStage.REJECTED if is_first else RefundStage.NEEDS_HUMAN
    if outcome.kind == "no_access" and is_first:
        return RefundStage.REJECTED
    if outcome.kind in ("not_sent", "throttled") and request.stage == RefundStage.SENDING:
        return RefundStage.APPROVED
    return RefundStage.UNKNOWN


def settle_by(request: RefundRequest, refund: LiveRefund, outcome: Outcome) -> None:
    """End or go on by what the store says of the refund itself."""
    answered = payloads.answer_of(refund)
    entry = _entry(request, outcome, answered=answered)
    stage, code, words, due = _stage_by(request, refund)
    with transaction.atomic():
        headroom.lock(PlatformOrder(order_id=request.order_id, platform=request.platform))
        if _is_taken(request, refund.remote_id):
            stage, code, due = RefundStage.NEEDS_HUMAN, "id_taken", None
            words = f"The store’s refund {refund.remote_id} belongs to another request."
        moving.move(
            request, stage, entry,
            remote_id=None if code == "id_taken" else refund.remote_id,
            cancelling=finishing.first_step(request, stage),
            response=answered, error_code=code, error=words, outcome=outcome.kind, due_at=due,
            lease_until=None,
        )  # fmt: skip


def _is_taken(request: RefundRequest, remote_id: int) -> bool:
    others = RefundRequest.objects.of_order(request).filter(remote_id=remote_id)
    return others.exclude(pk=request.pk).exists()


Stage = tuple[RefundStage, str, str, datetime | None]


def _stage_by(request: RefundRequest, refund: LiveRefund) -> Stage:
    if refund.tender is Tender.PENDING:
        return RefundStage.ACCEPTED, "", "", timezone.now() + LOOK_AGAIN
    if refund.tender is Tender.FAILED:
        words = "The payment refused to give the money back; the store has a refund without money."
        return RefundStage.REJECTED, "tender_failed", words, None
    if refund.tender is Tender.NONE and not request.by_hand:
        words = "The store has the refund, but does not say that the payment gave money back."
        return RefundStage.NEEDS_HUMAN, "not_paid", words, None
    if refund.amount != request.amount and not request.by_hand:
        words = f"The store gave back {refund.amount} instead of {request.amount}."
        return RefundStage.NEEDS_HUMAN, "other_amount", words, None
    return RefundStage.PROCESSED, "", "", None


def _entry(
    request: RefundRequest,
    outcome: Outcome,
    *,
    what: str = "answered",
    answered: base.Json | None = None,
) -> audit.Entry:
    error = {"code": outcome.code, "words": outcome.words} if outcome.code else None
    return audit.Entry(
        what=what,
        attempt=request.attempts,
        key=str(request.key),
        payload_hash=request.payload_hash,
        outcome=outcome.kind,
        latency=outcome.latency,
        answered=answered or error,
    )


def pause(attempts: int, wish: float | None = None) -> timedelta:
    """How long to wait after so many attempts, at least as long as the store wishes."""
    seconds = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return timedelta(seconds=max(seconds, wish or 0))


def stop(request: moving.RequestT, error: StoppedError) -> None:
    """End what was not sent; one that somebody else moved meanwhile is left to them.

    A refund that was to be sent a second time may have been made by the first: a person looks.
    """
    if isinstance(request, RefundRequest) and request.resends:
        try:
            need(request, "in_the_way", f"An earlier attempt may have been made. {error}")
        except moving.OvertakenError:
            logger.info("request overtaken request=%s", request.pk)
        return
    entry = audit.Entry(
        what="stopped before it was sent", note=str(error), outcome=error.code,
        attempt=request.attempts,
    )  # fmt: skip
    try:
        moving.move(
            request, RefundStage.REJECTED, entry,
            error=str(error), error_code=error.code[:50], outcome="stopped", due_at=None,
            lease_until=None,
        )  # fmt: skip
    except moving.OvertakenError:
        logger.info("request overtaken request=%s", request.pk)


def put_off(request: moving.RequestT, error: base.StoreError, *, stage: str) -> None:
    """Nothing was sent yet: try again later, or wait for somebody to take it back."""
    tries = audit.tries_of(request) + 1
    entry = audit.Entry(what="put off", note=str(error), outcome=kind_of(error))
    try:
        moving.move(
            request, stage, entry,
            error=str(error), error_code=error.code[:50], outcome=kind_of(error), lease_until=None,
            due_at=timezone.now() + pause(tries),
        )  # fmt: skip
    except moving.OvertakenError:
        logger.info("request overtaken request=%s", request.pk)


def look(request_id: uuid.UUID) -> None:
    """See what became of a payment that was on its way."""
    request = moving.claim(RefundRequest, request_id, (RefundStage.ACCEPTED,))
    if request is None:
        return
    order = PlatformOrder.objects.select_related("connector").get(pk=_key(request))
    due = timezone.now() + LOOK_AGAIN
    try:
        with services.opened(order.connector, guard=moving.holding(request)) as store:
            found = [
                one for one in store.list_refunds(order.remote_id)
                if one.remote_id == request.remote_id
            ]  # fmt: skip
            if not found:
                need(request, "vanished", "The store no longer has this refund.")
            elif found[0].tender is Tender.PENDING:
                moving.release(request, due)
            else:
                settle_by(request, found[0], Outcome(kind="read"))
                look_again(order, store)
    except moving.OvertakenError:
        logger.info("refund overtaken request=%s", request.pk)
    except base.StoreError as error:
        logger.warning("refund not looked up request=%s code=%s", request.pk, error.code)
        moving.release(request, due)


def need(request: RefundRequest, code: str, words: str) -> None:
    entry = audit.Entry(what="needs a person", note=words, outcome=code)
    moving.move(
        request, RefundStage.NEEDS_HUMAN, entry,
        error_code=code, error=words, outcome="unclear", due_at=None, lease_until=None,
    )  # fmt: skip


def look_again(order: PlatformOrder, store: registry.Store) -> None:
    """Bring our copy of the order up to date; the next sync does it otherwise."""
    try:
        refreshing.refresh(order.connector, base.Resource.ORDERS, store, [order.remote_id])
    except base.StoreError as error:
        logger.warning("order not read again store=%s code=%s", order.connector_id, error.code)
