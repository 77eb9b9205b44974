"""Orders: raw JSON to records. Twenty thousand of them are mapped in a second: keep it lean."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.platforms import base, values
from connectors.platforms.woocommerce import tracking

Status = base.OrderStatus

STATUSES = {
    "pending": Status.PENDING,
    "on-hold": Status.ON_HOLD,
    "processing": Status.PROCESSING,
    "completed": Status.COMPLETED,
    "cancelled": Status.CANCELLED,
    "refunded": Status.REFUNDED,
    "failed": Status.FAILED,
    "checkout-draft": Status.DRAFT,
    "auto-draft": Status.DRAFT,
    "trash": Status.TRASHED,
}
ADDRESS_PARTS = frozenset((
    "first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode",
    "country", "email", "phone",
))  # fmt: skip
NOTHING_TO_SHIP = frozenset((Status.CANCELLED, Status.FAILED, Status.REFUNDED, Status.DRAFT))
LARGEST = values.LARGEST_INTEGER
LONGEST_CURRENCY = 10
LONGEST_STATUS = 50
LONGEST_NUMBER = 100
# A refund of an empty amount is written as a minus sign and nothing behind it.
EMPTY = ("", "-", None)


def record(order: base.Json, notes: list[base.Note]) -> base.OrderRecord:
    """The order; raises ``RecordError``, ``KeyError`` or ``TypeError`` for what is none.

    What had to be cut short is added to ``notes``.
    """
    remote_id, word = values.identity(order["id"]), values.text(order["status"])
    status = STATUSES.get(word, Status.OTHER)
    billing, shipping = address(order["billing"]), address(order["shipping"])
    meta = values.listed(order.get("meta_data"))
    refunds = tuple([_refund(refund) for refund in values.listed(order.get("refunds"))])
    refunded = sum([refund.amount for refund in refunds], values.ZERO)
    parcels = tracking.fulfilments(order, meta) if meta or order.get("fulfillments") else ()
    paid_at = values.optional_moment(order.get("date_paid_gmt"))
    # A copy of the outer object is enough: nothing within it is changed.
    payload = order.copy()
    line_items = payload.pop("line_items")
    return base.OrderRecord(
        remote_id=remote_id,
        number=_cut(remote_id, _number(order, remote_id), LONGEST_NUMBER, notes),
        customer_remote_id=_customer(order.get("customer_id")),
        email=_cut(remote_id, billing.get("email", ""), values.LONGEST_TEXT, notes),
        customer_name=_cut(remote_id, name(billing, shipping), values.LONGEST_TEXT, notes),
        status=status, platform_status=word[:LONGEST_STATUS],
        payment_status=_payment_status(status, refunded, paid=paid_at is not None),
        fulfilment_status=_fulfilment_status(status, meta, shipped=bool(parcels)),
        payment_method=_payment_method(order),
        currency=_currency(order["currency"]), total=values.amount(order["total"], "Its total"),
        discount_total=_amount_or_zero(order.get("discount_total"), "Its discount"),
        shipping_total=_amount_or_zero(order.get("shipping_total"), "Its shipping total"),
        tax_total=_amount_or_zero(order.get("total_tax"), "Its tax"), refunded_total=refunded,
        prices_include_tax=order.get("prices_include_tax") is True,
        customer_note=values.text(order.get("customer_note")),
        created_at=values.moment(order["date_created_gmt"], "Its date of creation"),
        modified_at=values.moment(order["date_modified_gmt"], "Its date of change"),
        paid_at=paid_at, completed_at=values.optional_moment(order.get("date_completed_gmt")),
        billing_address=billing, shipping_address=shipping,
        lines=_lines(line_items), charges=_charges(order), refunds=refunds, fulfilments=parcels,
        line_items=values.listed(line_items), metadata=payload,
    )  # fmt: skip


def _number(order: base.Json, remote_id: int) -> str:
    return values.text(order.get("number")) or str(remote_id)


def _lines(items: Any) -> tuple[base.LineRecord, ...]:
    lines = tuple([_line(line) for line in values.listed(items)])
    if len({line.remote_id for line in lines}) != len(lines):
        raise base.RecordError("repeated_line_id", "Two of its lines have the same id.")
    return lines


def _line(line: base.Json) -> base.LineRecord:
    sku, quantity = line.get("sku"), line["quantity"]
    if type(quantity) is not int or not -LARGEST < quantity < LARGEST:
        quantity = values.whole(quantity, "A line's quantity", "bad_quantity")
    # Most lines are in order, and asking for names first would cost a tenth of the mapping.
    try:
        exact = values.exact
        subtotal, subtotal_tax = exact(line["subtotal"]), exact(line["subtotal_tax"])
        total, total_tax = exact(line["total"]), exact(line["total_tax"])
    except (ArithmeticError, LookupError, TypeError, base.RecordError):
        subtotal, subtotal_tax, total, total_tax = _line_amounts(line)
    return base.LineRecord(
        remote_id=values.identity(line["id"], "A line's id"),
        product_remote_ids=_products(line.get("variation_id"), line.get("product_id")),
        sku=sku if type(sku) is str else values.text(sku),
        title=values.plain(line.get("name")),
        quantity=quantity,
        subtotal=subtotal,
        subtotal_tax=subtotal_tax,
        total=total,
        total_tax=total_tax,
    )


def _line_amounts(line: base.Json) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Subtotal, its tax, total, its tax; taxes may be missing. Errors name the amount."""
    return (
        values.amount(line["subtotal"], "A line's subtotal"),
        _amount_or_zero(line.get("subtotal_tax"), "A line's tax"),
        values.amount(line["total"], "A line's total"),
        _amount_or_zero(line.get("total_tax"), "A line's tax"),
    )


def _products(variation_id: Any, product_id: Any) -> tuple[int, ...]:
    """The ids, best first; a product that was deleted is 0 in the store."""
    largest = values.LARGEST_ID
    has_product = type(product_id) is int and 0 < product_id <= largest
    if type(variation_id) is not int or not 0 < variation_id <= largest:
        return (product_id,) if has_product else ()
    return (variation_id, product_id) if has_product else (variation_id,)


@dataclass(frozen=True, slots=True)
class _Charges:
    """Where charges of a kind stand in an order, and under which names."""

    kind: base.ChargeKind
    lines: str
    title: str
    total: str
    tax: str
    sign: int
    noun: str


# A coupon's amounts are taken off, so they are below 0.
CHARGES = (
    _Charges(
        base.ChargeKind.SHIPPING, "shipping_lines", "method_title", "total", "total_tax", 1,
        "A shipping line's",
    ),
    _Charges(base.ChargeKind.FEE, "fee_lines", "name", "total", "total_tax", 1, "A fee's"),
    _Charges(
        base.ChargeKind.COUPON, "coupon_lines", "code", "discount", "discount_tax", -1, "A coupon's"
    ),
)  # fmt: skip


def _charges(order: base.Json) -> tuple[base.ChargeRecord, ...]:
    return tuple(
        [
            _charge(line, kind)
            for kind in CHARGES
            if (lines := order.get(kind.lines))
            for line in values.listed(lines)
        ]
    )


def _charge(line: base.Json, kind: _Charges) -> base.ChargeRecord:
    try:
        total, tax = values.exact(line[kind.total]), values.exact(line[kind.tax])
    except (ArithmeticError, LookupError, TypeError, base.RecordError):
        total = _amount_or_zero(line[kind.total], f"{kind.noun} total")
        tax = _amount_or_zero(line.get(kind.tax), f"{kind.noun} tax")
    return base.ChargeRecord(
        remote_id=values.identity(line["id"], "The id of a charge"),
        kind=kind.kind,
        title=values.plain(line.get(kind.title)),
        total=total if kind.sign > 0 else -total,
        tax=tax if kind.sign > 0 else -tax,
    )


def _refund(refund: base.Json) -> base.RefundRecord:
    """A refund; the store writes its total below 0, and "-" where it was entered empty."""
    return base.RefundRecord(
        remote_id=values.identity(refund["id"], "A refund's id"),
        amount=abs(_amount_or_zero(refund["total"], "A refund's total")),
        reason=values.plain(refund.get("reason")),
        created_at=None,
    )


def _amount_or_zero(value: Any, name_: str) -> Decimal:
    return values.ZERO if value in EMPTY else values.amount(value, name_)


def address(value: Any) -> dict[str, str]:
    """The parts of an address that are not empty, as the store has them."""
    return {
        part: found if type(found) is str else values.text(found)
        for part, found in values.mapped(value).items()
        if found and part in ADDRESS_PARTS
    }


def name(*addresses: dict[str, str]) -> str:
    """Who these addresses name first: a person, else a company, else ''."""
    for found in addresses:
        person = f"{found.get('first_name', '')} {found.get('last_name', '')}".strip()
        if person or "company" in found:
            return values.plain(person or found["company"])
    return ""


def _customer(value: Any) -> int | None:
    """The customer's id; guests have 0."""
    return None if value in (0, None) else values.identity(value, "Its customer's id")


def _currency(value: Any) -> str:
    if type(value) is not str or not 0 < len(value) <= LONGEST_CURRENCY:
        raise base.RecordError("bad_currency", "Its currency is missing or not a code.")
    return value


def _payment_method(order: base.Json) -> str:
    found = order.get("payment_method_title") or order.get("payment_method")
    return values.plain(found)[: values.LONGEST_TEXT]


def _payment_status(status: Status, refunded: Decimal, *, paid: bool) -> str:
    if status is Status.REFUNDED:
        return "refunded"
    if refunded:
        return "partially_refunded"
    # Cash on delivery is "processing" without a date of payment until it is completed.
    if paid or status is Status.COMPLETED:
        return "paid"
    return "failed" if status is Status.FAILED else "unpaid"


def _fulfilment_status(status: Status, meta: list[Any], *, shipped: bool) -> str:
    """The store's own word where it keeps one, else what status and parcels tell."""
    own = tracking.status(meta) if meta else ""
    if own:
        return own[:LONGEST_STATUS]
    if shipped or status is Status.COMPLETED:
        return "fulfilled"
    return "" if status in NOTHING_TO_SHIP else "unfulfilled"


def _cut(remote_id: int, text: str, longest: int, notes: list[base.Note]) -> str:
    if len(text) <= longest:
        return text
    notes.append(values.cut_note(remote_id, "text_cut", longest))
    return text[:longest]
