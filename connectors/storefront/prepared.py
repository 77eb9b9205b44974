"""Queries whose SQL is worked out once: for a row Django takes longer over it than PostgreSQL.

What differs from request to request is given as values. A query is made with stand-ins for them,
and never sees the values themselves: nothing of one request can stay in the SQL of another.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import QuerySet

FIRST = datetime(1900, 1, 1, tzinfo=UTC)
MOST = 500


def planned() -> Any:
    """A cursor whose statements the server plans only the first times.

    Some of ours take less long than their plan does. How often a statement is planned is said by
    DATABASE_PREPARE_AFTER; 0 has every one planned, for poolers that keep no statements.
    """
    connection.ensure_connection()
    plain = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
    return connection._prepare_cursor(plain)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """SQL, its parameters with the places of the values among them, and how rows are read."""

    sql: str
    params: Sequence[Any]
    places: Mapping[int, str]
    names: Sequence[str]
    compiler: Any
    converters: Any

    def rows(self, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        params = [
            values[self.places[place]] if place in self.places else constant
            for place, constant in enumerate(self.params)
        ]
        with planned() as cursor:
            cursor.execute(self.sql, params)
            found: Iterable[Sequence[Any]] = cursor.fetchall()
        if self.converters:
            found = self.compiler.apply_converters(found, self.converters)
        return [dict(zip(self.names, row, strict=True)) for row in found]


class Prepared:
    """A query of dicts (``.values()``), made by a function of stand-ins and of its shape.

    The shape is what the SQL itself depends on: whoever gives it says all that differs in it.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]]) -> None:
        self._make = make
        self._statements: dict[Any, _Statement] = {}

    def rows(self, *shape: Any, **values: Any) -> list[dict[str, Any]]:
        """The rows for these values; only texts, UUIDs, moments and decimals can be values."""
        known = (shape, *((name, type(value)) for name, value in values.items()))
        statement = self._statements.get(known)
        if statement is None:
            if len(self._statements) >= MOST:
                self._statements.clear()
            statement = self._statements[known] = _statement(self._make, shape, values)
        return statement.rows(values)


def _statement(
    make: Callable[..., QuerySet[Any, Any]], shape: Sequence[Any], values: Mapping[str, Any]
) -> _Statement:
    kinds = enumerate(values.items())
    stand_ins = {name: _stand_in(number, type(value)) for number, (name, value) in kinds}
    rows = make(*shape, **stand_ins)
    compiler = rows.query.get_compiler(connection=connection)
    sql, params = compiler.as_sql()
    names = {_known(value): name for name, value in stand_ins.items()}
    places = {
        place: names[_known(param)] for place, param in enumerate(params) if _known(param) in names
    }
    for place, param in enumerate(params):
        if place not in places and any(text in str(param) for _, text in names):
            raise ValueError("A value is changed before the database gets it.")
    query = rows.query
    columns = query.selected or [*query.values_select, *query.annotation_select]
    return _Statement(
        sql=sql, params=params, places=places, names=list(columns), compiler=compiler,
        converters=compiler.get_converters([one[0] for one in compiler.select]),
    )  # fmt: skip


def _known(value: Any) -> tuple[type, str]:
    return type(value), str(value)


def _stand_in(number: int, kind: type) -> Any:
    """A value that is no other parameter of any query."""
    found: dict[type, Any] = {
        str: f"\N{INVISIBLE SEPARATOR}{number}",
        uuid.UUID: uuid.UUID(int=number),
        datetime: FIRST + timedelta(seconds=number),
        Decimal: Decimal(number) - Decimal("987654321987.123457"),
    }
    return found[kind]
