"""What an order's page says: totals, parcels, refunds, history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors import currencies, presenting
from connectors.platforms.base import ChargeKind
from orders.models import OrderItem, PlatformOrder

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the totals; ``detail`` says what it is made of."""

    label: str
    amount: Decimal
    detail: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to an order."""

    at: datetime
    text: str
    detail: str = ""
    colour: str = ""


def unit_price(item: OrderItem, currency: str) -> str:
    """What one unit cost, in the currency's decimals; “≈” where the line total has a remainder."""
    if not item.quantity:
        return presenting.NONE
    unit = currencies.unit_of(currency)
    price = (item.total / item.quantity).quantize(unit, ROUND_HALF_UP)
    about = "" if price * item.quantity == item.total else "≈ "
    return f"{about}{presenting.amount(price, currency)}"


def totals(order: PlatformOrder, items: Sequence[OrderItem]) -> list[Row]:
    """What the total is made of, down to what is left of it after refunds."""
    rows = [Row(label="Subtotal", amount=sum((item.subtotal for item in items), ZERO))]
    rows += [row for row in _parts(order) if row.amount or row.detail]
    rows += _tax(order, rows)
    rest = order.exact_total - sum((row.amount for row in rows if row.kind != "included"), ZERO)
    if rest:
        rows.append(Row(label="Not itemised by the store", amount=rest))
    rows.append(Row(label="Total", amount=order.exact_total, kind="total"))
    if order.refunded_total:
        left = order.exact_total - order.refunded_total
        rows.append(Row(label="Refunded", amount=-order.refunded_total, kind="refunded"))
        rows.append(Row(label="Left after refunds", amount=left, kind="total"))
    return rows


def _parts(order: PlatformOrder) -> Iterator[Row]:
    coupons = _titles(order, ChargeKind.COUPON)
    yield Row(label="Discount", amount=-order.discount_total, detail=coupons)
    shipping = _titles(order, ChargeKind.SHIPPING)
    yield Row(label="Shipping", amount=order.shipping_total, detail=shipping)
    for fee in _charges(order, ChargeKind.FEE):
        yield Row(label="Fee", amount=_amount(fee, "total"), detail=_text(fee, "title"))


def _tax(order: PlatformOrder, rows: Sequence[Row]) -> list[Row]:
    """The tax, on top of the rows above it or, where those make up the total, within them."""
    if not order.tax_total:
        return []
    within = sum((row.amount for row in rows), ZERO) == order.exact_total
    label = "Tax, included above" if within else "Tax"
    return [Row(label=label, amount=order.tax_total, kind="included" if within else "")]


def _titles(order: PlatformOrder, kind: ChargeKind) -> str:
    return ", ".join(filter(None, (_text(one, "title") for one in _charges(order, kind))))


def _charges(order: PlatformOrder, kind: ChargeKind) -> Iterator[dict[str, Any]]:
    return (one for one in snapshots(order.charges) if one.get("kind") == kind.value)


def snapshots(value: Any) -> list[dict[str, Any]]:
    """The objects of a snapshot column, whatever else stands in it."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _amount(one: dict[str, Any], name: str) -> Decimal:
    return presenting.decimal(one.get(name)) or ZERO


def _text(one: dict[str, Any], name: str) -> str:
    value = one.get(name)
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A refund that the store reported."""

    amount: Decimal
    reason: str
    at: datetime | None
    remote_id: str


def refunds(order: PlatformOrder) -> list[Refund]:
    """The refunds that the store knows of, oldest first."""
    return [
        Refund(
            amount=_amount(one, "amount"),
            reason=_text(one, "reason"),
            at=presenting.moment_of(one.get("created_at")),
            remote_id=_text(one, "remote_id"),
        )
        for one in snapshots(order.refunds)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A parcel; ``url`` is '' unless it is a web address."""

    status: str
    company: str
    number: str
    url: str
    at: datetime | None


def parcels(order: PlatformOrder) -> list[Parcel]:
    """The order's parcels, as the store reported them."""
    return parcels_of(order.fulfilments)


def parcels_of(fulfilments: Any) -> list[Parcel]:
    """The parcels of a snapshot column."""
    return [
        Parcel(
            status=_text(one, "status"),
            company=_text(one, "company"),
            number=_text(one, "tracking_number"),
            url=presenting.web_address(one.get("tracking_url")),
            at=presenting.moment_of(one.get("shipped_at")),
        )
        for one in snapshots(fulfilments)
    ]


def history(order: PlatformOrder) -> list[Event]:
    """What happened to the order, newest first."""
    moments = [
        (order.created_at, "Placed", "", presenting.MOVING),
        (order.paid_at, "Paid", order.payment_method, presenting.GOOD),
        (order.completed_at, "Completed", "", presenting.GOOD),
        (order.remote_modified_at, "Last changed in the store", "", ""),
        (order.cancelled_at, "Cancelled", "", presenting.BAD),
        (order.deleted_at, "Found deleted in the store", "", presenting.BAD),
        (order.synced_at, "Last copied", "", ""),
    ]
    happened = [*moments, *_sent(order), *_given_back(order)]
    events = [
        Event(at=at, text=text, detail=detail, colour=colour)
        for at, text, detail, colour in happened
        if at is not None
    ]
    # Of what happened at one moment, the list above has the later first when turned round.
    return sorted(events, key=lambda event: event.at)[::-1]


Moment = tuple[datetime | None, str, str, str]


def _sent(order: PlatformOrder) -> Iterable[Moment]:
    for parcel in parcels(order):
        detail = " ".join(filter(None, (parcel.company, parcel.number)))
        yield parcel.at, "Shipped", detail, presenting.GOOD


def _given_back(order: PlatformOrder) -> Iterable[Moment]:
    for refund in refunds(order):
        text = f"Refunded {presenting.money(refund.amount, order.currency)}"
        yield refund.at, text, refund.reason, presenting.WAITING
