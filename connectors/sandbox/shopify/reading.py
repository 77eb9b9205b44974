"""Resolvers of what the API reads: one for each field that isn't simply kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from graphql import GraphQLResolveInfo

from connectors.sandbox.shopify import context, gids, goods, money, paging
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.shop import Condition

Resolver = Callable[..., Any]
LOCATION = {"id": 70_000_000_001, "name": "Warehouse", "isActive": True}
VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
NEXT_VERSION = "2027-01"
TAG = re.compile(r"<[^>]*>")


def _records(kind: str) -> Resolver:
    def resolve(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Json:
        context.demand(info, kind)
        return paging.records(info, kind, arguments)

    return resolve


def _count(kind: str) -> Resolver:
    def resolve(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Json:
        context.demand(info, kind)
        return paging.count(info, kind, arguments)

    return resolve


def _single(type_name: str) -> Resolver:
    def resolve(source: Any, info: GraphQLResolveInfo, id: str) -> Any:  # noqa: A002
        return context.load(info, type_name, id)

    return resolve


def _parts(name: str, owner: str | None = None) -> Resolver:
    """A connection over a list that the record keeps; parts may need to know their order."""

    def resolve(source: Json, info: GraphQLResolveInfo, **arguments: Any) -> Json:
        order = source if owner is None else source.get(owner)
        items = [{**one, "_order": order} for one in source[name]]
        return paging.parts(items, arguments)

    return resolve


def _listed(name: str) -> Resolver:
    """A plain list of an order's parts, as long as ``first`` allows."""

    def resolve(
        source: Json, info: GraphQLResolveInfo, first: int | None = None, **_: Any
    ) -> list[Json]:
        return [{**one, "_order": source} for one in source[name][:first]]

    return resolve


def _node(source: Any, info: GraphQLResolveInfo, id: str) -> Any:  # noqa: A002
    context.number(id, "")
    type_name, _ = gids.read(id)
    if type_name not in context.KINDS:
        return None
    body = context.load(info, type_name, id)
    return body and {**body, "__typename": type_name}


def _nodes(source: Any, info: GraphQLResolveInfo, ids: list[str]) -> list[Any]:
    return [_node(source, info, one) for one in ids]


def _shop(source: Any, info: GraphQLResolveInfo) -> Json:
    shop = context.of(info).shop
    offset = shop.clock().astimezone(shop.zone).utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    sign, whole = "-" if minutes < 0 else "+", abs(minutes)
    return {
        "id": 60_000_000_001, "name": shop.name, "email": "owner@example.com",
        "contactEmail": "hello@example.com", "shopOwnerName": "Hearth & Home",
        "myshopifyDomain": shop.domain, "url": f"https://{shop.domain}",
        "primaryDomain": {"id": 1, "host": shop.domain, "url": f"https://{shop.domain}",
                          "sslEnabled": True},
        "currencyCode": shop.currency, "enabledPresentmentCurrencies": ["GBP", "EUR", "USD"],
        "ianaTimezone": shop.zone.key, "timezoneOffsetMinutes": minutes,
        "timezoneOffset": f"{sign}{whole // 60:02d}{whole % 60:02d}",
        "taxesIncluded": shop.taxes_included, "taxShipping": True, "weightUnit": "KILOGRAMS",
        "createdAt": "2020-01-06T09:00:00Z",
        "plan": {"displayName": "Basic", "publicDisplayName": "Basic",
                 "partnerDevelopment": False, "shopifyPlus": False},
    }  # fmt: skip


def _versions(source: Any, info: GraphQLResolveInfo) -> list[Json]:
    stable = [{"handle": one, "displayName": one, "supported": True} for one in VERSIONS]
    return [
        *stable,
        {"handle": NEXT_VERSION, "displayName": f"{NEXT_VERSION} (Release candidate)",
         "supported": False},
        {"handle": "unstable", "displayName": "unstable", "supported": False},
    ]  # fmt: skip


def _installation(source: Any, info: GraphQLResolveInfo) -> Json:
    scopes = sorted(one for one in context.of(info).knobs.granted() if one)
    return {
        "id": 500_000_001,
        "app": {"id": 300_000_001, "title": "Storekeep", "handle": "storekeep",
                "apiKey": "sandbox"},
        "accessScopes": [{"handle": one, "description": one.replace("_", " ")} for one in scopes],
    }  # fmt: skip


def _part_of_order(name: str) -> Resolver:
    """A refund or fulfilment by its own id, found in its order."""

    def resolve(source: Any, info: GraphQLResolveInfo, id: str) -> Any:  # noqa: A002
        context.demand(info, "order")
        type_name = {"refunds": "Refund", "fulfillments": "Fulfillment"}[name]
        identity = context.number(id, type_name)
        found = context.of(info).shop.find_order(name, identity)
        parts = found[name] if found else []
        return next(({**one, "_order": found} for one in parts if one["id"] == identity), None)

    return resolve


# Products and customers


def _variants(source: Json, info: GraphQLResolveInfo, **arguments: Any) -> Json:
    mine: Condition = ("parent = ?", [source["id"]])
    return paging.records(info, "variant", arguments, extra=[mine])


def _inventory_item(source: Json, info: GraphQLResolveInfo) -> Json:
    shop, cost = context.of(info).shop, source["unitCost"]
    return {
        **source,
        "id": source["id"] + 10**12,
        "measurement": {"id": source["id"], "weight": {"value": 0.5, "unit": "KILOGRAMS"}},
        "unitCost": _amount(Decimal(cost), shop.currency) if cost else None,
    }


def _variant_name(source: Json, info: GraphQLResolveInfo) -> str:
    parent = context.of(info).load("product", source["product"]) or {}
    title = parent.get("title", "")
    return title if source["title"] == goods.DEFAULT_TITLE else f"{title} - {source['title']}"


def _email_address(source: Json, info: GraphQLResolveInfo) -> Json | None:
    if not source["email"]:
        return None
    state = source["marketing"]
    return {"emailAddress": source["email"], "marketingState": state, "validFormat": True}


def _phone_number(source: Json, info: GraphQLResolveInfo) -> Json | None:
    if not source["phone"]:
        return None
    return {"phoneNumber": source["phone"], "marketingState": "NOT_SUBSCRIBED"}


def _customer_name(source: Json, info: GraphQLResolveInfo) -> str:
    names = [one for one in (source["firstName"], source["lastName"]) if one]
    return " ".join(names) or source["email"] or source["phone"] or ""


def _customer_orders(source: Json, info: GraphQLResolveInfo, **arguments: Any) -> Json:
    context.demand(info, "order")
    return paging.records(info, "order", arguments, extra=[("parent = ?", [source["id"]])])


def _last_order(source: Json, info: GraphQLResolveInfo) -> Any:
    newest = {"first": 1, "reverse": True, "sortKey": "CREATED_AT"}
    return next(iter(_customer_orders(source, info, **newest)["nodes"]), None)


def _formatted(source: Json, info: GraphQLResolveInfo, **wanted: Any) -> list[str]:
    names = [source["name"]] if wanted.get("withName") else []
    names += [source["company"]] if wanted.get("withCompany") else []
    town = f"{source['city'] or ''} {source['zip'] or ''}".strip()
    rest = [source["address1"], source["address2"], town, source["country"]]
    return [one for one in (*names, *rest) if one]


# Orders and their parts


def _customer_of(source: Json, info: GraphQLResolveInfo) -> Any:
    context.demand(info, "customer")
    return context.of(info).load("customer", source["customer"])


def _good(kind: str) -> Resolver:
    def resolve(source: Json, info: GraphQLResolveInfo) -> Any:
        context.demand(info, "product")
        return context.of(info).load(kind, source[kind])

    return resolve


def _same_address(source: Json, info: GraphQLResolveInfo) -> bool:
    one, other = source["billingAddress"] or {}, source["shippingAddress"] or {}
    return {**one, "id": 0} == {**other, "id": 0}


def _tax_lines(source: Json, info: GraphQLResolveInfo, first: int | None = None) -> list[Json]:
    lines: list[Json] = source["taxLines"][:first]
    return lines


def _order_taxes(name: str) -> Resolver:
    def resolve(source: Json, info: GraphQLResolveInfo) -> list[Json]:
        rates = [tax["rate"] for line in source["lineItems"] for tax in line["taxLines"]]
        if not rates:
            return []
        return [{"title": "GB VAT", "rate": rates[0], "priceSet": source[name]}]

    return resolve


def _allocations(source: Json, info: GraphQLResolveInfo) -> list[Json]:
    applications = (source.get("_order") or {}).get("discountApplications", [])
    return [
        {**one, "discountApplication": _application(applications[one["index"]])}
        for one in source.get("discountAllocations", [])
        if one["index"] < len(applications)
    ]


def _application(body: Json) -> Json:
    value = {"__typename": "PricingPercentageValue", "percentage": body["percentage"]}
    return {**body, "__typename": body["type"], "value": value}


def _applications(source: Json, info: GraphQLResolveInfo, **arguments: Any) -> Json:
    found = [_application(one) for one in source["discountApplications"]]
    return paging.parts(found, arguments)


def _shipping_line(source: Json, info: GraphQLResolveInfo) -> Any:
    return next(({**one, "_order": source} for one in source["shippingLines"]), None)


def _discounted_total(
    source: Json, info: GraphQLResolveInfo, withCodeDiscounts: bool = False  # noqa: FBT001, FBT002, N803
) -> str:  # fmt: skip
    if not withCodeDiscounts:
        return str(source["discountedTotalSet"])
    unit = money.Bag.read(source["originalUnitPriceSet"])
    off = [money.Bag.read(one["allocatedAmountSet"]) for one in source["discountAllocations"]]
    return str(unit.times(source["quantity"]) - money.total(off, unit.nothing()))


def _parent_transaction(source: Json, info: GraphQLResolveInfo) -> Any:
    order = source["_order"]
    return next(
        (
            {**one, "_order": order}
            for one in order["transactions"]
            if one["id"] == source["parent"]
        ),
        None,
    )


def _cancellation(source: Json, info: GraphQLResolveInfo) -> Json | None:
    return {"staffNote": source.get("staffNote")} if source["cancelledAt"] else None


def _line_of(source: Json, info: GraphQLResolveInfo) -> Any:
    order = source["_order"]
    lines = order["lineItems"]
    return next({**one, "_order": order} for one in lines if one["id"] == source["lineItem"])


def _shipping_line_of(source: Json, info: GraphQLResolveInfo) -> Any:
    return _shipping_line(source["_order"], info)


def _refund_transactions(source: Json, info: GraphQLResolveInfo, **arguments: Any) -> Json:
    order = source["_order"]
    mine = [
        {**one, "_order": order}
        for one in order["transactions"]
        if one["id"] in source["transactions"]
    ]
    return paging.parts(mine, arguments)


def _location(source: Json, info: GraphQLResolveInfo) -> Json | None:
    return LOCATION if source.get("location") else None


def _parcel_line(name: str) -> Resolver:
    def resolve(source: Json, info: GraphQLResolveInfo) -> str:
        line = _line_of(source, info)
        amount = money.Bag.read(line[name])
        return str(amount.part(source["quantity"], line["quantity"]))

    return resolve


# Money


def _amount(amount: Decimal, currency: str) -> Json:
    return {"__typename": "MoneyV2", "amount": money.plain(amount), "currencyCode": currency}


def _shop_money(source: str, info: GraphQLResolveInfo) -> Json:
    amount, currency, _, _ = source.split()
    return {"amount": amount, "currencyCode": currency}


def _presentment_money(source: str, info: GraphQLResolveInfo) -> Json:
    _, _, amount, currency = source.split()
    return {"amount": amount, "currencyCode": currency}


def _always(value: Any) -> Resolver:
    return lambda source, info, **_: value


RESOLVERS: Mapping[str, Resolver] = {
    "QueryRoot.shop": _shop,
    "QueryRoot.publicApiVersions": _versions,
    "QueryRoot.currentAppInstallation": _installation,
    "QueryRoot.node": _node,
    "QueryRoot.nodes": _nodes,
    "QueryRoot.refund": _part_of_order("refunds"),
    "QueryRoot.fulfillment": _part_of_order("fulfillments"),
    **{
        f"QueryRoot.{plural}": _records(kind)
        for plural, kind in {
            "orders": "order", "products": "product", "productVariants": "variant",
            "customers": "customer", "disputes": "dispute",
        }.items()
    },
    **{
        f"QueryRoot.{name}Count": _count(kind)
        for name, kind in {
            "orders": "order", "products": "product", "productVariants": "variant",
            "customers": "customer",
        }.items()
    },
    **{
        f"QueryRoot.{name}": _single(type_name)
        for name, type_name in {
            "order": "Order", "product": "Product", "productVariant": "ProductVariant",
            "customer": "Customer", "dispute": "ShopifyPaymentsDispute",
        }.items()
    },
    "Product.variants": _variants,
    "Product.variantsCount": lambda source, info: {
        "count": source["totalVariants"], "precision": "EXACT",
    },
    "Product.description": lambda source, info: TAG.sub("", source["descriptionHtml"]),
    "Product.options": lambda source, info, first=None: source["options"][:first],
    "Product.onlineStoreUrl": _always(None),
    "ProductVariant.displayName": _variant_name,
    "ProductVariant.inventoryItem": _inventory_item,
    "ProductVariant.product": lambda source, info: context.of(info).load(
        "product", source["product"]
    ),
    "Customer.displayName": _customer_name,
    "Customer.amountSpent": lambda source, info: _amount(
        Decimal(source["spent"]), context.of(info).shop.currency
    ),
    "Customer.numberOfOrders": lambda source, info: str(source["numberOfOrders"]),
    "Customer.validEmailAddress": lambda source, info: bool(source["email"]),
    "Customer.dataSaleOptOut": _always(value=False),
    "Customer.defaultEmailAddress": _email_address,
    "Customer.defaultPhoneNumber": _phone_number,
    "Customer.defaultAddress": lambda source, info: next(iter(source["addresses"]), None),
    "Customer.addresses": lambda source, info, first=None: source["addresses"][:first],
    "Customer.addressesV2": _parts("addresses"),
    "Customer.orders": _customer_orders,
    "Customer.lastOrder": _last_order,
    "Customer.mergeable": _always({"isMergeable": True, "reason": None}),
    "MailingAddress.formatted": _formatted,
    "Order.customer": _customer_of,
    "Order.billingAddressMatchesShippingAddress": _same_address,
    "Order.cancellation": _cancellation,
    "Order.shippingLine": _shipping_line,
    "Order.shippingLines": _parts("shippingLines"),
    "Order.lineItems": _parts("lineItems"),
    "Order.transactions": _listed("transactions"),
    "Order.refunds": _listed("refunds"),
    "Order.fulfillments": _listed("fulfillments"),
    "Order.discountApplications": _applications,
    "Order.taxLines": _order_taxes("totalTaxSet"),
    "Order.currentTaxLines": _order_taxes("currentTotalTaxSet"),
    "Order.dutiesIncluded": _always(value=False),
    "Order.estimatedTaxes": _always(value=False),
    "LineItem.variant": _good("variant"),
    "LineItem.product": _good("product"),
    "LineItem.canRestock": lambda source, info: source["restockable"],
    "LineItem.customAttributes": lambda source, info: source.get("customAttributes", []),
    "LineItem.discountAllocations": _allocations,
    "LineItem.discountedTotalSet": _discounted_total,
    "LineItem.taxLines": _tax_lines,
    "TaxLine.ratePercentage": lambda source, info: round(source["rate"] * 100, 4),
    "ShippingLine.custom": _always(value=False),
    "ShippingLine.isRemoved": _always(value=False),
    "ShippingLine.currentDiscountedPriceSet": lambda source, info: source["discountedPriceSet"],
    "ShippingLine.discountAllocations": _allocations,
    "OrderTransaction.parentTransaction": _parent_transaction,
    "OrderTransaction.paymentId": lambda source, info: f"#{source['_order']['number']}.1",
    "OrderTransaction.order": lambda source, info: source["_order"],
    "Fulfillment.trackingInfo": lambda source, info, first=None: source["tracking"][:first],
    "Fulfillment.totalQuantity": lambda source, info: sum(
        one["quantity"] for one in source["lines"]
    ),
    "Fulfillment.requiresShipping": _always(value=True),
    "Fulfillment.fulfillmentLineItems": _parts("lines", "_order"),
    "Fulfillment.location": _always(LOCATION),
    "Fulfillment.order": lambda source, info: source["_order"],
    "FulfillmentLineItem.lineItem": _line_of,
    "FulfillmentLineItem.originalTotalSet": _parcel_line("originalTotalSet"),
    "FulfillmentLineItem.discountedTotalSet": _parcel_line("discountedTotalSet"),
    "Refund.order": lambda source, info: source["_order"],
    "Refund.refundLineItems": _parts("lines", "_order"),
    "Refund.refundShippingLines": _parts("shipping", "_order"),
    "Refund.orderAdjustments": _parts("adjustments", "_order"),
    "Refund.transactions": _refund_transactions,
    "RefundLineItem.lineItem": _line_of,
    "RefundLineItem.location": _location,
    "RefundShippingLine.shippingLine": _shipping_line_of,
    "MoneyBag.shopMoney": _shop_money,
    "MoneyBag.presentmentMoney": _presentment_money,
}  # fmt: skip
