"""What a list request asks for, as conditions on the shop's records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from connectors.sandbox.rendering import ZONE
from connectors.sandbox.shop import Selection

Condition = tuple[str, Sequence[Any]]

ORDER_STATUSES = (
    "pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed",
    "checkout-draft",
)  # fmt: skip
LISTED_STATUSES = ("any", "trash", "auto-draft", *ORDER_STATUSES)
PRODUCT_STATUSES = ("any", "future", "trash", "draft", "pending", "private", "publish")
UNLISTED = {"order": ("trash", "checkout-draft", "auto-draft"), "product": ("trash", "auto-draft")}
ORDERINGS = {
    "order": {"date": "created", "id": "id", "include": "id", "title": "id", "slug": "id",
              "modified": "modified"},
    "product": {"date": "created", "id": "id", "include": "id", "title": "words", "slug": "words",
                "modified": "modified"},
    "customer": {"id": "id", "include": "id", "name": "words", "registered_date": "created"},
}  # fmt: skip
ORDERINGS["variation"] = ORDERINGS["product"]
ORDERINGS["refund"] = ORDERINGS["order"]
DEFAULT_ORDERING = {"customer": ("name", "asc")}
MOMENTS = {
    "after": "created > ?", "before": "created < ?",
    "modified_after": "modified > ?", "modified_before": "modified < ?",
}  # fmt: skip


class ParameterError(Exception):
    """A parameter is wrong; answered with status 400 in WooCommerce's shape."""

    def __init__(
        self, name: str, code: str, message: str, data: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.name, self.code, self.message, self.data = name, code, message, data


class Parameters:
    """A query; ``status[]=a&status[]=b``, ``status[0]=a`` and ``status=a,b`` are lists."""

    def __init__(self, query: str) -> None:
        self.single: dict[str, str] = {}
        self.many: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            bare = name.partition("[")[0]
            self.single[bare] = value
            self.many.setdefault(bare, []).extend(value.split(",") if name == bare else [value])

    def text(self, name: str, default: str = "") -> str:
        return self.single.get(name, default)

    def values(self, name: str) -> list[str]:
        return [value for value in self.many.get(name, []) if value]

    def number(self, name: str, default: int, *, low: int, high: int | None, hint: str) -> int:
        text = self.text(name) or str(default)
        if not text.lstrip("-").isdigit():
            raise ParameterError(name, "rest_invalid_type", f"{name} is not of type integer.")
        if int(text) < low or (high is not None and int(text) > high):
            raise ParameterError(name, "rest_out_of_bounds", hint)
        return int(text)

    def chosen(self, name: str, default: str, choices: Sequence[str]) -> str:
        value = self.text(name) or default
        if value not in choices:
            raise ParameterError(
                name, "rest_not_in_enum", f"{name} is not one of {enumeration(choices)}."
            )
        return value


def enumeration(choices: Sequence[str]) -> str:
    """a, b, and c."""
    return f"{', '.join(choices[:-1])}, and {choices[-1]}"


def selection(kind: str, parameters: Parameters, *extra: Condition) -> Selection:
    """The page that the parameters ask for; ParameterError where one is wrong."""
    per_page = parameters.number(
        "per_page", 10, low=1, high=100,
        hint="per_page must be between 1 (inclusive) and 100 (inclusive)",
    )  # fmt: skip
    page = parameters.number(
        "page", 1, low=1, high=None, hint="page must be greater than or equal to 1"
    )
    offset = parameters.number("offset", (page - 1) * per_page, low=0, high=None, hint="offset")
    return Selection(
        conditions=[*extra, *_conditions(kind, parameters)],
        order=_order(kind, parameters),
        limit=per_page,
        offset=offset,
    )


def _order(kind: str, parameters: Parameters) -> str:
    orderings = ORDERINGS[kind]
    orderby, direction = DEFAULT_ORDERING.get(kind, ("date", "desc"))
    chosen = parameters.chosen("orderby", orderby, list(orderings))
    direction = parameters.chosen("order", direction, ["asc", "desc"])
    # Ties stand in the order of ids here; a real store promises no order among them.
    return f"{orderings[chosen]} {direction}, id {direction}"


def _conditions(kind: str, parameters: Parameters) -> list[Condition]:
    found = [*_membership(parameters), *_search(kind, parameters)]
    if kind != "customer":
        found += _moments(parameters)
    maker: Callable[[Parameters], list[Condition]] | None = STATUS.get(kind)
    return found + (maker(parameters) if maker else [])


def _membership(parameters: Parameters) -> list[Condition]:
    found: list[Condition] = []
    for name, word in (("include", "IN"), ("exclude", "NOT IN")):
        ids = [int(value) for value in parameters.values(name) if value.isdigit()]
        if ids:
            found.append((f"id {word} ({', '.join('?' for _ in ids)})", ids))
    return found


def _search(kind: str, parameters: Parameters) -> list[Condition]:
    found: list[Condition] = []
    if text := parameters.text("search").lower():
        found.append(("words LIKE ?", [f"%{text}%"]))
    if skus := parameters.values("sku"):
        found.append((f"sku IN ({', '.join('?' for _ in skus)})", skus))
    if kind == "customer" and (email := parameters.text("email")):
        found.append(("email = ?", [email]))
    if kind == "order" and "customer" in parameters.single:
        found.append(("customer = ?", [int(parameters.text("customer") or 0)]))
    return found


def _moments(parameters: Parameters) -> list[Condition]:
    gmt = parameters.text("dates_are_gmt") in ("true", "1")
    return [
        (condition, [_moment(name, text, gmt=gmt)])
        for name, condition in MOMENTS.items()
        if (text := parameters.text(name))
    ]


def _moment(name: str, text: str, *, gmt: bool) -> str:
    """As the records' stamps stand: UTC, without offset, to the second."""
    try:
        if len(text) < 10 or text[4] != "-":
            raise ValueError
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ParameterError(name, "rest_invalid_date", "Invalid date.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC if gmt else ZONE)
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()


def _order_status(parameters: Parameters) -> list[Condition]:
    wanted = parameters.values("status") or ["any"]
    for position, status in enumerate(wanted):
        if status not in LISTED_STATUSES:
            raise ParameterError(
                "status", "rest_not_in_enum",
                f"status[{position}] is not one of {enumeration(LISTED_STATUSES)}.",
            )  # fmt: skip
    return _status_condition("order", wanted)


def _product_status(parameters: Parameters) -> list[Condition]:
    return _status_condition("product", [parameters.chosen("status", "any", PRODUCT_STATUSES)])


def _status_condition(kind: str, wanted: Sequence[str]) -> list[Condition]:
    named = [status for status in wanted if status != "any"]
    marks = ", ".join("?" for _ in named)
    if "any" not in wanted:
        return [(f"status IN ({marks})", named)]
    hidden = [status for status in UNLISTED[kind] if status not in named]
    if not hidden:
        return []
    return [(f"status NOT IN ({', '.join('?' for _ in hidden)})", hidden)]


def _customer_role(parameters: Parameters) -> list[Condition]:
    role = parameters.text("role", "customer")
    return [] if role in ("all", "customer") else [("1 = 0", [])]


STATUS: Mapping[str, Callable[[Parameters], list[Condition]]] = {
    "order": _order_status,
    "product": _product_status,
    "variation": _product_status,
    "customer": _customer_role,
}


def projected(body: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """Only these fields; ``a.b`` names a part of ``a``. All of it where none is named."""
    if not fields:
        return body
    found: dict[str, Any] = {}
    for name, value in body.items():
        parts = [field[len(name) + 1 :] for field in fields if field.startswith(f"{name}.")]
        if name in fields:
            found[name] = value
        elif parts and isinstance(value, dict):
            found[name] = projected(value, parts)
        elif parts and isinstance(value, list):
            found[name] = [projected(part, parts) for part in value]
    return found
