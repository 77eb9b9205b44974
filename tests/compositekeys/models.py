"""A tiny shop whose keys are composite: products, customers, orders, and what hangs on them."""

import uuid

from django.contrib.postgres.functions import RandomUUID, TransactionNow
from django.db import models

from compositekeys.constraints import ForeignKeyConstraint
from compositekeys.fields import CompositeForeignKey, CompositeKey, set_null_of
from connectors.encryption import EncryptedTextField


class Product(models.Model):
    pk = CompositeKey("sku", "platform")
    sku = models.CharField(max_length=100)
    platform = models.CharField(max_length=20)
    title = models.CharField(max_length=100, default="A product")
    stock = models.IntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self):
        return self.title


class Customer(models.Model):
    pk = CompositeKey("customer_id", "platform")
    customer_id = models.CharField(max_length=100)
    platform = models.CharField(max_length=20)
    email = models.CharField(max_length=100, blank=True)

    def __str__(self):
        return f"customer {self.customer_id}"


class Order(models.Model):
    pk = CompositeKey("order_id", "platform")
    order_id = models.CharField(max_length=100)
    platform = models.CharField(max_length=20)
    customer_id = models.CharField(max_length=100, null=True, blank=True)
    customer = CompositeForeignKey(
        Customer,
        on_delete=models.PROTECT,
        from_fields=["customer_id", "platform"],
        to_fields=["customer_id", "platform"],
        related_name="orders",
        null=True,
    )
    status = models.CharField(max_length=20, default="paid")
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        constraints = [
            ForeignKeyConstraint(
                name="keyed_order_customer",
                fields=["customer_id", "platform"],
                to="keyed.Customer",
                to_fields=["customer_id", "platform"],
            )
        ]

    def __str__(self):
        return f"order {self.order_id}"


class Item(models.Model):
    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False
    )
    order_id = models.CharField(max_length=100)
    platform = models.CharField(max_length=20)
    order = CompositeForeignKey(
        Order,
        on_delete=models.CASCADE,
        from_fields=["order_id", "platform"],
        to_fields=["order_id", "platform"],
        related_name="items",
    )
    sku = models.CharField(max_length=100, null=True, blank=True)
    product = CompositeForeignKey(  # a sold product may be gone: no constraint
        Product,
        on_delete=models.DO_NOTHING,
        from_fields=["sku", "platform"],
        to_fields=["sku", "platform"],
        related_name="items",
        null=True,
    )
    quantity = models.IntegerField(default=1)

    class Meta:
        ordering = ["sku"]
        constraints = [
            ForeignKeyConstraint(
                name="keyed_item_order",
                fields=["order_id", "platform"],
                to="keyed.Order",
                to_fields=["order_id", "platform"],
            )
        ]

    def __str__(self):
        return f"{self.quantity} x {self.sku}"


class Claim(models.Model):
    """Keeps its item from being deleted."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="claims")

    def __str__(self):
        return f"claim {self.pk}"


class Visit(models.Model):
    customer_id = models.CharField(max_length=100, null=True, blank=True)
    platform = models.CharField(max_length=20, null=True, blank=True)
    customer = CompositeForeignKey(
        Customer,
        on_delete=set_null_of("customer_id"),
        from_fields=["customer_id", "platform"],
        to_fields=["customer_id", "platform"],
        related_name="visits",
        null=True,
    )

    class Meta:
        constraints = [
            ForeignKeyConstraint(
                name="keyed_visit_customer",
                fields=["customer_id", "platform"],
                to="keyed.Customer",
                to_fields=["customer_id", "platform"],
                on_delete="SET NULL (customer_id)",
            )
        ]

    def __str__(self):
        return f"visit {self.pk}"


class Basket(models.Model):
    """Forgets the whole key of its customer."""

    customer_id = models.CharField(max_length=100, null=True, blank=True)
    platform = models.CharField(max_length=20, null=True, blank=True)
    customer = CompositeForeignKey(
        Customer,
        on_delete=set_null_of("customer_id", "platform"),
        from_fields=["customer_id", "platform"],
        to_fields=["customer_id", "platform"],
        related_name="+",
        null=True,
    )

    def __str__(self):
        return f"basket {self.pk}"


class Vault(models.Model):
    """Encrypted columns under a composite key."""

    pk = CompositeKey("name", "platform")
    name = models.CharField(max_length=100)
    platform = models.CharField(max_length=20)
    label = models.CharField(max_length=100, blank=True)
    token = EncryptedTextField(null=True, blank=True)
    password = EncryptedTextField(default="")

    def __str__(self):
        return self.name
