"""Foreign keys over several columns that the database itself enforces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.core import checks
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.ddl_references import Columns, Statement, Table
from django.db.models import BaseConstraint
from django.utils.text import get_text_list

ON_DELETE = re.compile(
    r"(?P<action>CASCADE|RESTRICT|NO ACTION|SET NULL|SET DEFAULT)"
    r"(?: \((?P<fields>\w+(?:, ?\w+)*)\))?"
)
SQL = (
    "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s FOREIGN KEY (%(columns)s) "
    "REFERENCES %(to_table)s (%(to_columns)s)%(on_delete)s DEFERRABLE INITIALLY DEFERRED"
)


class ForeignKeyConstraint(BaseConstraint):
    """A multi-column FOREIGN KEY for ``Meta.constraints``, checked when a transaction commits.

    ``on_delete`` is what the database does when the parent's row goes: "CASCADE", or
    "SET NULL (field, …)", which leaves the other fields alone (PostgreSQL 15).
    """

    default_violation_error_message = "What this refers to does not exist."

    def __init__(
        self,
        *,
        name: str,
        fields: Sequence[str],
        to: str,
        to_fields: Sequence[str],
        on_delete: str = "",
        **kwargs: Any,
    ) -> None:
        if not fields or len(fields) != len(to_fields):
            raise ValueError(f"{name}: give as many to_fields as fields, and at least one.")
        if on_delete and not ON_DELETE.fullmatch(on_delete):
            raise ValueError(f"{name}: on_delete can't be {on_delete!r}.")
        super().__init__(name=name, **kwargs)
        self.fields, self.to_fields = tuple(fields), tuple(to_fields)
        self.to, self.on_delete = to.lower(), on_delete

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        quote, parent = schema_editor.quote_name, self._parent(model)
        return Statement(
            SQL,
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            columns=columns(model, self.fields, quote),
            to_table=Table(parent._meta.db_table, quote),
            to_columns=columns(parent, self.to_fields, quote),
            on_delete=self._on_delete_sql(model, quote),
        )

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        # Inside CREATE TABLE it would need the parent's table, which may come later.
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        return schema_editor._delete_constraint_sql(schema_editor.sql_delete_fk, model, self.name)

    def validate(
        self,
        model: Any,
        instance: Any,
        exclude: Iterable[str] | None = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        values = [getattr(instance, model._meta.get_field(name).attname) for name in self.fields]
        if set(self.fields) & set(exclude or ()) or any(map(is_unknown, values)):
            return
        key = dict(zip(self.to_fields, values, strict=True))
        if not self._parent(model)._base_manager.using(using).filter(**key).exists():
            raise ValidationError(self._message(model), code=self.violation_error_code or "invalid")

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        names = ["fields", "to", "to_fields", *(["on_delete"] if self.on_delete else [])]
        return path, args, {**kwargs, **{name: getattr(self, name) for name in names}}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ForeignKeyConstraint):
            return NotImplemented
        return bool(self.deconstruct() == other.deconstruct())

    def __hash__(self) -> int:
        return hash((self.name, self.to, self.fields))

    def _parent(self, model: Any) -> Any:
        return model._meta.apps.get_model(self.to)

    def _on_delete_sql(self, model: Any, quote: Any) -> str:
        match = ON_DELETE.fullmatch(self.on_delete)
        if match is None:
            return ""
        names = re.findall(r"\w+", match["fields"] or "")
        listed = f" ({columns(model, names, quote)})" if names else ""
        return f" ON DELETE {match['action']}{listed}"

    def _message(self, model: Any) -> Any:
        if self.violation_error_message != self.default_violation_error_message:
            return self.get_violation_error_message()
        labels = [str(model._meta.get_field(name).verbose_name) for name in self.fields]
        parent = self._parent(model)._meta.verbose_name
        return f"There is no {parent} with this {get_text_list(labels, 'and')}."

    def _check(self, model: Any, connection: Any) -> list[checks.CheckMessage]:
        return list(model._check_local_fields(self.fields, "constraints"))


def columns(model: Any, names: Iterable[str], quote: Any) -> Columns:
    """The columns of a model's fields, as DDL that follows a later rename."""
    return Columns(
        model._meta.db_table, [model._meta.get_field(name).column for name in names], quote
    )


def is_unknown(value: Any) -> bool:
    """Whether nothing can be said of a value before it is saved: NULL, or the database's own."""
    return value is None or hasattr(value, "resolve_expression")
