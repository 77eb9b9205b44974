"""manage.py guide: what `make run` shows while everything comes up."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from catalog.models import PlatformProduct
from config import demo
from connectors import status
from connectors.models import ConnectorConfig, SyncRun
from connectors.platforms import base
from orders.models import PlatformCustomer, PlatformOrder

PATIENCE = 60.0
EVERY = 2.0


class Command(BaseCommand):
    help = "Connect the demo, tell the console's address, and show the first copy's progress."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument(
            "--sandbox", action="append", default=[], help="PLATFORM=ADDRESS of a sandbox store"
        )
        parser.add_argument("--data", type=Path, help="the sandbox stores' data folder")

    def handle(self, *args: Any, **options: Any) -> None:
        console = f"http://127.0.0.1:{options['port']}/admin/"
        for one in options["sandbox"]:
            platform, _, url = one.partition("=")
            _wait(url, "The sandbox store")
            call_command(
                "demo", "setup", f"--platform={platform}", f"--url={url}",
                f"--data={options['data']}",
            )  # fmt: skip
        _wait(f"{console}login/", "The console")
        self._listen(f"http://127.0.0.1:{options['port']}")
        self._tell(console)
        self._follow()

    def _listen(self, address: str) -> None:
        try:
            demo.listen(address)
        except base.StoreError as error:
            self.stdout.write(f"» The demo works without webhooks: {error}")

    def _tell(self, console: str) -> None:
        self.stdout.write(
            self.style.SUCCESS(f"\n  Storekeep is ready: {console}\n  Ctrl-C stops it.\n")
        )
        self.stdout.flush()

    def _follow(self) -> None:
        """The first copy of the demo, until it is complete or failed."""
        stores = list(ConnectorConfig.objects.enabled().filter(is_demo=True))
        if all(map(_is_copied, stores)):
            return
        shown = ""
        while not all(map(_is_copied, stores)):
            if any(map(_has_failed, stores)):
                self.stdout.write("» The first copy failed: manage.py sync_status says why.")
                return
            if shown != (shown := _counts(stores)):
                self.stdout.write(f"» Copying the demo stores: {shown}")
                self.stdout.flush()
            time.sleep(EVERY)
        self.stdout.write(self.style.SUCCESS(f"» The demo stores are copied: {_counts(stores)}"))


def _wait(url: str, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(url):
        if time.monotonic() > deadline:
            raise CommandError(f"{what} does not answer: the lines above say why.")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    """Whether a server is there, whatever it says to a stranger."""
    try:
        return requests.get(url, timeout=2, allow_redirects=False).status_code < 500
    except requests.RequestException:
        return False


def _is_copied(store: ConnectorConfig) -> bool:
    found = status.of_store(store)
    return all(one.cursor is not None and one.cursor.changed_until for one in found)


def _has_failed(store: ConnectorConfig) -> bool:
    return SyncRun.objects.filter(connector=store, status=SyncRun.Status.FAILED).exists()


def _counts(stores: Sequence[ConnectorConfig]) -> str:
    return ", ".join(
        f"{model.objects.filter(connector__in=stores).count():,} {model._meta.verbose_name_plural}"
        for model in (PlatformProduct, PlatformCustomer, PlatformOrder)
    )
