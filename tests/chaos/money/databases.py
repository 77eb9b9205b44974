"""Databases of the harness's own: one that is migrated, and copies of it for each process."""

from __future__ import annotations

import os
from contextlib import contextmanager

import psycopg

TEMPLATE = f"storekeep_chaos_{os.getpid()}"


@contextmanager
def migrated():
    """Django set up on an empty database, of which ``copy`` makes others."""
    from config import embedded

    embedded.start()
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f'CREATE DATABASE "{TEMPLATE}"')
    try:
        _set_up(f"{server}/{TEMPLATE}")
        yield server
    finally:
        drop(server, TEMPLATE)


def _set_up(url):
    """Without a pool, whose threads a forked process doesn't have, and without a broker."""
    os.environ |= {
        "DATABASE_URL": url, "REDIS_URL": "memory://", "LOG_LEVEL": "CRITICAL",
        "DJANGO_SETTINGS_MODULE": "tests.settings", "STOREKEEP_EMBEDDED": "1",
    }  # fmt: skip
    import django
    from django.conf import settings

    # A killed client loses nothing by this; only a killed server would.
    settings.DATABASES["default"]["OPTIONS"] = {"options": "-c synchronous_commit=off"}
    django.setup()
    settings.REFUND_UNDO_SECONDS = 0
    settings.REFUND_CUSTOMER_COUNT = 10**6
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    connection.close()


def copy(server, name):
    """A copy of the migrated database, which this process works on from now on."""
    from django.db import connection

    connection.close()
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    connection.settings_dict["NAME"] = name


def drop(server, name):
    """Remove a database, whoever is connected to it."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
