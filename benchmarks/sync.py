"""How fast orders are copied, beside the floor of the same work: `python -m benchmarks.sync`.

The floor is what can't be saved: downloading the pages, parsing them, and COPY of the same rows
into the same tables with their indexes and keys. Times are medians of runs that take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import requests

from benchmarks import database

LIMIT = 1.3
MEMORY_LIMIT = 1.1
PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds of one turn."""

    download: float
    parse: float
    parse_orjson: float
    copy: float
    engine: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sync")
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--many", type=int, default=200_000, help="orders for the memory's peak")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--peak", nargs=2, metavar=("URL", "RECORDS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        return peak(options.peak[0])
    from benchmarks import shopify

    with database.fresh():
        passed = [speed(options), memory(options), idle()]
        passed += [shopify.speed(options, way) for way in ("bulk", "incremental")]
    sys.exit(0 if all(passed) else 1)


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def store(records: int, *, lazy: bool = False) -> Iterator[str]:
    """A static store in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.wire", f"--records={records}"]
    process = subprocess.Popen(
        words + ["--lazy"] * lazy, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def speed(options: argparse.Namespace) -> bool:
    say(f"Speed: {options.orders:,} orders with {3 * options.orders:,} lines")
    with store(options.orders) as url:
        turns = [turn(url, options.orders, number) for number in range(options.turns)]
    medians = Times(
        **{
            name: statistics.median(getattr(one, name) for one in turns)
            for name in Times.__dataclass_fields__
        }
    )
    floor = medians.download + medians.parse + medians.copy
    strict = medians.download + medians.parse_orjson + medians.copy
    say(
        f"  download {medians.download:.2f} s + parse {medians.parse:.2f} s + COPY "
        f"{medians.copy:.2f} s = {floor:.2f} s (with orjson's parse of "
        f"{medians.parse_orjson:.2f} s: {strict:.2f} s)"
    )
    return verdict(
        f"  engine {medians.engine:.2f} s: {medians.engine / floor:.2f} × the floor, "
        f"{medians.engine / strict:.2f} × the floor with orjson (limit {LIMIT})",
        passed=medians.engine <= LIMIT * floor,
    )


def verdict(text: str, *, passed: bool) -> bool:
    say(f"{text}  {'PASS' if passed else 'FAIL'}")
    return passed


def turn(url: str, orders: int, number: int) -> Times:
    pages, download = timed(lambda: fetch(url, orders))
    _, parse = timed(lambda: [json.loads(page) for page in pages])
    parsed, parse_orjson = timed(lambda: [orjson.loads(page) for page in pages])
    parts = normalised(parsed)
    empty()
    _, copied = timed(lambda: copy(parts))
    pages.clear()
    parsed.clear()
    for part in parts:
        part.clear()
    empty()
    connector = connect(url)
    _, engine = timed(lambda: sync(connector, "orders"))
    found = count()
    assert found == (orders, 3 * orders), f"the engine copied {found}"
    size = f"{orders / engine:,.0f} orders a second"
    floor = download + parse + copied
    say(f"  turn {number + 1}: floor {floor:.2f} s, engine {engine:.2f} s, {size}")
    return Times(
        download=download, parse=parse, parse_orjson=parse_orjson, copy=copied, engine=engine
    )


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    found = work()
    return found, time.perf_counter() - began


def fetch(url: str, orders: int) -> list[bytes]:
    with requests.Session() as session:
        return [
            session.get(
                f"{url}/wp-json/wc/v3/orders",
                params={"per_page": str(PAGE), "offset": str(offset)},
                timeout=60,
            ).content
            for offset in range(0, orders, PAGE)
        ]


def normalised(pages: list[list[dict[str, Any]]]) -> tuple[list[Any], list[Any]]:
    """The rows that the engine writes, made before the clock runs."""
    from connectors.platforms import base
    from connectors.platforms.woocommerce import mapper
    from orders import rows

    connector = connect("http://127.0.0.1:1")
    orders, items = [], []
    for page in pages:
        records, _ = mapper.map_page(base.Resource.ORDERS, page)
        for record in records:
            assert isinstance(record, base.OrderRecord)
            # Behind the tables' own columns stand those that only staging needs.
            orders.append(rows.order_row(connector, record, "now")[:-1])
            items += [row[:-1] for row in rows.item_rows(connector, record)]
    return orders, items


def copy(parts: tuple[list[Any], list[Any]]) -> None:
    from django.db import connection, transaction

    from orders import rows

    stages = (rows.order_stage(), rows.item_stage())
    with transaction.atomic(), connection.cursor() as cursor:
        for stage, table, part in zip(stages, ("platform_order", "order_item"), parts, strict=True):
            columns = ", ".join(f'"{name}"' for name in stage.columns[:-1])
            with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as output:
                for row in part:
                    output.write_row(row)


def connect(url: str) -> Any:
    from connectors.models import ConnectorConfig

    found, _ = ConnectorConfig.objects.update_or_create(
        platform="woocommerce", key_prefix="",
        defaults={"store_url": url, "api_key": "ck_benchmark", "secret": "cs_benchmark"},
    )  # fmt: skip
    return found


def sync(connector: Any, resource: str) -> Any:
    from connectors import services
    from connectors.platforms import base

    run = services.sync_resource(connector=connector, resource=base.Resource(resource))
    assert run.status == "complete", run.error
    return run


def empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE platform_order, order_item, platform_customer, platform_product, sync_cursor,"
            " sync_run, sync_note CASCADE"
        )


def count() -> tuple[int, int]:
    from orders.models import OrderItem, PlatformOrder

    return PlatformOrder.objects.count(), OrderItem.objects.count()


def memory(options: argparse.Namespace) -> bool:
    """The peak of a process that copies ten times as much."""
    say(f"Memory: peak of a process that copies {options.orders:,} and {options.many:,} orders")
    few, many = (measured_peak(records) for records in (options.orders, options.many))
    return verdict(
        f"  {few / 1024:.0f} MiB and {many / 1024:.0f} MiB: {many / few:.2f} × "
        f"(limit {MEMORY_LIMIT})",
        passed=many <= MEMORY_LIMIT * few,
    )


def measured_peak(records: int) -> int:
    empty()
    with store(records, lazy=True) as url:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.sync", "--peak", url, str(records)],
            check=True, capture_output=True, text=True, env=os.environ,
        )  # fmt: skip
    assert count()[0] == records
    return int(done.stdout.split()[-1])


def peak(url: str) -> None:
    """What the measured process does: copy, then print its peak in KiB."""
    database.set_up(os.environ["DATABASE_URL"])
    sync(connect(url), "orders")
    with open("/proc/self/status") as status:  # noqa: PTH123
        print(next(line.split()[1] for line in status if line.startswith("VmHWM")))


def idle() -> bool:
    """Requests of an incremental sync that finds no change, for a small and a large store."""
    say("Requests of a sync that finds no change")
    found = {records: idle_requests(records) for records in (1_000, 20_000)}
    text = ", ".join(f"{number} for {records:,} records" for records, number in found.items())
    return verdict(f"  products and orders: {text}", passed=len(set(found.values())) == 1)


def idle_requests(records: int) -> int:
    empty()
    with store(records, lazy=True) as url:
        connector = connect(url)
        for resource in ("products", "orders"):
            sync(connector, resource)
        return sum(sync(connector, resource).request_count for resource in ("products", "orders"))


if __name__ == "__main__":
    main()
