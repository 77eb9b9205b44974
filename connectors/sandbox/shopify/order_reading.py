"""Resolvers of orders and what belongs to them: lines, payments, parcels and refunds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.shopify import context, money, paging, reading
from connectors.sandbox.shopify.context import Info
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.reading import Resolver, always, listed, parts


def _customer_of(source: Json, info: Info) -> Any:
    context.demand(info, "customer")
    return context.of(info).load("customer", source["customer"])


def _good(kind: str) -> Resolver:
    def resolve(source: Json, info: Info) -> Any:
        context.demand(info, "product")
        return context.of(info).load(kind, source[kind])

    return resolve


def _same_address(source: Json, info: Info) -> bool:
    one, other = source["billingAddress"] or {}, source["shippingAddress"] or {}
    return {**one, "id": 0} == {**other, "id": 0}


def _tax_lines(source: Json, info: Info, first: int | None = None) -> list[Json]:
    lines: list[Json] = source["taxLines"][:first]
    return lines


def _order_taxes(name: str) -> Resolver:
    def resolve(source: Json, info: Info) -> list[Json]:
        rates = [tax["rate"] for line in source["lineItems"] for tax in line["taxLines"]]
        if not rates:
            return []
        return [{"title": "GB VAT", "rate": rates[0], "priceSet": source[name]}]

    return resolve


def _allocations(source: Json, info: Info) -> list[Json]:
    applications = (source.get("_order") or {}).get("discountApplications", [])
    return [
        {**one, "discountApplication": _application(applications[one["index"]])}
        for one in source.get("discountAllocations", [])
        if one["index"] < len(applications)
    ]


def _application(body: Json) -> Json:
    value = {"__typename": "PricingPercentageValue", "percentage": body["percentage"]}
    return {**body, "__typename": body["type"], "value": value}


def _applications(source: Json, info: Info, **arguments: Any) -> Json:
    found = [_application(one) for one in source["discountApplications"]]
    return paging.parts(found, arguments)


def _shipping_line(source: Json, info: Info) -> Any:
    return next(({**one, "_order": source} for one in source["shippingLines"]), None)


def _discounted_total(
    source: Json, info: Info, withCodeDiscounts: bool = False  # noqa: FBT001, FBT002, N803
) -> str:  # fmt: skip
    if not withCodeDiscounts:
        return str(source["discountedTotalSet"])
    unit = money.Bag.read(source["originalUnitPriceSet"])
    off = [money.Bag.read(one["allocatedAmountSet"]) for one in source["discountAllocations"]]
    return str(unit.times(source["quantity"]) - money.total(off, unit.nothing()))


def _parent_transaction(source: Json, info: Info) -> Any:
    order = source["_order"]
    return next(
        (
            {**one, "_order": order}
            for one in order["transactions"]
            if one["id"] == source["parent"]
        ),
        None,
    )


def _cancellation(source: Json, info: Info) -> Json | None:
    return {"staffNote": source.get("staffNote")} if source["cancelledAt"] else None


def _disputes(source: Json, info: Info) -> list[Json]:
    context.demand(info, "dispute")
    disputes: list[Json] = source["disputes"]
    return disputes


def _line_of(source: Json, info: Info) -> Any:
    order = source["_order"]
    lines = order["lineItems"]
    return next({**one, "_order": order} for one in lines if one["id"] == source["lineItem"])


def _shipping_line_of(source: Json, info: Info) -> Any:
    return _shipping_line(source["_order"], info)


def _refund_transactions(source: Json, info: Info, **arguments: Any) -> Json:
    order = source["_order"]
    mine = [
        {**one, "_order": order}
        for one in order["transactions"]
        if one["id"] in source["transactions"]
    ]
    return paging.parts(mine, arguments)


def _location(source: Json, info: Info) -> Json | None:
    return reading.LOCATION if source.get("location") else None


def _parcel_line(name: str) -> Resolver:
    def resolve(source: Json, info: Info) -> str:
        line = _line_of(source, info)
        amount = money.Bag.read(line[name])
        return str(amount.part(source["quantity"], line["quantity"]))

    return resolve


RESOLVERS: Mapping[str, Resolver] = {
    "Order.additionalFees": always([]),
    "Order.customer": _customer_of,
    "Order.billingAddressMatchesShippingAddress": _same_address,
    "Order.cancellation": _cancellation,
    "Order.shippingLine": _shipping_line,
    "Order.shippingLines": parts("shippingLines"),
    "Order.lineItems": parts("lineItems"),
    "Order.transactions": listed("transactions"),
    "Order.refunds": listed("refunds"),
    "Order.fulfillments": listed("fulfillments"),
    "Order.discountApplications": _applications,
    "Order.taxLines": _order_taxes("totalTaxSet"),
    "Order.currentTaxLines": _order_taxes("currentTotalTaxSet"),
    "Order.disputes": _disputes,
    "Order.dutiesIncluded": always(value=False),
    "Order.estimatedTaxes": always(value=False),
    "LineItem.variant": _good("variant"),
    "LineItem.product": _good("product"),
    "LineItem.canRestock": lambda one, _: one["restockable"],
    "LineItem.customAttributes": lambda one, _: one.get("customAttributes", []),
    "LineItem.discountAllocations": _allocations,
    "LineItem.discountedTotalSet": _discounted_total,
    "LineItem.taxLines": _tax_lines,
    "TaxLine.ratePercentage": lambda one, _: round(one["rate"] * 100, 4),
    "ShippingLine.custom": always(value=False),
    "ShippingLine.isRemoved": always(value=False),
    "ShippingLine.currentDiscountedPriceSet": lambda one, _: one["discountedPriceSet"],
    "ShippingLine.discountAllocations": _allocations,
    "OrderTransaction.parentTransaction": _parent_transaction,
    "OrderTransaction.paymentId": lambda one, _: f"#{one['_order']['number']}.1",
    "OrderTransaction.order": lambda one, _: one["_order"],
    "Fulfillment.trackingInfo": lambda one, _, first=None: one["tracking"][:first],
    "Fulfillment.totalQuantity": lambda parcel, _: sum(
        one["quantity"] for one in parcel["lines"]
    ),
    "Fulfillment.requiresShipping": always(value=True),
    "Fulfillment.fulfillmentLineItems": parts("lines", "_order"),
    "Fulfillment.location": always(reading.LOCATION),
    "Fulfillment.order": lambda one, _: one["_order"],
    "FulfillmentLineItem.lineItem": _line_of,
    "FulfillmentLineItem.originalTotalSet": _parcel_line("originalTotalSet"),
    "FulfillmentLineItem.discountedTotalSet": _parcel_line("discountedTotalSet"),
    "Refund.order": lambda one, _: one["_order"],
    "Refund.refundLineItems": parts("lines", "_order"),
    "Refund.refundShippingLines": parts("shipping", "_order"),
    "Refund.orderAdjustments": parts("adjustments", "_order"),
    "Refund.transactions": _refund_transactions,
    "RefundLineItem.lineItem": _line_of,
    "RefundLineItem.location": _location,
    "RefundShippingLine.shippingLine": _shipping_line_of,
}  # fmt: skip
