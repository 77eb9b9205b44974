"""How many requests the storefront API answers: `python -m benchmarks.api`.

Sixteen clients ask gunicorn, as `make run` starts it, for the same rows in three ways, by turns:
the API; a bare view that runs the same SQL (the floor); and DRF's own ModelViewSet (stock). What
counts are the ratios. Then what a page costs wherever it is, and whether indexes serve each query.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import database, filling
from benchmarks.console import say

CLIENTS = 16
FLOOR_LIMIT, STOCK_LIMIT, PAGE_LIMIT = 2.0, 0.5, 1.25
BIG = ("platform_product", "platform_order", "platform_customer", "order_item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request of the API, and the stock view set's for the same rows."""

    name: str
    path: str
    stock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What so many clients got in a while: requests a second, and milliseconds at p95."""

    rate: float
    p95: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api")
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="keep the database for another run")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.api_settings"
    with database.fresh(keep=options.keep):
        say(f"Filling a database with {options.products:,} products, {options.orders:,} orders")
        filled = filling.fill(options.orders, say, products=options.products)
        ours, stock = keys()
        asks = list(requests(filled))
        passed = [plan(name, path, ours) for name, path in paths(filled)]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "floor.json"
            file.write_text(json.dumps({one.name: made_by(one.path, ours) for one in asks}))
            with served(file) as port:
                say(f"{'request':<16}{'':<8}{'requests/s':>12}{'p95':>10}")
                passed += [compare(port, one, ours, stock, options) for one in asks]
                passed += [far(port, *one, ours, options) for one in distances(filled)]
    say(f"{sum(passed)} of {len(passed)} are within their limits")
    sys.exit(0 if all(passed) else 1)


def keys() -> tuple[str, str]:
    """The headers that open the API, and the stock view sets."""
    from rest_framework_api_key.models import APIKey

    from connectors.models import Scope, StorefrontKey

    StorefrontKey.objects.all().delete()
    ours = StorefrontKey.objects.create_key(name="benchmark", scopes=list(Scope.values))[1]
    return f"Api-Key {ours}", f"Api-Key {APIKey.objects.create_key(name='benchmark')[1]}"


def requests(filled: filling.Filled) -> Iterator[Ask]:
    middle = filled.orders // 2
    yield Ask(name="products", path="/api/v1/products/", stock="/stock/products/")
    yield Ask(
        name="product", path="/api/v1/products/woocommerce/SKU-1234/",
        stock="/stock/products/SKU-1234/",
    )  # fmt: skip
    yield Ask(name="orders", path="/api/v1/orders/", stock="/stock/orders/")
    yield Ask(
        name="order", path=f"/api/v1/orders/woocommerce/{middle}/",
        stock=f"/stock/orders/{middle}/",
    )  # fmt: skip


def paths(filled: filling.Filled) -> Iterator[tuple[str, str]]:
    """What no query of may read a whole table for."""
    for one in requests(filled):
        yield one.name, one.path
    products, orders = "/api/v1/products/", "/api/v1/orders/"
    yield "products by price", f"{products}?price_min=12&price_max=12.10&ordering=price"
    yield "products by SKU", f"{products}?sku=SKU-12,SKU-13,SKU-14"
    yield "products that begin", f"{products}?search=SKU-123"
    yield "products with a word", f"{products}?search=Xylophone"
    yield "products of late", f"{products}?updated_since=2090-01-01T00:00:00Z&ordering=updated_at"
    yield "orders of a customer", f"{orders}?platform=woocommerce&customer_id=102"
    yield "orders by email", f"{orders}?email=Customer102@example.com"
    yield "orders by number", f"{orders}?number={filled.orders // 3}"
    yield "customers by email", "/api/v1/customers/?email=Customer102@example.com"


def distances(filled: filling.Filled) -> Iterator[tuple[str, str, str]]:
    """Lists, with the address of a page far behind the first."""
    from connectors.storefront import paging
    from orders.api import PLACED
    from orders.models import PlatformOrder

    row = min(10_000 * 50, filled.orders - 100)
    newest = PlatformOrder.objects.order_by(*(f"-{name}" for name in PLACED))
    last = newest.values_list(*PLACED)[row - 1]
    cursor = paging.cursor_of("-created_at", last)
    yield f"orders, page {row // 50:,}", "/api/v1/orders/", f"/api/v1/orders/?cursor={cursor}"


def made_by(path: str, key: str) -> list[tuple[str, list[Any]]]:
    """The SQL that the API runs for a request, when its key was seen a moment ago."""
    from django.db import connection
    from django.test import Client

    found: list[tuple[str, list[Any]]] = []

    def note(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        found.append((sql, [str(one) if hasattr(one, "hex") else one for one in params or ()]))
        return execute(sql, params, *rest)

    client = Client(headers={"Authorization": key})
    client.get(path)
    with connection.execute_wrapper(note):
        answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}: {answer.content!r}")
    return found


def plan(name: str, path: str, key: str) -> bool:
    """Whether no query of the request reads a big table from end to end."""
    from django.db import connection

    lines = []
    with connection.cursor() as cursor:
        for sql, params in made_by(path, key):
            cursor.execute(f"EXPLAIN {sql}", params)
            lines += [row[0] for row in cursor.fetchall()]
    whole = [one.strip() for one in lines if "Seq Scan" in one and any(t in one for t in BIG)]
    say(f"{name:<24} {'FAIL  ' + whole[0] if whole else 'by index'}")
    return not whole


@contextmanager
def served(floor: Path) -> Iterator[int]:
    """gunicorn with the API and its peers; the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi", "--preload", "--bind",
         f"127.0.0.1:{port}", "--workers", "1", "--threads", "6", "--log-level", "error"],
        env={**os.environ, "STOREKEEP_FLOOR": str(floor)},
    )  # fmt: skip
    try:
        wait_for(port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("gunicorn did not start.")


def compare(port: int, one: Ask, ours: str, stock: str, options: Any) -> bool:
    """The three by turns; whether the API is within its limits."""
    ways = {
        "API": (one.path, ours),
        "floor": (f"/floor/{one.name}/", ""),
        "stock": (one.stock, stock),
    }
    found: dict[str, list[Load]] = {name: [] for name in ways}
    for _ in range(options.turns):
        for name, (path, key) in ways.items():
            found[name].append(load(port, path, key, options.seconds))
    rates = {name: statistics.median(turn.rate for turn in turns) for name, turns in found.items()}
    p95s = {name: statistics.median(turn.p95 for turn in turns) for name, turns in found.items()}
    for name in ways:
        say(f"{one.name:<16}{name:<8}{rates[name]:>12.0f}{p95s[name]:>7.1f} ms")
    beside_floor, beside_stock = rates["floor"] / rates["API"], p95s["API"] / p95s["stock"]
    passed = beside_floor <= FLOOR_LIMIT and beside_stock <= STOCK_LIMIT
    say(
        f"{'':<16}{beside_floor:.2f} × the floor’s time (limit {FLOOR_LIMIT}), "
        f"{beside_stock:.2f} × stock’s p95 (limit {STOCK_LIMIT})  {'PASS' if passed else 'FAIL'}"
    )
    return passed


def far(port: int, name: str, first: str, distant: str, key: str, options: Any) -> bool:
    """Whether a page far behind costs what the first one costs."""
    turns = [
        [load(port, path, key, options.seconds).rate for path in (first, distant)]
        for _ in range(options.turns)
    ]
    ratio = statistics.median(near / there for near, there in turns)
    passed = ratio <= PAGE_LIMIT
    say(
        f"{name}: {ratio:.2f} × the time of page 1 (limit {PAGE_LIMIT})  "
        f"{'PASS' if passed else 'FAIL'}"
    )
    return passed


def load(port: int, path: str, key: str, seconds: float) -> Load:
    """What the clients get in so many seconds."""
    took: list[float] = []
    until = time.perf_counter() + seconds
    threads = [
        threading.Thread(target=client, args=(port, path, key, until, took)) for _ in range(CLIENTS)
    ]
    began = time.perf_counter()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if not took:
        raise SystemExit(f"{path} was never answered.")
    rate = len(took) / (time.perf_counter() - began)
    return Load(rate=rate, p95=statistics.quantiles(took, n=20)[-1] * 1000)


def client(port: int, path: str, key: str, until: float, took: list[float]) -> None:
    """Asks again and again on one connection, as long as it is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": key} if key else {}
    while time.perf_counter() < until:
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}.")
        took.append(time.perf_counter() - began)
    connection.close()


if __name__ == "__main__":
    main()
