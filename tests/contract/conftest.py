"""The stores that the contract is held against: the sandbox, and a real one where it is named."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
import requests
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth1

from connectors.sandbox import rendering, server
from connectors.sandbox.shop import Shop

REAL = os.environ.get("STOREKEEP_WOOCOMMERCE_URL", "")
WRITES = os.environ.get("STOREKEEP_CONTRACT_WRITES") == "1"


@dataclass
class Api:
    """A store's API for tests: requests and authentication, nothing of ours in between."""

    url: str
    key: str
    secret: str
    ca_bundle: str | None = None

    def auth(self, secret: str | None = None, key: str | None = None):
        key, secret = key or self.key, secret or self.secret
        if self.url.startswith("https"):
            return HTTPBasicAuth(key, secret)
        return OAuth1(key, secret, signature_method="HMAC-SHA256", signature_type="query")

    def call(self, method: str, path: str, *, auth: object = None, **options):
        return requests.request(
            method,
            f"{self.url}/wp-json/wc/v3/{path}",
            auth=auth or self.auth(),
            verify=self.ca_bundle or True,
            timeout=30,
            **options,
        )

    def get(self, path: str, **params):
        return self.call("GET", path, params=params)


BILLING = {
    "first_name": "Ada", "last_name": "Smith", "company": "", "address_1": "1 Mill Street",
    "address_2": "", "city": "Leeds", "state": "", "postcode": "LS1 1AA", "country": "GB",
    "email": "ada.smith@example.com", "phone": "",
}  # fmt: skip


def stocked() -> Shop:
    """A small shop of every kind of thing that the contract speaks of."""
    shop = Shop()
    parent = shop.add_product(rendering.ProductSpec(name="Tee", sku="TEE", kind="variable"))
    shop.add_variation(parent, rendering.ProductSpec(name="Tee", price=1500), ("Size", "M"))
    shop.add_variation(
        parent, rendering.ProductSpec(name="Tee", sku="TEE-L", price=1600), ("Size", "L")
    )
    for number in range(4):
        shop.add_product(
            rendering.ProductSpec(name=f"Mug {number}", sku=f"MUG-{number}", price=500)
        )
    customer = shop.add_customer(BILLING)
    for number in range(12):
        shop.add_order(
            rendering.OrderSpec(
                customer_id=customer["id"] if number % 2 else 0,
                billing=BILLING,
                shipping=BILLING,
                lines=[
                    rendering.LineSpec(
                        name="Mug", product_id=104, variation_id=0, sku="MUG-0",
                        quantity=3, unit_price=599,
                    )
                ],
                paid=shop.clock(),
            )
        )  # fmt: skip
    shop.set_status(10_001, "trash")
    shop.set_status(10_002, "checkout-draft")
    return shop


@pytest.fixture(params=["sandbox", "real"])
def api(request):
    if request.param == "sandbox":
        with server.running(stocked()) as store:
            yield Api(url=store.url, key=store.key, secret=store.secret)
        return
    if not REAL:
        pytest.skip("no real store: set STOREKEEP_WOOCOMMERCE_URL, _KEY and _SECRET")
    if request.node.get_closest_marker("writes") and not WRITES:
        pytest.skip("it writes: set STOREKEEP_CONTRACT_WRITES=1 to allow that")
    yield Api(
        url=REAL.rstrip("/"),
        key=os.environ["STOREKEEP_WOOCOMMERCE_KEY"],
        secret=os.environ["STOREKEEP_WOOCOMMERCE_SECRET"],
        ca_bundle=os.environ.get("STOREKEEP_WOOCOMMERCE_CA_BUNDLE"),
    )
