"""A shop whose customers buy the same things again, and what is learnt from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.core.files.storage import storages

from catalog.models import PlatformProduct
from orders.models import OrderItem, PlatformCustomer, PlatformOrder
from recommendations import fallback, serving, training
from tests.factories import ConnectorFactory

NOW = datetime.now(UTC)
SKUS, CUSTOMERS, OWN = 60, 160, 3


@pytest.fixture(autouse=True)
def _as_begun(settings, tmp_path):
    """Nothing is served from the test before, and nothing is stored beside it."""
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {**settings.STORAGES["private"], "OPTIONS": {"location": str(tmp_path)}},
    }
    settings.RECOMMENDATIONS_HOLDOUT = 0
    storages._storages.clear()
    serving.forget()
    fallback.forget()
    yield
    serving.forget()
    fallback.forget()
    storages._storages.clear()


def sku_of(number):
    return f"SKU-{number:03}"


def line_of(order, number, sku):
    return OrderItem(
        order_id=order.order_id, platform=order.platform, remote_id=number, sku=sku,
        merchant_sku=sku, title=f"Product {sku}", price=Decimal(5), subtotal=Decimal(5),
        subtotal_tax=Decimal(1), total=Decimal(5), total_tax=Decimal(1),
    )  # fmt: skip


def order_of(connector, number, customer_id, *, days, email="", status="completed", **more):
    return PlatformOrder(
        connector=connector, platform=connector.platform, remote_id=number,
        order_id=connector.key(number), number=str(number), customer_id=customer_id, email=email,
        status=status, platform_status=status, total_amount=Decimal(18), exact_total=Decimal(18),
        currency="GBP", shop_currency="GBP", shop_total=Decimal(18), line_items=[],
        created_at=NOW - timedelta(days=days), **more,
    )  # fmt: skip


@pytest.fixture
def shop(db):
    """160 customers of 60 products; each has three that they buy over and over."""
    random = np.random.default_rng(7)
    connector = ConnectorFactory(key_prefix="")
    PlatformProduct.objects.bulk_create([
        PlatformProduct(
            connector=connector, platform=connector.platform, remote_id=number, sku=sku_of(number),
            merchant_sku=sku_of(number), title=f"Product {sku_of(number)}", price=Decimal(5),
            exact_price=Decimal(5), kind="simple", platform_status="publish",
            metadata={"categories": [{"name": "Tea" if number % 2 else "Mugs"}]},
        ) for number in range(SKUS)
    ])  # fmt: skip
    PlatformCustomer.objects.bulk_create([
        PlatformCustomer(
            connector=connector, platform=connector.platform, remote_id=number,
            customer_id=str(number), email=f"c{number}@example.com", name=f"Customer {number}",
        ) for number in range(1, CUSTOMERS + 1)
    ])  # fmt: skip
    orders, lines = [], []
    for customer in range(1, CUSTOMERS + 1):
        own = random.choice(SKUS, OWN, replace=False)
        for turn in range(int(random.integers(3, 7))):
            days = float(300 - 50 * turn - random.integers(1, 45))
            order = order_of(connector, 10_000 + len(orders), str(customer), days=days,
                             email=f"c{customer}@example.com")  # fmt: skip
            orders.append(order)
            bought = {int(one) for one in own if random.uniform() < 0.8} or {int(own[0])}
            lines += [line_of(order, 100_000 + len(lines) + n, sku_of(one))
                      for n, one in enumerate(sorted(bought))]  # fmt: skip
    PlatformOrder.objects.bulk_create(orders)
    OrderItem.objects.bulk_create(lines)
    return connector


@pytest.fixture
def train():
    def train():
        done = training.run(training.ask().pk)
        serving.look()
        return done

    return train


def bought_by(customer_id):
    """The SKUs of a customer, most often bought first."""
    lines = OrderItem.objects.filter(order__customer_id=customer_id).values_list("sku", flat=True)
    found = list(lines)
    return sorted(set(found), key=found.count, reverse=True)
