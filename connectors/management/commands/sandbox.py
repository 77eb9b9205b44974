"""manage.py sandbox: a WooCommerce or Shopify store to try things on."""

from __future__ import annotations

import re
import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any
from wsgiref.types import WSGIApplication

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from connectors import sandbox
from connectors.sandbox import auth, faults, sample, server, stocking, trickle, wire
from connectors.sandbox.shop import Shop
from connectors.sandbox.shopify import application as shopify_wire
from connectors.sandbox.shopify import faults as shopify_faults
from connectors.sandbox.shopify import stocking as shopify_stocking
from connectors.sandbox.shopify.shop import ShopifyShop
from connectors.sandbox.shopify.trickle import ShopifyTrickle

PORTS = {"woocommerce": 8089, "shopify": 8090}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    """A store that can be served: its application, its changes, its credentials as lines."""

    application: WSGIApplication
    close: Callable[[], None]
    flow: Callable[[float], trickle.Flow]
    credentials: str


class Command(BaseCommand):
    help = (
        "Serve a stand-in WooCommerce or Shopify store on 127.0.0.1, with a real retailer's "
        "orders. POST /sandbox/knobs makes it fail: see docs/sandbox.md."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", nargs="?", choices=sorted(PORTS), default="woocommerce")
        parser.add_argument("--port", type=int, help="8089 for WooCommerce, 8090 for Shopify")
        parser.add_argument(
            "--data", type=Path, default=settings.BASE_DIR / "var" / "sandbox", help="its folder"
        )
        parser.add_argument(
            "--part", type=_part, default=sample.WHOLE, metavar="N/M",
            help="fill a new store with the Nth of M parts of the orders, such as 1/2",
        )  # fmt: skip
        parser.add_argument(
            "--trickle", type=float, default=0, metavar="N", help="changes a minute (0)"
        )
        parser.add_argument("--latency", type=float, default=0, help="seconds before each answer")
        parser.add_argument(
            "--show-credentials", action="store_true", help="print what a client needs to connect"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kind: str = options["kind"]
        store = (self._shopify if kind == "shopify" else self._woocommerce)(options)
        port = PORTS[kind] if options["port"] is None else options["port"]
        try:
            serving = server.make(store.application, port=port)
        except OSError as error:
            raise CommandError(
                f"Port {port} can't be used ({error.strerror}): choose another --port."
            ) from None
        self.stdout.write(f"The sandbox store answers at http://127.0.0.1:{serving.server_port}")
        if options["show_credentials"]:
            self.stdout.write(store.credentials)
        self.stdout.flush()
        self._serve(serving, store, options["trickle"])

    def _woocommerce(self, options: dict[str, Any]) -> _Store:
        folder: Path = options["data"]
        key, secret = sandbox.credentials(folder)
        shop = Shop(folder / "woocommerce.sqlite3")
        self._fill(shop, lambda: stocking.fill(shop, options["part"]))
        application = wire.Application(
            shop,
            auth.Doorkeeper({key: auth.Credentials(key=key, secret=secret)}),
            faults.Knobs(latency=options["latency"]),
        )
        return _Store(
            application=application,
            close=application.close,
            flow=lambda per_minute: trickle.Trickle(shop, per_minute=per_minute),
            credentials=f"key {key}\nsecret {secret}",
        )

    def _shopify(self, options: dict[str, Any]) -> _Store:
        folder: Path = options["data"]
        app = sandbox.shopify_credentials(folder)
        shop = ShopifyShop(folder / "shopify.sqlite3")
        self._fill(shop, lambda: shopify_stocking.fill(shop, options["part"]))
        knobs = shopify_faults.Knobs(latency=options["latency"])
        application = shopify_wire.Application(shop, app, knobs)
        return _Store(
            application=application,
            close=application.close,
            flow=lambda per_minute: ShopifyTrickle(shop, per_minute=per_minute),
            credentials=(
                f"token {app.token}\nclient_id {app.client_id}\nclient_secret {app.client_secret}"
            ),
        )

    def _fill(self, shop: Shop | ShopifyShop, fill: Callable[[], None]) -> None:
        if shop.setting("filled") is None:
            self.stdout.write("Filling the sandbox store with orders")
            self.stdout.flush()
            fill()
            shop.set("filled", "yes")

    def _serve(self, serving: server.Server, store: _Store, per_minute: float) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            threading.Thread(target=serving.shutdown).start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        changes = store.flow(per_minute) if per_minute > 0 else None
        if changes is not None:
            changes.start()
        serving.serve_forever(poll_interval=0.2)
        if changes is not None:
            changes.stop()
        serving.server_close()
        store.close()


def _part(text: str) -> sample.Part:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    number, of = (int(one) for one in match.groups()) if match else (0, 0)
    if not 1 <= number <= of:
        raise ArgumentTypeError(f"“{text}” is no part such as 1/2.")
    return sample.Part(number=number - 1, of=of)
