"""WooCommerce's JSON of products, customers and orders: keys, order and types as it sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox import money

Json = dict[str, Any]
ZONE = ZoneInfo("Europe/London")
CURRENCY, SYMBOL = "GBP", "£"
VAT = 20
TAXED_IN = "GB"
SHIPPING = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state",
            "postcode", "country", "phone")  # fmt: skip


def stamps(name: str, moment: datetime | None) -> Json:
    """A moment in the site's zone without offset, and in UTC without ``Z``."""
    if moment is None:
        return {name: None, f"{name}_gmt": None}
    moment = moment.replace(microsecond=0)
    local = moment.astimezone(ZONE).replace(tzinfo=None)
    return {
        name: local.isoformat(),
        f"{name}_gmt": moment.astimezone(UTC).replace(tzinfo=None).isoformat(),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSpec:
    """What sets a product apart; ``price`` is in pence, None where none is set."""

    name: str
    sku: str = ""
    price: int | None = None
    kind: str = "simple"
    status: str = "publish"
    stock: int | None = None
    description: str = ""
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    categories: Sequence[str] = ()
    image: str = ""


def product(identity: int, spec: ProductSpec, created: datetime, site: str) -> Json:
    """A product of any kind but a variation."""
    slug = "-".join(spec.name.lower().split())
    price = "" if spec.price is None else money.unpadded(spec.price)
    return {
        "id": identity, "name": spec.name, "slug": slug, "permalink": f"{site}/product/{slug}/",
        **stamps("date_created", created), **stamps("date_modified", created),
        "type": spec.kind, "status": spec.status, "featured": False,
        "catalog_visibility": "visible", "description": spec.description,
        "short_description": "", "sku": spec.sku, "price": price,
        "regular_price": "" if spec.kind == "variable" else price, "sale_price": "",
        "on_sale": False, "purchasable": bool(price), "total_sales": 0, "virtual": False,
        "downloadable": False, "tax_status": "taxable", "tax_class": "",
        **_stock(spec.stock), "sold_individually": False, "weight": "",
        "shipping_required": True, "parent_id": 0,
        "categories": [
            {"id": 15 + n, "name": name, "slug": name.lower()}
            for n, name in enumerate(spec.categories)
        ],
        "tags": [], "images": _images(identity, spec, created),
        "attributes": [
            {"id": 0, "name": name, "slug": name.lower(), "position": n, "visible": True,
             "variation": spec.kind == "variable", "options": list(values)}
            for n, (name, values) in enumerate(spec.options.items())
        ],
        "default_attributes": [], "variations": [], "grouped_products": [], "menu_order": 0,
        "meta_data": [], "stock_status": _stock_status(spec.stock),
        "has_options": spec.kind == "variable", "global_unique_id": "",
    }  # fmt: skip


def _images(identity: int, spec: ProductSpec, created: datetime) -> list[Json]:
    if not spec.image:
        return []
    return [{
        "id": 50_000 + identity, **stamps("date_created", created),
        **stamps("date_modified", created), "src": spec.image, "name": spec.name, "alt": "",
    }]  # fmt: skip


def variation(
    identity: int, parent: Json, spec: ProductSpec, option: tuple[str, str], created: datetime
) -> Json:
    """A variation; without a SKU of its own it answers with its parent's."""
    price = "" if spec.price is None else money.unpadded(spec.price)
    name, value = option
    return {
        "id": identity, "type": "variation",
        **stamps("date_created", created), **stamps("date_modified", created),
        "description": spec.description, "permalink": parent["permalink"],
        "sku": spec.sku or parent["sku"], "global_unique_id": "", "price": price,
        "regular_price": price, "sale_price": "", "on_sale": False, "status": spec.status,
        "purchasable": bool(price), "virtual": False, "downloadable": False,
        "tax_status": "taxable", "tax_class": "", **_stock(spec.stock),
        "stock_status": _stock_status(spec.stock), "weight": "", "image": None,
        "attributes": [{"id": 0, "name": name, "slug": name.lower(), "option": value}],
        "menu_order": 0, "meta_data": [], "name": value, "parent_id": parent["id"],
    }  # fmt: skip


def _stock(stock: int | None) -> Json:
    return {
        "manage_stock": stock is not None, "stock_quantity": stock, "backorders": "no",
        "backorders_allowed": False, "backordered": False,
    }  # fmt: skip


def _stock_status(stock: int | None) -> str:
    return "outofstock" if stock is not None and stock <= 0 else "instock"


def customer(identity: int, billing: Mapping[str, str], created: datetime, site: str) -> Json:
    """A registered customer who was never edited."""
    return {
        "id": identity, **stamps("date_created", created), **stamps("date_modified", None),
        "email": billing["email"], "first_name": billing["first_name"],
        "last_name": billing["last_name"], "role": "customer",
        "username": billing["email"].partition("@")[0], "billing": dict(billing),
        "shipping": {name: value for name, value in billing.items() if name != "email"},
        "is_paying_customer": True, "avatar_url": f"{site}/avatar/{identity}.png", "meta_data": [],
    }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpec:
    """A line; ``unit_price`` and ``discount`` (of the whole line) are in pence."""

    name: str
    product_id: int
    variation_id: int
    sku: str | None
    quantity: int
    unit_price: int
    discount: int = 0
    parent_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSpec:
    """What an order is made of; amounts are in pence, before tax."""

    customer_id: int
    billing: Mapping[str, str]
    shipping: Mapping[str, str]
    lines: Sequence[LineSpec]
    status: str = "processing"
    shipping_cost: int = 0
    fees: Mapping[str, int] = field(default_factory=dict)
    coupon: str = ""
    note: str = ""
    taxed: bool = True
    paid: datetime | None = None
    completed: datetime | None = None
    meta: Sequence[Json] = ()


def order(identity: int, spec: OrderSpec, created: datetime, modified: datetime) -> Json:
    """An order with its totals; line ids are taken from the order's own range."""
    rate = VAT if spec.taxed else 0
    numbers = iter(range(identity * 100, identity * 100 + 100_000))
    lines = [_line(next(numbers), line, rate) for line in spec.lines]
    shipping = [_shipping_line(next(numbers), spec.shipping_cost, rate)]
    fees = [_fee_line(next(numbers), name, cost, rate) for name, cost in spec.fees.items()]
    discount = sum(line.discount for line in spec.lines)
    tax = sum(money.pence(part["total_tax"]) for part in (*lines, *shipping, *fees))
    shipping_tax = money.pence(shipping[0]["total_tax"])
    net = sum(money.pence(part["total"]) for part in (*lines, *shipping, *fees))
    paid = spec.paid is not None
    return {
        "id": identity, "parent_id": 0, "status": spec.status, "currency": CURRENCY,
        "version": "11.0.1", "prices_include_tax": False,
        **stamps("date_created", created), **stamps("date_modified", modified),
        "discount_total": money.text(discount),
        "discount_tax": money.text(money.share(discount, rate)),
        "shipping_total": money.text(spec.shipping_cost),
        "shipping_tax": money.text(shipping_tax), "cart_tax": money.text(tax - shipping_tax),
        "total": money.text(net + tax), "total_tax": money.text(tax),
        "customer_id": spec.customer_id, "order_key": f"wc_order_{identity:x}",
        "billing": dict(spec.billing),
        "shipping": {part: spec.shipping.get(part, "") for part in SHIPPING},
        "payment_method": "stripe" if paid else "", "transaction_id": f"ch_{identity}" * paid,
        "payment_method_title": "Credit card" if paid else "", "created_via": "checkout",
        "customer_ip_address": "", "customer_user_agent": "", "customer_note": spec.note,
        **stamps("date_completed", spec.completed), **stamps("date_paid", spec.paid),
        "cart_hash": "", "number": str(identity), "meta_data": list(spec.meta),
        "line_items": lines,
        "tax_lines": [_tax_line(next(numbers), tax - shipping_tax, shipping_tax)] if rate else [],
        "shipping_lines": shipping, "fee_lines": fees,
        "coupon_lines": [_coupon_line(next(numbers), spec.coupon, discount, rate)] * bool(discount),
        "refunds": [], "is_editable": spec.status in ("pending", "on-hold"),
        "needs_payment": spec.status in ("pending", "failed"),
        "needs_processing": spec.status == "processing", "currency_symbol": SYMBOL,
    }  # fmt: skip


def _taxes(tax: int, subtotal: int | None = None) -> list[Json]:
    if not tax:
        return []
    before = tax if subtotal is None else subtotal
    return [{"id": 1, "total": money.text(tax), "subtotal": money.text(before)}]


def _line(number: int, spec: LineSpec, rate: int) -> Json:
    subtotal = spec.unit_price * spec.quantity
    total = subtotal - spec.discount
    tax, before = money.share(total, rate), money.share(subtotal, rate)
    return {
        "id": number, "name": spec.name, "product_id": spec.product_id,
        "variation_id": spec.variation_id, "quantity": spec.quantity, "tax_class": "",
        "subtotal": money.text(subtotal), "subtotal_tax": money.text(before),
        "total": money.text(total), "total_tax": money.text(tax), "taxes": _taxes(tax, before),
        "meta_data": [], "sku": spec.sku, "global_unique_id": "",
        "price": total / 100 / spec.quantity, "image": {"id": 0, "src": ""},
        "parent_name": spec.parent_name,
    }  # fmt: skip


def _shipping_line(number: int, cost: int, rate: int) -> Json:
    tax = money.share(cost, rate)
    return {
        "id": number, "method_title": "Royal Mail" if cost else "Free delivery",
        "method_id": "flat_rate" if cost else "free_shipping", "instance_id": "1",
        "total": money.text(cost), "total_tax": money.text(tax), "taxes": _taxes(tax),
        "tax_status": "taxable", "meta_data": [],
    }  # fmt: skip


def _fee_line(number: int, name: str, cost: int, rate: int) -> Json:
    tax = money.share(cost, rate)
    return {
        "id": number, "name": name, "tax_class": "", "tax_status": "taxable", "amount": "",
        "total": money.text(cost), "total_tax": money.text(tax), "taxes": _taxes(tax),
        "meta_data": [],
    }  # fmt: skip


def _coupon_line(number: int, code: str, discount: int, rate: int) -> Json:
    return {
        "id": number, "code": code, "discount": money.unpadded(discount),
        "discount_tax": money.unpadded(money.share(discount, rate)), "meta_data": [],
        "discount_type": "percent", "nominal_amount": 10, "free_shipping": False,
    }  # fmt: skip


def _tax_line(number: int, tax: int, shipping_tax: int) -> Json:
    return {
        "id": number, "rate_code": "GB-VAT-1", "rate_id": 1, "label": "VAT", "compound": False,
        "tax_total": money.text(tax), "shipping_tax_total": money.text(shipping_tax),
        "rate_percent": VAT, "meta_data": [],
    }  # fmt: skip
