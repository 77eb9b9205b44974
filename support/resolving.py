"""Finding out what became of a refund whose answer was lost, without ever sending it a second time
where it may have been made."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from connectors import engine, registry, services
from connectors.models import ConnectorConfig
from connectors.platforms import base
from connectors.platforms.money import LiveOrder, LiveRefund, Tender
from orders.models import PlatformOrder
from support import audit, external, headroom, moving, policy, sending
from support.models import RefundRequest
from support.stages import RefundStage

logger = logging.getLogger(__name__)

# A key that is nearly too old is not used again.
MARGIN = timedelta(hours=1)
# The store's clock and ours may differ by so much.
SKEW = timedelta(minutes=5)
MOST_RESENDS = 1
# Somebody may still be at the last attempt: a payment provider, or a worker that only slept.
UNFINISHED = frozenset(("payment_unclear", "worker_lost"))


def resolve(request_id: uuid.UUID) -> None:
    """Settle a refund whose outcome is unknown, if it can be now; else it is tried again later."""
    request = moving.claim(RefundRequest, request_id, (RefundStage.UNKNOWN,))
    if request is None:
        return
    order = PlatformOrder.objects.select_related("connector").get(
        order_id=request.order_id, platform=request.platform
    )
    try:
        with services.opened(order.connector, guard=moving.holding(request)) as store:
            _resolve(request, order, store)
            sending.look_again(order, store)
    except moving.OvertakenError:
        logger.info("refund overtaken request=%s", request.pk)
    except base.StoreError as error:
        later(request, order.connector, error)


def _resolve(request: RefundRequest, order: PlatformOrder, store: registry.Store) -> None:
    read_at = timezone.now()
    try:
        live = store.read_order(order.remote_id)
    except base.RejectedError as error:
        if error.code != "missing":
            raise
        _need(request, store, "order_gone", f"It may have been made. {error}")
        return
    found = sending.marked(request, live.refunds)
    if found is not None and not _may_still_move(request, found, store):
        sending.settle_by(request, found, sending.Outcome(kind="found"))
    elif found is None and key_is_alive(request, store):
        external.learn(order, live.refunds, read_at=read_at)
        _replay(request, order, store, live)
    elif (settled_at := _settled_at(request, store)) > timezone.now():
        moving.release(request, settled_at)
    elif twin := unmarked_twin(request, live):
        words = f"The store has a refund of the same amount ({twin.remote_id}) without our mark."
        sending.need(request, "probably_ours", words)
    elif not store.key_lifetime and _may_be_sent_again(request):
        _send_again(request)
    else:
        sending.need(request, "no_trace", "The store has no such refund, but that proves nothing.")


def _need(request: RefundRequest, store: registry.Store, code: str, words: str) -> None:
    """Give it to a person, who may rely on it that the store isn't at work on it any more."""
    if (settled_at := _settled_at(request, store)) > timezone.now():
        moving.release(request, settled_at)
    else:
        sending.need(request, code, words)


def _may_still_move(request: RefundRequest, found: LiveRefund, store: registry.Store) -> bool:
    """A refund that is written down before the payment is asked says little in between."""
    unpaid = found.tender is Tender.NONE and not request.by_hand
    return unpaid and _settled_at(request, store) > timezone.now()


def _settled_at(request: RefundRequest, store: registry.Store) -> datetime:
    """From when on the store can't be at work on the last attempt any more."""
    return (request.attempted_at or request.requested_at) + store.settle_time


def key_is_alive(request: RefundRequest, store: registry.Store) -> bool:
    """Whether sending the same again can't make a second refund."""
    if not store.key_lifetime or request.first_attempted_at is None:
        return False
    return timezone.now() < request.first_attempted_at + store.key_lifetime - MARGIN


def _replay(
    request: RefundRequest, order: PlatformOrder, store: registry.Store, live: LiveOrder
) -> None:
    """Send the very same under the same key, which gives the first answer where there was one."""
    payload: base.Json = request.payload or {}
    with transaction.atomic():
        try:
            sending.check(request, headroom.lock(order), live)
        except sending.StoppedError as error:
            words = f"It may have been made. Not sent again: {error}"
            _need(request, store, "in_the_way", words)
            return
        now = timezone.now()
        entry = audit.Entry(
            what="sending again under the same key", attempt=request.attempts + 1,
            key=str(request.key), payload_hash=request.payload_hash, sent=payload,
        )  # fmt: skip
        request = moving.move(
            request, RefundStage.UNKNOWN, entry, attempts=request.attempts + 1, attempted_at=now
        )  # fmt: skip
    outcome = sending.deliver(store, payload)
    sending.conclude(request, outcome, connector=order.connector)


def unmarked_twin(request: RefundRequest, live: LiveOrder) -> LiveRefund | None:
    """A refund without any marker, of the same amount, made since the first attempt."""
    known = set(
        RefundRequest.objects.of_order(request)
        .filter(remote_id__isnull=False, is_external=False)
        .values_list("remote_id", flat=True)
    )
    since = request.first_attempted_at
    for one in live.refunds:
        is_later = one.created_at is None or since is None or one.created_at >= since - SKEW
        if one.amount == request.amount and one.remote_id not in known and is_later:
            return one
    return None


def _may_be_sent_again(request: RefundRequest) -> bool:
    """Only where the last attempt is known to be over."""
    is_over = request.error_code not in UNFINISHED
    is_first = request.resends < MOST_RESENDS
    return is_over and is_first and not policy.resolving_takes_two(request)


def _send_again(request: RefundRequest) -> None:
    """The store has no trace long after it must have: once more, through all the checks."""
    entry = audit.Entry(what="to be sent once more", note="The store has no trace of it.")
    moving.move(
        request, RefundStage.APPROVED, entry,
        resends=request.resends + 1, due_at=timezone.now(), lease_until=None,
    )  # fmt: skip


def later(request: moving.RequestT, connector: ConnectorConfig, error: base.StoreError) -> None:
    """The store could not be read: it stays unknown, and a refund's money spoken for."""
    if isinstance(error, base.CredentialsError):
        engine.keep_disconnected(connector, str(error))
    logger.warning("request unresolved request=%s code=%s", request.pk, error.code)
    tries = min(request.lease_token, len(sending.PAUSES))
    moving.release(request, timezone.now() + timedelta(seconds=sending.PAUSES[tries - 1]))
