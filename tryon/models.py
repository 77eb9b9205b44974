"""Virtual try-on: a selfie and the products laid on it."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.postgres.functions import RandomUUID, TransactionNow
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from catalog.models import PlatformProduct
from compositekeys.constraints import ForeignKeyConstraint
from compositekeys.fields import CompositeForeignKey, set_null_of
from connectors.models import Platform, platform_check
from orders.models import PlatformCustomer
from tryon.engine.kinds import Kind


class SessionQuerySet(models.QuerySet["TryOnSession"]):
    def waiting(self, *, created: datetime, started: datetime) -> SessionQuerySet:
        """Sessions that nobody has begun since one moment, or was heard of since another."""
        status, kept = TryOnSession.Status, self.filter(erased_at__isnull=True)
        unbegun = Q(status=status.CREATED, created_at__lt=created)
        return kept.filter(unbegun | Q(status=status.IN_PROGRESS, started_at__lt=started))

    def expired(self, *, before: datetime) -> SessionQuerySet:
        """Sessions from before that moment whose pictures are still kept."""
        return self.filter(erased_at__isnull=True, created_at__lt=before)


class TryOnSession(models.Model):
    """A selfie on which products are tried.

    ``selfie_url`` is its name in the private storage, '' once it is erased; ``links`` makes the
    addresses that open it for some minutes.
    """

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
    consent_version = models.CharField(
        "consented to version", max_length=50, blank=True, db_default=""
    )
    failure_code = models.CharField(max_length=50, blank=True, db_default="")
    started_at = models.DateTimeField("started", null=True, blank=True)
    finished_at = models.DateTimeField("finished", null=True, blank=True)
    erased_at = models.DateTimeField("pictures erased", null=True, blank=True)

    objects = SessionQuerySet.as_manager()

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
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=["created", "in_progress"]),
                name="try_on_session_open",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(erased_at__isnull=True),
                name="try_on_session_kept",
            ),
        ]

    def __str__(self) -> str:
        return f"Try-on {self.session_id}"


class TryOnOverlay(models.Model):
    """One picture of a session: the selfie with a product on it.

    ``overlay_url`` is its name in the private storage, '' while there is none.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        COMPLETE = "complete", "Complete"
        FAILED = "failed", "Failed"

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False
    )
    session = models.ForeignKey(TryOnSession, on_delete=models.CASCADE, related_name="overlays")
    sku = models.CharField("SKU", max_length=100)
    overlay_url = models.TextField()
    created_at = models.DateTimeField("created", db_default=TransactionNow(), editable=False)
    status = models.CharField(
        max_length=50, choices=Status, default=Status.WAITING, db_default=Status.WAITING.value
    )
    failure_code = models.CharField(max_length=50, blank=True, db_default="")
    milliseconds = models.IntegerField("made in (ms)", null=True, blank=True)

    class Meta:
        db_table = "try_on_overlay"
        verbose_name = "try-on picture"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "sku"], name="try_on_overlay_once"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "complete", "failed"]),
                name="try_on_overlay_status",
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="try_on_overlay_list")]

    def __str__(self) -> str:
        return f"{self.sku} tried on"


KINDS = [(kind.value, kind.value.capitalize()) for kind in Kind]


class WearableProduct(models.Model):
    """How a product is worn: its kind, its cut-out and its points, and who said so.

    ``cutout`` is a name in the private storage, '' while there is none; ``problem`` says why. What
    staff set stays until its picture is another.
    """

    sku = models.CharField("SKU", max_length=100)
    platform = models.CharField(max_length=50, choices=Platform)
    product = CompositeForeignKey(
        PlatformProduct,
        on_delete=models.CASCADE,
        from_fields=["sku", "platform"],
        to_fields=["sku", "platform"],
        related_name="wearables",
    )
    kind = models.CharField(max_length=20, choices=KINDS, blank=True)
    kind_by_staff = models.BooleanField("kind set by staff", default=False, db_default=False)
    picture_url = models.TextField("picture", blank=True)
    picture_hash = models.CharField(max_length=64, blank=True)
    cutout = models.CharField("cut-out", max_length=200, blank=True)
    anchors = models.JSONField(
        "points", default=dict, blank=True, help_text="From 0 to 1 across or down the cut-out."
    )
    anchors_by_staff = models.BooleanField("points set by staff", default=False, db_default=False)
    millimetres = models.DecimalField(
        "real size in millimetres",
        max_digits=6,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(400)],
        help_text="The width of glasses, or the height of an earring. Empty: what fits the face.",
    )
    problem = models.CharField(max_length=50, blank=True)
    prepared_at = models.DateTimeField("prepared", null=True, blank=True)

    class Meta:
        db_table = "try_on_product"
        verbose_name = "wearable product"
        ordering = ["sku", "platform"]
        constraints = [
            platform_check("try_on_product_platform"),
            models.UniqueConstraint(fields=["sku", "platform"], name="try_on_product_once"),
            ForeignKeyConstraint(
                name="try_on_product_product",
                fields=["sku", "platform"],
                to="catalog.PlatformProduct",
                to_fields=["sku", "platform"],
                on_delete="CASCADE",
            ),
        ]

    def __str__(self) -> str:
        return self.sku


class KindRule(models.Model):
    """A word by which products are of a kind; the first that is found counts.

    The product's type is looked at first, then its categories, its tags and its title.
    """

    class Place(models.TextChoices):
        ANYWHERE = "anywhere", "Anywhere"
        PRODUCT_TYPE = "product_type", "Product type"
        CATEGORY = "category", "Category"
        TAG = "tag", "Tag"
        TITLE = "title", "Title"

    word = models.CharField(
        max_length=100, help_text="A word or words; capitals and a plural’s s make no difference."
    )
    place = models.CharField(max_length=20, choices=Place, default=Place.ANYWHERE)
    kind = models.CharField(
        max_length=20, choices=KINDS, blank=True, help_text="Empty: it can’t be tried on."
    )
    position = models.IntegerField(default=100, help_text="Lower ones are looked for first.")

    class Meta:
        db_table = "try_on_kind_rule"
        verbose_name = "rule for kinds"
        verbose_name_plural = "rules for kinds"
        ordering = ["position", "word"]
        constraints = [
            models.UniqueConstraint(fields=["word", "place"], name="try_on_kind_rule_once")
        ]

    def __str__(self) -> str:
        return f"{self.word} → {self.get_kind_display() or 'nothing to wear'}"
