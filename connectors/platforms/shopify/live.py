"""An order as Shopify has it now, with what decides over refunds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from connectors.platforms import base, money, values
from connectors.platforms.shopify import (
    client,
    connections,
    fetching,
    gids,
    kinds,
    orders,
    refunds,
)

T = TypeVar("T")

# Of every other one the bank has taken the money back already, or may.
HARMLESS = frozenset(("WON", "PREVENTED"))
DELIVERY = {
    "FULFILLED": money.Delivery.ALL,
    "PARTIALLY_FULFILLED": money.Delivery.PART,
    "FULFILLMENT_NOT_REQUIRED": money.Delivery.NOT_NEEDED,
}


def order(client_: client.Client, remote_id: int) -> money.LiveOrder:
    """The order as it is now; raises ``RejectedError`` with code ``missing`` for none.

    Disputes that the app may not see are left out. All that limits a refund is of one answer, the
    newer of two.
    """
    record = _record(client_, remote_id)
    found = _with_disputes(client_, remote_id)
    return understood(lambda: _live(record, found))


def found_refunds(client_: client.Client, remote_id: int) -> list[money.LiveRefund]:
    """The order's refunds, oldest first; raises ``RejectedError`` with code ``missing``."""
    found = raw(client_, remote_id)
    return understood(lambda: _refunds(found))


def raw(client_: client.Client, remote_id: int, *, disputes: bool = False) -> base.Json:
    """What decides over an order's refunds as Shopify sends it, its lists whole."""
    variables = {"id": gids.gid("Order", remote_id), "disputes": disputes}
    found = client_.query("order_money", variables).data["order"]
    if found is None:
        raise _missing()
    found = connections.completed(client_, found, kinds.LINES)
    whole = [connections.completed(client_, one, refunds.LINES) for one in found["refunds"]]
    return {**found, "refunds": whole}


def understood(convert: Callable[[], T]) -> T:
    """What is made of an answer; raises ``RejectedError`` where it isn't what was asked for."""
    try:
        return convert()
    except (base.RecordError, KeyError, TypeError, AttributeError) as error:
        detail = error.detail if isinstance(error, base.RecordError) else "A part of it is missing."
        raise base.RejectedError(
            f"The order can't be used as Shopify sends it. {detail}", code="unreadable"
        ) from None


def _missing() -> base.RejectedError:
    return base.RejectedError(
        "Shopify has no such order. It was deleted, or it is older than 60 days and the app "
        "lacks the access read_all_orders.",
        code="missing",
    )


def _record(client_: client.Client, remote_id: int) -> base.OrderRecord:
    batch = fetching.by_ids(client_, base.Resource.ORDERS, [remote_id])
    for record in batch.records:
        if isinstance(record, base.OrderRecord):
            return record
    if batch.notes:
        raise base.RejectedError(
            f"The order can't be used as Shopify sends it. {batch.notes[0].detail}",
            code="unreadable",
        )
    raise _missing()


def _with_disputes(client_: client.Client, remote_id: int) -> base.Json:
    try:
        return raw(client_, remote_id, disputes=True)
    except base.CredentialsError as error:
        if error.code != "scope":
            raise
    return raw(client_, remote_id)


def _live(record: base.OrderRecord, found: base.Json) -> money.LiveOrder:
    currency = record.currency
    return money.LiveOrder(
        record=record,
        captured=orders.money(found["totalReceivedSet"], currency, "What was received"),
        refunded=orders.money(found["totalRefundedSet"], currency, "What was refunded"),
        gives_back=any(_gives_back(one) for one in found["transactions"]),
        delivery=_delivery(record),
        is_cancelled=record.cancelled_at is not None,
        lines=tuple(_line(one) for one in found["lineItems"]),
        refunds=tuple(_refunds(found)),
        disputes=tuple(_disputes(found.get("disputes") or ())),
    )


def _gives_back(payment: base.Json) -> bool:
    """A manual payment is money that Shopify has never seen."""
    came = payment["kind"] in orders.MONEY_CAME and payment["status"] == "SUCCESS"
    return came and payment["manualPaymentGateway"] is not True


def _delivery(record: base.OrderRecord) -> money.Delivery:
    """An order that is on hold, scheduled or in progress may have sent a part."""
    found = DELIVERY.get(record.fulfilment_status.upper())
    if found is not None:
        return found
    parcels = values.listed(record.metadata.get("fulfillments"))
    sent = any(one.get("status") == "SUCCESS" for one in parcels)
    return money.Delivery.PART if sent else money.Delivery.NOTHING


def _line(item: base.Json) -> money.LiveLine:
    return money.LiveLine(
        remote_id=gids.number(item["id"], "A line's id"),
        refundable_quantity=item["refundableQuantity"],
        unsent_quantity=item["unfulfilledQuantity"],
    )


def _refunds(found: base.Json) -> list[money.LiveRefund]:
    currency, taxed = found["presentmentCurrencyCode"], found["taxesIncluded"] is True
    known = [refunds.live(one, currency, taxed=taxed) for one in found["refunds"]]
    return sorted(known, key=lambda one: one.remote_id)


def _disputes(found: Sequence[base.Json]) -> Iterator[money.Dispute]:
    """Those that are open, as is one in a state that is new to us; Shopify says no amount here."""
    for one in found:
        if one["status"] not in HARMLESS:
            yield money.Dispute(
                remote_id=str(gids.number(one["id"], "A dispute's id")),
                kind=one["initiatedAs"].lower(),
                status=one["status"].lower(),
                amount=None,
            )
