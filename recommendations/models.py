"""What was recommended to whom."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID, TransactionNow
from django.db import models
from django.db.models import Q

from compositekeys.constraints import ForeignKeyConstraint
from compositekeys.fields import CompositeForeignKey, set_null_of
from connectors.models import Platform
from orders.models import PlatformCustomer


class RecommendationLog(models.Model):
    """One answer: the SKUs that were recommended, best first."""

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False
    )
    customer_id = models.CharField(max_length=100, null=True, blank=True)
    platform = models.CharField(max_length=50, null=True, blank=True, choices=Platform)
    customer = CompositeForeignKey(
        PlatformCustomer,
        on_delete=set_null_of("customer_id"),
        from_fields=["customer_id", "platform"],
        to_fields=["customer_id", "platform"],
        related_name="recommendation_logs",
        null=True,
    )
    recommendations = ArrayField(models.TextField())
    confidence = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    requested_at = models.DateTimeField("requested", db_default=TransactionNow(), editable=False)

    class Meta:
        db_table = "recommendation_log"
        verbose_name = "recommendation"
        ordering = ["-requested_at", "-id"]
        constraints = [
            ForeignKeyConstraint(
                name="recommendation_log_customer",
                fields=["customer_id", "platform"],
                to="orders.PlatformCustomer",
                to_fields=["customer_id", "platform"],
                on_delete="SET NULL (customer_id)",
            ),
            models.CheckConstraint(
                condition=Q(customer_id__isnull=True) | Q(platform__isnull=False),
                name="recommendation_log_customer_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["customer_id"], name="recommendation_log_customer_id"),
            models.Index(fields=["requested_at"], name="recommendation_log_requested"),
            models.Index(fields=["-requested_at", "-id"], name="recommendation_log_list"),
        ]

    def __str__(self) -> str:
        return f"{len(self.recommendations)} recommendations"
