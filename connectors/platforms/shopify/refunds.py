"""Refunds: raw JSON to what the store has given back, in the currency of the order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connectors.platforms import base, money, values
from connectors.platforms.shopify import connections, gids, orders

LINES = connections.Inner(field="refundLineItems", document="refund_lines", parent="refund")
OPEN = frozenset(("PENDING", "AWAITING_RESPONSE", "UNKNOWN"))


def live(refund: base.Json, currency: str, *, taxed: bool) -> money.LiveRefund:
    """The refund; ``taxed`` says that the order's prices include tax.

    ``amount`` is what its payments give back or still may: those that failed count for nothing,
    nor do goods that were taken off without money. Raises ``RecordError``, ``KeyError`` or
    ``TypeError`` for what is none.
    """
    payments = [one for one in refund["transactions"]["nodes"] if one["kind"] == "REFUND"]
    shipping = refund["refundShippingLines"]["nodes"]
    shipping_tax = _total(shipping, "taxAmountSet", currency)
    subtotal = _total(shipping, "subtotalAmountSet", currency)
    return money.LiveRefund(
        remote_id=gids.number(refund["id"], "A refund's id"),
        amount=_total([one for one in payments if _may_count(one)], "amountSet", currency),
        currency=currency,
        reason=values.text(refund.get("note")),
        tender=tender([one["status"] for one in payments]),
        lines=_lines(values.listed(refund["refundLineItems"]), currency, taxed=taxed),
        shipping=subtotal - shipping_tax if taxed else subtotal,
        shipping_tax=shipping_tax,
        created_at=values.optional_moment(refund.get("createdAt")),
    )


def tender(statuses: Sequence[str]) -> money.Tender:
    """What became of the money.

    A refund of which one payment succeeded and another failed is a success of a smaller amount:
    money has moved, so it is no failure, and nothing more will come, so it isn't pending. Its
    amount has to be held against what was asked for.
    """
    if not statuses:
        return money.Tender.NONE
    if any(one in OPEN for one in statuses):
        return money.Tender.PENDING
    return money.Tender.SUCCESS if "SUCCESS" in statuses else money.Tender.FAILED


def _may_count(payment: base.Json) -> bool:
    return payment["status"] == "SUCCESS" or payment["status"] in OPEN


def _lines(
    items: Sequence[base.Json], currency: str, *, taxed: bool
) -> tuple[money.LiveRefundLine, ...]:
    """One for each line of the order: units put back differently come as several."""
    found: dict[int, money.LiveRefundLine] = {}
    for item in items:
        line = _line(item, currency, taxed=taxed)
        before = found.get(line.remote_id)
        found[line.remote_id] = line if before is None else _sum(before, line)
    return tuple(found.values())


def _line(item: base.Json, currency: str, *, taxed: bool) -> money.LiveRefundLine:
    tax = orders.money(item["totalTaxSet"], currency, "A refunded line's tax")
    subtotal = orders.money(item["subtotalSet"], currency, "A refunded line's total")
    return money.LiveRefundLine(
        remote_id=gids.number(item["lineItem"]["id"], "A refunded line's id"),
        quantity=values.whole(item["quantity"], "A refunded line's quantity", "bad_quantity"),
        total=subtotal - tax if taxed else subtotal,
        tax=tax,
    )


def _sum(one: money.LiveRefundLine, other: money.LiveRefundLine) -> money.LiveRefundLine:
    return money.LiveRefundLine(
        remote_id=one.remote_id,
        quantity=one.quantity + other.quantity,
        total=one.total + other.total,
        tax=one.tax + other.tax,
    )


def _total(items: Sequence[base.Json], name: str, currency: str) -> Decimal:
    return sum((orders.money(one[name], currency, "A refund's part") for one in items), values.ZERO)
