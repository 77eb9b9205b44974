"""What staff and customers ask to be done to an order."""

import uuid

from django.contrib.postgres.functions import RandomUUID, TransactionNow
from django.db import models
from django.db.models import Q

from connectors.models import Platform
from orders.models import order_constraint, order_key


class OrderRequest(models.Model):
    """What every request about an order has."""

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False
    )
    order_id = models.CharField("order id", max_length=100)
    platform = models.CharField(max_length=50, choices=Platform)
    response = models.JSONField(null=True, blank=True)
    requested_at = models.DateTimeField("requested", db_default=TransactionNow(), editable=False)

    class Meta:
        abstract = True


class RefundRequest(OrderRequest):
    """Money to be given back on an order."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        PROCESSED = "processed", "Processed"
        FAILED = "failed", "Failed"

    order = order_key("refund_requests", on_delete=models.PROTECT)
    status = models.CharField(max_length=50, choices=Status)

    class Meta:
        db_table = "refund_request"
        verbose_name = "refund request"
        ordering = ["-requested_at", "-id"]
        constraints = [
            order_constraint("refund_request_order"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "processed", "failed"]),
                name="refund_request_status",
            ),
        ]
        indexes = [
            models.Index(fields=["status"], name="refund_request_status"),
            models.Index(fields=["order_id", "platform"], name="refund_request_order_id"),
            models.Index(fields=["-requested_at", "-id"], name="refund_request_list"),
        ]

    def __str__(self) -> str:
        return f"Refund of order {self.order_id}"


class AddressUpdateRequest(OrderRequest):
    """Another shipping address for an order."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        UPDATED = "updated", "Updated"
        FAILED = "failed", "Failed"

    order = order_key("address_update_requests", on_delete=models.PROTECT)
    new_address = models.JSONField()
    status = models.CharField(max_length=50, choices=Status)

    class Meta:
        db_table = "address_update_request"
        verbose_name = "address change request"
        ordering = ["-requested_at", "-id"]
        constraints = [
            order_constraint("address_update_request_order"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "updated", "failed"]),
                name="address_update_request_status",
            ),
        ]
        indexes = [
            models.Index(fields=["order_id", "platform"], name="address_request_order_id"),
            models.Index(fields=["-requested_at", "-id"], name="address_request_list"),
        ]

    def __str__(self) -> str:
        return f"Address change of order {self.order_id}"
