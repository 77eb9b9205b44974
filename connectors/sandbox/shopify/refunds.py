"""What giving goods back comes to, and an order with a refund in it. Nothing here is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors.sandbox.shopify import settling
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.money import Bag, total

LOCATION = 70_000_000_001


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """So many units of a line that come back."""

    line: int
    quantity: int
    restock: str = "NO_RESTOCK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a refund comes to; ``total`` is what would be paid back for it."""

    lines: Sequence[Json]
    subtotal: Bag
    tax: Bag
    shipping: Bag
    shipping_tax: Bag
    total: Bag


def quote(order: Json, wanted: Sequence[Wanted], shipping: Bag | None = None) -> Quote:
    """The worth of lines and of so much of the shipping, in the order's currencies."""
    nothing = settling.zero(order)
    included = order["taxesIncluded"]
    by_id = {line["id"]: line for line in order["lineItems"]}
    lines = [_line(by_id[one.line], one, nothing, order) for one in wanted]
    subtotal = total(settling.bags(lines, "subtotalSet"), nothing)
    tax = total(settling.bags(lines, "totalTaxSet"), nothing)
    back = shipping or nothing
    paid = total(settling.bags(order["shippingLines"], "discountedPriceSet"), nothing)
    due = total([settling.tax_of(one, nothing) for one in order["shippingLines"]], nothing)
    shipping_tax = due.part(back.presentment, paid.presentment)
    whole = subtotal + back + (nothing if included else tax + shipping_tax)
    return Quote(
        lines=lines, subtotal=subtotal, tax=tax, shipping=back, shipping_tax=shipping_tax,
        total=whole,
    )  # fmt: skip


def _line(line: Json, wanted: Wanted, nothing: Bag, order: Json) -> Json:
    """The share of the units, or what earlier refunds left of the line."""
    before = [one for one in settling.refund_lines(order) if one["lineItem"] == line["id"]]
    rest = wanted.quantity >= line["refundableQuantity"]

    def share(whole: Bag, name: str) -> Bag:
        given = total(settling.bags(before, name), nothing)
        if rest and not line["removed"]:
            return whole - given
        return whole.part(wanted.quantity, line["quantity"])

    return {
        "lineItem": line["id"], "quantity": wanted.quantity, "restockType": wanted.restock,
        "restocked": wanted.restock != "NO_RESTOCK",
        "location": LOCATION if wanted.restock != "NO_RESTOCK" else None,
        "priceSet": line["discountedUnitPriceAfterAllDiscountsSet"],
        "subtotalSet": str(share(settling.net(line), "subtotalSet")),
        "totalTaxSet": str(share(settling.tax_of(line, nothing), "totalTaxSet")),
    }  # fmt: skip


def shipping_left(order: Json) -> Bag:
    """What of the shipping wasn't given back yet."""
    return Bag.read(order["totalShippingPriceSet"]) - Bag.read(order["totalRefundedShippingSet"])


def payments(order: Json) -> list[tuple[Json, Bag]]:
    """Each payment with what can still be given back of it."""
    nothing = settling.zero(order)
    given: dict[int, Bag] = {}
    for one in order["transactions"]:
        if one["kind"] == "REFUND" and one["status"] in ("SUCCESS", "PENDING"):
            key = one["parent"] or 0
            given[key] = given.get(key, nothing) + Bag.read(one["amountSet"])
    return [
        (one, Bag.read(one["amountSet"]) - given.get(one["id"], nothing))
        for one in order["transactions"]
        if one["kind"] in settling.RECEIVED and one["status"] == "SUCCESS"
    ]


def spread(order: Json, amount: Bag) -> list[tuple[Json, Bag, Bag]]:
    """Payments that an amount would go back to: each with its share and what it has left."""
    found, open_amount = [], amount
    for payment, left in payments(order):
        share = open_amount if open_amount.presentment <= left.presentment else left
        if left.presentment > 0:
            found.append((payment, share, left))
            open_amount = open_amount - share
    return found


def refundable(order: Json) -> Bag:
    """What can still be given back of all payments."""
    return total([left for _, left in payments(order)], settling.zero(order))


def refund(
    identity: int, worth: Quote, transactions: Sequence[Json], moment: str, *,
    note: str | None = None, reason: str | None = None,
) -> Json:  # fmt: skip
    """A refund; where its payments aren't what the goods are worth, an adjustment says so."""
    nothing = worth.total.nothing()
    paid = total(settling.bags(transactions, "amountSet"), nothing)
    done = [one for one in transactions if one["status"] == "SUCCESS"]
    difference = paid - worth.total
    return {
        "id": identity, "note": note, "createdAt": moment, "processedAt": moment,
        "updatedAt": moment,
        "lines": [{**one, "id": identity * 1000 + n} for n, one in enumerate(worth.lines)],
        "shipping": [
            {"id": identity * 1000, "subtotalAmountSet": str(worth.shipping),
             "taxAmountSet": str(worth.shipping_tax)}
        ] if worth.shipping else [],
        "adjustments": [
            {"id": identity * 1000, "reason": reason or "REFUND_DISCREPANCY",
             "amountSet": str(-difference), "taxAmountSet": str(nothing)}
        ] if difference else [],
        "transactions": [one["id"] for one in transactions],
        "totalRefundedSet": str(total(settling.bags(done, "amountSet"), nothing)),
    }  # fmt: skip


def with_refund(order: Json, made: Json, transactions: Sequence[Json]) -> Json:
    """The order with one more refund, not yet settled."""
    return {
        **order,
        "refunds": [*order["refunds"], made],
        "transactions": [*order["transactions"], *transactions],
    }


def everything(order: Json, restock: str = "NO_RESTOCK") -> list[Wanted]:
    """All that can still come back."""
    return [
        Wanted(line=line["id"], quantity=line["refundableQuantity"], restock=restock)
        for line in order["lineItems"]
        if line["refundableQuantity"] > 0
    ]


def settled(order: Json, refund_id: int, status: str) -> Json:
    """The order when a refund's pending payments have ended in this status."""
    mine = next(one for one in order["refunds"] if one["id"] == refund_id)
    transactions = [
        {**one, "status": status}
        if one["id"] in mine["transactions"] and one["status"] == "PENDING"
        else one
        for one in order["transactions"]
    ]
    done = [
        one
        for one in transactions
        if one["id"] in mine["transactions"] and one["status"] == "SUCCESS"
    ]
    paid = total(settling.bags(done, "amountSet"), settling.zero(order))
    known = [
        {**one, "totalRefundedSet": str(paid)} if one is mine else one for one in order["refunds"]
    ]
    return {**order, "transactions": transactions, "refunds": known}


def restocked(order: Json, lines: Sequence[Json]) -> Mapping[int, int]:
    """How many units of which variants a refund puts back on the shelf."""
    found: Counter[int] = Counter()
    variants = {line["id"]: line["variant"] for line in order["lineItems"]}
    for one in lines:
        variant = variants[one["lineItem"]]
        if one["restocked"] and variant is not None:
            found[variant] += one["quantity"]
    return found


def presented(order: Json, amount: str | Decimal) -> Bag:
    """An amount of the customer's currency in both, at the order's rate."""
    return Bag.read(order["totalPriceSet"]).presented(Decimal(amount))
