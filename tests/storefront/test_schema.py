"""What the schema says is what the API does, whatever it is sent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from tests import factories
from tests.storefront.asking import YORK, ask, order_of, refund_of
from tests.storefront.conftest import Caller
from tests.storefront.trying import start

EXAMPLES = os.environ.get("STOREKEEP_FUZZ_EXAMPLES", "10")
HERE = Path(__file__).parent


@pytest.fixture
def many_allowed(settings):
    for name in ("API_RATE_KEY", "API_RATE_CUSTOMER", "API_RATE_ADDRESS"):
        setattr(settings, name, 10**9)


@pytest.fixture
def order(shop, customer):
    return order_of(shop, customer)


@pytest.fixture
def visit(server, order, photo_bytes, private):
    """The answer to a visitor's photo."""
    factories.ProductFactory(connector=order.connector, sku="SKU")
    return start(server, photo_bytes, "SKU").json()


@pytest.fixture
def visitor(server, visit):
    return Caller(server.client, f"Bearer {visit['token']}")


@pytest.fixture
def rows(who, server, order, visit, photo_bytes):
    """What paths name: rows that there are."""
    own = start(server, photo_bytes, "SKU", customer_id=order.customer_id).json()
    ended = start(server, photo_bytes, "SKU", customer_id=order.customer_id).json()
    refund = ask(server, order, refund_of(order)).json()
    address = ask(server, order, {"new_address": YORK}, "k2", "address-requests").json()
    answer = server.get(
        f"/recommendations/?platform={order.platform}&customer_id={order.customer_id}"
    ).json()
    return {
        "RECOMMENDATION_ID": answer["id"], "PLATFORM": order.platform, "SKU": "SKU",
        "ORDER_ID": order.order_id, "CUSTOMER_ID": order.customer_id,
        "REFUND_ID": refund["id"], "ADDRESS_ID": address["id"],
        "SESSION_ID": (visit if who == "visitor" else own)["id"], "ENDED_ID": ended["id"],
    }  # fmt: skip


@pytest.mark.parametrize("who", ["server", "shopper", "guest", "visitor"])
def test_answers_are_as_the_schema_says(
    who, request, transactional_db, many_allowed, rows, live_server, tmp_path
):
    caller: Caller = request.getfixturevalue(who)
    done = subprocess.run(
        [Path(sys.executable).with_name("schemathesis"),
         "--config-file", HERE / "schemathesis.toml", "run", f"{live_server.url}/api/schema/",
         "--max-examples", EXAMPLES, "--header", f"Authorization: {caller.authorization}"],
        env={**os.environ, **rows}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_is_made_without_a_warning(capsys):
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", "/dev/null")
