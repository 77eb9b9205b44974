"""Resources in WooCommerce's shape, written by hand, and a shop that serves some."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.platforms.woocommerce.client import Client
from connectors.platforms.woocommerce.store import WooCommerceStore
from connectors.sandbox import rendering, server, wire
from connectors.sandbox.shop import Shop

FOLDER = Path(__file__).parents[3] / "fixtures" / "woocommerce"


def load(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


@pytest.fixture
def order():
    return load("order")


@pytest.fixture
def product():
    return load("product")


@pytest.fixture
def variable():
    return load("variable")


@pytest.fixture
def variation():
    return load("variation")


@pytest.fixture
def customer():
    return load("customer")


@pytest.fixture
def changed():
    """A deep copy with values at dotted paths: ``changed(order, {"billing.email": ""})``."""

    def change(item, values):
        result = copy.deepcopy(item)
        for path, value in values.items():
            *parents, last = [int(p) if p.isdecimal() else p for p in path.split(".")]
            target = result
            for parent in parents:
                target = target[parent]
            target[last] = value
        return result

    return change


NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
BILLING = {"first_name": "Ida", "last_name": "Brandt", "email": "ida@example.com"}


class Bench:
    """A sandbox shop with a clock that stands still unless a test moves it."""

    def __init__(self):
        self.now = NOW
        self.shop = Shop(clock=lambda: self.now)

    def order(self, number, modified=NOW - timedelta(days=1), **changes):
        spec = rendering.OrderSpec(
            customer_id=0,
            billing=BILLING,
            shipping={},
            lines=[
                rendering.LineSpec(
                    name="Mug", product_id=7, variation_id=0, sku="MUG", quantity=2, unit_price=500
                )
            ],
        )
        return {**rendering.order(number, spec, modified, modified), **changes}

    def add_orders(self, numbers, modified=NOW - timedelta(days=1), **changes):
        self.shop.store("order", *(self.order(number, modified, **changes) for number in numbers))


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def running(bench):
    with server.running(bench.shop) as found:
        yield found


@pytest.fixture
def store(running):
    # Another attempt follows at once.
    found = WooCommerceStore(Client(running.url, running.key, running.secret, draw=lambda: 0.0))
    yield found
    found.close()


@pytest.fixture
def ignoring_offset(monkeypatch):
    """The sandbox is one of the stores whose plugins drop the parameter offset."""
    whole = wire.queries.selection

    def deaf(kind, parameters, *extra):
        parameters.single.pop("offset", None)
        return whole(kind, parameters, *extra)

    monkeypatch.setattr(wire.queries, "selection", deaf)
