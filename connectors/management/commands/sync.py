"""manage.py sync [products] [customers] [orders] [--store URL] [--full] [--since DATE]"""

from __future__ import annotations

import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from tqdm import tqdm

from connectors import engine, runs, services
from connectors.models import ConnectorConfig, SyncRun
from connectors.platforms import base

COUNTS = ("created", "updated", "unchanged", "deleted", "set_aside")


class Command(BaseCommand):
    help = (
        "Copy what changed in the connected stores. Exit code 0 only when everything asked for "
        "was copied; run it again to go on where it stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = [resource.value for resource in base.Resource]
        parser.add_argument(
            "resources", nargs="*", metavar="resource", help=f"{', '.join(names)} (default: all)"
        )
        parser.add_argument("--platform", help="only stores of this platform")
        parser.add_argument("--store", metavar="URL", help="only the store at this address")
        parser.add_argument("--full", action="store_true", help="read everything again")
        parser.add_argument("--since", metavar="DATE", help="read again what changed since then")
        parser.add_argument("--dry-run", action="store_true", help="count, but write nothing")
        parser.add_argument(
            "--accept-deletions",
            action="store_true",
            help="mark rows as deleted even where the store lacks a large share of them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        resources = _resources(options["resources"])
        stores = _stores(options)
        since = _moment(options["since"])
        if since and options["full"]:
            raise CommandError("--full reads everything: leave out --since.")
        with _interruptible():
            results = [
                self._sync(connector, resource, since, options)
                for connector in stores
                for resource in resources
            ]
        if not all(results):
            raise CommandError("Not complete: run the same command again to go on.")

    def _sync(
        self,
        connector: ConnectorConfig,
        resource: base.Resource,
        since: datetime | None,
        options: dict[str, Any],
    ) -> bool:
        with _bar(f"{connector}: {resource}") as bar:
            chosen = engine.Options(
                full=options["full"],
                since=since,
                dry_run=options["dry_run"],
                accept_deletions=options["accept_deletions"],
                report=bar.show,
            )
            try:
                run = services.sync_resource(connector=connector, resource=resource, options=chosen)
            except (base.StoreError, runs.AlreadyRunningError) as error:
                bar.close()
                self.stderr.write(self.style.ERROR(f"{connector}: {resource}: {error}"))
                return False
        self._summarise(run, dry_run=options["dry_run"])
        return run.status == SyncRun.Status.COMPLETE

    def _summarise(self, run: SyncRun, *, dry_run: bool) -> None:
        counts = ", ".join(
            f"{getattr(run, f'{name}_count'):,} {name.replace('_', ' ')}" for name in COUNTS
        )
        head = f"{run.connector}: {run.resource}:{' would be' if dry_run else ''}"
        self.stdout.write(f"{head} {counts}")
        if run.set_aside_count:
            self.stdout.write("  Set aside: see “Sync notes” in the console for the reasons.")
        if run.warning:
            self.stdout.write(self.style.WARNING(f"  {run.warning}"))
        if run.error:
            self.stderr.write(self.style.ERROR(f"  {run.error}"))


class _Bar:
    """A progress bar with rate and estimate, one for each phase; nothing without a terminal."""

    def __init__(self, label: str) -> None:
        self.label, self.phase = label, ""
        self.bar: tqdm[Any] | None = None

    def show(self, progress: engine.Progress) -> None:
        if self.bar is None or self.phase != progress.phase:
            self.close()
            self.phase = progress.phase
            self.bar = tqdm(
                desc=f"{self.label} ({progress.phase})",
                total=progress.total,
                unit=" records",
                disable=not sys.stderr.isatty(),
                leave=False,
            )
        self.bar.total = progress.total
        self.bar.update(progress.done - self.bar.n)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


@contextmanager
def _bar(label: str) -> Iterator[_Bar]:
    bar = _Bar(label)
    try:
        yield bar
    finally:
        bar.close()


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM stops the run as Ctrl-C does: the run is closed, and what was written stays."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise CommandError(
            "Interrupted. Nothing is lost: run the same command again to go on.", returncode=130
        ) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _resources(names: list[str]) -> list[base.Resource]:
    known = [resource.value for resource in base.Resource]
    for name in names:
        if name not in known:
            raise CommandError(f"There is no “{name}” to copy: choose from {', '.join(known)}.")
    return [resource for resource in base.Resource if not names or resource.value in names]


def _stores(options: dict[str, Any]) -> QuerySet[ConnectorConfig]:
    stores = services.stores_for(options["store"])
    if options["platform"]:
        if not services.is_supported(options["platform"]):
            known = ", ".join(services.supported_platforms())
            raise CommandError(f"There is no platform “{options['platform']}”: {known}.")
        stores = stores.filter(platform=options["platform"])
    if not stores:
        raise CommandError(
            "No connected store fits. Connect one with: manage.py connect PLATFORM STORE_URL; "
            "manage.py sync_status lists those there are."
        )
    return stores


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parse_datetime(text)
        day = None if moment else parse_date(text)
    except ValueError:
        moment = day = None
    if moment is None and day is None:
        raise CommandError(f"“{text}” is no date: write 2026-11-01 or 2026-11-01T08:00.")
    moment = moment or datetime.combine(day, time.min)  # type: ignore[arg-type]
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
