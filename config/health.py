"""What is wrong with this installation, in plain words."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from config.celery import app
from connectors import encryption, status
from connectors.models import ConnectorConfig, SyncCursor, SyncNote, SyncRun
from tryon.engine import model_files

OLDEST_POSTGRESQL = 150_000
LATE = timedelta(minutes=5)
ENOUGH_DISK = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at; ``remedy`` says what to do, '' where all is well."""

    subject: str
    text: str
    remedy: str = ""

    @property
    def is_well(self) -> bool:
        return not self.remedy


def examine() -> Iterator[Finding]:
    """Look at everything; what can't be looked at without the database is left out without it."""
    yield from _settings()
    yield from _disk()
    yield from _models()
    database = list(_database())
    yield from database
    yield from _broker()
    if all(finding.is_well for finding in database):
        yield from _staff()
        yield from _stores()
        yield from _schedule()


def _settings() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(
            subject="settings",
            text="DEBUG is on: error pages show the code and its values to everyone.",
            remedy="Unset DEBUG, but on your own machine.",
        )
    if len(settings.SECRET_KEY) < 40:
        yield Finding(
            subject="settings",
            text="SECRET_KEY is short.",
            remedy="Set SECRET_KEY to 50 random characters; everyone signs in again.",
        )
    yield Finding(subject="settings", text=f"{len(settings.FIELD_KEYS)} key(s) in FIELD_KEYS")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.BASE_DIR).free
    short = free < ENOUGH_DISK
    yield Finding(
        subject="disk",
        text=f"{free / 1024**3:.1f} GiB free",
        remedy="Free at least 1 GiB: databases stop when the disk is full." if short else "",
    )


def _models() -> Iterator[Finding]:
    missing = model_files.missing(settings.TRYON_MODELS)
    yield Finding(
        subject="try-on",
        text=f"{len(missing)} face model(s) are missing" if missing else "face models are there",
        remedy="Run: manage.py fetch_face_models" if missing else "",
    )


def _database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except DatabaseError:
        yield Finding(
            subject="database",
            text="PostgreSQL does not answer.",
            remedy="Check DATABASE_URL and that the server runs.",
        )
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0])
    yield Finding(
        subject="database",
        text=f"PostgreSQL {version // 10_000}.{version % 10_000}",
        remedy="" if version >= OLDEST_POSTGRESQL else "Use PostgreSQL 15 or newer.",
    )
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield Finding(
        subject="database",
        text=f"{len(missing)} migration(s) are not applied" if missing else "tables are current",
        remedy="Run: manage.py migrate" if missing else "",
    )


def _broker() -> Iterator[Finding]:
    try:
        redis.Redis.from_url(
            settings.CELERY_BROKER_URL, socket_connect_timeout=3, socket_timeout=3
        ).ping()
    except redis.RedisError:
        yield Finding(
            subject="queue",
            text="Redis does not answer.",
            remedy="Check REDIS_URL and that the server runs.",
        )
        return
    workers = app.control.ping(timeout=1.5)
    yield Finding(
        subject="queue",
        text=f"{len(workers)} Celery worker(s) answer",
        remedy="" if workers else "Start one: make run, or celery -A config.worker worker.",
    )


def _staff() -> Iterator[Finding]:
    count = get_user_model().objects.filter(is_active=True, is_staff=True).count()
    yield Finding(
        subject="staff",
        text=f"{count} account(s) can sign in to the console",
        remedy="" if count else "Make one: manage.py createsuperuser",
    )


def _stores() -> Iterator[Finding]:
    stores = list(ConnectorConfig.objects.enabled())
    if not stores:
        yield Finding(
            subject="stores",
            text="No store is connected.",
            remedy="Connect one: manage.py connect woocommerce STORE_URL",
        )
    for connector in stores:
        yield from _store(connector)


def _store(connector: ConnectorConfig) -> Iterator[Finding]:
    subject = f"store {connector}"
    if any(encryption.is_unreadable(value) for value in (connector.api_key, connector.secret)):
        yield Finding(
            subject=subject,
            text="Its credentials can't be read: the key that encrypted them is not in FIELD_KEYS.",
            remedy="Put that key back into FIELD_KEYS, or enter the credentials again.",
        )
    if connector.disconnected_at:
        yield Finding(
            subject=subject,
            text=f"Disconnected since {status.moment(connector.disconnected_at)}: "
            f"{connector.disconnected_reason}",
            remedy="Mend that, then press “Test connection” on the store's page.",
        )
    set_aside = SyncNote.objects.filter(connector=connector, set_aside=True).count()
    if set_aside:
        yield Finding(
            subject=subject,
            text=f"{set_aside:,} record(s) were set aside.",
            remedy="See “Sync notes” in the console for the reasons.",
        )
    for one in status.of_store(connector):
        yield Finding(subject=subject, text=f"{one.resource}: lag {status.age(one.lag)}")


def _schedule() -> Iterator[Finding]:
    late = SyncCursor.objects.filter(
        connector__sync_enabled=True, due_at__lt=timezone.now() - LATE
    ).exists()
    stuck = SyncRun.objects.open().filter(heartbeat_at__lt=timezone.now() - LATE).exists()
    yield Finding(
        subject="schedule",
        text="Copies are overdue by more than five minutes." if late else "copies are on time",
        remedy="Start celery beat and a worker for the queue “sync”." if late else "",
    )
    if stuck:
        yield Finding(
            subject="schedule",
            text="A run has not been heard of for five minutes.",
            remedy="Nothing, if its store is slow; its lock is freed after ten minutes.",
        )
