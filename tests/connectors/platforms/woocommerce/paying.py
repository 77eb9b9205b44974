"""Orders and refunds to try the money side of a WooCommerce store with."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import orjson

from connectors.platforms import money
from connectors.sandbox import people, rendering

KEY = "0f0a9c6e-6a0f-4f0e-9d8a-2a2d0e9a0001"
API = "/wp-json/wc/v3/"


def bought(shop, **changes):
    """Three mugs at 10.00 and a bowl at 20.00, 5.00 of shipping, VAT of 20 % on top, paid."""
    address = people.address(1, "United Kingdom")
    goods = [
        shop.add_product(rendering.ProductSpec(name=name, sku=name, price=price, stock=7))
        for name, price in (("Mug", 1000), ("Bowl", 2000))
    ]
    lines = [
        rendering.LineSpec(
            name=one["name"], product_id=one["id"], variation_id=0, sku=one["sku"],
            quantity=units, unit_price=price,
        )
        for one, units, price in zip(goods, (3, 1), (1000, 2000), strict=True)
    ]  # fmt: skip
    spec = rendering.OrderSpec(
        customer_id=0, billing=address, shipping=people.shipping(address), lines=lines,
        shipping_cost=500, paid=shop.clock() - timedelta(days=1),
    )  # fmt: skip
    order = shop.add_order(spec)
    return shop.edit("order", order["id"], **changes) if changes else order


def line(order, number=0, units=1, total="10.00", tax="2.00", *, restock=False):
    return money.RefundLine(
        remote_id=order["line_items"][number]["id"], quantity=units, total=Decimal(total),
        tax=Decimal(tax), restock=restock,
    )  # fmt: skip


def asked(order, amount="12.00", **changes):
    """A refund of one mug, unless something else is said."""
    given = {
        "order_remote_id": order["id"], "currency": order["currency"], "amount": Decimal(amount),
        "lines": (line(order),), "shipping": Decimal(0), "shipping_tax": Decimal(0),
        "note": "Chipped [sk:1]", "key": KEY, "notify": False, "gives_back": True,
    }  # fmt: skip
    return money.RefundOrder(**{**given, **changes})


def sent(running):
    """Each write to an order that the store received: method, path and the bytes of its body."""
    return [
        (seen.method, seen.path.removeprefix(API), seen.body)
        for seen in running.application.log
        if seen.method != "GET"
    ]


def bodies(running):
    """The same, only the bodies, read."""
    return [orjson.loads(body) for _, _, body in sent(running)]


def paid_back(shop, order):
    """Each amount that the gateway really gave back."""
    return [amount for number, amount in shop.payouts if number == order["id"]]
