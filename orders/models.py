"""Customers and their orders, as the stores have them."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.functions import RandomUUID, TransactionNow
from django.db import models
from django.db.models import F, Q

from catalog.models import PlatformProduct
from compositekeys.constraints import ForeignKeyConstraint
from compositekeys.fields import CompositeForeignKey, CompositeKey
from connectors.models import Platform, connector_key, platform_check, prefix_index
from connectors.platforms import base


def exact_amount(**options: Any) -> models.DecimalField[Any, Any]:
    """A column for an amount as the store gave it, whatever its currency's decimals."""
    return models.DecimalField(max_digits=20, decimal_places=6, **options)


class PlatformCustomer(models.Model):
    """A customer with an account in a store; ``email`` is '' where the store has none."""

    pk = CompositeKey("customer_id", "platform")
    customer_id = models.CharField("customer id", max_length=100)
    platform = models.CharField(max_length=50, choices=Platform)
    connector = connector_key()
    remote_id = models.BigIntegerField("id in the store")
    email = models.CharField(max_length=255)
    name = models.CharField(max_length=255, null=True, blank=True)
    metadata = models.JSONField(null=True, blank=True)
    remote_created_at = models.DateTimeField("registered", null=True, blank=True)
    remote_modified_at = models.DateTimeField("changed in the store", null=True, blank=True)
    deleted_at = models.DateTimeField("found deleted", null=True, blank=True)
    synced_at = models.DateTimeField("copied", null=True, blank=True)

    class Meta:
        db_table = "platform_customer"
        verbose_name = "customer"
        ordering = [
            F("remote_created_at").desc(nulls_last=True),
            "-customer_id",
            "-platform",
        ]
        constraints = [
            platform_check("platform_customer_platform"),
            models.UniqueConstraint(
                fields=["connector", "remote_id"], name="platform_customer_remote_id"
            ),
        ]
        indexes = [
            models.Index(fields=["email"], name="platform_customer_email"),
            models.Index(
                F("remote_created_at").desc(nulls_last=True),
                F("customer_id").desc(),
                F("platform").desc(),
                name="platform_customer_list",
            ),
            models.Index(
                F("connector"),
                F("remote_created_at").desc(nulls_last=True),
                F("customer_id").desc(),
                F("platform").desc(),
                name="platform_customer_store_list",
            ),
            prefix_index("email", "platform_customer_email_prefix"),
            prefix_index("name", "platform_customer_name_prefix"),
            prefix_index("customer_id", "platform_customer_id_prefix"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.customer_id


class PlatformOrder(models.Model):
    """An order as its store has it, in the currency that the customer was charged in.

    ``total_amount`` has two decimals; the other amounts are exact, and ``total_is_rounded`` marks
    an order whose ``exact_total`` has more. ``charges``, ``refunds`` and ``fulfilments`` are
    snapshots that are replaced whole with the order; their amounts are texts of decimals.
    """

    class Status(models.TextChoices):
        PENDING = base.OrderStatus.PENDING.value, "Pending"
        ON_HOLD = base.OrderStatus.ON_HOLD.value, "On hold"
        PROCESSING = base.OrderStatus.PROCESSING.value, "Processing"
        COMPLETED = base.OrderStatus.COMPLETED.value, "Completed"
        CANCELLED = base.OrderStatus.CANCELLED.value, "Cancelled"
        REFUNDED = base.OrderStatus.REFUNDED.value, "Refunded"
        FAILED = base.OrderStatus.FAILED.value, "Failed"
        DRAFT = base.OrderStatus.DRAFT.value, "Draft"
        TRASHED = base.OrderStatus.TRASHED.value, "Trashed"
        DELETED = base.OrderStatus.DELETED.value, "Deleted"
        OTHER = base.OrderStatus.OTHER.value, "Other"

    pk = CompositeKey("order_id", "platform")
    order_id = models.CharField("order id", max_length=100)
    platform = models.CharField(max_length=50, choices=Platform)
    connector = connector_key()
    remote_id = models.BigIntegerField("id in the store")
    number = models.CharField(max_length=100)
    customer_id = models.CharField(max_length=100, null=True, blank=True)
    customer = CompositeForeignKey(
        PlatformCustomer,
        on_delete=models.PROTECT,
        from_fields=["customer_id", "platform"],
        to_fields=["customer_id", "platform"],
        related_name="orders",
        null=True,
    )
    email = models.CharField(max_length=255, blank=True)
    customer_name = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=50, choices=Status)
    platform_status = models.CharField("status in the store", max_length=50, blank=True)
    payment_status = models.CharField(max_length=50, blank=True)
    fulfilment_status = models.CharField(max_length=50, blank=True)
    payment_method = models.CharField(max_length=255, blank=True)
    total_amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=10)
    exact_total = exact_amount()
    total_is_rounded = models.BooleanField(default=False, db_default=False)
    shop_currency = models.CharField(max_length=10, blank=True, db_default="")
    shop_total = exact_amount(null=True, blank=True)
    discount_total = exact_amount(default=0)
    shipping_total = exact_amount(default=0)
    tax_total = exact_amount(default=0)
    refunded_total = exact_amount(default=0)
    prices_include_tax = models.BooleanField(default=False)
    customer_note = models.TextField(blank=True)
    billing_address = models.JSONField(default=dict, blank=True)
    shipping_address = models.JSONField(default=dict, blank=True)
    line_items = models.JSONField()
    metadata = models.JSONField(null=True, blank=True)
    charges = models.JSONField(default=list, blank=True)
    refunds = models.JSONField(default=list, blank=True)
    fulfilments = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField("placed", db_default=TransactionNow())
    paid_at = models.DateTimeField("paid", null=True, blank=True)
    completed_at = models.DateTimeField("completed", null=True, blank=True)
    cancelled_at = models.DateTimeField("cancelled", null=True, blank=True)
    is_test = models.BooleanField("test order", default=False, db_default=False)
    is_edited = models.BooleanField("edited", default=False, db_default=False)
    remote_modified_at = models.DateTimeField("changed in the store", null=True, blank=True)
    deleted_at = models.DateTimeField("found deleted", null=True, blank=True)
    synced_at = models.DateTimeField("copied", null=True, blank=True)

    class Meta:
        db_table = "platform_order"
        verbose_name = "order"
        ordering = ["-created_at", "-order_id", "-platform"]
        constraints = [
            platform_check("platform_order_platform"),
            models.UniqueConstraint(
                fields=["connector", "remote_id"], name="platform_order_remote_id"
            ),
            ForeignKeyConstraint(
                name="platform_order_customer",
                fields=["customer_id", "platform"],
                to="orders.PlatformCustomer",
                to_fields=["customer_id", "platform"],
            ),
        ]
        indexes = [
            models.Index(fields=["customer_id"], name="platform_order_customer_id"),
            models.Index(
                fields=["order_id", "platform"],
                condition=~Q(refunds=[]),
                name="platform_order_refunded",
            ),
            models.Index(
                F("created_at").desc(),
                F("order_id").desc(),
                F("platform").desc(),
                name="platform_order_list",
            ),
            models.Index(
                F("status"),
                F("created_at").desc(),
                F("order_id").desc(),
                F("platform").desc(),
                name="platform_order_status_list",
            ),
            models.Index(
                F("connector"),
                F("created_at").desc(),
                F("order_id").desc(),
                F("platform").desc(),
                name="platform_order_store_list",
            ),
            prefix_index("number", "platform_order_number_prefix"),
            prefix_index("order_id", "platform_order_id_prefix"),
            prefix_index("email", "platform_order_email_prefix"),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


def order_key(
    related_name: str, *, on_delete: Any = models.CASCADE, null: bool = False
) -> CompositeForeignKey:
    """The relation to an order; pair it with ``order_constraint``."""
    return CompositeForeignKey(
        PlatformOrder,
        on_delete=on_delete,
        from_fields=["order_id", "platform"],
        to_fields=["order_id", "platform"],
        related_name=related_name,
        null=null,
    )


def order_constraint(name: str) -> ForeignKeyConstraint:
    """The database's own foreign key to an order."""
    return ForeignKeyConstraint(
        name=name,
        fields=["order_id", "platform"],
        to="orders.PlatformOrder",
        to_fields=["order_id", "platform"],
    )


class OrderItem(models.Model):
    """A line item. ``price`` is the line's total after discount and before tax divided by the
    quantity, half-up, for display; money code uses the exact totals, which are of the whole line.
    """

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False
    )
    order_id = models.CharField("order id", max_length=100)
    platform = models.CharField(max_length=50, choices=Platform)
    order = order_key("items")
    remote_id = models.BigIntegerField("id in the store")
    position = models.PositiveIntegerField(default=0)
    sku = models.CharField("SKU", max_length=100, null=True, blank=True)
    product = CompositeForeignKey(
        PlatformProduct,
        on_delete=models.DO_NOTHING,
        from_fields=["sku", "platform"],
        to_fields=["sku", "platform"],
        related_name="order_items",
        null=True,
    )
    merchant_sku = models.TextField("SKU when sold", blank=True)
    product_remote_id = models.BigIntegerField("product's id in the store", null=True, blank=True)
    title = models.TextField(blank=True)
    quantity = models.IntegerField(default=1, db_default=1)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    subtotal = exact_amount()
    subtotal_tax = exact_amount()
    total = exact_amount()
    total_tax = exact_amount()

    class Meta:
        db_table = "order_item"
        verbose_name = "line item"
        ordering = ["order_id", "platform", "position"]
        constraints = [
            platform_check("order_item_platform"),
            models.UniqueConstraint(
                fields=["order_id", "platform", "remote_id"], name="order_item_remote_id"
            ),
            order_constraint("order_item_order"),
        ]
        indexes = [
            models.Index(fields=["order_id", "platform"], name="order_item_order_id"),
            prefix_index("sku", "order_item_sku_prefix"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title or self.sku}"
