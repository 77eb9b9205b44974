"""A million orders of three stores, made by the database itself in a minute and a half.

Nearly all are of one store. A second one has a hundredth of everything, which stands at the far end
of every list, and a third has nothing: what a filter on a store has to find.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

PRODUCTS = """
INSERT INTO platform_product (sku, platform, connector_id, remote_id, merchant_sku, title,
    description, metadata, price, exact_price, available, kind, platform_status, image_url, options,
    remote_created_at, remote_modified_at, synced_at)
SELECT CASE WHEN is_second THEN 'eu-' ELSE '' END || 'SKU-' || n, 'woocommerce',
    CASE WHEN is_second THEN %(second)s ELSE %(main)s END::uuid, n, 'SKU-' || n,
    CASE WHEN is_second THEN 'Xylophone' ELSE 'Product number ' || n END, '',
    '{}', (n %% 5000) / 100.0, (n %% 5000) / 100.0, n %% 9 <> 0, 'simple', 'publish', '', '{}',
    now() - n * interval '1 minute', now() - n * interval '1 minute', now()
FROM (
    SELECT n, n > %(products)s * 0.99 AS is_second FROM generate_series(1, %(products)s) n
) numbered
"""
CUSTOMERS = """
INSERT INTO platform_customer (customer_id, platform, connector_id, remote_id, email, name,
    metadata, remote_created_at, synced_at)
SELECT CASE WHEN is_second THEN 'eu-' ELSE '' END || n, 'woocommerce',
    CASE WHEN is_second THEN %(second)s ELSE %(main)s END::uuid, n,
    'customer' || n || '@example.com', 'Customer ' || n, '{}', now() - n * interval '5 minutes',
    now()
FROM (
    SELECT n, n > %(customers)s * 0.99 AS is_second FROM generate_series(1, %(customers)s) n
) numbered
"""
# Three quarters are of known customers, a few of whom buy often; six of ten are completed.
ORDERS = """
INSERT INTO platform_order (order_id, platform, connector_id, remote_id, number, customer_id,
    email, customer_name, status, platform_status, payment_status, fulfilment_status,
    payment_method, total_amount, currency, exact_total, discount_total, shipping_total, tax_total,
    refunded_total, prices_include_tax, customer_note, billing_address, shipping_address,
    line_items, metadata, charges, refunds, fulfilments, created_at, paid_at, remote_modified_at,
    synced_at)
SELECT key, 'woocommerce', CASE WHEN is_second THEN %(second)s ELSE %(main)s END::uuid, n, n::text,
    CASE WHEN n %% 4 > 0 AND NOT is_second THEN buyer::text END,
    'customer' || buyer || '@example.com', 'Customer ' || buyer, status, status,
    'paid', 'fulfilled', 'Credit card', n %% 30000 / 100.0, 'GBP', n %% 30000 / 100.0, 0, 5.95,
    n %% 5000 / 100.0, 0, false, '', '{"city": "Leeds", "country": "GB"}', '{"city": "Leeds"}',
    '[]', jsonb_build_object('id', n, 'note', repeat(md5(n::text), 40)), '[]', '[]', '[]',
    placed, placed, placed, now()
FROM (
    SELECT n, n <= %(few)s AS is_second,
        CASE WHEN n <= %(few)s THEN 'eu-' ELSE '' END || n AS key,
        1 + CASE WHEN n %% 100 = 1 THEN n %% 1000
            ELSE n * 7919 %% (%(customers)s * 9 / 10) END AS buyer,
        now() - (%(orders)s - n) * (interval '3 years' / %(orders)s) AS placed,
        (ARRAY['completed', 'completed', 'completed', 'completed', 'completed', 'completed',
            'processing', 'refunded', 'cancelled', 'on_hold'])[1 + n * 31 %% 10] AS status
    FROM generate_series(1, %(orders)s::bigint) n
) numbered
"""
ITEMS = """
INSERT INTO order_item (order_id, platform, remote_id, position, sku, merchant_sku, title,
    quantity, price, subtotal, subtotal_tax, total, total_tax)
SELECT CASE WHEN n <= %(few)s THEN 'eu-' ELSE '' END || n, 'woocommerce', n * 4 + line, line,
    'SKU-' || 1 + (n * 13 + line) %% (%(products)s * 9 / 10), 'SKU', 'Product', 1 + line, 5, 5, 1,
    5, 1
FROM generate_series(1, %(orders)s::bigint) n, generate_series(0, 1 + (n %% 2)::int) line
"""
PARTS = {"products": PRODUCTS, "customers": CUSTOMERS, "orders": ORDERS, "lines": ITEMS}
STORES = {"main": "", "second": "eu", "empty": "us"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What the database holds; ``stores`` maps main, second and empty to connector ids."""

    orders: int
    stores: dict[str, str]


def fill(orders: int, say: Callable[[str], None], *, products: int = 0) -> Filled:
    """The migrated database with so many orders, as an earlier run left it or made now.

    Products are a twentieth of the orders, unless it is said how many.
    """
    from django.db import connection, transaction

    from catalog.models import PlatformProduct
    from orders.models import PlatformOrder

    filled = Filled(orders=orders, stores=_stores())
    second = PlatformOrder.objects.filter(connector=UUID(filled.stores["second"]))
    wanted = products or max(orders // 20, 1)
    found = (PlatformOrder.objects.count(), second.count(), PlatformProduct.objects.count())
    if found == (orders, orders // 100, wanted):
        return filled
    values: dict[str, int | str] = {
        "orders": orders,
        "few": orders // 100,
        "customers": max(orders * 3 // 10, 1),
        "products": wanted,
        **filled.stores,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE platform_product, platform_customer, platform_order CASCADE")
        for name, sql in PARTS.items():
            began = time.perf_counter()
            cursor.execute(sql, values)
            say(f"  {cursor.rowcount:,} {name} ({time.perf_counter() - began:.0f} s)")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return filled


def _stores() -> dict[str, str]:
    from connectors.models import ConnectorConfig

    made = {}
    for name, prefix in STORES.items():
        connector, _ = ConnectorConfig.objects.get_or_create(
            platform="woocommerce",
            key_prefix=prefix,
            defaults={
                "store_url": f"https://{name}.example.com", "api_key": "a", "secret": "b",
                "name": f"The {name} store",
            },
        )  # fmt: skip
        made[name] = str(connector.pk)
    return made
