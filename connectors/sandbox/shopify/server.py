"""The Shopify stand-in over HTTP, on this machine's own address only.

In a test:

    with server.running_shopify(shop) as store:
        store.url, store.token              # what a client needs, or
        store.client_id, store.client_secret
        store.knobs.throttled = 2           # the next two requests are answered with THROTTLED
        store.application.log               # what was asked
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.sandbox import server
from connectors.sandbox.shopify import application as wire
from connectors.sandbox.shopify import faults, tokens
from connectors.sandbox.shopify.shop import ShopifyShop


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A store that answers now."""

    url: str
    token: str
    client_id: str
    client_secret: str
    shop: ShopifyShop
    knobs: faults.Knobs
    application: wire.Application


@contextmanager
def running_shopify(
    shop: ShopifyShop | None = None,
    *,
    knobs: faults.Knobs | None = None,
    app: tokens.App | None = None,
    certificate: Path | None = None,
) -> Iterator[Running]:
    """A store that answers in a thread of this process, until the block ends."""
    shop, knobs = shop or ShopifyShop(), knobs or faults.Knobs()
    app = app or tokens.invent()
    application = wire.Application(shop, app, knobs)
    serving = server.make(application, certificate=certificate)
    scheme = "https" if certificate else "http"
    application.address = f"{scheme}://127.0.0.1:{serving.server_port}"
    thread = threading.Thread(target=serving.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Running(
            url=application.address, token=app.token, client_id=app.client_id,
            client_secret=app.client_secret, shop=shop, knobs=knobs, application=application,
        )  # fmt: skip
    finally:
        serving.shutdown()
        serving.server_close()
        thread.join()
        application.close()
