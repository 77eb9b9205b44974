"""Set-wise writing: rows are copied into a temporary table, then merged by one statement.

Callers hold the transaction. Names of tables and columns come from models, never from input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import orjson
from django.db import connection, models
from django.db.backends.utils import CursorWrapper


def json_text(value: Any) -> str:
    """JSON for a ``jsonb`` column; amounts become texts, so that no digit is lost."""
    return orjson.dumps(value, default=_plain).decode()


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} can't be kept as JSON")


@dataclass(frozen=True, slots=True)
class Stage:
    """A temporary table with some of a model's columns and, if need be, some of its own."""

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]

    @classmethod
    def of(
        cls,
        model: type[models.Model],
        fields: Sequence[str],
        extra: Mapping[str, str] | None = None,
    ) -> Stage:
        """A stage named after the model, with these columns; ``extra`` maps names to SQL types."""
        by_name = {field.attname: field for field in model._meta.concrete_fields}
        columns = [str(by_name[field].column) for field in fields]
        types: list[str] = [str(by_name[field].db_type(connection)) for field in fields]
        extra = extra or {}
        return cls(
            f"stage_{model._meta.db_table}",
            (*columns, *extra),
            (*types, *extra.values()),
        )

    def fill(self, cursor: CursorWrapper, rows: Iterable[Sequence[Any]]) -> None:
        """Replace what the stage holds by these rows."""
        cursor.execute(_create_sql(self))
        cursor.execute(f'DELETE FROM "{self.name}"')
        copy(cursor, self.name, self.columns, rows)


def copy(
    cursor: CursorWrapper, table: str, columns: Iterable[str], rows: Iterable[Sequence[Any]]
) -> None:
    """COPY rows into these columns of a table; errors are Django's."""
    names = ", ".join(map(quoted, columns))
    with (
        connection.wrap_database_errors,
        cursor.copy(f"COPY {quoted(table)} ({names}) FROM STDIN") as output,
    ):
        for row in rows:
            output.write_row(row)


@cache
def _create_sql(stage: Stage) -> str:
    columns = ", ".join(
        f"{quoted(name)} {kind}" for name, kind in zip(stage.columns, stage.types, strict=True)
    )
    # Not found by IF NOT EXISTS but looked up first: the NOTICE would cost a message a page.
    return (
        f"DO $$ BEGIN IF to_regclass('pg_temp.{stage.name}') IS NULL THEN "
        f'CREATE TEMPORARY TABLE "{stage.name}" ({columns}) ON COMMIT DELETE ROWS; '
        "END IF; END $$"
    )


def quoted(name: str) -> str:
    return f'"{name}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """How staged rows enter a table: ``key`` finds the row, ``values`` are written.

    A row is rewritten only where a value differs, and never by an older one: ``stamp`` names the
    column that tells, and a NULL on either side counts as not older. ``touch`` columns are
    written along, but don't count as a difference.
    """

    table: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    stamp: str | None = None
    touch: tuple[str, ...] = ()

    def sql(self, source: str, returning: str = "") -> str:
        """INSERT … ON CONFLICT from ``source``, a SELECT of key, values and touch in turn."""
        written = (*self.values, *self.touch)
        columns = ", ".join(map(quoted, (*self.key, *written)))
        changes = ", ".join(f"{quoted(name)} = EXCLUDED.{quoted(name)}" for name in written)
        ours = ", ".join(f"t.{quoted(name)}" for name in self.values)
        theirs = ", ".join(f"EXCLUDED.{quoted(name)}" for name in self.values)
        return (
            f"INSERT INTO {quoted(self.table)} AS t ({columns}) {source} "
            f"ON CONFLICT ({', '.join(map(quoted, self.key))}) DO UPDATE SET {changes} "
            f"WHERE {self._not_older()}({ours}) IS DISTINCT FROM ({theirs})"
            f"{' RETURNING ' + returning if returning else ''}"
        )

    def _not_older(self) -> str:
        if self.stamp is None:
            return ""
        stamp = quoted(self.stamp)
        return (
            f"(t.{stamp} IS NULL OR EXCLUDED.{stamp} IS NULL OR EXCLUDED.{stamp} >= t.{stamp}) AND "
        )
