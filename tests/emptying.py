"""Emptying the database between tests, quickly: what a test leaves behind are few rows.

TRUNCATE, which Django uses, writes and syncs new files for every table and every index.
"""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.backends.postgresql.operations import DatabaseOperations

from support.models import RequestEvent
from tryon.models import KindRule

truncating = DatabaseOperations.sql_flush


def deleting(operations, style, tables, *, reset_sequences=False, allow_cascade=False):
    """The statements that empty the tables, but for those that are the same for every test.

    Those are made by migrations. References are checked at the end of the transaction, so that any
    order will do; only the record of requests has a trigger that refuses.
    """
    if reset_sequences:
        return truncating(
            operations, style, tables, reset_sequences=True, allow_cascade=allow_cascade
        )
    kept = {model._meta.db_table for model in (ContentType, Permission, KindRule)}
    events = operations.quote_name(RequestEvent._meta.db_table)
    return [
        f"ALTER TABLE {events} DISABLE TRIGGER USER",
        *(f"DELETE FROM {operations.quote_name(table)}" for table in tables if table not in kept),
        f"ALTER TABLE {events} ENABLE TRIGGER USER",
    ]


@pytest.fixture(autouse=True, scope="session")
def _deleting():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(DatabaseOperations, "sql_flush", deleting)
        yield
