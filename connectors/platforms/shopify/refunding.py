"""Refunds: what Shopify makes of one, and making it, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from connectors.platforms import base, money, values
from connectors.platforms.shopify import (
    client,
    connections,
    failures,
    gids,
    live,
    orders,
    refunds,
)


def preview(client_: client.Client, refund: money.RefundOrder) -> money.RefundPreview:
    """What Shopify makes of the refund; raises ``RejectedError`` where that much isn't left."""
    order = live.raw(client_, refund.order_remote_id)
    variables = live.understood(
        lambda: {
            "id": gids.gid("Order", refund.order_remote_id),
            "lines": _lines(refund, order),
            "shipping": _shipping(refund, order),
        }
    )
    found = client_.query("refund_preview", variables).data["order"]
    return live.understood(lambda: _preview(refund, found))


def make(client_: client.Client, refund: money.RefundOrder) -> money.LiveRefund:
    """Make the refund; raises as ``MoneyStore.refund`` says.

    What is sent under a key is the same each time. It depends on the refund alone and, where units
    are put back on the shelf, on whether they were sent when it was made first.
    """
    _check_tenders(refund)
    order = live.raw(client_, refund.order_remote_id)
    variables = {"key": refund.key, "input": live.understood(lambda: _input(refund, order))}
    answer = client_.mutate("refund_create", variables, most_throttled=client.FEW_THROTTLED)
    payload = answer.data.get("refundCreate") or {}
    made = payload.get("refund") or {}
    if gids.optional_number(made.get("id")) is None:
        raise _not_made(values.listed(payload.get("userErrors")))
    try:
        return live.understood(lambda: _made(client_, made, order))
    except base.StoreError as error:
        raise base.OutcomeUnknownError(
            f"The refund was made, but its answer can't be used. {error}", code=error.code
        ) from None


def _made(client_: client.Client, made: base.Json, order: base.Json) -> money.LiveRefund:
    whole = connections.completed(client_, made, refunds.LINES)
    currency, taxed = order["presentmentCurrencyCode"], order["taxesIncluded"] is True
    return refunds.live(whole, currency, taxed=taxed)


def _not_made(errors: Sequence[Any]) -> base.StoreError:
    if errors:
        return failures.of_user_errors(errors)
    return base.OutcomeUnknownError(
        "Shopify answered without a refund. Whether it was made is not known.", code="no_proof"
    )


def _preview(refund: money.RefundOrder, found: base.Json) -> money.RefundPreview:
    asked, currency = found["asked"], refund.currency
    maximum = orders.money(asked["maximumRefundableSet"], currency, "What is left")
    # Without lines Shopify may suggest no payment; the goodwill goes back to the same ones.
    payments = asked["suggestedTransactions"] or found["everything"]["suggestedTransactions"]
    return money.RefundPreview(
        suggested=orders.money(asked["amountSet"], currency, "What is suggested"),
        suggested_tax=orders.money(asked["totalTaxSet"], currency, "The suggested tax"),
        maximum=maximum,
        tenders=_spread(refund, payments, maximum) if refund.gives_back else (),
    )


def _spread(
    refund: money.RefundOrder, payments: Sequence[base.Json], maximum: Decimal
) -> tuple[money.TenderShare, ...]:
    """The amount over the payments: first as suggested, the rest in order while there is room."""
    rooms = [_room(one, refund.currency) for one in payments]
    shares = [values.ZERO] * len(rooms)
    left = refund.amount
    for limits in ([room[0] for room in rooms], [room[1] for room in rooms]):
        for number, limit in enumerate(limits):
            more = min(left, limit - shares[number])
            shares[number] += more
            left -= more
    if left or refund.amount > maximum:
        most = min(maximum, sum((room for _, room in rooms), values.ZERO))
        raise base.RejectedError(
            f"Only {most:f} {refund.currency} of this order can still be given back.",
            code="exceeds_refundable",
        )
    return tuple(
        _share(payment, share) for payment, share in zip(payments, shares, strict=True) if share
    )


def _room(payment: base.Json, currency: str) -> tuple[Decimal, Decimal]:
    """How much is suggested for a payment, and how much it can give back."""
    suggested = orders.money(payment["amountSet"], currency, "A payment's share")
    bag = payment["maximumRefundableSet"]
    most = suggested if bag is None else orders.money(bag, currency, "What is left of a payment")
    return min(suggested, most), most


def _share(payment: base.Json, amount: Decimal) -> money.TenderShare:
    parent = payment["parentTransaction"]
    return money.TenderShare(
        parent=parent["id"] if parent else "", gateway=payment["gateway"], amount=amount
    )


def _input(refund: money.RefundOrder, order: base.Json) -> base.Json:
    """What refundCreate is told."""
    return {
        "orderId": gids.gid("Order", refund.order_remote_id),
        "currency": refund.currency,
        "note": refund.note,
        "notify": refund.notify,
        "refundLineItems": _lines(refund, order),
        "shipping": {"amount": _shipping(refund, order)} if refund.shipping else None,
        "transactions": list(_payments(refund)) if refund.gives_back else [],
    }


def _check_tenders(refund: money.RefundOrder) -> None:
    given = sum((one.amount for one in refund.tenders), values.ZERO)
    if refund.gives_back and given != refund.amount:
        raise base.RejectedError(
            f"The payments would give {given:f} {refund.currency} back, not {refund.amount:f}.",
            code="tenders_differ",
        )


def _payments(refund: money.RefundOrder) -> Iterator[base.Json]:
    for share in refund.tenders:
        yield {
            "orderId": gids.gid("Order", refund.order_remote_id),
            "parentId": share.parent or None,
            "gateway": share.gateway,
            "kind": "REFUND",
            "amount": _written(share.amount),
        }


def _shipping(refund: money.RefundOrder, order: base.Json) -> str | None:
    """With its tax where the order's prices have it included: so Shopify counts it."""
    if not refund.shipping:
        return None
    tax = refund.shipping_tax if order["taxesIncluded"] is True else values.ZERO
    return _written(refund.shipping + tax)


def _lines(refund: money.RefundOrder, order: base.Json) -> list[base.Json]:
    waiting = _waiting(refund, order)
    lines = sorted(refund.lines, key=lambda one: one.remote_id)
    return [item for one in lines for item in _items(one, waiting.get(one.remote_id, 0))]


def _items(line: money.RefundLine, waiting: int) -> list[base.Json]:
    """Units that are put back are cancelled while they wait to be sent, and returned after.

    Shopify chooses the location: naming one would take more access to the store.
    """
    parts = {"NO_RESTOCK": line.quantity}
    if line.restock:
        cancelled = min(line.quantity, waiting)
        parts = {"CANCEL": cancelled, "RETURN": line.quantity - cancelled}
    return [
        {"lineItemId": gids.gid("LineItem", line.remote_id), "quantity": units, "restockType": kind}
        for kind, units in parts.items()
        if units
    ]


def _waiting(refund: money.RefundOrder, order: base.Json) -> dict[int, int]:
    """Units of each line that weren't sent when the refund was made first: else those of now.

    The note finds what it cancelled then, so that it can be sent again as it was.
    """
    for made in order["refunds"]:
        if refund.note and made["note"] == refund.note:
            return _cancelled(made["refundLineItems"])
    return {gids.number(one["id"]): one["unfulfilledQuantity"] for one in order["lineItems"]}


def _cancelled(items: Sequence[base.Json]) -> dict[int, int]:
    found: Counter[int] = Counter()
    for one in items:
        if one["restockType"] == "CANCEL":
            found[gids.number(one["lineItem"]["id"])] += one["quantity"]
    return found


def _written(amount: Decimal) -> str:
    """The same text for the same amount, however it is kept."""
    return f"{amount.normalize():f}"
