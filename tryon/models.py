"""Virtual try-on: a selfie and the products laid on it."""

import uuid

from django.contrib.postgres.functions import RandomUUID, TransactionNow
from django.db import models
from django.db.models import Q

from compositekeys.constraints import ForeignKeyConstraint
from compositekeys.fields import CompositeForeignKey, set_null_of
from connectors.models import Platform
from orders.models import PlatformCustomer


class TryOnSession(models.Model):
    """A selfie on which products are tried."""

    class Status(models.TextChoices):
        CREATED = "created", "Created"
        IN_PROGRESS = "in_progress", "In progress"
        COMPLETE = "complete", "Complete"
        FAILED = "failed", "Failed"

    session_id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False
    )
    customer_id = models.CharField(max_length=100, null=True, blank=True)
    platform = models.CharField(max_length=50, null=True, blank=True, choices=Platform)
    customer = CompositeForeignKey(
        PlatformCustomer,
        on_delete=set_null_of("customer_id"),
        from_fields=["customer_id", "platform"],
        to_fields=["customer_id", "platform"],
        related_name="try_on_sessions",
        null=True,
    )
    selfie_url = models.TextField()
    status = models.CharField(
        max_length=50, choices=Status, default=Status.CREATED, db_default=Status.CREATED.value
    )
    created_at = models.DateTimeField("created", db_default=TransactionNow(), editable=False)

    class Meta:
        db_table = "try_on_session"
        verbose_name = "try-on session"
        ordering = ["-created_at", "-session_id"]
        constraints = [
            ForeignKeyConstraint(
                name="try_on_session_customer",
                fields=["customer_id", "platform"],
                to="orders.PlatformCustomer",
                to_fields=["customer_id", "platform"],
                on_delete="SET NULL (customer_id)",
            ),
            models.CheckConstraint(
                condition=Q(customer_id__isnull=True) | Q(platform__isnull=False),
                name="try_on_session_customer_whole",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["created", "in_progress", "complete", "failed"]),
                name="try_on_session_status",
            ),
        ]
        indexes = [
            models.Index(fields=["customer_id"], name="try_on_session_customer_id"),
            models.Index(fields=["-created_at", "-session_id"], name="try_on_session_list"),
        ]

    def __str__(self) -> str:
        return f"Try-on {self.session_id}"


class TryOnOverlay(models.Model):
    """One picture of a session: the selfie with a product on it."""

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False
    )
    session = models.ForeignKey(TryOnSession, on_delete=models.CASCADE, related_name="overlays")
    sku = models.CharField("SKU", max_length=100)
    overlay_url = models.TextField()
    created_at = models.DateTimeField("created", db_default=TransactionNow(), editable=False)

    class Meta:
        db_table = "try_on_overlay"
        verbose_name = "try-on picture"
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["-created_at", "-id"], name="try_on_overlay_list")]

    def __str__(self) -> str:
        return f"{self.sku} tried on"
