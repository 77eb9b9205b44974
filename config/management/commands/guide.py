"""manage.py guide: what `make run` shows while everything comes up."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from catalog.models import PlatformProduct
from connectors import status
from connectors.models import ConnectorConfig, SyncRun
from orders.models import PlatformCustomer, PlatformOrder

PATIENCE = 60.0
EVERY = 2.0


class Command(BaseCommand):
    help = "Connect the demo, tell the console's address, and show the first copy's progress."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--sandbox", help="the sandbox store's address")
        parser.add_argument("--data", type=Path, help="the sandbox store's data folder")

    def handle(self, *args: Any, **options: Any) -> None:
        console = f"http://127.0.0.1:{options['port']}/admin/"
        if options["sandbox"]:
            _wait(lambda: _answers(f"{options['sandbox']}/wp-json/"), "The sandbox store")
            call_command(
                "demo", "setup", f"--url={options['sandbox']}", f"--data={options['data']}"
            )
        _wait(lambda: _answers(f"{console}login/"), "The console")
        self._tell(console)
        self._follow()

    def _tell(self, console: str) -> None:
        self.stdout.write(
            self.style.SUCCESS(f"\n  Storekeep is ready: {console}\n  Ctrl-C stops it.\n")
        )
        self.stdout.flush()

    def _follow(self) -> None:
        """The first copy of the demo, until it is complete or failed."""
        demo = ConnectorConfig.objects.filter(is_demo=True, sync_enabled=True).first()
        if demo is None or _is_copied(demo):
            return
        shown = ""
        while not _is_copied(demo):
            if _has_failed(demo):
                self.stdout.write("» The first copy failed: manage.py sync_status says why.")
                return
            if shown != (shown := _counts(demo)):
                self.stdout.write(f"» Copying the demo store: {shown}")
                self.stdout.flush()
            time.sleep(EVERY)
        self.stdout.write(self.style.SUCCESS(f"» The demo store is copied: {_counts(demo)}"))


def _wait(is_there: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_there():
        if time.monotonic() > deadline:
            raise CommandError(f"{what} does not answer: the lines above say why.")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2, allow_redirects=False).ok
    except requests.RequestException:
        return False


def _is_copied(demo: ConnectorConfig) -> bool:
    found = status.of_store(demo)
    return all(one.cursor is not None and one.cursor.changed_until for one in found)


def _has_failed(demo: ConnectorConfig) -> bool:
    return SyncRun.objects.filter(connector=demo, status=SyncRun.Status.FAILED).exists()


def _counts(demo: ConnectorConfig) -> str:
    return ", ".join(
        f"{model.objects.filter(connector=demo).count():,} {model._meta.verbose_name_plural}"
        for model in (PlatformProduct, PlatformCustomer, PlatformOrder)
    )
