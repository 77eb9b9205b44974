"""How fast the console answers with a million orders: `python -m benchmarks.console`.

Server time of each page (Django's test client, DEBUG off), median after a warm-up, and its queries.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks import database

TURNS = 15
LIST_LIMIT, OTHER_LIMIT = 60, 100

PRODUCTS = """
INSERT INTO platform_product (sku, platform, connector_id, remote_id, merchant_sku, title,
    description, metadata, price, exact_price, available, kind, platform_status, image_url, options,
    remote_created_at, remote_modified_at, synced_at)
SELECT 'SKU-' || n, 'woocommerce', %(connector)s, n, 'SKU-' || n, 'Product number ' || n, '',
    '{}', (n %% 5000) / 100.0, (n %% 5000) / 100.0, n %% 9 <> 0, 'simple', 'publish', '', '{}',
    now() - n * interval '1 minute', now() - n * interval '1 minute', now()
FROM generate_series(1, %(products)s) n
"""
CUSTOMERS = """
INSERT INTO platform_customer (customer_id, platform, connector_id, remote_id, email, name,
    metadata, remote_created_at, synced_at)
SELECT n::text, 'woocommerce', %(connector)s, n, 'customer' || n || '@example.com',
    'Customer ' || n, '{}', now() - n * interval '5 minutes', now()
FROM generate_series(1, %(customers)s) n
"""
ORDERS = """
INSERT INTO platform_order (order_id, platform, connector_id, remote_id, number, customer_id,
    email, customer_name, status, platform_status, payment_status, fulfilment_status,
    payment_method, total_amount, currency, exact_total, discount_total, shipping_total, tax_total,
    refunded_total, prices_include_tax, customer_note, billing_address, shipping_address,
    line_items, metadata, charges, refunds, fulfilments, created_at, paid_at, remote_modified_at,
    synced_at)
SELECT n::text, 'woocommerce', %(connector)s, n, n::text,
    CASE WHEN n %% 4 > 0 THEN (1 + n * 7919 %% %(customers)s)::text END,
    'customer' || 1 + n * 7919 %% %(customers)s || '@example.com', 'Customer ' || n, status, status,
    'paid', 'fulfilled', 'Credit card', n %% 30000 / 100.0, 'GBP', n %% 30000 / 100.0, 0, 5.95,
    n %% 5000 / 100.0, 0, false, '', '{"city": "Leeds", "country": "GB"}', '{"city": "Leeds"}',
    '[]', jsonb_build_object('id', n, 'note', repeat(md5(n::text), 40)), '[]', '[]', '[]',
    placed, placed, placed, now()
FROM (
    SELECT n, now() - (%(orders)s - n) * interval '95 seconds' AS placed,
        (ARRAY['completed', 'completed', 'completed', 'completed', 'completed', 'completed',
            'processing', 'refunded', 'cancelled', 'on_hold'])[1 + n * 31 %% 10] AS status
    FROM generate_series(1::bigint, %(orders)s) n
) numbered
"""
ITEMS = """
INSERT INTO order_item (order_id, platform, remote_id, position, sku, merchant_sku, title,
    quantity, price, subtotal, subtotal_tax, total, total_tax)
SELECT n::text, 'woocommerce', n * 4 + line, line, 'SKU-' || 1 + (n * 13 + line) %% %(products)s,
    'SKU', 'Product', 1 + line, 5, 5, 1, 5, 1
FROM generate_series(1::bigint, %(orders)s) n, generate_series(0, 1 + (n %% 2)::int) line
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the console, and the milliseconds that it may take."""

    name: str
    path: str
    limit: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--keep", action="store_true", help="keep the database for another run")
    options = parser.parse_args()
    with database.fresh(keep=options.keep):
        sizes = {
            "orders": options.orders,
            "customers": max(options.orders * 3 // 10, 1),
            "products": max(options.orders // 20, 1),
        }
        fill(sizes)
        client = signed_in()
        passed = [measure(client, page) for page in pages(sizes)]
    sys.exit(0 if all(passed) else 1)


def say(text: str) -> None:
    print(text, flush=True)


def fill(sizes: dict[str, int]) -> None:
    from django.db import connection, transaction

    from connectors.models import ConnectorConfig
    from orders.models import PlatformOrder

    if PlatformOrder.objects.exists():
        return
    connector = ConnectorConfig.objects.create(
        platform="woocommerce", store_url="https://shop.example.com", api_key="a", secret="b"
    )
    values = sizes | {"connector": connector.pk}
    for name, sql in (
        ("products", PRODUCTS), ("customers", CUSTOMERS), ("orders", ORDERS), ("lines", ITEMS),
    ):  # fmt: skip
        began = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            say(f"  {cursor.rowcount:,} {name} ({time.perf_counter() - began:.0f} s)")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def signed_in() -> Any:
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.test.utils import setup_test_environment

    setup_test_environment(debug=False)
    staff, _ = get_user_model().objects.get_or_create(
        username="benchmark", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client()
    client.force_login(staff)
    return client


def pages(sizes: dict[str, int]) -> Iterator[Page]:
    middle = sizes["orders"] // 2
    day = (datetime.now(UTC) - timedelta(days=9)).date()
    orders, lists = "/admin/orders/platformorder/", "/admin/orders/platformcustomer/"
    products = "/admin/catalog/platformproduct/"
    for name, path in (
        ("order list", orders),
        ("orders on hold", f"{orders}?status__exact=on_hold"),
        ("search by number", f"{orders}?q={middle}"),
        ("search by the number's beginning", f"{orders}?q={str(middle)[:4]}"),
        ("search by email", f"{orders}?q=customer{middle // 10}@"),
        ("search for nothing", f"{orders}?q=nobody@nowhere"),
        ("customer list", lists),
        ("customer search", f"{lists}?q=customer12"),
        ("product list", products),
        ("product search", f"{products}?q=SKU-12"),
    ):
        yield Page(name=name, path=path, limit=LIST_LIMIT)
    for name, path in (
        ("orders since nine days", f"{orders}?created_at_from={day}"),
        ("page 2,000", f"{orders}?p=2000"),
        ("order page", f"{orders}{middle}_-woocommerce/change/"),
        ("customer page", f"{lists}12_-woocommerce/change/"),
        ("dashboard", "/admin/"),
    ):
        yield Page(name=name, path=path, limit=OTHER_LIMIT)


def measure(client: Any, page: Page) -> bool:
    from django.db import connection

    queries: list[str] = []

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        answer = client.get(page.path)
    assert answer.status_code == 200, f"{page.path}: {answer.status_code}"
    median = statistics.median(milliseconds(lambda: client.get(page.path)) for _ in range(TURNS))
    passed = median <= page.limit
    say(
        f"  {page.name:<34}{median:>7.1f} ms {len(queries):>4} queries  (limit {page.limit} ms)  "
        f"{'PASS' if passed else 'FAIL'}"
    )
    return passed


def milliseconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
