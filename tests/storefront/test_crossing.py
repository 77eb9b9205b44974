"""Pages of other origins: whom a browser lets call, and whom the API answers."""

from __future__ import annotations

import pytest

from connectors.models import StorefrontKey
from tests.storefront.conftest import key_of

OURS = "https://shop.example.com"
ASKED = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,idempotency-key",
}


def preflight(client, origin, path="/api/v1/orders/"):
    return client.options(path, headers={"origin": origin, **ASKED})


def test_a_preflight_allows_the_origins_of_any_live_key(client, key):
    key_of(origins=["https://other.example.com:8443"])
    for origin in (OURS, "https://other.example.com:8443"):
        answer = preflight(client, origin)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert {"authorization", "idempotency-key"} <= set(
            answer.headers["access-control-allow-headers"].split(", ")
        )
        assert "access-control-allow-credentials" not in answer.headers
        assert "origin" in answer.headers["vary"].lower()


@pytest.mark.parametrize("origin", ["https://evil.example.com", "http://shop.example.com", "null",
                                    "https://shop.example.com.evil.com", "https://SHOP.example.co",
                                    f"{OURS}:8443", "", "a\tb"])  # fmt: skip
def test_a_preflight_of_anybody_else_allows_nothing(client, key, origin):
    assert "access-control-allow-origin" not in preflight(client, origin).headers


def test_the_origins_of_a_revoked_key_are_not_allowed(client, key):
    StorefrontKey.objects.update(revoked=True)
    assert "access-control-allow-origin" not in preflight(client, OURS).headers


def test_the_console_is_no_business_of_other_origins(client, key):
    for path in ("/", "/login/", "/webhooks/woocommerce/x/"):
        assert "access-control-allow-origin" not in preflight(client, OURS, path).headers


def test_an_answer_may_be_read_by_its_keys_own_pages_alone(shopper, client):
    other = "https://other.example.com"
    key_of(origins=[other])
    answer = shopper.get("/orders/", origin=OURS)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, OURS)
    assert "idempotency-replayed" in answer.headers["access-control-expose-headers"]
    refused = shopper.get("/orders/", origin=other)
    assert (refused.status_code, refused.json()["code"]) == (403, "origin_not_allowed")
