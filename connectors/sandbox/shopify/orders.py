"""Orders as Shopify keeps them: their parts as they were bought, paid, sent and given back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.sandbox.shopify import goods, money, settling
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.money import Bag

VAT = Decimal("0.2")
GATEWAY = "shopify_payments"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpec:
    """A line; ``unit_price`` in the shop's currency. Variant and product None: a custom item."""

    title: str
    quantity: int = 1
    unit_price: str = "10.00"
    sku: str | None = None
    variant_title: str | None = None
    variant_id: int | None = None
    product_id: int | None = None
    requires_shipping: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSpec:
    """An order; ``discount`` is a code's per cent, ``payment`` a transaction's kind or none.

    ``rate`` is what one unit of the shop's currency is in ``currency``.
    """

    lines: Sequence[LineSpec]
    address: Mapping[str, str] = field(default_factory=dict)
    customer_id: int | None = None
    email: str | None = None
    currency: str = "GBP"
    rate: str = "1"
    shipping: str = "5.95"
    shipping_title: str = "Royal Mail"
    discount: int = 0
    taxed: bool = True
    payment: str | None = "SALE"
    gateway: str = GATEWAY
    note: str | None = None
    tags: Sequence[str] = ()
    test: bool = False
    source: str = "web"
    extra: Mapping[str, Any] = field(default_factory=dict)


def order(
    identity: int, number: int, spec: OrderSpec, created: datetime, *, taxes_included: bool
) -> Json:
    """A new order, settled."""
    return settling.settled(draft(identity, number, spec, created, taxes_included=taxes_included))


def draft(
    identity: int, number: int, spec: OrderSpec, created: datetime, *, taxes_included: bool
) -> Json:
    """A new order's parts and its payment, not yet settled."""
    rate = money.Rate("GBP", spec.currency, Decimal(spec.rate))
    moment = goods.stamp(created)
    tax = VAT if spec.taxed else Decimal(0)
    build = _Builder(rate=rate, tax=tax, included=taxes_included, discount=spec.discount)
    address = goods.mailing_address(identity * 10, spec.address) if spec.address else None
    body = {
        "id": identity, "number": number, "name": f"#{number}",
        "confirmationNumber": f"{identity:x}".upper()[-9:], "email": spec.email,
        "phone": None, "note": spec.note, "poNumber": None, "tags": list(spec.tags),
        "customAttributes": [], "test": spec.test, "edited": False, "sourceName": spec.source,
        "customerLocale": "en", "createdAt": moment, "processedAt": moment, "updatedAt": moment,
        "closedAt": None, "cancelledAt": None, "cancelReason": None, "confirmed": True,
        "currencyCode": rate.shop, "presentmentCurrencyCode": rate.presentment,
        "taxesIncluded": taxes_included, "taxExempt": False,
        "customer": spec.customer_id, "shippingAddress": address,
        "billingAddress": address and {**address, "id": address["id"] + 1},
        "lineItems": [build.line(identity * 1000 + n, one) for n, one in enumerate(spec.lines, 1)],
        "shippingLines": build.shipping(identity * 1000, spec.shipping, spec.shipping_title),
        "discountApplications": _applications(spec.discount),
        "transactions": [], "refunds": [], "fulfillments": [], "disputes": [],
        **spec.extra,
    }  # fmt: skip
    if not spec.payment:
        return body
    whole = Bag.read(settling.bought(body)["totalPriceSet"])
    paid = payment(identity * 1000, spec.payment, whole, moment, gateway=spec.gateway)
    return {**body, "transactions": [paid]}


def payment(
    identity: int, kind: str, amount: Bag, moment: str, *, gateway: str = GATEWAY,
    status: str = "SUCCESS", parent: int | None = None, error: str | None = None,
) -> Json:  # fmt: skip
    """A transaction of an order."""
    return {
        "id": identity, "kind": kind, "status": status, "gateway": gateway,
        "formattedGateway": gateway.replace("_", " ").title(), "amountSet": str(amount),
        "parent": parent, "errorCode": error, "createdAt": moment, "processedAt": moment,
        "test": False, "manualPaymentGateway": gateway == "manual",
    }  # fmt: skip


def fulfilment(
    identity: int, lines: Mapping[int, int], moment: str, *, name: str,
    tracking: Sequence[Json] = (), status: str = "SUCCESS",
) -> Json:  # fmt: skip
    """A parcel with so many units of these lines."""
    return {
        "id": identity, "name": name, "status": status,
        "displayStatus": "CANCELED" if status == "CANCELLED" else "FULFILLED",
        "createdAt": moment, "updatedAt": moment, "tracking": list(tracking),
        "lines": [
            {"id": identity * 100 + n, "lineItem": line, "quantity": units}
            for n, (line, units) in enumerate(lines.items())
        ],
    }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builder:
    rate: money.Rate
    tax: Decimal
    included: bool
    discount: int

    def line(self, identity: int, spec: LineSpec) -> Json:
        unit = self.rate.bag(spec.unit_price)
        off = unit.times(spec.quantity).part(self.discount, 100)
        title = spec.variant_title
        return {
            "id": identity, "title": spec.title, "variantTitle": title,
            "name": f"{spec.title} - {title}" if title else spec.title, "sku": spec.sku,
            "vendor": None, "quantity": spec.quantity, "removed": 0, "variant": spec.variant_id,
            "product": spec.product_id, "requiresShipping": spec.requires_shipping,
            "taxable": True, "isGiftCard": False, "originalUnitPriceSet": str(unit),
            "discountAllocations": [{"index": 0, "allocatedAmountSet": str(off)}] if off else [],
            "taxLines": self._taxes(unit.times(spec.quantity) - off),
        }  # fmt: skip

    def shipping(self, identity: int, price: str, title: str) -> list[Json]:
        cost = self.rate.bag(price)
        return [
            {"id": identity, "title": title, "code": title.lower().replace(" ", "_"),
             "source": "shopify", "originalPriceSet": str(cost), "discountedPriceSet": str(cost),
             "taxLines": self._taxes(cost)}
        ]  # fmt: skip

    def _taxes(self, amount: Bag) -> list[Json]:
        return taxes(amount, self.tax, included=self.included)


def added(order: Json, first: int, specs: Sequence[LineSpec]) -> list[Json]:
    """Lines that are put into an order later, at its rate of exchange and of tax."""
    whole = Bag.read(order["totalPriceSet"])
    factor = whole.presentment / whole.shop if whole else Decimal(1)
    taxed = any(line["taxLines"] for line in order["lineItems"])
    build = _Builder(
        rate=money.Rate(whole.shop_currency, whole.presentment_currency, factor),
        tax=VAT if taxed else Decimal(0), included=order["taxesIncluded"], discount=0,
    )  # fmt: skip
    return [build.line(first + n, spec) for n, spec in enumerate(specs)]


def retaxed(order: Json, *, taxed: bool) -> Json:
    """The order with its tax reckoned anew, not yet settled."""
    rate, included = VAT if taxed else Decimal(0), order["taxesIncluded"]

    def again(part: Json, amount: Bag) -> Json:
        return {**part, "taxLines": taxes(amount, rate, included=included)}

    return {
        **order,
        "lineItems": [again(line, settling.net(line)) for line in order["lineItems"]],
        "shippingLines": [
            again(line, Bag.read(line["discountedPriceSet"])) for line in order["shippingLines"]
        ],
    }


def taxes(amount: Bag, rate: Decimal, *, included: bool) -> list[Json]:
    """The tax lines of an amount: none where nothing is due."""
    due = amount.part(rate, 1 + rate) if included else amount.times(rate)
    if not due:
        return []
    return [{"title": "GB VAT", "rate": float(rate), "priceSet": str(due)}]


def _applications(discount: int) -> list[Json]:
    if not discount:
        return []
    return [
        {"index": 0, "type": "DiscountCodeApplication", "code": f"WELCOME{discount}",
         "allocationMethod": "ACROSS", "targetSelection": "ALL", "targetType": "LINE_ITEM",
         "percentage": float(discount)}
    ]  # fmt: skip
