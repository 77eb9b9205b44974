"""How PostgreSQL finds what the API asks for: by index, and never through a whole big table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.api import product

BIG = {"platform_product", "platform_customer", "platform_order", "order_item"}
PRODUCTS, ORDERS = "/api/v1/products/", "/api/v1/orders/"
LISTS = {
    "products": PRODUCTS,
    "products by how a SKU begins": f"{PRODUCTS}?search=SKU-123",
    "products by how a title begins": f"{PRODUCTS}?search=Product number 12",
    "products by a word": f"{PRODUCTS}?search=xylophone",
    "products by what nothing has": f"{PRODUCTS}?search=nowhere",
    "products by price": f"{PRODUCTS}?price_min=12&price_max=12.05",
    "products by price, cheapest first": f"{PRODUCTS}?price_min=12&price_max=13&ordering=price",
    "products changed since the copy": f"{PRODUCTS}?updated_since={{copied}}&ordering=updated_at",
    "products changed since tomorrow": f"{PRODUCTS}?updated_since=2090-01-01T00:00:00Z",
    "products by key": f"{PRODUCTS}?sku=SKU-1201,SKU-1202,SKU-1203",
    "orders": ORDERS,
    "orders on hold": f"{ORDERS}?status=on_hold",
    "orders by number": f"{ORDERS}?number=12345",
    "orders by email": f"{ORDERS}?email=Customer102@example.com",
    "orders of a customer": f"{ORDERS}?platform=woocommerce&customer_id=102",
    "customers by email": "/api/v1/customers/?email=Customer102@example.com",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the statements of an answer did, all together; ``pages`` are of 8 KiB."""

    name: str
    indexes: Sequence[str]
    whole: Sequence[str]
    pages: int
    milliseconds: float

    @property
    def passed(self) -> bool:
        return bool(self.indexes) and not self.whole

    def plain(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "name": self.name, "indexes": self.indexes, "read_whole": self.whole,
            "pages": self.pages, "milliseconds": self.milliseconds, "passed": self.passed,
        }  # fmt: skip


def plans(key: str) -> Iterator[Plan]:
    """The plan of each list that the API offers, narrowed in each way."""
    copied = _last_copied()
    for name, path in LISTS.items():
        yield plan(name, path.format(copied=copied), key)


def plan(name: str, path: str, key: str) -> Plan:
    explained = [_explained(sql) for sql in product.statements(path, key)]
    nodes = [node for one in explained for node in _nodes(one["Plan"])]
    whole = {
        node["Relation Name"]
        for node in nodes
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG
    }
    return Plan(
        name=name,
        indexes=sorted({node["Index Name"] for node in nodes if "Index Name" in node}),
        whole=sorted(whole),
        pages=sum(_pages(one["Plan"]) for one in explained),
        milliseconds=sum(one["Execution Time"] for one in explained),
    )


def line(one: Plan) -> str:
    how = f"reads {', '.join(one.whole)}" if one.whole else ", ".join(one.indexes)
    return (
        f"{one.name:<36}{one.milliseconds:>8.1f} ms{one.pages:>8,} pages  "
        f"{'PASS' if one.passed else 'FAIL'}  {how}"
    )


def _explained(sql: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        # Once before, so that what is read stands in memory as it does in a running shop.
        cursor.execute(sql)
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
        (found,) = cursor.fetchone()
        return found[0]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _pages(node: Any) -> int:
    """What the top node counts includes what stands below it."""
    return int(node["Shared Hit Blocks"]) + int(node["Shared Read Blocks"])


def _last_copied() -> str:
    """The newest moment at which a product was copied, as a parameter has it."""
    from django.db.models import Max

    from catalog.models import PlatformProduct

    moment = PlatformProduct.objects.aggregate(last=Max("synced_at"))["last"]
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
