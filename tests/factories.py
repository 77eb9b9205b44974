"""Rows for tests that need no store."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import factory

from catalog.models import PlatformProduct
from connectors.models import ConnectorConfig
from orders.models import OrderItem, PlatformCustomer, PlatformOrder


class ConnectorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ConnectorConfig

    platform = "woocommerce"
    name = factory.Sequence(lambda n: f"Shop {n}")
    store_url = factory.Sequence(lambda n: f"https://shop{n}.example.com")
    key_prefix = factory.Sequence(lambda n: f"p{n}" if n else "")
    api_key = "ck_test_key_1234"
    secret = "cs_test_secret_9876"


class SyncedFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    connector = factory.SubFactory(ConnectorFactory)
    platform = factory.SelfAttribute("connector.platform")
    remote_id = factory.Sequence(lambda n: 1000 + n)
    synced_at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class ProductFactory(SyncedFactory):
    class Meta:
        model = PlatformProduct

    sku = factory.LazyAttribute(lambda o: f"SKU-{o.remote_id}")
    merchant_sku = factory.SelfAttribute("sku")
    title = factory.LazyAttribute(lambda o: f"Product {o.remote_id}")
    price = exact_price = Decimal("9.99")
    kind = "simple"
    platform_status = "publish"


class CustomerFactory(SyncedFactory):
    class Meta:
        model = PlatformCustomer

    customer_id = factory.LazyAttribute(lambda o: o.connector.key(o.remote_id))
    email = factory.LazyAttribute(lambda o: f"c{o.remote_id}@example.com")
    name = factory.LazyAttribute(lambda o: f"Customer {o.remote_id}")


class OrderFactory(SyncedFactory):
    class Meta:
        model = PlatformOrder

    order_id = factory.LazyAttribute(lambda o: o.connector.key(o.remote_id))
    number = factory.LazyAttribute(lambda o: str(o.remote_id))
    customer = factory.SubFactory(CustomerFactory, connector=factory.SelfAttribute("..connector"))
    email = factory.SelfAttribute("customer.email")
    status = platform_status = "processing"
    total_amount = exact_total = Decimal("12.00")
    currency = "GBP"
    line_items = factory.List([])
    created_at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class ItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderItem

    order = factory.SubFactory(OrderFactory)
    remote_id = factory.Sequence(lambda n: 5000 + n)
    sku = "SKU"
    title = "A line"
    price = subtotal = total = Decimal("10.00")
    subtotal_tax = total_tax = Decimal("2.00")
