"""Pages that neither skip nor repeat: each goes on behind the last row of the one before it.

The rows' order ends in their key, so that thousands may share a moment; a page costs the same
wherever it is, since an index finds its first row.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.lookups import GreaterThan, LessThan
from rest_framework import status
from rest_framework.request import Request

from connectors.storefront.errors import RefusedError


class NoSuchPageError(RefusedError):
    """A cursor that no page of the list gave."""

    status_code: int = status.HTTP_404_NOT_FOUND

    def __init__(self) -> None:
        wrong = "This is no cursor of this list in this order: leave it out to start again."
        fields = [{"field": "cursor", "code": "invalid", "message": wrong}]
        super().__init__(wrong, code="no_such_page", fields=fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order of rows: ``columns`` are what it is by, the key last, all in one direction."""

    columns: Mapping[str, Any]
    descending: bool = False
    # What the rows are sorted by where that isn't the column: then no index offers the order.
    sorted_by: Combinable | None = None


class _Row(Func):
    """Several columns, compared as one."""

    function = "ROW"
    output_field = TextField()


def page(
    request: Request,
    fetch: Callable[[Sequence[Any]], Sequence[Any]],
    order: Order,
    *,
    name: str,
    cursor: str | None,
    limit: int,
) -> tuple[Sequence[Any], str | None]:
    """A page of rows (with the order's columns among them), and the address of the next one.

    ``fetch`` gives the ``part`` behind these values of the order's columns; none: the first.
    """
    found = fetch(() if cursor is None else _opened(cursor, name, order))
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], _address(request, [last[column] for column in order.columns], name)


def part(
    rows: QuerySet[Any, Any], order: Order, after: Sequence[Any], limit: int
) -> QuerySet[Any, Any]:
    """The rows of a page, and one more that tells whether there is another page."""
    if after:
        rows = _behind(rows, order, after)
    return rows.order_by(*_sorting(order))[: limit + 1]


def _sorting(order: Order) -> list[Any]:
    first, *rest = (F(name) for name in order.columns)
    expressions = [order.sorted_by or first, *rest]
    return [one.desc() if order.descending else one.asc() for one in expressions]  # type: ignore[attr-defined]


def _behind(rows: QuerySet[Any, Any], order: Order, values: Sequence[Any]) -> QuerySet[Any, Any]:
    ours = _Row(*(F(name) for name in order.columns))
    theirs = _Row(*(Value(value) for value in values))
    lookup = LessThan if order.descending else GreaterThan
    return rows.filter(lookup(ours, theirs))


def cursor_of(name: str, values: Sequence[Any]) -> str:
    """The cursor behind a row with these values, in the order of this name."""
    text = orjson.dumps([name, *values], default=str, option=orjson.OPT_UTC_Z)
    return urlsafe_b64encode(text).decode().rstrip("=")


def _address(request: Request, values: Sequence[Any], name: str) -> str:
    given = request.query_params.copy()
    given["cursor"] = cursor_of(name, values)
    return f"{request.build_absolute_uri(request.path)}?{given.urlencode()}"


def _opened(cursor: str, name: str, order: Order) -> list[Any]:
    """The values of a cursor; raises ``NoSuchPageError``."""
    try:
        found = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        said, *values = found
        if said != name or len(values) != len(order.columns):
            raise ValueError(said)
        kinds = order.columns.values()
        return [_typed(kind, value) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, TypeError, ArithmeticError, binascii.Error):
        raise NoSuchPageError from None


def _typed(kind: Any, value: Any) -> Any:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(value)
    if kind is datetime:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise ValueError(value)
        return found
    return Decimal(value) if kind is Decimal and Decimal(value).is_finite() else kind(value)
