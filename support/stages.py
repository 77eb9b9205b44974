"""The stages that requests go through, and how they may follow one another."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models


class RefundStage(models.TextChoices):
    """``processed`` and the last four are final."""

    AWAITING_APPROVAL = "awaiting_approval", "Waiting for approval"
    APPROVED = "approved", "Waiting to be sent"
    HOLDING = "holding", "About to be sent"
    SENDING = "sending", "Being sent"
    ACCEPTED = "accepted", "Payment is on its way"
    UNKNOWN = "unknown", "Outcome unknown"
    NEEDS_HUMAN = "needs_human", "Needs a person"
    PROCESSED = "processed", "Refunded"
    REJECTED = "rejected", "Refused"
    SUPERSEDED = "superseded", "Replaced"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


class AddressStage(models.TextChoices):
    """``updated`` and those after it are final."""

    CHECKING = "checking", "Being checked"
    AWAITING_APPROVAL = "awaiting_approval", "Waiting for approval"
    SENDING = "sending", "Being sent"
    VERIFYING = "verifying", "Being read back"
    UNKNOWN = "unknown", "Outcome unknown"
    UPDATED = "updated", "Changed"
    NOT_APPLIED = "not_applied", "Not applied"
    CONFLICT = "conflict", "Changed by someone else"
    REJECTED = "rejected", "Refused"
    SUPERSEDED = "superseded", "Replaced"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


R, A = RefundStage, AddressStage

REFUND_STATUS: Mapping[str, str] = {
    **dict.fromkeys(
        (R.AWAITING_APPROVAL, R.APPROVED, R.HOLDING, R.SENDING, R.ACCEPTED, R.UNKNOWN,
         R.NEEDS_HUMAN), "pending",
    ),
    R.PROCESSED: "processed",
    **dict.fromkeys((R.REJECTED, R.SUPERSEDED, R.CANCELLED, R.EXPIRED), "failed"),
}  # fmt: skip
ADDRESS_STATUS: Mapping[str, str] = {
    **dict.fromkeys(
        (A.CHECKING, A.AWAITING_APPROVAL, A.SENDING, A.VERIFYING, A.UNKNOWN), "pending"
    ),
    A.UPDATED: "updated",
    **dict.fromkeys(
        (A.NOT_APPLIED, A.CONFLICT, A.REJECTED, A.SUPERSEDED, A.CANCELLED, A.EXPIRED), "failed"
    ),
}

REFUND_MOVES: Mapping[str, frozenset[str]] = {
    R.AWAITING_APPROVAL: frozenset((R.APPROVED, R.CANCELLED, R.EXPIRED, R.SUPERSEDED, R.REJECTED)),
    # To the last three only where it is to be sent a second time, and the first left a trace.
    R.APPROVED: frozenset(
        (
            R.AWAITING_APPROVAL,
            R.HOLDING,
            R.SENDING,
            R.CANCELLED,
            R.EXPIRED,
            R.REJECTED,
            R.PROCESSED,
            R.ACCEPTED,
            R.NEEDS_HUMAN,
        )
    ),
    R.HOLDING: frozenset((R.AWAITING_APPROVAL, R.SENDING, R.APPROVED, R.CANCELLED, R.REJECTED)),
    R.SENDING: frozenset(
        (R.ACCEPTED, R.PROCESSED, R.UNKNOWN, R.NEEDS_HUMAN, R.REJECTED, R.APPROVED)
    ),
    R.ACCEPTED: frozenset((R.PROCESSED, R.REJECTED, R.NEEDS_HUMAN)),
    R.UNKNOWN: frozenset((R.ACCEPTED, R.PROCESSED, R.NEEDS_HUMAN, R.REJECTED, R.APPROVED)),
    R.NEEDS_HUMAN: frozenset((R.ACCEPTED, R.PROCESSED, R.REJECTED)),
    # Only one that was made in the store, and was deleted there.
    R.PROCESSED: frozenset((R.SUPERSEDED,)),
}
ADDRESS_MOVES: Mapping[str, frozenset[str]] = {
    A.CHECKING: frozenset(
        (A.AWAITING_APPROVAL, A.SENDING, A.UPDATED, A.CONFLICT, A.REJECTED, A.SUPERSEDED,
         A.CANCELLED)
    ),
    A.AWAITING_APPROVAL: frozenset((A.CHECKING, A.SUPERSEDED, A.CANCELLED, A.EXPIRED, A.REJECTED)),
    # The last three become cancelled only where the person is erased, and the address with them.
    A.SENDING: frozenset((A.VERIFYING, A.UNKNOWN, A.REJECTED, A.CHECKING, A.CANCELLED)),
    A.VERIFYING: frozenset((A.UPDATED, A.NOT_APPLIED, A.CONFLICT, A.REJECTED, A.CANCELLED)),
    A.UNKNOWN: frozenset(
        (A.UPDATED, A.NOT_APPLIED, A.CONFLICT, A.CHECKING, A.REJECTED, A.CANCELLED)
    ),
}  # fmt: skip

# Money of these is spoken for, though it has not moved yet, or may have.
RESERVED = (R.APPROVED, R.HOLDING, R.SENDING, R.ACCEPTED, R.UNKNOWN, R.NEEDS_HUMAN)
# Nothing was sent, or what was sent is known not to have moved anything.
UNSENT = (R.AWAITING_APPROVAL, R.APPROVED, R.HOLDING)
ADDRESS_UNSENT = (A.CHECKING, A.AWAITING_APPROVAL)
