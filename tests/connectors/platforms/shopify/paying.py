"""Orders and refunds to try the money side of a Shopify store with."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from connectors.platforms import money
from connectors.sandbox import people
from connectors.sandbox.shopify import orders

KEY = "0f0a9c6e-6a0f-4f0e-9d8a-2a2d0e9a0001"


def bought(shop, **changes):
    """Three mugs at 8.00 and a bowl at 20.00, 5.95 of shipping, VAT of 20 % included, paid."""
    address = people.address(1, "United Kingdom")
    lines = [
        orders.LineSpec(title="Mug", quantity=3, unit_price="8.00"),
        orders.LineSpec(title="Bowl", unit_price="20.00"),
    ]
    spec = orders.OrderSpec(**{"lines": lines, "address": address, **changes})
    return shop.add_order(spec)


def line(order, number=0, units=1, total="6.67", tax="1.33", *, restock=False):
    return money.RefundLine(
        remote_id=order["lineItems"][number]["id"], quantity=units, total=Decimal(total),
        tax=Decimal(tax), restock=restock,
    )  # fmt: skip


def asked(order, amount="8.00", **changes):
    """A refund of one mug, unless something else is said."""
    given = {
        "order_remote_id": order["id"], "currency": order["presentmentCurrencyCode"],
        "amount": Decimal(amount), "lines": (line(order),), "shipping": Decimal(0),
        "shipping_tax": Decimal(0), "note": "Chipped [sk:1]", "key": KEY, "notify": False,
        "gives_back": True,
    }  # fmt: skip
    return money.RefundOrder(**{**given, **changes})


def with_tenders(store, refund):
    """The refund with the payments of its preview."""
    return replace(refund, tenders=store.preview_refund(refund).tenders)


def sent(running, operation="RefundCreate"):
    """The variables of each mutation of this name that the store received."""
    return [seen.variables for seen in running.application.log if seen.operation == operation]
