"""A shop's state, in SQLite: what its API answers from, and what changes it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from connectors.sandbox import money, rendering
from connectors.sandbox.rendering import Json

SITE = "https://shop.example.com"
NAME = "Hearth & Home"

TABLES = """
CREATE TABLE IF NOT EXISTS record (
    kind TEXT NOT NULL, id INTEGER NOT NULL, parent INTEGER NOT NULL, status TEXT NOT NULL,
    created TEXT NOT NULL, modified TEXT NOT NULL, sku TEXT NOT NULL, email TEXT NOT NULL,
    customer INTEGER NOT NULL, words TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_modified ON record (kind, modified, id);
CREATE INDEX IF NOT EXISTS record_parent ON record (kind, parent);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
FIRST_ID = {"product": 101, "customer": 2, "order": 10_001, "refund": 900_001, "webhook": 1}
IN_TRASH = "trash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Records of a list request: conditions with their values, order, and how many from where."""

    conditions: Sequence[tuple[str, Sequence[Any]]]
    order: str
    limit: int
    offset: int


class Shop:
    """A shop. Every change sets the record's stamp; ``clock`` gives the moment, in UTC."""

    def __init__(
        self, file: Path | None = None, *, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.clock = clock or (lambda: datetime.now(UTC))
        self.lock = threading.RLock()
        self.listeners: list[Callable[[str, str, int], None]] = []
        # What the payment gateway really gave back: order and amount.
        self.payouts: list[tuple[int, Decimal]] = []
        self.database = sqlite3.connect(
            str(file) if file else ":memory:", check_same_thread=False, isolation_level=None
        )
        self.database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + TABLES)

    # Reading

    def count(self, kind: str, conditions: Sequence[tuple[str, Sequence[Any]]] = ()) -> int:
        """How many records fit."""
        where, values = _where(kind, conditions)
        with self.lock:
            found = self.database.execute(f"SELECT count(*) FROM record WHERE {where}", values)
            return int(found.fetchone()[0])

    def select(self, kind: str, selection: Selection) -> list[Json]:
        """The records of a page."""
        where, values = _where(kind, selection.conditions)
        sql = f"SELECT body FROM record WHERE {where} ORDER BY {selection.order} LIMIT ? OFFSET ?"
        with self.lock:
            rows = self.database.execute(sql, [*values, selection.limit, selection.offset])
            return [orjson.loads(body) for (body,) in rows]

    def get(self, kind: str, identity: int) -> Json | None:
        """One record, whatever its status."""
        with self.lock:
            row = self.database.execute(
                "SELECT body FROM record WHERE kind = ? AND id = ?", [kind, identity]
            ).fetchone()
        return orjson.loads(row[0]) if row else None

    def children(self, kind: str, parent: int) -> list[Json]:
        """Variations of a product or refunds of an order, by id."""
        with self.lock:
            rows = self.database.execute(
                "SELECT body FROM record WHERE kind = ? AND parent = ? ORDER BY id", [kind, parent]
            )
            return [orjson.loads(body) for (body,) in rows]

    def setting(self, name: str) -> str | None:
        """A value kept beside the records, such as the API key."""
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
        """The id of the next record; products and variations share theirs, as in WordPress."""
        kinds = ("product", "variation") if kind in ("product", "variation") else (kind,)
        marks = ", ".join("?" for _ in kinds)
        with self.lock:
            (last,) = self.database.execute(
                f"SELECT max(id) FROM record WHERE kind IN ({marks})", kinds
            ).fetchone()
        return FIRST_ID[kinds[0]] if last is None else int(last) + 1

    def store(self, kind: str, *bodies: Json) -> None:
        """Insert or replace records as they are, stamps included."""
        with self.lock:
            self.database.execute("BEGIN")
            self.database.executemany(
                "INSERT OR REPLACE INTO record VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                (_row(kind, body) for body in bodies),
            )
            self.database.execute("COMMIT")

    def touch(self, kind: str, body: Json, **changes: Any) -> Json:
        """Change a record and set its stamp."""
        with self.lock:
            changed = {**body, **changes, **rendering.stamps("date_modified", self.clock())}
            self.store(kind, changed)
        self._tell(_event(body, changed), kind, body["id"])
        return changed

    def remove(self, kind: str, identity: int) -> None:
        """Delete a record for ever; nothing of it stays."""
        with self.lock:
            self.database.execute("DELETE FROM record WHERE kind = ? AND id = ?", [kind, identity])

    def add_product(self, spec: rendering.ProductSpec) -> Json:
        """A new product."""
        with self.lock:
            body = rendering.product(self.next_id("product"), spec, self.clock(), SITE)
            self.store("product", body)
        self._tell("created", "product", body["id"])
        return body

    def add_variation(
        self, parent: Json, spec: rendering.ProductSpec, option: tuple[str, str]
    ) -> Json:
        """A new variation; its parent's list and stamp change with it."""
        with self.lock:
            number = self.next_id("variation")
            body = rendering.variation(number, parent, spec, option, self.clock())
            self.store("variation", body)
            stored = self.get("product", parent["id"]) or parent
            self.touch("product", stored, variations=[*stored["variations"], number])
            return body

    def add_customer(self, billing: dict[str, str]) -> Json:
        """A new customer."""
        with self.lock:
            body = rendering.customer(self.next_id("customer"), billing, self.clock(), SITE)
            self.store("customer", body)
        self._tell("created", "customer", body["id"])
        return body

    def add_order(self, spec: rendering.OrderSpec) -> Json:
        """A new order, placed now."""
        with self.lock:
            now = self.clock()
            body = rendering.order(self.next_id("order"), spec, now, now)
            self.store("order", body)
        self._tell("created", "order", body["id"])
        return body

    def _tell(self, event: str, kind: str, identity: int) -> None:
        for listener in self.listeners:
            listener(event, kind, identity)

    def edit(self, kind: str, identity: int, **changes: Any) -> Json:
        """Change some keys of a record; KeyError where there is none."""
        with self.lock:
            body = self.get(kind, identity)
            if body is None:
                raise KeyError(f"There is no {kind} {identity}.")
            return self.touch(kind, body, **changes)

    def set_status(self, order_id: int, status: str) -> Json:
        """Move an order; completed and paid moments are set as WooCommerce sets them."""
        changes: Json = {"status": status}
        with self.lock:
            body = self.get("order", order_id)
            if body is None:
                raise KeyError(f"There is no order {order_id}.")
            if status == "completed" and body["date_completed"] is None:
                changes |= rendering.stamps("date_completed", self.clock())
            if status in ("processing", "completed") and body["date_paid"] is None:
                changes |= rendering.stamps("date_paid", self.clock())
            return self.touch("order", body, **changes)


def _event(before: Json, after: Json) -> str:
    """What WooCommerce announces of a change: the trash counts as a deletion."""
    was, now = before.get("status") == IN_TRASH, after.get("status") == IN_TRASH
    if was != now:
        return "deleted" if now else "restored"
    return "updated"


def _where(kind: str, conditions: Iterable[tuple[str, Sequence[Any]]]) -> tuple[str, list[Any]]:
    parts, values = ["kind = ?"], [kind]
    for part, given in conditions:
        parts.append(part)
        values += given
    return " AND ".join(parts), values


def _row(kind: str, body: Json) -> tuple[Any, ...]:
    created = body["date_created_gmt"] or ""
    billing = body.get("billing") or {}
    words = f"{body.get('name', '')} {billing.get('last_name', '')} {billing.get('email', '')}"
    return (
        kind,
        body["id"],
        body.get("parent_id") or 0,
        body.get("status", ""),
        created,
        body.get("date_modified_gmt") or created,
        body.get("sku") or "",
        body.get("email") or "",
        body.get("customer_id") or 0,
        words.lower(),
        orjson.dumps(body),
    )


def refund(shop: Shop, order: Json, lines: dict[int, int], moment: datetime) -> Json:
    """Record that so many units of these lines were refunded, and paid back, at that moment."""
    items = [
        _refund_line(item, lines[item["id"]]) for item in order["line_items"] if item["id"] in lines
    ]
    amount = -sum(money.pence(item["total"]) + money.pence(item["total_tax"]) for item in items)
    with shop.lock:
        number = shop.next_id("refund")
        body = {
            "id": number, "parent_id": order["id"], **rendering.stamps("date_created", moment),
            "amount": money.text(amount), "reason": "Returned", "refunded_by": 1,
            "refunded_payment": True, "meta_data": [], "line_items": items, "shipping_lines": [],
            "tax_lines": [], "fee_lines": [],
        }  # fmt: skip
        shop.store("refund", body)
    return body


def _refund_line(item: Json, quantity: int) -> Json:
    def part(name: str) -> str:
        return money.text(-(money.pence(item[name]) * quantity // item["quantity"]))

    return {
        **item,
        "quantity": -quantity,
        **{name: part(name) for name in ("subtotal", "subtotal_tax", "total", "total_tax")},
        "taxes": [],
        "meta_data": [{"id": item["id"], "key": "_refunded_item_id", "value": str(item["id"])}],
    }
