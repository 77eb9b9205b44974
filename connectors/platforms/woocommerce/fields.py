"""What is asked of a store: only what the console, money and matching need.

Left out on purpose: ``order_key`` (it opens the payment page), addresses of browsers, avatars,
links, and the customers' ``meta_data``, which is where plugins keep what is not ours.
"""

from __future__ import annotations

ORDER = ",".join((
    "id", "parent_id", "number", "status", "currency", "prices_include_tax", "created_via",
    "date_created_gmt", "date_modified_gmt", "date_paid_gmt", "date_completed_gmt",
    "discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax", "total",
    "total_tax", "customer_id", "billing", "shipping", "payment_method", "payment_method_title",
    "transaction_id", "customer_note", "meta_data", "line_items", "tax_lines", "shipping_lines",
    "fee_lines", "coupon_lines", "refunds", "fulfillments",
))  # fmt: skip
CUSTOMER = ",".join((
    "id", "email", "first_name", "last_name", "username", "role", "billing", "shipping",
    "is_paying_customer", "date_created_gmt", "date_modified_gmt",
))  # fmt: skip
PRODUCT = ",".join((
    "id", "parent_id", "name", "type", "status", "permalink", "sku", "global_unique_id", "price",
    "regular_price", "sale_price", "on_sale", "purchasable", "catalog_visibility", "stock_status",
    "stock_quantity", "manage_stock", "backorders", "virtual", "downloadable", "description",
    "short_description", "images", "image", "attributes", "categories", "tags", "brands",
    "weight", "dimensions", "tax_status", "tax_class", "variations", "meta_data",
    "date_created_gmt", "date_modified_gmt",
))  # fmt: skip
ID = "id"
STAMP = "id,date_modified_gmt"
STAMP_AND_VARIATIONS = "id,date_modified_gmt,variations"
ID_AND_NAME = "id,name"
