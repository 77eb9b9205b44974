"""How fast Shopify's orders are copied, by bulk operation and page by page, beside the floor.

Part of `python -m benchmarks.sync`; the floor is made as there.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import requests

from benchmarks import sync as common

PAGE = 250


@contextmanager
def store(records: int) -> Iterator[str]:
    """A static store in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.shopify_wire", f"--records={records}"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def speed(options: argparse.Namespace, way: str) -> bool:
    """The engine beside the floor, for ``bulk`` or ``incremental``."""
    common.say(f"Shopify, {way}: {options.orders:,} orders")
    fetch = {"bulk": bulk, "incremental": pages}[way]
    with store(options.orders) as url:
        turns = [turn(url, options.orders, fetch, way) for _ in range(options.turns)]
    download, parse, copied, engine = (statistics.median(part) for part in zip(*turns, strict=True))
    floor = download + parse + copied
    return common.verdict(
        f"  download {download:.2f} s + parse {parse:.2f} s + COPY {copied:.2f} s = {floor:.2f} s; "
        f"engine {engine:.2f} s: {engine / floor:.2f} × the floor (limit {common.LIMIT})",
        passed=engine <= common.LIMIT * floor,
    )


def turn(
    url: str, orders: int, fetch: Callable[[str, int], list[bytes]], way: str
) -> tuple[float, float, float, float]:
    """Seconds of downloading, parsing, COPY, and of the engine."""
    texts, download = common.timed(lambda: fetch(url, orders))
    parsed, parse = common.timed(lambda: [json.loads(text) for text in texts])
    parts = normalised(url, parsed, way)
    common.empty()
    _, copied = common.timed(lambda: common.copy(parts))
    texts.clear()
    parsed.clear()
    for part in parts:
        part.clear()
    common.empty()
    connector = connect(url)
    if way == "incremental":
        known_until(connector, datetime(2026, 1, 1, tzinfo=UTC))
    _, engine = common.timed(lambda: common.sync(connector, "orders"))
    found = common.count()
    assert found == (orders, 3 * orders), f"the engine copied {found}"
    return download, parse, copied, engine


def bulk(url: str, orders: int) -> list[bytes]:
    return requests.get(f"{url}/bulk.jsonl", timeout=60).content.splitlines()


def pages(url: str, orders: int) -> list[bytes]:
    from connectors.platforms.shopify import documents

    query = documents.text("orders")
    with requests.Session() as session:
        return [
            session.post(
                f"{url}/graphql.json",
                json={"query": query, "variables": {"first": PAGE, "after": str(start)}},
                timeout=60,
            ).content
            for start in range(0, orders, PAGE)
        ]


def normalised(url: str, parsed: list[Any], way: str) -> tuple[list[Any], list[Any]]:
    """The rows that the engine writes, made before the clock runs."""
    from connectors.platforms import base
    from connectors.platforms.shopify import mapper
    from orders import rows

    nodes = joined(parsed) if way == "bulk" else flattened(parsed)
    records, notes = mapper.map_items(base.Resource.ORDERS, nodes, clean=True)
    assert not notes
    connector, orders, items = connect(url), [], []
    for record in records:
        assert isinstance(record, base.OrderRecord)
        orders.append(rows.order_row(connector, record, "now")[:-1])
        items += [row[:-1] for row in rows.item_rows(connector, record)]
    return orders, items


def joined(lines: list[Any]) -> list[Any]:
    nodes: list[Any] = []
    for line in lines:
        if "__parentId" not in line:
            nodes.append({**line, "lineItems": [], "shippingLines": []})
        else:
            field = "lineItems" if line["__typename"] == "LineItem" else "shippingLines"
            nodes[-1][field].append(line)
    return nodes


def flattened(answers: list[Any]) -> list[Any]:
    return [
        {
            **node,
            "lineItems": node["lineItems"]["nodes"],
            "shippingLines": node["shippingLines"]["nodes"],
        }
        for answer in answers
        for node in answer["data"]["orders"]["nodes"]
    ]


def connect(url: str) -> Any:
    from connectors.models import ConnectorConfig

    found, _ = ConnectorConfig.objects.update_or_create(
        platform="shopify", key_prefix="",
        defaults={"store_url": url, "api_key": "shpat_benchmark", "secret": ""},
    )  # fmt: skip
    return found


def known_until(connector: Any, moment: datetime) -> None:
    """As if everything before this moment were copied, and no search for deletions due."""
    from connectors.models import SyncCursor

    SyncCursor.objects.update_or_create(
        connector=connector, resource="orders",
        defaults={"changed_until": moment, "swept_at": datetime.now(UTC)},
    )  # fmt: skip
