"""Refunds of a WooCommerce order: as the store has them, and made.

The store knows no idempotency keys, takes an amount that doesn't fit the lines, and rounds: what
is sent agrees with itself, and says always whether the payment is asked and stock goes up.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from connectors.platforms import base, money, values
from connectors.platforms.woocommerce import answers, client, refusals

AT_ONCE = 100
EMPTY = ("", "-", None)
REFUNDED_ITEM = "_refunded_item_id"


def found(client_: client.Client, order_id: int, currency: str) -> list[money.LiveRefund]:
    """The order's refunds, oldest first; never fewer than the store has."""
    refunds: dict[int, base.Json] = {}
    while True:
        params = {"per_page": str(AT_ONCE), "offset": str(len(refunds)), "orderby": "id",
                  "order": "asc"}  # fmt: skip
        items = client_.get(f"orders/{order_id}/refunds", params).data
        if not isinstance(items, list):
            raise base.RetryableError(
                "The store answered with something that is no list.", code="no_list"
            )
        known = len(refunds)
        refunds |= {one["id"]: one for one in items}
        if len(items) < AT_ONCE:
            return [live(refunds[number], currency) for number in sorted(refunds)]
        if len(refunds) == known:
            raise base.RejectedError(
                "The store ignores the parameter offset: its refunds can't be read.",
                code="no_offset",
            )


def live(refund: base.Json, currency: str) -> money.LiveRefund:
    """A refund; raises ``RecordError``, ``KeyError`` or ``TypeError`` for what is none."""
    shipping = values.listed(refund.get("shipping_lines"))
    return money.LiveRefund(
        remote_id=values.identity(refund["id"], "A refund's id"),
        amount=_amount(refund.get("amount")),
        currency=currency,
        reason=html.unescape(values.text(refund.get("reason"))),
        tender=money.Tender.SUCCESS if refund["refunded_payment"] is True else money.Tender.NONE,
        lines=tuple(_lines(values.listed(refund.get("line_items")))),
        shipping=sum((_amount(one.get("total")) for one in shipping), values.ZERO),
        shipping_tax=sum((_amount(one.get("total_tax")) for one in shipping), values.ZERO),
        created_at=values.optional_moment(refund.get("date_created_gmt")),
    )


def _lines(items: list[Any]) -> Iterator[money.LiveRefundLine]:
    for item in items:
        line = _refunded(item)
        if line is not None:
            yield money.LiveRefundLine(
                remote_id=line,
                quantity=abs(values.whole(item["quantity"], "A quantity", "bad_quantity")),
                total=_amount(item.get("total")),
                tax=_amount(item.get("total_tax")),
            )


def _refunded(item: base.Json) -> int | None:
    """The id of the order's line that a refund's line is about."""
    for one in values.listed(item.get("meta_data")):
        if one.get("key") == REFUNDED_ITEM and str(one.get("value")).isdecimal():
            return int(one["value"])
    return None


def _amount(value: Any) -> Decimal:
    """What is written below 0, or as a minus sign alone, as an amount."""
    return values.ZERO if value in EMPTY else abs(values.amount(value, "An amount"))


def decimals(order: base.Json) -> int:
    """How many decimals the store keeps amounts with, whatever the currency has."""
    return len(str(order["total"]).partition(".")[2])


def demand_exact(refund: money.RefundOrder, order: base.Json) -> None:
    """Raises ``RejectedError`` for amounts that the store would round."""
    places = decimals(order)
    unit = Decimal(1).scaleb(-places)
    amounts = [refund.amount, refund.shipping, refund.shipping_tax]
    amounts += [part for line in refund.lines for part in (line.total, line.tax)]
    for amount in amounts:
        if amount != amount.quantize(unit, ROUND_FLOOR):
            raise base.RejectedError(
                f"This store keeps amounts with {places} decimals: {amount.normalize():f} "
                f"{refund.currency} can't be given back exactly.",
                code="store_decimals",
            )


def make(client_: client.Client, refund: money.RefundOrder, order: base.Json) -> money.LiveRefund:
    """Make it of the order as it is now, once; raises as ``MoneyStore.refund`` says."""
    with understanding():
        demand_exact(refund, order)
        content = body(refund, order)
    path = f"orders/{refund.order_remote_id}/refunds"
    return made(client_.post(path, content, refusal=refusals.of_refund), refund.currency)


@contextmanager
def understanding() -> Iterator[None]:
    """Raises ``RejectedError`` where what the store says of an order makes no sense."""
    try:
        yield
    except (base.RecordError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise base.RejectedError(
            f"The store's answer about this order can't be understood: {error}", code="unreadable"
        ) from None


def made(answer: answers.Answer, currency: str) -> money.LiveRefund:
    """The refund of an answer; one without an id is no proof of any."""
    try:
        return live(answer.data, currency)
    except (base.RecordError, KeyError, TypeError, AttributeError):
        raise base.OutcomeUnknownError(
            "The store's answer doesn't say which refund it made.", code="no_proof"
        ) from None


def body(refund: money.RefundOrder, order: base.Json) -> base.Json:
    """What is sent: an amount and the lines that it is made of."""
    return {
        "amount": f"{refund.amount:.{decimals(order)}f}",
        "reason": refund.note,
        "api_refund": refund.gives_back,
        "api_restock": any(line.restock for line in refund.lines),
        "line_items": [*_line_items(refund, order), *_shipping_items(refund, order)],
    }


def _line_items(refund: money.RefundOrder, order: base.Json) -> Iterator[base.Json]:
    """WooCommerce restocks every unit that is named, or none.

    So beside lines that go back on the shelf, the others name their money and no units. A line
    that the order doesn't have would be left out, and its money given back all the same.
    """
    restocks = any(line.restock for line in refund.lines)
    items = {item["id"]: item for item in values.listed(order["line_items"])}
    for line in refund.lines:
        if line.remote_id not in items:
            raise base.RejectedError(
                "The order no longer has a line that is to be refunded.", code="no_line"
            )
        yield {
            "id": line.remote_id,
            "quantity": line.quantity if line.restock or not restocks else 0,
            "refund_total": f"{line.total:f}",
            "refund_tax": _taxes(items[line.remote_id], line.tax),
        }


def _shipping_items(refund: money.RefundOrder, order: base.Json) -> Iterator[base.Json]:
    """Shipping comes off its lines, the first one first."""
    total, tax = refund.shipping, refund.shipping_tax
    for item in values.listed(order.get("shipping_lines")):
        part, of_tax = min(total, _amount(item["total"])), min(tax, _amount(item["total_tax"]))
        if part or of_tax:
            yield {
                "id": item["id"],
                "refund_total": f"{part:f}",
                "refund_tax": _taxes(item, of_tax),
            }
        total, tax = total - part, tax - of_tax


def _taxes(item: Mapping[str, Any], tax: Decimal) -> list[base.Json]:
    """The tax by its rates, in the shares that the line has; the last takes what is left."""
    rates = [(one["id"], _amount(one.get("total"))) for one in values.listed(item.get("taxes"))]
    whole, left, found = sum((of for _, of in rates), values.ZERO), tax, []
    for number, (rate, of) in enumerate(rates, 1):
        share = (tax * of / whole).quantize(Decimal("0.01"), ROUND_FLOOR) if whole else values.ZERO
        part = left if number == len(rates) else share
        left -= part
        found.append({"id": rate, "refund_total": f"{part:f}"})
    return found
