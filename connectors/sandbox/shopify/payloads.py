"""The bodies of webhooks: the older REST shapes, to be trusted no further than their ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.sandbox.shopify import gids
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.money import Bag, padded


def payload(topic: str, body: Json) -> Json:
    """What is sent for this topic about a record."""
    kind, _, event = topic.partition("/")
    if event == "delete" and kind != "customers":
        return {"id": body["id"]}
    return KINDS[kind](body)


def _gid(type_name: str, body: Json) -> Json:
    return {
        "id": body["id"], "admin_graphql_api_id": gids.write(type_name, body["id"]),
    }  # fmt: skip


def _stamps(body: Json) -> Json:
    return {"created_at": body["createdAt"], "updated_at": body["updatedAt"]}


def _money(name: str, text: str) -> Json:
    bag = Bag.read(text)
    return {
        name: padded(bag.shop),
        f"{name}_set": {
            "shop_money": {"amount": padded(bag.shop), "currency_code": bag.shop_currency},
            "presentment_money": {
                "amount": padded(bag.presentment), "currency_code": bag.presentment_currency,
            },
        },
    }  # fmt: skip


def _order(body: Json) -> Json:
    return {
        **_gid("Order", body), **_stamps(body),
        "name": body["name"], "number": body["number"], "email": body["email"],
        "cancelled_at": body["cancelledAt"], "cancel_reason": _lower(body["cancelReason"]),
        "closed_at": body["closedAt"], "processed_at": body["processedAt"], "note": body["note"],
        "tags": ", ".join(body["tags"]), "test": body["test"],
        "currency": body["currencyCode"], "presentment_currency": body["presentmentCurrencyCode"],
        "financial_status": _lower(body["displayFinancialStatus"]),
        "fulfillment_status": FULFILMENT.get(body["displayFulfillmentStatus"]),
        **_money("total_price", body["totalPriceSet"]),
        **_money("current_total_price", body["currentTotalPriceSet"]),
        **_money("total_tax", body["totalTaxSet"]),
        "customer": {"id": body["customer"]} if body["customer"] else None,
        "shipping_address": _address(body["shippingAddress"]),
        "line_items": [_line(one) for one in body["lineItems"]],
        "refunds": [{"id": one["id"]} for one in body["refunds"]],
    }  # fmt: skip


FULFILMENT = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}


def _lower(text: str | None) -> str | None:
    return text and text.lower()


def _address(body: Json | None) -> Json | None:
    if body is None:
        return None
    return {
        "first_name": body["firstName"], "last_name": body["lastName"],
        "address1": body["address1"], "address2": body["address2"], "city": body["city"],
        "zip": body["zip"], "country_code": body["countryCodeV2"], "phone": body["phone"],
    }  # fmt: skip


def _line(body: Json) -> Json:
    return {
        **_gid("LineItem", body), "title": body["title"], "quantity": body["quantity"],
        "current_quantity": body["currentQuantity"], "sku": body["sku"],
        "variant_id": body["variant"], "product_id": body["product"],
        **_money("price", body["originalUnitPriceSet"]),
    }  # fmt: skip


def _product(body: Json) -> Json:
    return {
        **_gid("Product", body), **_stamps(body), "title": body["title"],
        "handle": body["handle"], "status": body["status"].lower(), "vendor": body["vendor"],
        "product_type": body["productType"], "published_at": body["publishedAt"],
        "tags": ", ".join(body["tags"]), "body_html": body["descriptionHtml"],
    }  # fmt: skip


def _customer(body: Json) -> Json:
    return {
        **_gid("Customer", body), **_stamps(body), "first_name": body["firstName"],
        "last_name": body["lastName"], "email": body["email"], "phone": body["phone"],
        "state": body["state"].lower(), "note": body["note"], "tax_exempt": body["taxExempt"],
        "default_address": _address(next(iter(body["addresses"]), None)), "tax_exemptions": [],
    }  # fmt: skip


def _refund(body: Json) -> Json:
    return {
        **_gid("Refund", body), "order_id": body["order"], "created_at": body["createdAt"],
        "processed_at": body["processedAt"], "note": body["note"],
        "refund_line_items": [
            {"id": one["id"], "line_item_id": one["lineItem"], "quantity": one["quantity"],
             "restock_type": one["restockType"].lower()}
            for one in body["lines"]
        ],
        "transactions": [{"id": one} for one in body["transactions"]],
    }  # fmt: skip


def _last_part(type_name: str, name: str) -> Callable[[Json], Json]:
    """The newest of an order's parts."""

    def render(order: Json) -> Json:
        body = order[name][-1]
        return {
            **_gid(type_name, body), "order_id": order["id"],
            "status": body["status"].lower(), "created_at": body["createdAt"],
        }  # fmt: skip

    return render


def _dispute(body: Json) -> Json:
    return {
        **_gid("ShopifyPaymentsDispute", body), "order_id": body["order"],
        "type": body["type"].lower(), "status": body["status"].lower(),
        "initiated_at": body["initiatedAt"], "finalized_on": body["finalizedOn"],
    }  # fmt: skip


def _bulk(body: Json) -> Json:
    return {
        "admin_graphql_api_id": gids.write("BulkOperation", body["id"]),
        "status": body["status"].lower(), "error_code": _lower(body["errorCode"]),
        "type": "query", "created_at": body["createdAt"], "completed_at": body["completedAt"],
    }  # fmt: skip


KINDS: Mapping[str, Callable[[Json], Json]] = {
    "orders": _order, "products": _product, "customers": _customer, "refunds": _refund,
    "fulfillments": _last_part("Fulfillment", "fulfillments"),
    "order_transactions": _last_part("OrderTransaction", "transactions"),
    "disputes": _dispute, "bulk_operations": _bulk,
}  # fmt: skip
