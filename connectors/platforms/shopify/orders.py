"""Orders: raw JSON to records, in the currency that the customer was charged in.

An order's ``lineItems`` and ``shippingLines`` are lists here, however they were read. Shop money
stands beside the total only; nothing is ever computed of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.platforms import base, values
from connectors.platforms.shopify import addresses, gids

Status = base.OrderStatus

UNPAID = {
    "PENDING": Status.PENDING,
    "PARTIALLY_PAID": Status.PENDING,
    "AUTHORIZED": Status.ON_HOLD,
    "EXPIRED": Status.FAILED,
    "VOIDED": Status.CANCELLED,
    "REFUNDED": Status.REFUNDED,
}
PAID = frozenset(("PAID", "PARTIALLY_REFUNDED"))
DELIVERED = frozenset(("FULFILLED", "FULFILLMENT_NOT_REQUIRED"))
MONEY_CAME = frozenset(("SALE", "CAPTURE"))
LONGEST_STATUS = 50
LONGEST_NUMBER = 100


def record(order: base.Json, notes: list[base.Note]) -> base.OrderRecord:
    """The order; raises ``RecordError``, ``KeyError`` or ``TypeError`` for what is none.

    What had to be cut short is added to ``notes``.
    """
    remote_id = gids.number(order["id"])
    currency = _currency(order["presentmentCurrencyCode"])
    billing = addresses.parts(order.get("billingAddress"))
    shipping = addresses.parts(order.get("shippingAddress"))
    payload = order.copy()
    line_items = values.listed(payload.pop("lineItems"))
    taxed = order.get("taxesIncluded") is True
    shop = order["totalPriceSet"]["shopMoney"]
    is_foreign = shop["currencyCode"] != currency
    cancelled_at = values.optional_moment(order.get("cancelledAt"))
    text = values.text
    customer = order.get("customer")
    charges = tuple(_charges(order, line_items, currency, taxed=taxed))
    return base.OrderRecord(
        remote_id=remote_id,
        number=_cut(remote_id, text(order["name"]).removeprefix("#"), LONGEST_NUMBER, notes),
        customer_remote_id=customer and gids.number(customer["id"], "Its customer's id"),
        email=_cut(remote_id, text(order.get("email")), values.LONGEST_TEXT, notes),
        customer_name=_cut(remote_id, _name(order, billing, shipping), values.LONGEST_TEXT, notes),
        status=_status(order), platform_status=_own_status(order),
        payment_status=text(order.get("displayFinancialStatus")).lower()[:LONGEST_STATUS],
        fulfilment_status=text(order.get("displayFulfillmentStatus")).lower()[:LONGEST_STATUS],
        payment_method=", ".join(values.listed(order.get("paymentGatewayNames")))[
            : values.LONGEST_TEXT
        ],
        currency=currency, total=money(order["totalPriceSet"], currency, "Its total"),
        discount_total=sum((_discount(item, currency) for item in line_items), values.ZERO),
        shipping_total=_total_of(charges, base.ChargeKind.SHIPPING),
        tax_total=_optional_money(order.get("totalTaxSet"), currency, "Its tax"),
        refunded_total=money(order["totalRefundedSet"], currency, "Its refunded total"),
        prices_include_tax=taxed,
        customer_note=text(order.get("note")),
        created_at=values.moment(
            order.get("processedAt") or order["createdAt"], "Its date of creation"
        ),
        modified_at=values.moment(order["updatedAt"], "Its date of change"),
        paid_at=_paid_at(order), completed_at=values.optional_moment(order.get("closedAt")),
        cancelled_at=cancelled_at,
        billing_address=billing, shipping_address=shipping,
        lines=_lines(line_items, currency, taxed=taxed),
        charges=charges,
        refunds=tuple([_refund(one, currency) for one in values.listed(order.get("refunds"))]),
        fulfilments=tuple(_parcels(values.listed(order.get("fulfillments")))),
        line_items=line_items, metadata=payload,
        shop_currency=shop["currencyCode"] if is_foreign else "",
        shop_total=values.amount(shop["amount"], "Its total") if is_foreign else None,
        is_test=order.get("test") is True, is_edited=order.get("edited") is True,
    )  # fmt: skip


def _status(order: base.Json) -> base.OrderStatus:
    if order.get("cancelledAt"):
        return Status.CANCELLED
    paid, sent = order.get("displayFinancialStatus"), order.get("displayFulfillmentStatus")
    if paid in PAID or paid is None:
        if sent in DELIVERED:
            return Status.COMPLETED
        return Status.ON_HOLD if sent == "ON_HOLD" else Status.PROCESSING
    return UNPAID.get(paid, Status.OTHER)


def _own_status(order: base.Json) -> str:
    """The word of Shopify's own order list."""
    if order.get("cancelledAt"):
        return "cancelled"
    return "archived" if order.get("closedAt") else "open"


def _name(order: base.Json, billing: dict[str, str], shipping: dict[str, str]) -> str:
    customer = order.get("customer")
    own = values.plain(customer.get("displayName")) if customer else ""
    # A customer without a name is displayed by their email address or phone number.
    is_name = own and own != order.get("email") and not own.startswith("+")
    return addresses.name(billing, shipping) or (own if is_name else "")


def _paid_at(order: base.Json) -> datetime | None:
    """When the first money came."""
    moments = (
        values.optional_moment(one.get("processedAt"))
        for one in values.listed(order.get("transactions"))
        if one.get("kind") in MONEY_CAME and one.get("status") == "SUCCESS"
    )
    return min((moment for moment in moments if moment is not None), default=None)


def _lines(items: list[base.Json], currency: str, *, taxed: bool) -> tuple[base.LineRecord, ...]:
    lines = tuple([_line(item, currency, taxed=taxed) for item in items])
    if len({line.remote_id for line in lines}) != len(lines):
        raise base.RecordError("repeated_line_id", "Two of its lines have the same id.")
    return lines


def _line(item: base.Json, currency: str, *, taxed: bool) -> base.LineRecord:
    """A line of all units that were ordered, refunded and removed ones too.

    Shopify taxes what is left after discounts, so before them the tax is the same here.
    """
    tax = _tax(item, currency)
    subtotal = money(item["originalTotalSet"], currency, "A line's total")
    if taxed:
        subtotal -= tax
    return base.LineRecord(
        remote_id=gids.number(item["id"], "A line's id"),
        product_remote_ids=_products(item),
        sku=values.text(item.get("sku")),
        title=values.plain(item.get("name") or item["title"]),
        quantity=values.whole(item["quantity"], "A line's quantity", "bad_quantity"),
        subtotal=subtotal,
        subtotal_tax=tax,
        total=subtotal - _discount(item, currency),
        total_tax=tax,
    )


def _products(item: base.Json) -> tuple[int, ...]:
    """The variant's id, where it still exists: rows of products are variants."""
    variant = item.get("variant")
    number = gids.optional_number(variant.get("id")) if variant else None
    return () if number is None else (number,)


def _tax(item: base.Json, currency: str) -> Decimal:
    lines = item.get("taxLines")
    if not lines:
        return values.ZERO
    return sum((money(line["priceSet"], currency, "A line's tax") for line in lines), values.ZERO)


def _discount(item: base.Json, currency: str) -> Decimal:
    """All that was taken off, the line's share in discounts of the whole order too."""
    allocations = item.get("discountAllocations")
    if not allocations:
        return values.ZERO
    return sum(
        (money(one["allocatedAmountSet"], currency, "A discount") for one in allocations),
        values.ZERO,
    )


def _charges(
    order: base.Json, line_items: list[base.Json], currency: str, *, taxed: bool
) -> Iterator[base.ChargeRecord]:
    shipping = values.listed(order.get("shippingLines"))
    for line in shipping:
        if line.get("isRemoved") is not True:
            yield _shipping(line, currency, taxed=taxed)
    for fee in values.listed(order.get("additionalFees")):
        yield _fee(fee, currency, taxed=taxed)
    tip = _optional_money(order.get("totalTipReceivedSet"), currency, "Its tip")
    if tip:
        yield base.ChargeRecord(
            remote_id=0, kind=base.ChargeKind.FEE, title="Tip", total=tip, tax=values.ZERO
        )
    yield from _coupons([*line_items, *shipping], currency)


def _total_of(charges: Iterable[base.ChargeRecord], kind: base.ChargeKind) -> Decimal:
    return sum((charge.total for charge in charges if charge.kind is kind), values.ZERO)


def _shipping(line: base.Json, currency: str, *, taxed: bool) -> base.ChargeRecord:
    tax = _tax(line, currency)
    total = money(line["discountedPriceSet"], currency, "A shipping line's total")
    return base.ChargeRecord(
        remote_id=gids.optional_number(line.get("id")) or 0,
        kind=base.ChargeKind.SHIPPING,
        title=values.plain(line.get("title")),
        total=total - tax if taxed else total,
        tax=tax,
    )


def _fee(fee: base.Json, currency: str, *, taxed: bool) -> base.ChargeRecord:
    tax = _tax(fee, currency)
    total = money(fee["price"], currency, "A fee's total")
    return base.ChargeRecord(
        remote_id=gids.optional_number(fee.get("id")) or 0,
        kind=base.ChargeKind.FEE,
        title=values.plain(fee.get("name")),
        total=total - tax if taxed else total,
        tax=tax,
    )


def _coupons(items: Iterable[base.Json], currency: str) -> Iterator[base.ChargeRecord]:
    """What each discount took off the whole order, below 0; lines are after it already."""
    totals: dict[int, Decimal] = {}
    titles: dict[int, str] = {}
    for item in items:
        for one in item.get("discountAllocations") or ():
            applied = one["discountApplication"]
            index = applied["index"]
            amount = money(one["allocatedAmountSet"], currency, "A discount")
            totals[index] = totals.get(index, values.ZERO) - amount
            titles[index] = values.plain(applied.get("code") or applied.get("title"))
    for index, total in sorted(totals.items()):
        yield base.ChargeRecord(
            remote_id=index,
            kind=base.ChargeKind.COUPON,
            title=titles[index],
            total=total,
            tax=values.ZERO,
        )


def _refund(refund: base.Json, currency: str) -> base.RefundRecord:
    return base.RefundRecord(
        remote_id=gids.number(refund["id"], "A refund's id"),
        amount=money(refund["totalRefundedSet"], currency, "A refund's total"),
        reason=values.plain(refund.get("note")),
        created_at=values.optional_moment(refund.get("createdAt")),
    )


def _parcels(parcels: Iterable[base.Json]) -> Iterator[base.FulfilmentRecord]:
    """A parcel for each tracking number, or one where there is none."""
    for parcel in parcels:
        if parcel.get("status") == "CANCELLED":
            continue
        for tracking in values.listed(parcel.get("trackingInfo")) or [{}]:
            yield base.FulfilmentRecord(
                remote_id=str(gids.number(parcel["id"], "A fulfilment's id")),
                status=values.text(parcel.get("displayStatus") or parcel.get("status")).lower(),
                company=values.plain(tracking.get("company")),
                tracking_number=values.plain(tracking.get("number")),
                tracking_url=values.text(tracking.get("url")),
                shipped_at=values.optional_moment(parcel.get("createdAt")),
            )


def money(bag: base.Json, currency: str, name: str) -> Decimal:
    """The amount that the customer saw; one in another currency is refused, never converted."""
    money = bag["presentmentMoney"]
    if money["currencyCode"] != currency:
        raise base.RecordError("mixed_currencies", f"{name} is in another currency than it is.")
    try:
        return values.exact(money["amount"])
    except (ArithmeticError, TypeError, base.RecordError):
        return values.amount(money["amount"], name)


def _optional_money(bag: base.Json | None, currency: str, name: str) -> Decimal:
    return values.ZERO if bag is None else money(bag, currency, name)


def _currency(value: Any) -> str:
    if type(value) is not str or not 0 < len(value) <= 10:
        raise base.RecordError("bad_currency", "Its currency is missing or not a code.")
    return value


def _cut(remote_id: int, text: str, longest: int, notes: list[base.Note]) -> str:
    if len(text) <= longest:
        return text
    notes.append(values.cut_note(remote_id, "text_cut", longest))
    return text[:longest]
