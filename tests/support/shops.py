"""Small stores of both platforms whose orders can be refunded, behind HTTP."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import time_machine
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from connectors import refreshing, services
from connectors.models import ConnectorConfig
from connectors.platforms import base
from connectors.sandbox import faults, paying_back, people, rendering
from connectors.sandbox import server as woo_server
from connectors.sandbox.shop import Shop
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


class WooCommerce(Store):
    """A WooCommerce store."""

    platform = "woocommerce"

    def order(self, *lines, shipping="0.00", taxed=True, discount=0, currency="GBP", rate="1",
              address=ADDRESS, gateway="stripe"):  # fmt: skip
        """A paid order of (units, price of one, tax included); copied."""
        specs = [
            rendering.LineSpec(name=f"Thing {number}", product_id=self.thing["id"], variation_id=0,
                               sku="THING", quantity=units, unit_price=0)
            for number, (units, _) in enumerate(lines, 1)
        ]  # fmt: skip
        spec = rendering.OrderSpec(
            customer_id=0, billing=address,
            shipping={name: value for name, value in address.items() if name != "email"},
            lines=specs, shipping_cost=1, taxed=taxed, paid=datetime.now(UTC),
        )  # fmt: skip
        body = self.shop.add_order(spec)
        grosses = [Decimal(price) * units * (100 - discount) / 100 for units, price in lines]
        items = [
            self.part(one, gross, taxed)
            for one, gross in zip(body["line_items"], grosses, strict=True)
        ]
        sent = [self.part(body["shipping_lines"][0], Decimal(shipping), taxed)]
        tax = sum(Decimal(one["total_tax"]) for one in (*items, *sent))
        changes = {
            "payment_method": gateway, "currency": currency, "line_items": items,
            "shipping_lines": sent, "shipping_total": sent[0]["total"], "total_tax": f"{tax:.2f}",
            "total": f"{sum(grosses) + Decimal(shipping):.2f}",
        }  # fmt: skip
        return self.copy(self.shop.edit("order", body["id"], **changes)["id"])

    def part(self, item, gross, taxed):
        """The line or the shipping at this price, tax included."""
        tax = (gross / 6 if taxed else Decimal(0)).quantize(Decimal("0.01"))
        total = {"total": f"{gross - tax:.2f}", "total_tax": f"{tax:.2f}"}
        before = {"subtotal": total["total"], "subtotal_tax": total["total_tax"]}
        taxes = [{"id": 1, "total": f"{tax:.2f}", "subtotal": f"{tax:.2f}"}] * bool(tax)
        return {**item, **total, **(before if "quantity" in item else {}), "taxes": taxes}

    def paid_back(self, order):
        """Each amount that the gateway really gave back."""
        return [amount for number, amount in self.shop.payouts if number == order.remote_id]

    def made(self, order):
        """The refunds that the store has."""
        return self.shop.children("refund", order.remote_id)

    def refund_elsewhere(self, order, units=1):
        """Units of the first line, given back in the store's own admin."""
        body = self.shop.get("order", order.remote_id)
        line = body["line_items"][0]
        total, tax = (Decimal(line[name]) * units / line["quantity"]
                      for name in ("total", "total_tax"))  # fmt: skip
        given = {
            "amount": f"{total + tax:.2f}", "reason": "", "api_refund": True, "api_restock": False,
            "line_items": [{"id": line["id"], "quantity": units, "refund_total": f"{total:.2f}",
                            "refund_tax": [{"id": 1, "refund_total": f"{tax:.2f}"}] * bool(tax)}],
        }  # fmt: skip
        return paying_back.make(self.shop, body, given, faults.Knobs())

    def ship(self, order, units=None):
        """Send a parcel of the order, or everything."""
        if units is None:
            self.shop.set_status(order.remote_id, "completed")
            return
        parcel = {"tracking_number": "AB1", "tracking_provider": "Royal Mail",
                  "date_shipped": "1767225600"}  # fmt: skip
        meta = [{"id": 1, "key": "_wc_shipment_tracking_items", "value": [parcel]}]
        self.shop.edit("order", order.remote_id, meta_data=meta)

    def address(self, order):
        """The order's shipping address in the store: (line, city, state, postcode, country)."""
        found = self.shop.get("order", order.remote_id)["shipping"]
        return tuple(found[n] for n in ("address_1", "city", "state", "postcode", "country"))


@contextmanager
def woocommerce():
    """A WooCommerce store that is connected and may be changed."""
    shop = Shop()
    with woo_server.running(shop) as running:
        connector = ConnectorConfig.objects.create(
            platform="woocommerce", store_url=running.url, api_key=running.key,
            secret=running.secret, name="WooCommerce shop", writes_enabled=True,
        )  # fmt: skip
        store = WooCommerce(running, connector)
        store.thing = shop.add_product(
            rendering.ProductSpec(name="Thing", sku="THING", price=1000, stock=10)
        )
        yield store


STORES = {"shopify": shopify, "woocommerce": woocommerce}


def line_ids(order):
    """The ids of the order's lines in the store, in their order."""
    return [item.remote_id for item in order.items.order_by("position")]


@contextmanager
def travelled(**by):
    """Later, for us and for nobody else."""
    with time_machine.travel(datetime.now(UTC) + timedelta(**by), tick=True):
        yield
