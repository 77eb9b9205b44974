"""What of an order is left to give back, reckoned under a lock on the order's row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from connectors.platforms.base import ChargeKind
from connectors.platforms.money import LiveOrder
from orders.models import OrderItem, PlatformOrder
from orders.presenting import snapshots
from support import amounts
from support.amounts import Given, Line, Part, Sheet, Spoken
from support.models import RefundRequest
from support.stages import RESERVED, RefundStage

ZERO = Decimal(0)


class ExceedsError(Exception):
    """More is asked for than is left; the message names what is left."""


def lock(order: PlatformOrder) -> PlatformOrder:
    """The order as it is now; whoever else reckons with it waits until the transaction ends."""
    found: PlatformOrder = PlatformOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
    return found


def sheet_of(order: PlatformOrder, items: Sequence[OrderItem]) -> Sheet:
    """The order in its currency's smallest unit, from our copy's exact amounts."""
    charges = snapshots(order.charges)
    shipping = [one for one in charges if one.get("kind") == ChargeKind.SHIPPING.value]
    fees = [one for one in charges if one.get("kind") == ChargeKind.FEE.value]
    return amounts.laid_out(
        currency=order.currency,
        total=order.exact_total,
        lines=[
            Line(
                remote_id=item.remote_id,
                quantity=item.quantity,
                paid=Part(total=item.total, tax=item.total_tax),
            )
            for item in items
            if item.quantity > 0 and item.total >= 0
        ],
        shipping=sum((_charge(one) for one in shipping), Part()),
        rest=sum((_charge(one).gross for one in fees), ZERO),
    )


def sheet_of_live(live: LiveOrder) -> Sheet:
    """The same of an order as the store has it now."""
    record = live.record
    shipping = [one for one in record.charges if one.kind is ChargeKind.SHIPPING]
    fees = [one for one in record.charges if one.kind is ChargeKind.FEE]
    return amounts.laid_out(
        currency=record.currency,
        total=record.total,
        lines=[
            Line(
                remote_id=line.remote_id,
                quantity=line.quantity,
                paid=Part(total=line.total, tax=line.total_tax),
            )
            for line in record.lines
            if line.quantity > 0 and line.total >= 0
        ],
        shipping=sum((Part(total=one.total, tax=one.tax) for one in shipping), Part()),
        rest=sum((one.total + one.tax for one in fees), ZERO),
    )


def _charge(snapshot: dict[str, Any]) -> Part:
    return Part(
        total=Decimal(str(snapshot.get("total") or 0)), tax=Decimal(str(snapshot.get("tax") or 0))
    )


def spoken_for(order: PlatformOrder, *, but: RefundRequest | None = None) -> Spoken:
    """What was given back or is about to be, here or in the store, without one request."""
    found = RefundRequest.objects.of_order(order).filter(
        stage__in=(*RESERVED, RefundStage.PROCESSED)
    )
    return spoken_by(one for one in found if but is None or one.pk != but.pk)


def spoken_by(requests: Iterable[RefundRequest]) -> Spoken:
    """What these requests give back in all."""
    requests = list(requests)
    return Spoken(
        amount=sum((one.amount for one in requests), ZERO),
        lines=[given for one in requests for given in given_by(one)],
        shipping=sum(
            (Part(total=one.shipping, tax=one.shipping_tax) for one in requests), Part()
        ),
    )  # fmt: skip


def given_by(request: RefundRequest) -> list[Given]:
    """The lines of a request."""
    return [
        Given(
            remote_id=line["remote_id"],
            quantity=line["quantity"],
            part=Part(total=Decimal(line["total"]), tax=Decimal(line["tax"])),
        )
        for line in request.lines
    ]


def check(request: RefundRequest, *, captured: Decimal, sheet: Sheet, spoken: Spoken) -> None:
    """Raises ``ExceedsError`` when the request wants more than all others leave of the order."""
    left = captured - spoken.amount
    if request.amount > left:
        raise ExceedsError(left_of(max(left, ZERO), request.currency))
    for given in given_by(request):
        line = sheet.lines.get(given.remote_id)
        units = 0 if line is None else line.quantity - spoken.of(given.remote_id).quantity
        if given.quantity > units:
            raise ExceedsError(
                f"{units} of {line.quantity if line else 0} units of a line left, "
                f"{given.quantity} asked for"
            )
    wanted = request.shipping + request.shipping_tax
    rest = max(sheet.shipping.gross - spoken.shipping.gross, ZERO)
    if wanted > rest:
        raise ExceedsError(f"{left_of(rest, request.currency)} of the shipping")


def left_of(left: Decimal, currency: str) -> str:
    """What is left, as it is said everywhere: ``40.00 GBP left``."""
    return f"{amounts.said(left, currency)} left"
