"""Stores, and what is known of copying them: runs, cursors and notes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID, TransactionNow
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from rest_framework_api_key.models import AbstractAPIKey, APIKeyManager

from connectors.encryption import EncryptedTextField
from connectors.platforms import base

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable


class Platform(models.TextChoices):
    SHOPIFY = "shopify", "Shopify"
    WOOCOMMERCE = "woocommerce", "WooCommerce"


def platform_check(name: str) -> models.CheckConstraint:
    """The database's own check that a row's platform is one of ours."""
    return models.CheckConstraint(condition=Q(platform__in=Platform.values), name=name)


class ConnectorQuerySet(models.QuerySet["ConnectorConfig"]):
    def enabled(self) -> ConnectorQuerySet:
        """Stores that are to be kept fresh."""
        return self.filter(sync_enabled=True)


class ConnectorConfig(models.Model):
    """A store, its credentials and how often it is copied."""

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False
    )
    platform = models.CharField(max_length=50, choices=Platform)
    name = models.CharField(
        max_length=100, blank=True, help_text="What staff call this store; empty: its address."
    )
    store_url = models.CharField("store address", max_length=255)
    api_key = EncryptedTextField("API key")
    secret = EncryptedTextField(blank=True)
    webhook_secret = EncryptedTextField(  # type: ignore[misc]
        null=True, blank=True, editable=False
    )
    access_token = EncryptedTextField(  # type: ignore[misc]
        null=True, blank=True, editable=False
    )
    access_token_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    key_prefix = models.CharField(
        max_length=10,
        blank=True,
        validators=[RegexValidator(r"^[a-z0-9]{0,10}$", "Use lower-case letters and digits.")],
        help_text="Sets a further store of the same platform apart: its keys read prefix-1001. "
        "It can't change after the first sync.",
    )
    ca_bundle = models.CharField(
        "CA bundle",
        max_length=255,
        blank=True,
        help_text="Path of a PEM file, for a store whose certificate no public authority signed.",
    )
    sync_interval = models.IntegerField(
        "sync interval",
        default=300,
        db_default=300,
        validators=[MinValueValidator(10)],
        help_text="Seconds between two syncs.",
    )
    sweep_interval = models.IntegerField(
        "sweep interval",
        default=86_400,
        db_default=86_400,
        validators=[MinValueValidator(60)],
        help_text="Seconds between two searches for deletions (and readings of all customers).",
    )
    sync_enabled = models.BooleanField(
        "sync enabled", default=True, db_default=True, help_text="Off: the store is left alone."
    )
    writes_enabled = models.BooleanField(
        "refunds and changes",
        default=False,
        db_default=False,
        editable=False,
        help_text="Off: nothing is ever changed in the store.",
    )
    is_demo = models.BooleanField(default=False, db_default=False, editable=False)
    privacy_key = EncryptedTextField(  # type: ignore[misc]
        null=True, blank=True, editable=False
    )
    webhook_url = models.CharField(max_length=255, blank=True, db_default="", editable=False)
    currency = models.CharField(max_length=10, blank=True, editable=False)
    platform_version = models.CharField(max_length=50, blank=True, editable=False)
    timezone = models.CharField(max_length=100, blank=True, editable=False)
    disconnected_at = models.DateTimeField(null=True, blank=True, editable=False)
    disconnected_reason = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=TransactionNow(), editable=False)

    objects = ConnectorQuerySet.as_manager()

    class Meta:
        db_table = "connector_config"
        verbose_name = "store"
        ordering = ["platform", "store_url"]
        constraints = [
            platform_check("connector_config_platform"),
            models.UniqueConstraint(
                fields=["platform", "key_prefix"],
                name="connector_config_key_prefix",
                violation_error_message="Another store of this platform has this key prefix: "
                "choose a short one for this store, such as “eu”.",
            ),
            models.UniqueConstraint(
                fields=["platform", "store_url"],
                name="connector_config_store_url",
                violation_error_message="This store is connected already.",
            ),
            models.CheckConstraint(
                condition=Q(sync_interval__gte=1), name="connector_config_sync_interval"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.store_url.partition("://")[2] or self.store_url

    def key(self, remote_id: int | str) -> str:
        """The key under which a row of this store stands, e.g. ``1001`` or ``eu-1001``."""
        return f"{self.key_prefix}-{remote_id}" if self.key_prefix else str(remote_id)


def connector_key() -> models.ForeignKey[ConnectorConfig, ConnectorConfig]:
    """The column that says from which store a synced row came."""
    return models.ForeignKey(
        ConnectorConfig, on_delete=models.PROTECT, editable=False, related_name="+", db_index=False
    )


class ResourceChoices(models.TextChoices):
    PRODUCTS = base.Resource.PRODUCTS.value, "Products"
    CUSTOMERS = base.Resource.CUSTOMERS.value, "Customers"
    ORDERS = base.Resource.ORDERS.value, "Orders"


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    def open(self) -> SyncRunQuerySet:
        """Runs that hold their store and resource."""
        return self.filter(status=SyncRun.Status.RUNNING)


class SyncRun(models.Model):
    """One run of copying one resource of one store; an open one is the lock."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        COMPLETE = "complete", "Complete"
        FAILED = "failed", "Failed"
        INTERRUPTED = "interrupted", "Interrupted"

    class Kind(models.TextChoices):
        INCREMENTAL = "incremental", "Changes"
        FULL = "full", "Everything"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connector = models.ForeignKey(ConnectorConfig, on_delete=models.CASCADE, related_name="runs")
    resource = models.CharField(max_length=20, choices=ResourceChoices)
    kind = models.CharField(max_length=20, choices=Kind)
    status = models.CharField(max_length=20, choices=Status, default=Status.RUNNING)
    owner = models.CharField(max_length=200, help_text="host:pid-start of the process at work")
    created_count = models.PositiveIntegerField("created", default=0)
    updated_count = models.PositiveIntegerField("updated", default=0)
    unchanged_count = models.PositiveIntegerField("unchanged", default=0)
    deleted_count = models.PositiveIntegerField("deleted", default=0)
    set_aside_count = models.PositiveIntegerField("set aside", default=0)
    request_count = models.PositiveIntegerField("requests", default=0)
    error_code = models.CharField(max_length=50, blank=True)
    error = models.TextField(blank=True)
    warning = models.TextField(blank=True)
    started_at = models.DateTimeField(db_default=TransactionNow())
    heartbeat_at = models.DateTimeField(db_default=TransactionNow())
    finished_at = models.DateTimeField(null=True)

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        db_table = "sync_run"
        verbose_name = "sync run"
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(F("started_at").desc(), F("id").desc(), name="sync_run_started_at"),
            models.Index("connector", "resource", F("started_at").desc(), name="sync_run_last"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["connector", "resource"],
                condition=Q(status="running"),
                name="sync_run_one_open",
            ),
            models.CheckConstraint(
                condition=Q(status="running", finished_at__isnull=True)
                | (~Q(status="running") & Q(finished_at__isnull=False)),
                name="sync_run_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_resource_display()} of {self.connector}, {self.started_at:%d %b %H:%M}"


class SyncCursor(models.Model):
    """How far a resource of a store has been copied.

    ``changed_until``: every change before this moment (the store's clock) is in our tables.
    ``window`` is the reading under way ({} for none): its bounds and the store's position in it.
    ``sweep`` is the search for deletions under way.
    """

    connector = models.ForeignKey(ConnectorConfig, on_delete=models.CASCADE, related_name="cursors")
    resource = models.CharField(max_length=20, choices=ResourceChoices)
    changed_until = models.DateTimeField(null=True)
    window = models.JSONField(default=dict)
    sweep = models.JSONField(default=dict)
    swept_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "sync_cursor"
        verbose_name = "sync cursor"
        constraints = [
            models.UniqueConstraint(fields=["connector", "resource"], name="sync_cursor_resource")
        ]

    def __str__(self) -> str:
        return f"{self.get_resource_display()} of {self.connector}"

    def lag(self, now: datetime) -> timedelta | None:
        """How far our copy is behind; None before the first complete run."""
        return None if self.changed_until is None else max(now - self.changed_until, timedelta())


class SyncNote(models.Model):
    """What a person should know of one record: why it was set aside, or what was changed in it."""

    connector = models.ForeignKey(ConnectorConfig, on_delete=models.CASCADE, related_name="notes")
    resource = models.CharField(max_length=20, choices=ResourceChoices)
    remote_id = models.BigIntegerField("id in the store", null=True)
    cause = models.CharField(max_length=50)
    detail = models.TextField()
    set_aside = models.BooleanField()
    first_seen_at = models.DateTimeField(db_default=TransactionNow())
    last_seen_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        db_table = "sync_note"
        verbose_name = "sync note"
        ordering = ["-last_seen_at", "-id"]
        indexes = [
            models.Index(F("last_seen_at").desc(), F("id").desc(), name="sync_note_last_seen_at"),
            models.Index(fields=["connector", "cause"], name="sync_note_cause"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["connector", "resource", "remote_id", "cause"],
                name="sync_note_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.cause.replace('_', ' ')}: {self.get_resource_display()} {self.remote_id}"


class Verification(models.Model):
    """What a comparison of a store with our copy of it found; ``counts`` are by resource.

    ``is_whole``: of everything, not of some resources.
    """

    connector = models.ForeignKey(
        ConnectorConfig, on_delete=models.CASCADE, related_name="verifications"
    )
    is_whole = models.BooleanField()
    is_clean = models.BooleanField()
    counts = models.JSONField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    class Meta:
        db_table = "verification"
        ordering = ["-finished_at", "-id"]
        indexes = [
            models.Index("connector", F("finished_at").desc(), name="verification_last"),
        ]

    def __str__(self) -> str:
        outcome = "complete" if self.is_clean else "incomplete"
        return f"{self.connector} was {outcome} at {self.finished_at:%d %b %H:%M}"

    @property
    def rows(self) -> list[tuple[str, dict[str, int]]]:
        """What was found of each resource, in the order in which they are copied."""
        choices = ResourceChoices.choices
        return [(str(label), self.counts[name]) for name, label in choices if name in self.counts]


class Erasure(models.Model):
    """Somebody whose data was erased and must not come back with a later sync.

    ``subject`` is an id in the store or, for an email address, its digest under the store's
    ``privacy_key``: nobody can be found by it.
    """

    class Kind(models.TextChoices):
        CUSTOMER = "customer", "Customer"
        EMAIL = "email", "Email address"
        ORDER = "order", "Order"

    connector = models.ForeignKey(
        ConnectorConfig, on_delete=models.CASCADE, related_name="erasures"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.CharField(max_length=64)
    erased_at = models.DateTimeField()

    class Meta:
        db_table = "erasure"
        constraints = [
            models.UniqueConstraint(fields=["connector", "kind", "subject"], name="erasure_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.connector}, {self.erased_at:%d %b %Y}"


def _staff_key() -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )


class PrivacyRequest(models.Model):
    """Somebody wants to see or to have erased what is kept of them.

    ``person`` (JSON) says who, until the request is dealt with; ``rows`` counts what was erased.
    What staff ask to be erased is erased once somebody else confirms it.
    """

    class Kind(models.TextChoices):
        EXPORT = "export", "Show the data"
        ERASE = "erase", "Erase the person"
        ERASE_STORE = "erase_store", "Erase all persons of the store"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Source(models.TextChoices):
        STORE = "store", "The store"
        CONSOLE = "console", "Staff"
        COMMAND = "command", "Command"

    connector = models.ForeignKey(
        ConnectorConfig, on_delete=models.CASCADE, related_name="privacy_requests"
    )
    kind = models.CharField("what", max_length=20, choices=Kind)
    source = models.CharField("asked by", max_length=20, choices=Source)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    asked_by = _staff_key()
    confirmed_by = _staff_key()
    person = EncryptedTextField(null=True, editable=False)  # type: ignore[misc]
    digest = models.CharField(max_length=64, editable=False)
    rows = models.PositiveIntegerField("rows erased", default=0)
    requested_at = models.DateTimeField("asked", db_default=TransactionNow())
    due_at = models.DateTimeField("due")
    completed_at = models.DateTimeField("done", null=True)

    class Meta:
        db_table = "privacy_request"
        verbose_name = "privacy request"
        ordering = ["-requested_at", "-id"]
        permissions = [
            ("export_person", "Can download what is kept of a person"),
            ("erase_person", "Can erase what is kept of a person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["connector", "kind", "digest"],
                condition=Q(status="open"),
                name="privacy_request_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.connector}"


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def due(self, now: datetime) -> WebhookDeliveryQuerySet:
        """Deliveries to be processed now; also those whose worker went away."""
        waiting = Q(status=WebhookDelivery.Status.WAITING, due_at__lte=now)
        left = Q(status=WebhookDelivery.Status.PROCESSING, due_at__lte=now)
        return self.filter(waiting | left)


class WebhookDelivery(models.Model):
    """A genuine webhook that came in: a hint to read a record again. Its body is not kept.

    ``due_at`` is when it may be taken up (again); while it is processed, when its worker counts as
    gone. ``payload`` holds a privacy request, encrypted, until it is dealt with.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        PROCESSING = "processing", "Processing"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        IGNORED = "ignored", "Ignored"

    OPEN = (Status.WAITING, Status.PROCESSING)

    connector = models.ForeignKey(
        ConnectorConfig, on_delete=models.CASCADE, related_name="deliveries"
    )
    delivery_key = models.CharField(max_length=64)
    topic = models.CharField(max_length=100)
    resource = models.CharField(max_length=20, choices=ResourceChoices, blank=True)
    remote_id = models.BigIntegerField("id in the store", null=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    payload = EncryptedTextField(null=True, editable=False)  # type: ignore[misc]
    received_at = models.DateTimeField(db_default=TransactionNow())
    due_at = models.DateTimeField(db_default=TransactionNow())
    processed_at = models.DateTimeField(null=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        db_table = "webhook_delivery"
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(
                F("received_at").desc(), F("id").desc(), name="webhook_delivery_received_at"
            ),
            models.Index(
                fields=["connector", "due_at"],
                condition=Q(status__in=["waiting", "processing"]),
                name="webhook_delivery_due",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["connector", "delivery_key"], name="webhook_delivery_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.remote_id or ''}".strip()


class Scope(models.TextChoices):
    """What a storefront's key may be used for."""

    CATALOG = "catalog", "Read products"
    CUSTOMERS = "customers", "Read customers"
    ORDERS = "orders", "Read orders and requests"
    REQUESTS = "requests", "Ask for refunds and address changes"
    TOKENS = "tokens", "Let shoppers and guests in"
    RECOMMENDATIONS = "recommendations", "Read recommendations"
    TRYON = "tryon", "Try products on"


class StorefrontKeyManager(APIKeyManager):
    """Makes keys that are hashed, and finds those that are taken."""

    def assign_key(self, obj: Any) -> str:
        """Makes the key's text, which is returned and not kept."""
        text: str = super().assign_key(obj)
        obj.id = uuid.uuid4()  # the package's own has the hash in it, and stands in addresses
        return text

    def usable(self) -> models.QuerySet[StorefrontKey]:
        """Keys that are neither revoked nor expired."""
        live = Q(expiry_date__isnull=True) | Q(expiry_date__gt=Now())
        found: models.QuerySet[StorefrontKey] = self.filter(live, revoked=False)
        return found


class StorefrontKey(AbstractAPIKey):
    """With which a shop's server calls the API; only its hash is kept.

    ``connector`` None: of all stores. ``origins`` are those of the pages whose browsers may call
    with a token that this key made; none: no browser may.
    """

    id = models.UUIDField(  # type: ignore[assignment]
        primary_key=True, default=uuid.uuid4, editable=False
    )
    connector = models.ForeignKey(
        ConnectorConfig,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="storefront_keys",
        verbose_name="store",
        help_text="Empty: all stores.",
    )
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope), default=list)
    origins = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    last_used_at = models.DateTimeField("last used", null=True, blank=True, editable=False)

    objects: ClassVar[StorefrontKeyManager] = StorefrontKeyManager()

    class Meta:
        db_table = "storefront_key"
        verbose_name = "storefront key"
        ordering = ["-created"]

    @property
    def state(self) -> str:
        """Whether it is taken: live, expired or revoked."""
        if self.revoked:
            return "revoked"
        return "expired" if self.has_expired else "live"


def prefix_index(field: str, name: str) -> models.Index:
    """An index that Django's ``istartswith`` (the admin's ``^`` search) uses."""
    from django.contrib.postgres.indexes import OpClass
    from django.db.models.functions import Cast, Upper

    text: Combinable | Any = Cast(field, models.TextField())
    return models.Index(OpClass(Upper(text), name="text_pattern_ops"), name=name)
