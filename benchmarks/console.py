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

from benchmarks import database, filling

TURNS = 15
LIST_LIMIT, OTHER_LIMIT = 60, 100
ORDERS = "/admin/orders/platformorder/"
CUSTOMERS = "/admin/orders/platformcustomer/"
PRODUCTS = "/admin/catalog/platformproduct/"
# One of the ten customers with a thousandth of all orders each.
FREQUENT_BUYER = 102


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
        say(f"Filling a database with {options.orders:,} orders")
        filled = filling.fill(options.orders, say)
        client = signed_in()
        say(f"{'page':<36}{'median':>10}{'limit':>10}{'queries':>9}")
        passed = [measure(client, page) for page in pages(filled)]
    say(f"{sum(passed)} of {len(passed)} pages are within their limits")
    sys.exit(0 if all(passed) else 1)


def say(text: str) -> None:
    print(text, flush=True)


def signed_in() -> Any:
    """A client of a superuser."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    staff, _ = get_user_model().objects.get_or_create(
        username="benchmark", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client()
    client.force_login(staff)
    return client


def pages(filled: filling.Filled) -> Iterator[Page]:
    for name, path in (*order_lists(filled), *other_lists(filled)):
        yield Page(name=name, path=path, limit=LIST_LIMIT)
    for name, path in other_pages(filled):
        yield Page(name=name, path=path, limit=OTHER_LIMIT)


def order_lists(filled: filling.Filled) -> Iterator[tuple[str, str]]:
    middle, now = filled.orders // 2, datetime.now(UTC)
    day, year = ((now - timedelta(days=days)).date() for days in (9, 365))
    yield "orders", ORDERS
    yield "orders on hold", f"{ORDERS}?status__exact=on_hold"
    yield "orders that failed (none)", f"{ORDERS}?status__exact=failed"
    for name, connector in filled.stores.items():
        yield f"orders of the {name} store", f"{ORDERS}?connector={connector}"
    yield "orders of a platform (none)", f"{ORDERS}?platform__exact=shopify"
    yield "orders of the last nine days", f"{ORDERS}?created_at_from={day}"
    yield "orders until a year ago", f"{ORDERS}?created_at_to={year}"
    yield "orders by number", f"{ORDERS}?q={middle}"
    yield "orders by a number's beginning", f"{ORDERS}?q={str(middle)[:3]}"
    yield "orders by email", f"{ORDERS}?q=customer{FREQUENT_BUYER}@"
    yield "orders by an email's beginning", f"{ORDERS}?q=cust"
    yield "orders by what nothing has", f"{ORDERS}?q=nobody@nowhere"


def other_lists(filled: filling.Filled) -> Iterator[tuple[str, str]]:
    second = filled.stores["second"]
    yield "customers", CUSTOMERS
    yield "customers of the second store", f"{CUSTOMERS}?connector={second}"
    yield "customers by email", f"{CUSTOMERS}?q=customer{FREQUENT_BUYER}@"
    yield "customers by an email's beginning", f"{CUSTOMERS}?q=cust"
    yield "products", PRODUCTS
    yield "products of the second store", f"{PRODUCTS}?connector={second}"
    yield "products by SKU", f"{PRODUCTS}?q=SKU-12"


def other_pages(filled: filling.Filled) -> Iterator[tuple[str, str]]:
    middle = filled.orders // 2
    yield "orders, page 2,000", f"{ORDERS}?p=2000"
    yield "orders on hold, page 2,000", f"{ORDERS}?status__exact=on_hold&p=2000"
    yield "orders by two digits (11,111)", f"{ORDERS}?q={str(middle)[:2]}"
    yield "an order", f"{ORDERS}{middle}_-woocommerce/change/"
    yield "a customer", f"{CUSTOMERS}1234_-woocommerce/change/"
    yield "a customer with 1,000 orders", f"{CUSTOMERS}{FREQUENT_BUYER}_-woocommerce/change/"
    yield "a product", f"{PRODUCTS}SKU-1234_-woocommerce/change/"
    yield "the dashboard", "/admin/"


def measure(client: Any, page: Page) -> bool:
    queries = counted(lambda: answered(client, page.path))
    median = statistics.median(
        milliseconds(lambda: answered(client, page.path)) for _ in range(TURNS)
    )
    passed = median <= page.limit
    say(
        f"{page.name:<36}{median:>7.1f} ms{page.limit:>7} ms{queries:>9}  "
        f"{'PASS' if passed else 'FAIL'}"
    )
    return passed


def answered(client: Any, path: str) -> None:
    """Ask for the page; anything but the page itself would be measured for nothing."""
    answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code} instead of a page.")


def counted(work: Callable[[], Any]) -> int:
    """How many queries the work makes."""
    from django.db import connection

    queries: list[str] = []

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        work()
    return len(queries)


def milliseconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
