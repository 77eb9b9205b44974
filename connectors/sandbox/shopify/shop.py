"""A Shopify shop's state, in SQLite: what its API answers from, and what changes it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from connectors.sandbox.shopify import goods, money, orders, settling
from connectors.sandbox.shopify.goods import Json

TABLES = """
CREATE TABLE IF NOT EXISTS record (
    kind TEXT NOT NULL, id INTEGER NOT NULL, parent INTEGER NOT NULL, created TEXT NOT NULL,
    updated TEXT NOT NULL, moment TEXT NOT NULL, title TEXT NOT NULL, sku TEXT NOT NULL,
    email TEXT NOT NULL, status TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_updated ON record (kind, updated, id);
CREATE INDEX IF NOT EXISTS record_parent ON record (kind, parent);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
FIRST_ID = {
    "product": 8_100_000_000_001, "variant": 44_000_000_000_001, "customer": 7_200_000_000_001,
    "order": 5_500_000_000_001, "refund": 900_000_000_001, "part": 600_000_000_001,
    "bulk": 4_000_000_000_001, "webhook": 1_300_000_000_001, "dispute": 10_000_001,
}  # fmt: skip
FIRST_NUMBER = 1001
TOPICS = {"product": "products", "customer": "customers", "order": "orders"}
ZONE = ZoneInfo("Europe/London")

Condition = tuple[str, Sequence[Any]]
Listener = Callable[[str, Json], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Records that are asked for: conditions with their values, order, and how many."""

    conditions: Sequence[Condition] = ()
    order: str = "id"
    limit: int = -1


class ShopifyShop:
    """A shop. Every change sets the stamps of what it touches and tells the listeners."""

    name = "Hearth & Home on Shopify"
    domain = "hearth-and-home.myshopify.com"
    currency = "GBP"
    taxes_included = True
    zone = ZONE

    def __init__(
        self, file: Path | None = None, *, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.clock = clock or (lambda: datetime.now(UTC))
        self.lock = threading.RLock()
        self.listeners: list[Listener] = []
        self.database = sqlite3.connect(
            str(file) if file else ":memory:", check_same_thread=False, isolation_level=None
        )
        self.database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + TABLES)

    def now(self) -> str:
        """This moment, as the API writes it."""
        return goods.stamp(self.clock())

    # Reading

    def count(
        self, kind: str, conditions: Sequence[Condition] = (), *, limit: int | None = None
    ) -> int:
        """How many records fit; counting stops at the limit."""
        where, values = _where(kind, conditions)
        found = f"SELECT 1 FROM record WHERE {where} LIMIT ?"
        with self.lock:
            (number,) = self.database.execute(
                f"SELECT count(*) FROM ({found})", [*values, -1 if limit is None else limit]
            ).fetchone()
        return int(number)

    def select(self, kind: str, selection: Selection) -> list[Json]:
        """The records, in their order."""
        where, values = _where(kind, selection.conditions)
        sql = f"SELECT body FROM record WHERE {where} ORDER BY {selection.order} LIMIT ?"
        with self.lock:
            rows = self.database.execute(sql, [*values, selection.limit])
            return [orjson.loads(body) for (body,) in rows]

    def get(self, kind: str, identity: int) -> Json | None:
        """One record, or none."""
        with self.lock:
            row = self.database.execute(
                "SELECT body FROM record WHERE kind = ? AND id = ?", [kind, identity]
            ).fetchone()
        return orjson.loads(row[0]) if row else None

    def need(self, kind: str, identity: int) -> Json:
        """One record; KeyError where there is none."""
        body = self.get(kind, identity)
        if body is None:
            raise KeyError(f"There is no {kind} {identity}.")
        return body

    def variants(self, product_id: int) -> list[Json]:
        """The variants of a product, by position."""
        found = self.select("variant", Selection(conditions=[("parent = ?", [product_id])]))
        return sorted(found, key=lambda one: (one["position"], one["id"]))

    def find_order(self, part: str, identity: int) -> Json | None:
        """The order that has this refund or fulfilment."""
        one = f"SELECT 1 FROM json_each(body, '$.{part}') AS one"
        mine = (f"EXISTS ({one} WHERE json_extract(one.value, '$.id') = ?)", [identity])
        return next(iter(self.select("order", Selection(conditions=[mine], limit=1))), None)

    def setting(self, name: str) -> str | None:
        """A value kept beside the records."""
        with self.lock:
            row = self.database.execute(
                "SELECT value FROM setting WHERE name = ?", [name]
            ).fetchone()
        return str(row[0]) if row else None

    # Changing

    def set(self, name: str, value: str) -> None:
        """Keep a value beside the records."""
        with self.lock:
            self.database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", [name, value])

    def next_id(self, kind: str) -> int:
        """An id that was never given before."""
        with self.lock:
            (last,) = self.database.execute(
                "SELECT max(id) FROM record WHERE kind = ?", [kind]
            ).fetchone()
            given = int(self.setting(f"last {kind}") or 0)
            number = max(last or 0, given, FIRST_ID[kind] - 1) + 1
            self.set(f"last {kind}", str(number))
        return number

    def store(self, kind: str, *bodies: Json) -> None:
        """Insert or replace records as they are, stamps included; nobody is told."""
        with self.lock:
            self.database.execute("BEGIN")
            self.database.executemany(
                "INSERT OR REPLACE INTO record VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                (_row(kind, body) for body in bodies),
            )
            self.database.execute("COMMIT")

    def announce(self, topic: str, body: Json) -> None:
        """Tell the listeners what happened to a record."""
        for listener in self.listeners:
            listener(topic, body)

    def add_product(self, spec: goods.ProductSpec) -> Json:
        """A new product with its variants."""
        with self.lock:
            body = goods.product(self.next_id("product"), spec, self.clock())
            variants = [
                goods.variant(self.next_id("variant"), body, one, position, self.clock())
                for position, one in enumerate(spec.variants, 1)
            ]
            body = goods.with_variants(body, variants)
            self.store("variant", *variants)
            self.store("product", body)
            self.announce("products/create", body)
            return body

    def add_variant(self, product_id: int, spec: goods.VariantSpec) -> Json:
        """One more variant; its product's stamp changes with it."""
        with self.lock:
            parent, siblings = self.need("product", product_id), self.variants(product_id)
            position = max((one["position"] for one in siblings), default=0) + 1
            body = goods.variant(self.next_id("variant"), parent, spec, position, self.clock())
            self.store("variant", body)
            names = dict.fromkeys([*parent["optionNames"], *spec.selected])
            self._refresh_product({**parent, "optionNames": list(names)})
            return body

    def add_customer(self, address: Mapping[str, str]) -> Json:
        """A new customer, from an address in the keys of ``people.address``."""
        with self.lock:
            body = goods.customer(self.next_id("customer"), address, self.clock())
            self.store("customer", body)
            self.announce("customers/create", body)
            return body

    def add_order(self, spec: orders.OrderSpec) -> Json:
        """A new order, placed now."""
        with self.lock:
            identity = self.next_id("order")
            number = identity - FIRST_ID["order"] + FIRST_NUMBER
            body = orders.order(
                identity, number, spec, self.clock(), taxes_included=self.taxes_included
            )
            self.store("order", body)
            self._count_order(body)
            self.announce("orders/create", body)
            if body["displayFinancialStatus"] == "PAID":
                self.announce("orders/paid", body)
            return body

    def edit(self, kind: str, identity: int, **changes: Any) -> Json:
        """Change fields of a product, variant, customer or order; KeyError where there is none.

        An order's derived figures follow its parts; what is given stands as it is given.
        """
        with self.lock:
            body = {**self.need(kind, identity), **changes, "updatedAt": self.now()}
            if kind == "order":
                body = {**settling.settled(body), **changes}
            if kind == "product":
                return self._refresh_product(body)
            self.store(kind, body)
            if kind == "variant":
                self._refresh_product(self.need("product", body["product"]))
            else:
                self.announce(_updated(kind), body)
            return body

    def change_order(
        self, identity: int, change: Callable[[Json], Json], *topics: str
    ) -> Json:  # fmt: skip
        """Replace an order by what the function makes of it, settled and stamped."""
        with self.lock:
            changed = change(self.need("order", identity))
            body = settling.settled({**changed, "updatedAt": self.now()})
            self.store("order", body)
            for topic in (*topics, "orders/updated"):
                self.announce(topic, body)
            return body

    def delete(self, kind: str, identity: int) -> None:
        """Remove a record for ever; a product takes its variants along."""
        with self.lock:
            body = self.need(kind, identity)
            self._remove(kind, identity)
            if kind == "variant":
                self._refresh_product(self.need("product", body["product"]))
                return
            if kind == "product":
                self.database.execute(
                    "DELETE FROM record WHERE kind = 'variant' AND parent = ?", [identity]
                )
            if kind in TOPICS:
                self.announce(f"{TOPICS[kind]}/delete", body)

    def _remove(self, kind: str, identity: int) -> None:
        # What was given out once stays given out.
        if kind in FIRST_ID:
            last = max(int(self.setting(f"last {kind}") or 0), identity)
            self.set(f"last {kind}", str(last))
        self.database.execute("DELETE FROM record WHERE kind = ? AND id = ?", [kind, identity])

    def _refresh_product(self, product: Json) -> Json:
        body = {
            **goods.with_variants(product, self.variants(product["id"])), "updatedAt": self.now(),
        }  # fmt: skip
        self.store("product", body)
        self.announce("products/update", body)
        return body

    def _count_order(self, order: Json) -> None:
        """A customer's orders and what they came to."""
        customer = self.get("customer", order["customer"]) if order["customer"] else None
        if customer is None:
            return
        spent = Decimal(customer["spent"]) + money.Bag.read(order["totalPriceSet"]).shop
        body = {
            **customer, "numberOfOrders": customer["numberOfOrders"] + 1, "spent": str(spent),
            "updatedAt": self.now(),
        }  # fmt: skip
        self.store("customer", body)
        self.announce("customers/update", body)


def _updated(kind: str) -> str:
    return "orders/updated" if kind == "order" else f"{TOPICS.get(kind, kind)}/update"


def _where(kind: str, conditions: Iterable[Condition]) -> tuple[str, list[Any]]:
    parts, values = ["kind = ?"], [kind]
    for part, given in conditions:
        parts.append(f"({part})")
        values += given
    return " AND ".join(parts), values


def _row(kind: str, body: Json) -> tuple[Any, ...]:
    return (
        kind,
        body["id"],
        body.get("product" if kind == "variant" else "customer") or 0,
        body.get("createdAt") or "",
        body.get("updatedAt") or "",
        body.get("processedAt") or body.get("publishedAt") or "",
        body.get("title") or body.get("name") or "",
        body.get("sku") or "",
        (body.get("email") or "").lower(),
        body.get("status") or "",
        orjson.dumps(body).decode(),
    )
