"""An order of which a customer may ask something, and how they ask."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from support.models import RefundReason
from tests import factories

LEEDS = {"first_name": "Ada", "last_name": "Byron", "address_1": "1 Boar Lane", "city": "Leeds",
         "postcode": "LS1 5DA", "country": "GB"}  # fmt: skip
YORK = {**LEEDS, "address_1": "2 Stonegate", "city": "York", "postcode": "YO1 8AS"}


def order_of(shop, customer):
    """Two of a thing for 24.00, and 5.00 of shipping; nothing of it was sent."""
    RefundReason.objects.update_or_create(
        code="damaged", defaults={"label": "Arrived damaged", "for_customers": True}
    )
    made = factories.OrderFactory(
        connector=shop, customer=customer, created_at=timezone.now() - timedelta(days=3),
        total_amount="29.00", exact_total="29.00", shipping_total="5.00",
        charges=[{"remote_id": 1, "kind": "shipping", "title": "Post", "total": "5", "tax": "0"}],
        shipping_address=LEEDS,
    )  # fmt: skip
    factories.ItemFactory(order=made, quantity=2, total="20.00", total_tax="4.00")
    return made


def path_of(order, name):
    return f"/orders/{order.platform}/{order.order_id}/{name}/"


def refund_of(order, quantity=1, **more):
    line = {"remote_id": order.items.get().remote_id, "quantity": quantity}
    return {"lines": [line], "reason_code": "damaged", **more}


def ask(caller, order, body, key="k1", name="refund-requests"):
    return caller.post(path_of(order, name), body, idempotency_key=key)
