"""manage.py sandbox: a WooCommerce store to try things on."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from connectors import sandbox
from connectors.sandbox import auth, faults, server, stocking, trickle, wire
from connectors.sandbox.shop import Shop


class Command(BaseCommand):
    help = (
        "Serve a stand-in WooCommerce store on 127.0.0.1, with a real retailer's orders. "
        "POST /sandbox/knobs makes it fail: see docs/sandbox.md."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8089)
        parser.add_argument(
            "--data", type=Path, default=settings.BASE_DIR / "var" / "sandbox", help="its folder"
        )
        parser.add_argument(
            "--trickle", type=float, default=0, metavar="N", help="changes a minute (0)"
        )
        parser.add_argument("--latency", type=float, default=0, help="seconds before each answer")
        parser.add_argument(
            "--show-credentials", action="store_true", help="print the consumer key and secret"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["data"]
        key, secret = sandbox.credentials(folder)
        shop = self._open(folder / "woocommerce.sqlite3")
        application = wire.Application(
            shop,
            auth.Doorkeeper({key: auth.Credentials(key=key, secret=secret)}),
            faults.Knobs(latency=options["latency"]),
        )
        try:
            serving = server.make(application, port=options["port"])
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} can't be used ({error.strerror}): choose another --port."
            ) from None
        self.stdout.write(f"The sandbox store answers at http://127.0.0.1:{serving.server_port}")
        if options["show_credentials"]:
            self.stdout.write(f"key {key}\nsecret {secret}")
        self.stdout.flush()
        self._serve(serving, shop, options["trickle"])
        application.close()

    def _open(self, file: Path) -> Shop:
        shop = Shop(file)
        if shop.setting("filled") is None:
            self.stdout.write("Filling the sandbox store with 5,000 orders")
            self.stdout.flush()
            stocking.fill(shop)
            shop.set("filled", "yes")
        return shop

    def _serve(self, serving: server.Server, shop: Shop, per_minute: float) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            threading.Thread(target=serving.shutdown).start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        changes = trickle.Trickle(shop, per_minute=per_minute) if per_minute > 0 else None
        if changes is not None:
            changes.start()
        serving.serve_forever(poll_interval=0.2)
        if changes is not None:
            changes.stop()
        serving.server_close()
