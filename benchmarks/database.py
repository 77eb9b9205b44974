"""A database of the benchmark's own, migrated and dropped again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

NAME = "storekeep_benchmark"


@contextmanager
def fresh(*, keep: bool = False) -> Iterator[None]:
    """Django set up on an empty database; with ``keep`` one of an earlier run is used again."""
    from config import embedded

    embedded.start()
    import psycopg

    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        known = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [NAME]
        ).fetchone()
        if known and not keep:
            connection.execute(f'DROP DATABASE "{NAME}" WITH (FORCE)')
        if not known or not keep:
            connection.execute(f'CREATE DATABASE "{NAME}"')
    set_up(f"{server}/{NAME}")
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    try:
        yield
    finally:
        if not keep:
            _drop(server)


def set_up(url: str) -> None:
    """Django on this database."""
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # As on loopback: plain HTTP, and files served without having been collected.
    os.environ.setdefault("STOREKEEP_EMBEDDED", "1")
    os.environ["LOG_LEVEL"] = "ERROR"
    import django

    django.setup()


def _drop(server: str) -> None:
    import psycopg
    from django.db import connection

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')
