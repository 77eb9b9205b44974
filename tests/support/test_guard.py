"""No store is called while a transaction is open, or for a request whose lease is over."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import transaction

from connectors import services as connected
from connectors.platforms.money import RefundOrder
from support import moving, sending
from support.models import RefundRequest
from tests.support import shops
from tests.support.test_scenarios import ask

CALLS = {
    "read_order": lambda store, refund: store.read_order(refund.order_remote_id),
    "list_refunds": lambda store, refund: store.list_refunds(refund.order_remote_id),
    "preview_refund": lambda store, refund: store.preview_refund(refund),
    "refund": lambda store, refund: store.refund(refund),
    "update_shipping_address": lambda store, refund: store.update_shipping_address(
        refund.order_remote_id, dict(shops.ADDRESS)
    ),
    "cancel_order": lambda store, refund: store.cancel_order(
        refund.order_remote_id, restock=False, note=""
    ),
}


def wanted(order):
    """A refund with the payments that the store would use."""
    refund = RefundOrder(
        order_remote_id=order.remote_id, currency=order.currency, amount=Decimal(1), lines=(),
        shipping=Decimal(0), shipping_tax=Decimal(0), note="SK-TEST", key="k", notify=False,
        gives_back=True,
    )  # fmt: skip
    with connected.opened(order.connector) as store:
        return replace(refund, tenders=store.preview_refund(refund).tenders)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_store_is_not_called_while_a_transaction_is_open(store, call):
    order = store.order((1, "10.00"))
    refund = wanted(order)
    heard = len(store.running.application.log)
    with (
        pytest.raises(connected.HttpInTransactionError, match="while a transaction is open"),
        transaction.atomic(),
        connected.opened(store.connector) as remote,
    ):
        call(remote, refund)
    assert len(store.running.application.log) == heard
    with connected.opened(store.connector) as remote:
        call(remote, refund)
    assert len(store.running.application.log) > heard


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_worker_that_slept_through_its_lease_asks_the_store_nothing(store, agent, call):
    order = store.order((1, "10.00"))
    refund = wanted(order)
    asked = ask(order, agent, (0, 1))
    with shops.travelled(minutes=1):
        request = moving.claim(RefundRequest, asked.pk, sending.SENDABLE)
    heard = len(store.running.application.log)
    guard = moving.holding(request)
    with (
        shops.travelled(minutes=1, seconds=settings.MONEY_LEASE_SECONDS),
        pytest.raises(moving.OvertakenError),
        connected.opened(store.connector, guard=guard) as remote,
    ):
        call(remote, refund)
    assert len(store.running.application.log) == heard
    with shops.travelled(minutes=2), connected.opened(store.connector, guard=guard) as remote:
        call(remote, refund)
    assert len(store.running.application.log) > heard
