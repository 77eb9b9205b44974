"""Resolvers of refunds: what is suggested, and refundCreate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from graphql import GraphQLError

from connectors.sandbox.shopify import (
    changing,
    context,
    gids,
    graph,
    idempotency,
    refunds,
    settling,
)
from connectors.sandbox.shopify.context import Info
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.money import Bag, padded, total

SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
TOO_MANY = "Quantity cannot refund more items than were purchased"


class InputError(Exception):
    """A user error: its arguments are the field's path and the message."""


def suggested(
    source: Json, info: Info, refundLineItems: Sequence[Json] = (), suggestFullRefund: bool = False,  # noqa: FBT001, FBT002, N803
    refundShipping: bool | None = None, shippingAmount: str | None = None,  # noqa: FBT001, N803
) -> Json:  # fmt: skip
    """Order.suggestedRefund."""
    try:
        wanted = refunds.everything(source) if suggestFullRefund else _wanted(
            source, refundLineItems
        )  # fmt: skip
        asked = {"fullRefund": bool(refundShipping or suggestFullRefund), "amount": shippingAmount}
        worth = refunds.quote(source, wanted, _shipping(source, asked))
    except InputError as error:
        raise GraphQLError(error.args[1], extensions={"code": "BAD_REQUEST"}) from None
    nothing = settling.zero(source)
    shares = refunds.spread(source, worth.total)
    lines = [{**one, "id": None, "_order": source} for one in worth.lines]
    shipping_tax = total(
        [settling.tax_of(one, nothing) for one in source["shippingLines"]], nothing
    )
    return {
        "amountSet": str(total([share for _, share, _ in shares], nothing)),
        "maximumRefundableSet": str(refunds.refundable(source)),
        "subtotalSet": str(worth.subtotal), "discountedSubtotalSet": str(worth.subtotal),
        "totalTaxSet": str(worth.tax + worth.shipping_tax),
        "totalCartDiscountAmountSet": str(_discount(source, worth)),
        "totalDutiesSet": str(nothing), "refundLineItems": lines,
        "shipping": {
            "amountSet": str(worth.shipping), "taxSet": str(shipping_tax),
            "maximumRefundableSet": str(refunds.shipping_left(source)),
        },
        "suggestedTransactions": [
            {"kind": "SUGGESTED_REFUND", "gateway": payment["gateway"],
             "formattedGateway": payment["formattedGateway"], "accountNumber": None,
             "amountSet": str(share), "maximumRefundableSet": str(left),
             "parentTransaction": {**payment, "_order": source}}
            for payment, share, left in shares
        ],
    }  # fmt: skip


def _discount(order: Json, worth: refunds.Quote) -> Bag:
    """The discounts of the whole order that fall on the lines."""
    by_id = {line["id"]: line for line in order["lineItems"]}
    found = worth.total.nothing()
    for one in worth.lines:
        line = by_id[one["lineItem"]]
        for off in settling.bags(line["discountAllocations"], "allocatedAmountSet"):
            found = found + off.part(one["quantity"], line["quantity"])
    return found


def create(source: Any, info: Info, input: Json) -> Json:  # noqa: A002
    """refundCreate."""
    context.demand_scope(info, "write_orders")
    request = context.of(info)

    def act() -> tuple[Json, Json]:
        try:
            refund = _refund(request, input)
        except InputError as error:
            return {"userErrors": [{"field": error.args[0], "message": error.args[1]}]}, {}
        kept = {"order": gids.number(input["orderId"], "Order"), "refund": refund["id"]}
        return kept, kept

    with request.shop.lock:
        return _payload(request, idempotency.once(info, input, act))


def _payload(request: context.Request, done: Json) -> Json:
    if "userErrors" in done:
        return {"refund": None, "order": None, **done}
    request.forget("order", done["order"])
    order = request.shop.need("order", done["order"])
    refund = next(one for one in order["refunds"] if one["id"] == done["refund"])
    return {"refund": {**refund, "_order": order}, "order": order, "userErrors": []}


def _refund(request: context.Request, given: Json) -> Json:
    order = request.load("order", context.number(given["orderId"], "Order"))
    if order is None:
        raise InputError(["orderId"], "Order does not exist")
    _check_currency(order, given.get("currency"))
    wanted = _wanted(order, given.get("refundLineItems") or ())
    worth = refunds.quote(order, wanted, _shipping(order, given.get("shipping") or {}))
    paid = _payments(request, order, given)
    if not (wanted or paid or worth.shipping):
        raise InputError(None, "Refund must include line items, shipping or transactions")
    return changing.give_back(
        request.shop, order, worth, paid, note=given.get("note"),
        reason=_reason(given.get("discrepancyReason")),
    )  # fmt: skip


def _reason(given: str | None) -> str | None:
    return "REFUND_DISCREPANCY" if given == "OTHER" else given


def _check_currency(order: Json, given: str | None) -> None:
    presented = order["presentmentCurrencyCode"]
    if given is None and presented != order["currencyCode"]:
        raise InputError(["currency"], "Currency is required for multi-currency orders")
    if given is not None and given != presented:
        raise InputError(["currency"], f"Currency must be {presented}")


def _wanted(order: Json, given: Sequence[Json]) -> list[refunds.Wanted]:
    left = {line["id"]: line["refundableQuantity"] for line in order["lineItems"]}
    found = []
    for position, one in enumerate(given):
        path = ["refundLineItems", str(position)]
        line = context.number(one["lineItemId"], "LineItem")
        if line not in left:
            raise InputError([*path, "lineItemId"], "Line item does not exist")
        if one["quantity"] < 1:
            raise InputError([*path, "quantity"], "Quantity must be greater than 0")
        left[line] -= one["quantity"]
        if left[line] < 0:
            raise InputError([*path, "quantity"], TOO_MANY)
        restock = one.get("restockType") or "NO_RESTOCK"
        found.append(refunds.Wanted(line=line, quantity=one["quantity"], restock=restock))
    return found


def _shipping(order: Json, given: Json) -> Bag | None:
    left = refunds.shipping_left(order)
    if given.get("amount") is None:
        return left if given.get("fullRefund") else None
    asked = refunds.presented(order, _amount(given["amount"], ["shipping", "amount"]))
    if asked.presentment > left.presentment:
        message = f"Shipping refund amount is greater than the {_said(left)} that can be refunded"
        raise InputError(["shipping", "amount"], message)
    return asked


def _payments(request: context.Request, order: Json, given: Json) -> list[Json]:
    entries = given.get("transactions") or ()
    open_payments = {one["id"]: (one, left) for one, left in refunds.payments(order)}
    first, found = changing.next_part(order), []
    for position, one in enumerate(entries):
        path = ["transactions", str(position)]
        amount = refunds.presented(order, _amount(one["amount"], [*path, "amount"]))
        parent = context.number(one["parentId"], "OrderTransaction") if one.get("parentId") else 0
        if one["kind"] != "REFUND":
            raise InputError([*path, "kind"], "Kind must be REFUND")
        if parent not in open_payments:
            raise InputError([*path, "parentId"], "Parent transaction is not refundable")
        found.append(
            changing.refund_payment(
                first + position, open_payments[parent][0], amount, request.shop.now(),
                status=request.knobs.refund_status,
            )
        )  # fmt: skip
    _check_amount(order, given, found, {key: left for key, (_, left) in open_payments.items()})
    return found


def _check_amount(
    order: Json, given: Json, found: Sequence[Json], left: Mapping[int, Bag]
) -> None:  # fmt: skip
    nothing = settling.zero(order)
    asked = total(settling.bags(found, "amountSet"), nothing)
    received = total(list(left.values()), nothing)
    over = any(
        total(
            settling.bags((one for one in found if one["parent"] == key), "amountSet"), nothing
        ).presentment > open_amount.presentment
        for key, open_amount in left.items()
    )  # fmt: skip
    if (over or asked.presentment > received.presentment) and not given.get("allowOverRefunding"):
        raise InputError(
            None,
            f"Refund amount {_said(asked)} is greater than net payment received {_said(received)}",
        )


def _amount(text: Any, path: list[str]) -> Decimal:
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise InputError(path, "Amount is not a valid amount of money")
    return amount


def _said(amount: Bag) -> str:
    currency = amount.presentment_currency
    return f"{SYMBOLS.get(currency, currency + ' ')}{padded(amount.presentment)}"


RESOLVERS: Mapping[str, graph.Resolver] = {
    "Order.suggestedRefund": suggested,
    "Mutation.refundCreate": create,
}
