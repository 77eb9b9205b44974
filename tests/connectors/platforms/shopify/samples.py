"""An order, a product and a customer as Shopify gives them, to change in tests."""

from __future__ import annotations

from copy import deepcopy


def bag(amount, currency="EUR", shop=None, shop_currency=None):
    shop_money = {"amount": shop or amount, "currencyCode": shop_currency or currency}
    return {
        "presentmentMoney": {"amount": amount, "currencyCode": currency},
        "shopMoney": shop_money,
    }


def allocation(amount, index, **application):
    return {
        "allocatedAmountSet": bag(amount),
        "discountApplication": {"index": index, **application},
    }


LINE = {
    "__typename": "LineItem",
    "id": "gid://shopify/LineItem/501",
    "title": "Tee",
    "name": "Tee - Red / M",
    "sku": "TEE-M",
    "quantity": 3,
    "originalTotalSet": bag("30.0"),
    "discountAllocations": [
        allocation("2.00", 0, code="SPRING"),
        allocation("1.00", 1, title="3+"),
    ],
    "taxLines": [{"priceSet": bag("4.31")}],
    "variant": {"id": "gid://shopify/ProductVariant/301"},
    "product": {"id": "gid://shopify/Product/201"},
}
SHIPPING = {
    "__typename": "ShippingLine",
    "id": "gid://shopify/ShippingLine/601",
    "title": "Standard",
    "isRemoved": False,
    "originalPriceSet": bag("5.00"),
    "discountedPriceSet": bag("4.00"),
    "discountAllocations": [allocation("1.00", 0, code="SPRING")],
    "taxLines": [],
}
ADDRESS = {
    "firstName": "Ada", "lastName": "Smith", "company": None, "address1": "1 Mill Street",
    "address2": "", "city": "Leeds", "provinceCode": "ENG", "province": "England",
    "zip": "LS1 1AA", "countryCodeV2": "GB", "phone": None,
}  # fmt: skip
ORDER = {
    "id": "gid://shopify/Order/1001",
    "name": "#1042",
    "email": "ada.smith@example.com",
    "note": "Ring twice",
    "test": False,
    "edited": False,
    "createdAt": "2026-11-01T10:00:00Z",
    "processedAt": "2026-11-01T09:59:00Z",
    "updatedAt": "2026-11-02T08:00:00Z",
    "closedAt": None,
    "cancelledAt": None,
    "displayFinancialStatus": "PAID",
    "displayFulfillmentStatus": "UNFULFILLED",
    "currencyCode": "EUR",
    "presentmentCurrencyCode": "EUR",
    "taxesIncluded": False,
    "paymentGatewayNames": ["shopify_payments"],
    "totalPriceSet": bag("35.31"),
    "totalDiscountsSet": bag("4.00"),
    "totalShippingPriceSet": bag("4.00"),
    "totalTaxSet": bag("4.31"),
    "totalRefundedSet": bag("0.0"),
    "totalTipReceivedSet": bag("0.0"),
    "customer": {"id": "gid://shopify/Customer/401", "displayName": "Ada Smith"},
    "billingAddress": ADDRESS,
    "shippingAddress": ADDRESS,
    "additionalFees": [],
    "transactions": [
        {"kind": "AUTHORIZATION", "status": "SUCCESS", "processedAt": "2026-11-01T10:00:01Z"},
        {"kind": "CAPTURE", "status": "FAILURE", "processedAt": "2026-11-01T10:00:02Z"},
        {"kind": "CAPTURE", "status": "SUCCESS", "processedAt": "2026-11-01T10:00:03Z"},
    ],
    "refunds": [],
    "fulfillments": [],
    "lineItems": [LINE],
    "shippingLines": [SHIPPING],
}
PRODUCT = {
    "id": "gid://shopify/Product/201", "title": "Tee", "status": "ACTIVE", "isGiftCard": False,
    "descriptionHtml": "<p>Soft</p>", "hasOnlyDefaultVariant": False,
    "updatedAt": "2026-11-03T00:00:00Z",
    "featuredMedia": {"preview": {"image": {"url": "https://cdn.example.com/tee.png"}}},
}  # fmt: skip
VARIANT = {
    "id": "gid://shopify/ProductVariant/301", "sku": "TEE-M", "price": "15.00",
    "inventoryQuantity": 7, "availableForSale": True, "inventoryItem": {"tracked": True},
    "selectedOptions": [{"name": "Colour", "value": "Red"}, {"name": "Size", "value": "M"}],
    "createdAt": "2026-10-01T00:00:00Z", "updatedAt": "2026-11-02T00:00:00Z",
}  # fmt: skip
CUSTOMER = {
    "id": "gid://shopify/Customer/401", "firstName": "Ada", "lastName": "Smith",
    "defaultEmailAddress": {"emailAddress": "ada.smith@example.com"},
    "defaultAddress": ADDRESS, "createdAt": "2026-01-01T00:00:00Z",
    "updatedAt": "2026-11-02T08:00:00Z",
}  # fmt: skip


def order(**changes):
    return deepcopy(ORDER) | changes


def line(**changes):
    return deepcopy(LINE) | changes


def variant(product=None, **changes):
    return deepcopy(VARIANT) | {"product": deepcopy(PRODUCT) | (product or {})} | changes


def customer(**changes):
    return deepcopy(CUSTOMER) | changes
