"""The guards of a refund, each of which can be taken away: then schedules must go wrong."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.conf import settings
from django.db.models import F

from orders.models import PlatformOrder
from support import headroom, moving, payloads, resolving, sending


def row_lock():
    """Whoever reckons with an order doesn't wait for others who do."""
    headroom.lock = lambda order: PlatformOrder.objects.get(pk=order.pk)


def lease():
    """Leases are over as soon as they are taken: nobody is held off by who is still at it."""
    settings.MONEY_LEASE_SECONDS = 0
    moving.holding = lambda request: lambda: None


def key():
    """Every attempt has an idempotency key of its own."""
    refund_order = payloads.refund_order
    payloads.refund_order = lambda payload: replace(refund_order(payload), key=str(uuid.uuid4()))


def compare_and_set():
    """A request is changed whatever it has become since it was read."""

    def changed(request, values):
        rows = type(request)._default_manager.filter(pk=request.pk)
        return rows.update(version=F("version") + 1, **values)

    moving.compare_and_set = changed


def re_read():
    """What the order is now isn't looked at before a refund is sent."""
    sending.check = lambda request, order, live: None


def resolver():
    """A refund whose outcome is unknown is sent again without looking."""
    resolving._resolve = lambda request, order, store: resolving._send_again(request)
    sending.marked = lambda request, refunds: None


GUARDS = {
    "row lock": row_lock, "lease": lease, "key": key, "compare-and-set": compare_and_set,
    "re-read": re_read, "resolver": resolver,
}  # fmt: skip
