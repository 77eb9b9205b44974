"""The product asked in this process: the SQL of its answers, and a key to ask with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def key() -> str:
    """A new key of all stores that may read everything, as the header has it."""
    from connectors.models import Scope, StorefrontKey

    StorefrontKey.objects.filter(name="benchmark").delete()
    scopes = [Scope.CATALOG.value, Scope.CUSTOMERS.value, Scope.ORDERS.value,
              Scope.RECOMMENDATIONS.value]  # fmt: skip
    _, text = StorefrontKey.objects.create_key(name="benchmark", scopes=scopes)
    return f"Api-Key {text}"


def answer(path: str, authorization: str) -> Any:
    """What the API answers; anything but a 200 would be measured for nothing."""
    from django.test import Client

    found = Client().get(path, headers={"authorization": authorization, "host": "127.0.0.1"})
    if found.status_code != 200:
        raise SystemExit(f"{path} answered {found.status_code}: {found.content[:500]!r}")
    return found.json()


def statements(path: str, authorization: str) -> list[str]:
    """The SQL behind an answer, values written in; not what looks up the key."""
    from django.db import connection

    from connectors.models import StorefrontKey

    texts: list[str] = []

    def keep(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        if StorefrontKey._meta.db_table not in sql:
            texts.append(_written(sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(keep):
        answer(path, authorization)
    return texts


def _written(sql: str, params: Any) -> str:
    from django.db import connection
    from django.db.backends.postgresql.psycopg_any import mogrify

    return str(mogrify(sql, params, connection.connection))
