"""What staff ask to be done to an order, and the record of everything that was done about it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.functions import RandomUUID, TransactionNow
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from connectors.encryption import EncryptedTextField
from connectors.models import Platform
from orders.models import exact_amount, order_constraint, order_key
from support.stages import ADDRESS_STATUS, REFUND_STATUS, AddressStage, RefundStage


def staff_key(**options: Any) -> models.ForeignKey[Any, Any]:
    """The column that says which member of staff did something."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        **options,
    )


def _agrees(statuses: Any, name: str) -> models.CheckConstraint:
    """The database's own check that a status and its stage say the same."""
    condition = Q()
    for status in dict.fromkeys(statuses.values()):
        stages = [str(stage) for stage, one in statuses.items() if one == status]
        condition |= Q(status=status, stage__in=stages)
    return models.CheckConstraint(condition=condition, name=name)


class OrderRequest(models.Model):
    """What every request about an order has.

    ``stage`` is the finer state behind ``status``; both move in one compare-and-set that raises
    ``version``. Whoever works on a request holds its lease: ``lease_token`` rises with each, so
    that one who comes late is told from the one who holds it now. ``submit_key`` makes a form that
    is sent twice one request.
    """

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False
    )
    order_id = models.CharField("order id", max_length=100)
    platform = models.CharField(max_length=50, choices=Platform)
    response = models.JSONField(null=True, blank=True)
    requested_at = models.DateTimeField("requested", db_default=TransactionNow(), editable=False)

    version = models.PositiveIntegerField(default=0, db_default=0)
    lease_token = models.PositiveIntegerField(default=0, db_default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    first_attempted_at = models.DateTimeField(null=True, blank=True)
    attempted_at = models.DateTimeField(null=True, blank=True)
    submit_key = models.UUIDField(null=True, blank=True, unique=True)
    approval_reasons = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField())
    )
    approval_hash = models.CharField(max_length=64, blank=True, db_default="")
    approved_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField("class of the last answer", max_length=20, blank=True, db_default="")
    error_code = models.CharField(max_length=50, blank=True, db_default="")
    error = models.TextField(blank=True, db_default="")
    asked_by_customer = models.BooleanField(
        "asked for by a customer", default=False, db_default=False, editable=False
    )
    requested_by = staff_key()
    approved_by = staff_key()
    resolved_by = staff_key()
    changed_at = models.DateTimeField(auto_now=True, db_default=TransactionNow())

    class Meta:
        abstract = True

    @property
    def asker(self) -> str:
        """Who asked for it; empty for what the store told us."""
        return "the customer" if self.asked_by_customer else str(self.requested_by or "")


class RefundQuerySet(models.QuerySet["RefundRequest"]):
    def of_order(self, order: Any) -> RefundQuerySet:
        """All that was ever asked to be given back on an order."""
        return self.filter(order_id=order.order_id, platform=order.platform)

    def waiting(self) -> RefundQuerySet:
        """Those that somebody has to act on."""
        return self.filter(
            stage__in=(RefundStage.AWAITING_APPROVAL, RefundStage.UNKNOWN, RefundStage.NEEDS_HUMAN)
        )


class RefundRequest(OrderRequest):
    """Money to be given back on an order, or that was given back in the store itself.

    ``amount`` is all that the customer gets, exact and in ``currency``: ``lines`` (a list of
    ``{remote_id, quantity, total, tax, restock}``, amounts as texts), ``shipping`` with its tax,
    and ``goodwill``. ``key`` is the idempotency key of every attempt, ``marker`` the text by which
    the store's refund is found again, ``payload_hash`` the digest of what was sent.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        PROCESSED = "processed", "Processed"
        FAILED = "failed", "Failed"

    class Cancelling(models.TextChoices):
        """What became of the wish to cancel what isn't sent yet, once the money was given back."""

        WAITING = "waiting", "To be cancelled"
        DONE = "done", "Cancelled"
        FAILED = "failed", "Could not be cancelled"

    order = order_key("refund_requests", on_delete=models.PROTECT)
    status = models.CharField(max_length=50, choices=Status)
    stage = models.CharField(
        max_length=20, choices=RefundStage, default=RefundStage.AWAITING_APPROVAL
    )
    amount = exact_amount(default=0, db_default=0)
    currency = models.CharField(max_length=10, blank=True, db_default="")
    lines = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    shipping = exact_amount(default=0, db_default=0)
    shipping_tax = exact_amount(default=0, db_default=0)
    goodwill = exact_amount(default=0, db_default=0)
    reason_code = models.CharField("reason", max_length=50, blank=True, db_default="")
    reason = models.CharField("note", max_length=200, blank=True, db_default="")
    notify = models.BooleanField("tell the customer", default=False, db_default=False)
    by_hand = models.BooleanField(
        "only record it",
        default=False,
        db_default=False,
        help_text="The money was given back another way: the store only writes it down.",
    )
    cancel_unsent = models.BooleanField(
        "cancel what isn’t sent yet", default=False, db_default=False
    )
    cancelling = models.CharField(
        max_length=10, choices=Cancelling, blank=True, db_default="", editable=False
    )
    is_external = models.BooleanField("made in the store", default=False, db_default=False)
    key = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    marker = models.CharField(max_length=20, blank=True, db_default="", editable=False)
    payload_hash = models.CharField(max_length=64, blank=True, db_default="")
    payload = models.JSONField(null=True, blank=True)
    resends = models.PositiveIntegerField(default=0, db_default=0)
    remote_id = models.BigIntegerField("refund’s id in the store", null=True, blank=True)
    verdict = models.JSONField(null=True, blank=True)
    edited_by = staff_key()
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections"
    )

    objects = RefundQuerySet.as_manager()

    class Meta:
        db_table = "refund_request"
        verbose_name = "refund request"
        ordering = ["-requested_at", "-id"]
        permissions = [
            ("request_refund", "Can ask for refunds"),
            ("approve_refund", "Can approve refunds of others"),
            ("resolve_refund", "Can settle refunds whose outcome is unknown"),
            ("record_refund", "Can record refunds that were made by hand"),
        ]
        constraints = [
            order_constraint("refund_request_order"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "processed", "failed"]),
                name="refund_request_status",
            ),
            _agrees(REFUND_STATUS, "refund_request_stage"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="refund_request_amount"),
            models.UniqueConstraint(
                fields=["order_id", "platform", "remote_id"], name="refund_request_remote_id"
            ),
            models.UniqueConstraint(
                fields=["marker"], condition=~Q(marker=""), name="refund_request_marker"
            ),
        ]
        indexes = [
            models.Index(fields=["status"], name="refund_request_status"),
            models.Index(fields=["order_id", "platform"], name="refund_request_order_id"),
            models.Index(fields=["-requested_at", "-id"], name="refund_request_list"),
            models.Index(
                F("stage"), F("requested_at").desc(), F("id").desc(), name="refund_request_stage"
            ),
            models.Index(
                fields=["due_at"], condition=Q(status="pending"), name="refund_request_due_at"
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(cancelling="waiting"),
                name="refund_request_cancelling",
            ),
        ]

    def __str__(self) -> str:
        return f"Refund of order {self.order_id}"

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status != self.Status.PENDING


class AddressUpdateRequest(OrderRequest):
    """Another shipping address for an order.

    ``seen_address`` (JSON) is what staff had before them, ``previous_address`` what the store had
    when it was changed, ``live_address`` what it had when that was in the way.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        UPDATED = "updated", "Updated"
        FAILED = "failed", "Failed"

    order = order_key("address_update_requests", on_delete=models.PROTECT)
    new_address = models.JSONField()
    status = models.CharField(max_length=50, choices=Status)
    stage = models.CharField(max_length=20, choices=AddressStage, default=AddressStage.CHECKING)
    seen_address = EncryptedTextField(null=True, editable=False)  # type: ignore[misc]
    previous_address = EncryptedTextField(null=True, editable=False)  # type: ignore[misc]
    live_address = EncryptedTextField(null=True, editable=False)  # type: ignore[misc]
    total_before = exact_amount(null=True, blank=True)
    total_after = exact_amount(null=True, blank=True)
    tax_before = exact_amount(null=True, blank=True)
    tax_after = exact_amount(null=True, blank=True)
    refund = models.ForeignKey(
        RefundRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undoes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by"
    )

    class Meta:
        db_table = "address_update_request"
        verbose_name = "address change request"
        ordering = ["-requested_at", "-id"]
        permissions = [
            ("request_address", "Can change orders’ addresses"),
            ("approve_address", "Can approve address changes of others"),
        ]
        constraints = [
            order_constraint("address_update_request_order"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "updated", "failed"]),
                name="address_update_request_status",
            ),
            _agrees(ADDRESS_STATUS, "address_update_request_stage"),
        ]
        indexes = [
            models.Index(fields=["order_id", "platform"], name="address_request_order_id"),
            models.Index(fields=["-requested_at", "-id"], name="address_request_list"),
            models.Index(
                F("stage"), F("requested_at").desc(), F("id").desc(), name="address_request_stage"
            ),
            models.Index(
                fields=["due_at"], condition=Q(status="pending"), name="address_request_due_at"
            ),
        ]

    def __str__(self) -> str:
        return f"Address change of order {self.order_id}"

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status != self.Status.PENDING


class RequestEvent(models.Model):
    """Something that happened to a request: rows are added and never changed or deleted.

    ``number`` counts a request's events from 1. ``digest`` covers the row and ``before``, the
    digest of the same request's row before it. ``sent`` and ``answered`` name no person and hold
    no secret.
    """

    class Subject(models.TextChoices):
        REFUND = "refund", "Refund"
        ADDRESS = "address", "Address change"

    id = models.BigAutoField(primary_key=True)
    subject = models.CharField(max_length=10, choices=Subject)
    request_id = models.UUIDField()
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=150, blank=True)
    what = models.CharField(max_length=50)
    from_stage = models.CharField(max_length=20, blank=True)
    to_stage = models.CharField(max_length=20, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    key = models.CharField(max_length=36, blank=True)
    payload_hash = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    latency_ms = models.PositiveIntegerField(null=True)
    note = models.TextField(blank=True)
    sent = models.JSONField(null=True)
    answered = models.JSONField(null=True)
    before = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        db_table = "request_event"
        ordering = ["request_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["request_id", "number"], name="request_event_number")
        ]

    def __str__(self) -> str:
        return f"{self.what} ({self.number})"


class StorefrontAnswer(models.Model):
    """What was answered to a request that a storefront may send again under the same key.

    ``caller`` and ``digest`` are digests: of who sent it, and of what was sent.
    """

    caller = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    order_id = models.CharField(max_length=100)
    platform = models.CharField(max_length=50, choices=Platform)
    body = EncryptedTextField()
    created_at = models.DateTimeField(db_default=TransactionNow())

    class Meta:
        db_table = "storefront_answer"
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="storefront_answer_once")
        ]
        indexes = [models.Index(fields=["created_at"], name="storefront_answer_age")]

    def __str__(self) -> str:
        return self.key


class RefundReason(models.Model):
    """A reason that staff can choose for a refund; the shop edits the list.

    ``for_customers``: a storefront offers it too.
    """

    code = models.CharField(
        primary_key=True,
        max_length=50,
        validators=[RegexValidator(r"^[a-z0-9_]+\Z", "Use lower-case letters, digits and “_”.")],
    )
    label = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField("offered", default=True)
    for_customers = models.BooleanField("offered to customers", default=True, db_default=True)

    class Meta:
        db_table = "refund_reason"
        ordering = ["position", "label"]

    def __str__(self) -> str:
        return self.label


class RefundLimit(models.Model):
    """Up to how much a group may refund or approve at once; '' is for every other currency."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="refund_limits")
    currency = models.CharField(
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^([A-Z]{3})?\Z", "Use a code such as GBP.")],
        help_text="Empty: every currency without a row of its own.",
    )
    amount = exact_amount()

    class Meta:
        db_table = "refund_limit"
        ordering = ["group__name", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["group", "currency"], name="refund_limit_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="refund_limit_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.amount.normalize():f} {self.currency or 'any currency'}"
