"""What was recommended to whom, what came of it, and the models that say it."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID, TransactionNow
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from compositekeys.constraints import ForeignKeyConstraint
from compositekeys.fields import CompositeForeignKey, set_null_of
from connectors.models import ConnectorConfig, Platform
from orders.models import PlatformCustomer, order_constraint, order_key


class Training(models.Model):
    """One learning from all orders; when it is ready, its id is the model's version.

    ``files`` are the arrays in the storage with their checksums; ``metrics`` is what the evaluation
    found, ``drift`` how far the model before it was off since. ``progress`` is for people.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        BROKEN = "broken", "Damaged"
        FORGOTTEN = "forgotten", "Replaced"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField("asked", auto_now_add=True)
    started_at = models.DateTimeField("started", null=True)
    seen_at = models.DateTimeField("last heard of", null=True)
    finished_at = models.DateTimeField("finished", null=True)
    progress = models.CharField(max_length=200, blank=True)
    failure = models.TextField("what went wrong", blank=True)
    orders = models.PositiveIntegerField(default=0)
    customers = models.PositiveIntegerField(default=0)
    skus = models.PositiveIntegerField("SKUs", default=0)
    files = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    drift = models.JSONField(default=dict)

    class Meta:
        db_table = "recommendation_training"
        verbose_name = "training"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(state__in=("waiting", "running")),
                name="recommendation_training_one",
            )
        ]

    def __str__(self) -> str:
        return f"Model {str(self.id)[:8]}"


class Blocked(models.Model):
    """What the shop's owner doesn't want recommended."""

    class What(models.TextChoices):
        SKU = "sku", "SKU"
        CATEGORY = "category", "Category"

    what = models.CharField(max_length=20, choices=What, default=What.SKU)
    value = models.CharField(
        max_length=255,
        help_text="A SKU, ours or the merchant’s; or the name of a category or product type.",
    )
    note = models.CharField("why", max_length=255, blank=True)

    class Meta:
        db_table = "recommendation_blocked"
        verbose_name = "blocked from recommendations"
        verbose_name_plural = "blocked from recommendations"
        ordering = ["what", "value"]
        constraints = [
            models.UniqueConstraint(
                models.F("what"), Lower("value"), name="recommendation_blocked_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.value}"


class RecommendationLog(models.Model):
    """One answer: the SKUs that were recommended, best first.

    ``answer`` has each one's score, chance and reason, and why it is a fallback. Customers in the
    holdout get what is popular whatever is known of them: the others are held against them.
    """

    class Strategy(models.TextChoices):
        PERSONAL = "personal", "Personal"
        CART = "cart", "What goes with a cart"
        SIMILAR = "similar", "Similar"
        POPULAR = "popular", "Popular"
        NEWEST = "newest", "Newest"
        NONE = "none", "Nothing to recommend"

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
    connector = models.ForeignKey(
        ConnectorConfig, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    strategy = models.CharField(max_length=20, choices=Strategy, blank=True, db_default="")
    model_version = models.UUIDField(null=True)
    is_holdout = models.BooleanField("holdout", default=False, db_default=False)
    answer = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

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


class RecommendationEvent(models.Model):
    """A click on what was recommended, or an order line with it; each is counted once."""

    class Kind(models.TextChoices):
        CLICK = "click", "Click"
        ORDER = "order", "Order"

    log = models.ForeignKey(RecommendationLog, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    sku = models.CharField("SKU", max_length=100)
    order_id = models.CharField("order id", max_length=100, null=True)
    platform = models.CharField(max_length=50, choices=Platform)
    order = order_key("recommendation_events", null=True)
    line_remote_id = models.BigIntegerField("line's id in the store", null=True)
    occurred_at = models.DateTimeField("happened", db_default=TransactionNow())

    class Meta:
        db_table = "recommendation_event"
        verbose_name = "what came of a recommendation"
        ordering = ["-occurred_at", "-id"]
        constraints = [
            order_constraint("recommendation_event_order"),
            models.UniqueConstraint(
                fields=["log", "sku"], condition=Q(kind="click"), name="recommendation_event_click"
            ),
            models.UniqueConstraint(
                fields=["platform", "order_id", "line_remote_id"],
                condition=Q(kind="order"),
                name="recommendation_event_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.sku}"
