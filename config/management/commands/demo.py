"""manage.py demo setup|pause|remove"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import demo, embedded
from connectors import sandbox
from connectors.models import Platform
from connectors.platforms import base


def _app(folder: Path) -> tuple[str, str]:
    app = sandbox.shopify_credentials(folder)
    return app.client_id, app.client_secret


CREDENTIALS: dict[str, Callable[[Path], tuple[str, str]]] = {
    Platform.WOOCOMMERCE.value: sandbox.credentials,
    Platform.SHOPIFY.value: _app,
}


class Command(BaseCommand):
    help = "Connect a sandbox store as a demo, stop asking it, or remove all that came from it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        setup = actions.add_parser("setup", help="connect the sandbox store that is running")
        setup.add_argument(
            "--platform", choices=sorted(CREDENTIALS), default=Platform.WOOCOMMERCE.value
        )
        setup.add_argument("--url", required=True, help="http://127.0.0.1:PORT")
        setup.add_argument("--data", required=True, type=Path, help="the sandbox's data folder")
        actions.add_parser("pause", help="keep the demo's rows, but stop asking its store")
        remove = actions.add_parser("remove", help="delete the demo's store and all its rows")
        remove.add_argument("--yes", action="store_true", help="don't ask")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _setup(self, options: dict[str, Any]) -> None:
        (embedded.var() / "demo-removed").unlink(missing_ok=True)
        platform = options["platform"]
        key, secret = CREDENTIALS[platform](options["data"])
        try:
            connector = demo.connect(
                platform=platform, store_url=options["url"], api_key=key, secret=secret
            )
        except base.StoreError as error:
            raise CommandError(f"The sandbox store can't be connected: {error}") from None
        self.stdout.write(f"Connected: {connector}")

    def _pause(self, options: dict[str, Any]) -> None:
        if demo.pause():
            self.stdout.write("The demo's rows stay; its store is not asked any more.")

    def _remove(self, options: dict[str, Any]) -> None:
        found = ", ".join(f"{number:,} {name}" for name, number in demo.rows().items() if number)
        if not options["yes"] and not self._agreed(found or "no rows"):
            raise CommandError("Nothing was removed.")
        removed = demo.remove()
        if settings.EMBEDDED:
            (embedded.var() / "demo-removed").touch()
        total = sum(removed.values())
        self.stdout.write(
            f"The demo was removed: {total:,} rows. Your own stores are untouched. "
            "`make run` leaves it out from now on; `make run DEMO=1` brings it back."
        )

    def _agreed(self, found: str) -> bool:
        if not sys.stdin.isatty():
            raise CommandError("Say --yes to remove the demo without being asked.")
        self.stdout.write(f"This deletes the demo store and {found}.")
        return input("Remove them? [y/N] ").strip().lower() in ("y", "yes")
