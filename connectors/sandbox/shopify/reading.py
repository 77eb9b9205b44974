"""Resolvers of what the API reads: one for each field that isn't simply kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.shopify import context, gids, goods, money, paging
from connectors.sandbox.shopify.context import Info
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.shop import Condition

Resolver = Callable[..., Any]
LOCATION = {"id": 70_000_000_001, "name": "Warehouse", "isActive": True}
VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
NEXT_VERSION = "2027-01"
TAG = re.compile(r"<[^>]*>")


def _records(kind: str) -> Resolver:
    def resolve(source: Any, info: Info, **arguments: Any) -> Json:
        context.demand(info, kind)
        return paging.records(info, kind, arguments)

    return resolve


def _count(kind: str) -> Resolver:
    def resolve(source: Any, info: Info, **arguments: Any) -> Json:
        context.demand(info, kind)
        return paging.count(info, kind, arguments)

    return resolve


def _single(type_name: str) -> Resolver:
    def resolve(source: Any, info: Info, id: str) -> Any:  # noqa: A002
        return context.load(info, type_name, id)

    return resolve


def parts(name: str, owner: str | None = None) -> Resolver:
    """A connection over a list that the record keeps; parts may need to know their order."""

    def resolve(source: Json, info: Info, **arguments: Any) -> Json:
        order = source if owner is None else source.get(owner)
        items = [{**one, "_order": order} for one in source[name]]
        return paging.parts(items, arguments)

    return resolve


def listed(name: str) -> Resolver:
    """A plain list of an order's parts, as long as ``first`` allows."""

    def resolve(source: Json, info: Info, first: int | None = None, **_: Any) -> list[Json]:
        return [{**one, "_order": source} for one in source[name][:first]]

    return resolve


def _node(source: Any, info: Info, id: str) -> Any:  # noqa: A002
    context.number(id, "")
    type_name, _ = gids.read(id)
    if type_name not in context.KINDS:
        return None
    body = context.load(info, type_name, id)
    return body and {**body, "__typename": type_name}


def _nodes(source: Any, info: Info, ids: list[str]) -> list[Any]:
    return [_node(source, info, one) for one in ids]


def _shop(source: Any, info: Info) -> Json:
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


def _versions(source: Any, info: Info) -> list[Json]:
    stable = [{"handle": one, "displayName": one, "supported": True} for one in VERSIONS]
    return [
        *stable,
        {"handle": NEXT_VERSION, "displayName": f"{NEXT_VERSION} (Release candidate)",
         "supported": False},
        {"handle": "unstable", "displayName": "unstable", "supported": False},
    ]  # fmt: skip


def _installation(source: Any, info: Info) -> Json:
    scopes = sorted(one for one in context.of(info).knobs.granted() if one)
    return {
        "id": 500_000_001,
        "app": {"id": 300_000_001, "title": "Storekeep", "handle": "storekeep",
                "apiKey": "sandbox"},
        "accessScopes": [{"handle": one, "description": one.replace("_", " ")} for one in scopes],
    }  # fmt: skip


def _part_of_order(name: str) -> Resolver:
    """A refund or fulfilment by its own id, found in its order."""

    def resolve(source: Any, info: Info, id: str) -> Any:  # noqa: A002
        context.demand(info, "order")
        type_name = {"refunds": "Refund", "fulfillments": "Fulfillment"}[name]
        identity = context.number(id, type_name)
        found = context.of(info).shop.find_order(name, identity)
        parts = found[name] if found else []
        return next(({**one, "_order": found} for one in parts if one["id"] == identity), None)

    return resolve


# Products and customers


def _variants(source: Json, info: Info, **arguments: Any) -> Json:
    mine: Condition = ("parent = ?", [source["id"]])
    return paging.records(info, "variant", arguments, extra=[mine])


def _inventory_item(source: Json, info: Info) -> Json:
    shop, cost = context.of(info).shop, source["unitCost"]
    return {
        **source,
        "id": source["id"] + 10**12,
        "measurement": {"id": source["id"], "weight": {"value": 0.5, "unit": "KILOGRAMS"}},
        "unitCost": amount(Decimal(cost), shop.currency) if cost else None,
    }


def _variant_name(source: Json, info: Info) -> str:
    parent = context.of(info).load("product", source["product"]) or {}
    title = parent.get("title", "")
    return title if source["title"] == goods.DEFAULT_TITLE else f"{title} - {source['title']}"


def _email_address(source: Json, info: Info) -> Json | None:
    if not source["email"]:
        return None
    state = source["marketing"]
    return {"emailAddress": source["email"], "marketingState": state, "validFormat": True}


def _phone_number(source: Json, info: Info) -> Json | None:
    if not source["phone"]:
        return None
    return {"phoneNumber": source["phone"], "marketingState": "NOT_SUBSCRIBED"}


def _customer_name(source: Json, info: Info) -> str:
    names = [one for one in (source["firstName"], source["lastName"]) if one]
    return " ".join(names) or source["email"] or source["phone"] or ""


def _customer_orders(source: Json, info: Info, **arguments: Any) -> Json:
    context.demand(info, "order")
    return paging.records(info, "order", arguments, extra=[("parent = ?", [source["id"]])])


def _last_order(source: Json, info: Info) -> Any:
    newest = {"first": 1, "reverse": True, "sortKey": "CREATED_AT"}
    return next(iter(_customer_orders(source, info, **newest)["nodes"]), None)


def _formatted(source: Json, info: Info, **wanted: Any) -> list[str]:
    names = [source["name"]] if wanted.get("withName") else []
    names += [source["company"]] if wanted.get("withCompany") else []
    town = f"{source['city'] or ''} {source['zip'] or ''}".strip()
    rest = [source["address1"], source["address2"], town, source["country"]]
    return [one for one in (*names, *rest) if one]


# Money


def amount(amount: Decimal, currency: str) -> Json:
    return {"__typename": "MoneyV2", "amount": money.plain(amount), "currencyCode": currency}


def _shop_money(source: str, info: Info) -> Json:
    amount, currency, _, _ = source.split()
    return {"amount": amount, "currencyCode": currency}


def _presentment_money(source: str, info: Info) -> Json:
    _, _, amount, currency = source.split()
    return {"amount": amount, "currencyCode": currency}


def _picture(source: Json, info: Info) -> Json | None:
    url = source.get("image")
    if not url:
        return None
    image = {"url": url}
    return {
        "__typename": "MediaImage", "id": source["id"], "image": image,
        "preview": {"image": image},
    }  # fmt: skip


def always(value: Any) -> Resolver:
    def resolve(source: Any, info: Info, **_: Any) -> Any:
        return value

    return resolve


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
    "Product.featuredMedia": _picture,
    "Product.variantsCount": lambda one, _: {
        "count": one["totalVariants"], "precision": "EXACT",
    },
    "Product.description": lambda one, _: TAG.sub("", one["descriptionHtml"]),
    "Product.options": lambda one, _, first=None: one["options"][:first],
    "Product.onlineStoreUrl": always(None),
    "ProductVariant.displayName": _variant_name,
    "ProductVariant.inventoryItem": _inventory_item,
    "ProductVariant.product": lambda source, info: context.of(info).load(
        "product", source["product"]
    ),
    "Customer.displayName": _customer_name,
    "Customer.amountSpent": lambda one, info: amount(
        Decimal(one["spent"]), context.of(info).shop.currency
    ),
    "Customer.numberOfOrders": lambda one, _: str(one["numberOfOrders"]),
    "Customer.validEmailAddress": lambda one, _: bool(one["email"]),
    "Customer.dataSaleOptOut": always(value=False),
    "Customer.defaultEmailAddress": _email_address,
    "Customer.defaultPhoneNumber": _phone_number,
    "Customer.defaultAddress": lambda one, _: next(iter(one["addresses"]), None),
    "Customer.addresses": lambda one, _, first=None: one["addresses"][:first],
    "Customer.addressesV2": parts("addresses"),
    "Customer.orders": _customer_orders,
    "Customer.lastOrder": _last_order,
    "Customer.mergeable": always({"isMergeable": True, "reason": None}),
    "MailingAddress.formatted": _formatted,
    "MoneyBag.shopMoney": _shop_money,
    "MoneyBag.presentmentMoney": _presentment_money,
}  # fmt: skip
