"""Small stores of both platforms whose orders can be refunded, behind HTTP."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import time_machine
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from connectors import refreshing, services
from connectors.models import ConnectorConfig
from connectors.platforms import base
from connectors.sandbox import people
from connectors.sandbox.shopify import changing, goods, orders, server
from connectors.sandbox.shopify.shop import ShopifyShop
from orders.models import PlatformOrder

ADDRESS = people.address(1, "United Kingdom")


def roles():
    """The groups, limits and reasons that a migration makes, also after a table was emptied."""
    importlib.import_module("support.migrations.0003_money_rows").fill(apps, None)


def staff(name, *groups):
    """A member of staff in these groups."""
    user = get_user_model().objects.create_user(name, password="pass-word-1", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


class Store:
    """A store with what every platform's tests need; ``shop`` is the sandbox's own."""

    def __init__(self, running, connector):
        self.running, self.connector = running, connector
        self.shop, self.knobs = running.application.shop, running.knobs

    def copy(self, remote_id):
        """The order as we have it, read again from the store."""
        with services.opened(self.connector) as store:
            refreshing.refresh(self.connector, base.Resource.ORDERS, store, [remote_id])
        return PlatformOrder.objects.get(connector=self.connector, remote_id=remote_id)


class Shopify(Store):
    """A Shopify store."""

    platform = "shopify"

    def order(self, *lines, shipping="0.00", taxed=True, discount=0, currency="GBP", rate="1",
              address=ADDRESS, gateway=orders.GATEWAY):  # fmt: skip
        """A paid order of (units, price of one, tax included); copied."""
        specs = [
            orders.LineSpec(title=f"Thing {number}", quantity=units, unit_price=price)
            for number, (units, price) in enumerate(lines, 1)
        ]
        spec = orders.OrderSpec(
            lines=specs, address=address, email=address["email"], shipping=shipping, taxed=taxed,
            discount=discount, currency=currency, rate=rate, gateway=gateway,
        )  # fmt: skip
        return self.copy(self.shop.add_order(spec)["id"])

    def paid_back(self, order):
        """Each amount that was really given back."""
        return changing.payouts(self.shop, order.remote_id)

    def made(self, order):
        """The refunds that the store has."""
        return self.shop.need("order", order.remote_id)["refunds"]

    def refund_elsewhere(self, order, units=1):
        """Units of the first line, given back in the store's own admin."""
        line = self.shop.need("order", order.remote_id)["lineItems"][0]["id"]
        return changing.refund(self.shop, order.remote_id, {line: units})

    def ship(self, order, units=None):
        """Send units of the first line, or everything."""
        line = self.shop.need("order", order.remote_id)["lineItems"][0]["id"]
        changing.fulfil(self.shop, order.remote_id, None if units is None else {line: units})

    def dispute(self, order):
        changing.dispute(self.shop, order.remote_id)

    def address(self, order):
        """The order's shipping address in the store: (line, city, state, postcode, country)."""
        found = self.shop.need("order", order.remote_id)["shippingAddress"]
        names = ("address1", "city", "provinceCode", "zip", "countryCodeV2")
        return tuple(found[name] or "" for name in names)


@contextmanager
def shopify():
    """A Shopify store that is connected and may be changed."""
    shop = ShopifyShop()
    shop.add_product(goods.ProductSpec(title="Thing", variants=[goods.VariantSpec(price="10.00")]))
    with server.running_shopify(shop) as running:
        running.knobs.restore_rate = 100_000.0
        connector = ConnectorConfig.objects.create(
            platform="shopify", store_url=running.url, api_key=running.client_id,
            secret=running.client_secret, name="Shopify shop", writes_enabled=True,
        )  # fmt: skip
        yield Shopify(running, connector)


STORES = {"shopify": shopify}


def line_ids(order):
    """The ids of the order's lines in the store, in their order."""
    return [item.remote_id for item in order.items.order_by("position")]


@contextmanager
def travelled(**by):
    """Later, for us and for nobody else."""
    with time_machine.travel(datetime.now(UTC) + timedelta(**by), tick=True):
        yield
