"""Shopify's search syntax, read into conditions on the shop's records.

Unknown fields are ignored with a warning. A timestamp that isn't quoted loses its time and is
read as midnight in the shop's zone; customers' ``updated_at`` matches whole days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sandbox.shopify import goods
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.shop import Condition

TOKEN = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>AND|OR|NOT)(?=[\s(])"
    r"|(?P<minus>-)?(?:(?P<field>[a-zA-Z_]\w*)\s*:\s*(?P<op>>=|<=|>|<|=)?\s*)?"
    r"(?P<value>'(?:\\.|[^'])*'|\"(?:\\.|[^\"])*\"|[^\s()]+))"
)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Column:
    """A search field: where its value is, and how it compares."""

    sql: str
    kind: str = "text"


def _body(path: str, kind: str = "text") -> Column:
    return Column(f"json_extract(body, '$.{path}')", kind)


_TIMES = {"created_at": Column("created", "time"), "updated_at": Column("updated", "time")}
_ID, _SKU = Column("id", "id"), Column("sku", "exact")
FIELDS: Mapping[str, Mapping[str, Column]] = {
    "order": {
        **_TIMES, "id": _ID, "processed_at": Column("moment", "time"), "name": Column("title"),
        "email": Column("email"), "customer_id": Column("parent", "id"),
        "status": Column("", "order_status"), "test": _body("test", "bool"),
        "financial_status": _body("displayFinancialStatus"),
        "fulfillment_status": _body("displayFulfillmentStatus", "fulfilment"),
        "tag": Column("tags", "member"), "source_name": _body("sourceName"),
        "confirmation_number": _body("confirmationNumber"), "return_status": _body("returnStatus"),
    },
    "product": {
        **_TIMES, "id": _ID, "published_at": Column("moment", "time"), "title": Column("title"),
        "status": Column("status", "list"), "vendor": _body("vendor"), "handle": _body("handle"),
        "product_type": _body("productType"), "tag": Column("tags", "member"),
        "sku": Column("skus", "member"), "gift_card": _body("isGiftCard", "bool"),
        "inventory_total": _body("totalInventory", "id"),
    },
    "variant": {
        "id": _ID, "sku": _SKU, "updated_at": _TIMES["updated_at"], "title": Column("title"),
        "barcode": _body("barcode"), "product_id": Column("parent", "id"),
        "product_ids": Column("parent", "id"),
        "inventory_quantity": _body("inventoryQuantity", "id"),
    },
    "customer": {
        "id": _ID, "updated_at": Column("updated", "day"), "customer_date": _TIMES["created_at"],
        "email": Column("email"), "first_name": _body("firstName"), "last_name": _body("lastName"),
        "state": _body("state"), "tag": Column("tags", "member"), "phone": _body("phone"),
        "orders_count": _body("numberOfOrders", "id"),
    },
    "bulk": {
        "created_at": _TIMES["created_at"], "completed_at": _body("completedAt", "time"),
        "status": Column("status"), "operation_type": _body("type"), "id": _ID,
    },
    "webhook": {**_TIMES, "id": _ID, "topic": Column("title")},
    "dispute": {"id": _ID, "status": Column("status"), "initiated_at": _TIMES["created_at"]},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """One ``field:value`` of a search, as it is written."""

    field: str
    operator: str
    value: str
    quoted: bool
    negated: bool


@dataclass(slots=True)
class Search:
    """A search, read: its condition, and a warning for each part that was ignored."""

    condition: Condition | None = None
    warnings: list[Json] = field(default_factory=list)


def read(kind: str, text: str | None, zone: ZoneInfo) -> Search:
    """The condition that a search text makes for records of this kind."""
    if not text or not text.strip():
        return Search()
    reader = _Reader(kind, _tokens(text), zone)
    search = Search(reader.disjunction() or None)
    search.warnings = reader.warnings
    return search


def _tokens(text: str) -> list[str | Term]:
    found: list[str | Term] = []
    for match in TOKEN.finditer(text):
        if match["open"] or match["close"] or match["word"]:
            found.append((match["open"] or match["close"] or match["word"]).strip())
        elif match["value"]:
            found.append(_term(match))
    return found


def _term(match: re.Match[str]) -> Term:
    value = match["value"]
    quoted = len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]
    if quoted:
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return Term(
        (match["field"] or "").lower(), match["op"] or "=", value, quoted, bool(match["minus"])
    )


class _Reader:
    """Reads tokens by precedence: OR, then AND (or nothing), then NOT."""

    def __init__(self, kind: str, tokens: Sequence[str | Term], zone: ZoneInfo) -> None:
        self.kind, self.tokens, self.zone = kind, list(tokens), zone
        self.warnings: list[Json] = []

    def disjunction(self) -> Condition | None:
        parts = [self.conjunction()]
        while self.tokens and self.tokens[0] == "OR":
            self.tokens.pop(0)
            parts.append(self.conjunction())
        return _joined("OR", parts)

    def conjunction(self) -> Condition | None:
        parts: list[Condition | None] = []
        while self.tokens and self.tokens[0] not in ("OR", ")"):
            if self.tokens[0] == "AND":
                self.tokens.pop(0)
            else:
                parts.append(self.single())
        return _joined("AND", parts)

    def single(self) -> Condition | None:
        found = self.tokens.pop(0)
        if found == "NOT":
            return _negated(self.single()) if self.tokens else None
        if found == "(":
            inner = self.disjunction()
            if self.tokens:
                self.tokens.pop(0)
            return inner
        if isinstance(found, str):
            return None
        condition = self.term(found)
        return _negated(condition) if found.negated else condition

    def term(self, term: Term) -> Condition | None:
        if not term.field:
            return "lower(title || ' ' || email || ' ' || sku) LIKE ?", [f"%{term.value.lower()}%"]
        column = FIELDS[self.kind].get(term.field)
        if column is None:
            self._warn(term, "Invalid search field for this query.", "invalid_field")
            return None
        return self._compared(column, term)

    def _compared(self, column: Column, term: Term) -> Condition | None:
        if column.kind in ("time", "day"):
            return self._timed(column, term)
        if column.kind == "id":
            number = term.value.rpartition("/")[2]
            if re.fullmatch(r"-?\d+", number):
                return f"{column.sql} {term.operator} ?", [int(number)]
            self._warn(
                term, "Input `" + term.value + "` is not an accepted value.", "invalid_value"
            )
            return None
        return WORDS[column.kind](column, term.value)

    def _timed(self, column: Column, term: Term) -> Condition | None:
        moment = _moment(term, self.zone)
        if moment is None:
            self._warn(
                term, "Input `" + term.value + "` is not an accepted value.", "invalid_value"
            )
            return None
        if column.kind == "day":
            day = moment.astimezone(UTC).date().isoformat()
            return f"substr({column.sql}, 1, 10) {term.operator} ?", [day]
        return f"{column.sql} {term.operator} ?", [goods.stamp(moment)]

    def _warn(self, term: Term, message: str, code: str) -> None:
        self.warnings.append({"field": term.field, "message": message, "code": code})


def _moment(term: Term, zone: ZoneInfo) -> datetime | None:
    try:
        if term.quoted and not DATE.fullmatch(term.value):
            found = datetime.fromisoformat(term.value)
            return found if found.tzinfo else found.replace(tzinfo=zone)
        match = DATE.match(term.value)
        day = date.fromisoformat(match[0]) if match else None
    except ValueError:
        return None
    return datetime.combine(day, time(), zone) if day else None


def _joined(word: str, parts: Sequence[Condition | None]) -> Condition | None:
    real = [part for part in parts if part is not None]
    if not real:
        return None
    values: list[Any] = [value for _, given in real for value in given]
    return f" {word} ".join(f"({sql})" for sql, _ in real), values


def _negated(condition: Condition | None) -> Condition | None:
    return None if condition is None else (f"NOT ({condition[0]})", condition[1])


def _text(column: Column, value: str) -> Condition:
    if value == "*":
        return f"coalesce({column.sql}, '') <> ''", []
    if value.endswith("*"):
        return f"lower({column.sql}) LIKE ?", [value[:-1].lower() + "%"]
    return f"lower({column.sql}) = ?", [value.lower()]


def _exact(column: Column, value: str) -> Condition:
    return _text(column, value) if value.endswith("*") else (f"{column.sql} = ?", [value])


def _listed(column: Column, value: str) -> Condition:
    values = [one.strip().upper() for one in value.split(",")]
    return f"{column.sql} IN ({', '.join('?' for _ in values)})", values


def _member(column: Column, value: str) -> Condition:
    found = f"SELECT 1 FROM json_each(body, '$.{column.sql}') AS one WHERE lower(one.value) = ?"
    return f"EXISTS ({found})", [value.lower()]


def _boolean(column: Column, value: str) -> Condition:
    return f"{column.sql} = ?", [int(value.lower() == "true")]


def _fulfilment(column: Column, value: str) -> Condition:
    names = {"shipped": "fulfilled", "partial": "partially_fulfilled", "unshipped": "unfulfilled"}
    return _text(column, names.get(value.lower(), value))


def _order_status(column: Column, value: str) -> Condition:
    closed = "json_extract(body, '$.closedAt') IS NOT NULL"
    cancelled = "json_extract(body, '$.cancelledAt') IS NOT NULL"
    return {
        "open": f"NOT ({closed}) AND NOT ({cancelled})", "closed": closed, "cancelled": cancelled,
        "not_closed": f"NOT ({closed})",
    }.get(value.lower(), "1"), []  # fmt: skip


WORDS = {
    "text": _text, "exact": _exact, "list": _listed, "member": _member, "bool": _boolean,
    "fulfilment": _fulfilment, "order_status": _order_status,
}  # fmt: skip
