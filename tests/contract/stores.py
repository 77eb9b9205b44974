"""Connected stores of both platforms: the sandboxes, and real ones where they are named."""

from __future__ import annotations

import os
from contextlib import contextmanager

import pytest

from connectors.platforms import shopify, woocommerce
from connectors.sandbox import server
from connectors.sandbox.shopify import server as shopify_server
from tests.connectors.platforms.shopify.conftest import stocked as shopify_stocked
from tests.contract.conftest import REAL, WRITES, stocked

SHOPIFY = os.environ.get("STOREKEEP_SHOPIFY_URL", "")
SHOPIFY_TOKEN = os.environ.get("STOREKEEP_SHOPIFY_TOKEN", "")
VERSION = os.environ.get("STOREKEEP_SHOPIFY_API_VERSION", "")

KINDS = ("woocommerce sandbox", "shopify sandbox", "woocommerce real", "shopify real")
REALS = {
    "woocommerce real": (REAL, "STOREKEEP_WOOCOMMERCE_URL, _KEY and _SECRET"),
    "shopify real": (SHOPIFY, "STOREKEEP_SHOPIFY_URL and _TOKEN"),
}


@contextmanager
def opened(kind, request):
    """The store of this kind; skips where it is not named, or may not be written to."""
    if kind in REALS:
        url, names = REALS[kind]
        if not url:
            pytest.skip(f"no real store: set {names}")
        if request.node.get_closest_marker("writes") and not WRITES:
            pytest.skip("it writes: set STOREKEEP_CONTRACT_WRITES=1 to allow that")
    with OPEN[kind]() as store:
        try:
            yield store
        finally:
            store.close()


@contextmanager
def _woocommerce_sandbox():
    with server.running(stocked()) as found:
        yield woocommerce.connect(found.url, found.key, found.secret)


@contextmanager
def _shopify_sandbox():
    with shopify_server.running_shopify(shopify_stocked()) as found:
        yield shopify.connect(found.url, found.client_id, found.client_secret)


@contextmanager
def _woocommerce_real():
    yield woocommerce.connect(
        REAL,
        os.environ["STOREKEEP_WOOCOMMERCE_KEY"],
        os.environ["STOREKEEP_WOOCOMMERCE_SECRET"],
        ca_bundle=os.environ.get("STOREKEEP_WOOCOMMERCE_CA_BUNDLE"),
    )


@contextmanager
def _shopify_real():
    version = {"version": VERSION} if VERSION else {}
    yield shopify.connect(SHOPIFY, SHOPIFY_TOKEN, "", **version)


OPEN = {
    "woocommerce sandbox": _woocommerce_sandbox,
    "shopify sandbox": _shopify_sandbox,
    "woocommerce real": _woocommerce_real,
    "shopify real": _shopify_real,
}
