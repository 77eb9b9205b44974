"""Cancelling what isn't sent yet, once an order's money was given back.

It is done by state, not by order: what is cancelled already is done, whoever did it.
"""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta

from django.utils import timezone

from connectors import services
from connectors.platforms import base
from connectors.platforms.money import Delivery, LiveOrder
from orders.models import PlatformOrder
from support import audit, moving, payloads
from support.models import RefundRequest
from support.stages import RefundStage

logger = logging.getLogger(__name__)

State = RefundRequest.Cancelling
PAUSE = timedelta(seconds=30)
MOST_TRIES = 20


def first_step(request: RefundRequest, stage: str) -> str:
    """Whether the order is to be cancelled, now that the refund is in this stage."""
    wanted = request.cancel_unsent and stage == RefundStage.PROCESSED
    return State.WAITING if wanted else request.cancelling


def is_unsent(live: LiveOrder) -> bool:
    """Whether goods of the order are still to be shipped."""
    return not live.is_cancelled and live.delivery in (Delivery.NOTHING, Delivery.PART)


def cancel_unsent(request_id: uuid.UUID) -> None:
    """Cancel the order of a refund that asked for it; a second time finds it cancelled."""
    request = moving.claim(RefundRequest, request_id, (RefundStage.PROCESSED,))
    if request is None or request.cancelling != State.WAITING:
        return
    order = PlatformOrder.objects.select_related("connector").get(
        order_id=request.order_id, platform=request.platform
    )
    if not order.connector.writes_enabled:
        _end(request, State.FAILED, f"Changes are switched off for {order.connector}.")
        return
    try:
        with services.opened(order.connector, guard=moving.holding(request)) as store:
            if is_unsent(store.read_order(order.remote_id)):
                store.cancel_order(order.remote_id, restock=False, note=payloads.note_of(request))
            is_done = not is_unsent(store.read_order(order.remote_id))
    except moving.OvertakenError:
        logger.info("cancellation overtaken request=%s", request.pk)
    except base.RejectedError as error:
        _end(request, State.FAILED, str(error))
    except base.StoreError as error:
        _again(request, str(error))
    else:
        if is_done:
            _end(request, State.DONE, "")
        else:
            _again(request, "The store is still cancelling the order.")


def _end(request: RefundRequest, state: str, words: str) -> None:
    what = "order cancelled" if state == State.DONE else "order not cancelled"
    try:
        moving.move(
            request, request.stage, audit.Entry(what=what, note=words),
            cancelling=state, error=words, due_at=None, lease_until=None,
        )  # fmt: skip
    except moving.OvertakenError:
        logger.info("cancellation overtaken request=%s", request.pk)


def _again(request: RefundRequest, words: str) -> None:
    if request.lease_token > MOST_TRIES:
        _end(request, State.FAILED, words)
    else:
        moving.release(request, timezone.now() + PAUSE)
