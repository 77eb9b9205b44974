"""What every platform's connector gives for refunds and changes of orders.

Nothing here imports Django. Amounts are exact, in the currency that the customer was charged in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from connectors.platforms.base import OrderRecord


class Tender(StrEnum):
    """What became of the money of a refund that the store has."""

    SUCCESS = "success"
    PENDING = "pending"
    FAILED = "failed"
    NONE = "none"  # only written down: no payment was asked to give money back


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRefundLine:
    """How many units of a line were given back, and for how much, before tax and its tax."""

    remote_id: int
    quantity: int
    total: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRefund:
    """A refund that the store has now; amounts are 0 or more, in ``currency``.

    ``amount`` is what the customer gets. ``reason`` is the text that it was made with.
    """

    remote_id: int
    amount: Decimal
    currency: str
    reason: str
    tender: Tender
    lines: tuple[LiveRefundLine, ...]
    shipping: Decimal
    shipping_tax: Decimal
    created_at: datetime | None


class Delivery(StrEnum):
    """How much of an order was sent."""

    NOTHING = "nothing"
    PART = "part"
    ALL = "all"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLine:
    """What of a line can still be given back and is still to be sent, in units."""

    remote_id: int
    refundable_quantity: int
    unsent_quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A chargeback or an inquiry: a bank has taken a payment back, or may."""

    remote_id: str
    kind: str
    status: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOrder:
    """An order as the store has it now, with what decides over refunds and addresses.

    ``captured`` is the money that was received and ``refunded`` what of it was given back, both in
    the order's currency. ``gives_back``: the store can have the payment give money back itself.
    """

    record: OrderRecord
    captured: Decimal
    refunded: Decimal
    gives_back: bool
    delivery: Delivery
    is_cancelled: bool
    lines: tuple[LiveLine, ...]
    refunds: tuple[LiveRefund, ...]
    disputes: tuple[Dispute, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    """Units of a line that are given back, for how much before tax, and its tax, both exact."""

    remote_id: int
    quantity: int
    total: Decimal
    tax: Decimal
    restock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderShare:
    """The part of a refund that goes back to one payment of the order."""

    parent: str
    gateway: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    """A refund as a store is told to make it.

    ``amount`` is all that the customer gets, tax included: lines, shipping and goodwill. ``note``
    is kept with the refund and holds the marker by which it is found again. The same ``key``
    (a UUID) never makes a second refund within 24 hours, where the platform knows keys. Without
    ``gives_back`` it is only written down. ``tenders`` are those of the preview.
    """

    order_remote_id: int
    currency: str
    amount: Decimal
    lines: tuple[RefundLine, ...]
    shipping: Decimal
    shipping_tax: Decimal
    note: str
    key: str
    notify: bool
    gives_back: bool
    tenders: tuple[TenderShare, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPreview:
    """What the store makes of a refund before it is made.

    ``suggested`` is the store's own worth of the lines and the shipping, None where it has no
    opinion; ``maximum`` what can be given back at most. ``tenders`` add up to the asked amount;
    empty where the platform chooses them itself.
    """

    suggested: Decimal | None
    suggested_tax: Decimal | None
    maximum: Decimal
    tenders: tuple[TenderShare, ...]


class MoneyStore(Protocol):
    """A connected store whose orders can be changed; no method is called in a transaction.

    Reading raises a ``StoreError``, and is tried again for a while where that helps.
    """

    @property
    def key_lifetime(self) -> timedelta:
        """How long the same key of a refund never makes a second one; 0: there are no keys."""

    @property
    def settle_time(self) -> timedelta:
        """How long after it was sent a write whose answer is missing may still be at work."""

    def read_order(self, remote_id: int) -> LiveOrder:
        """An order as it is now; ``RejectedError`` with code ``missing`` where there is none."""

    def list_refunds(self, remote_id: int) -> Sequence[LiveRefund]:
        """The refunds that an order has now, oldest first."""

    def preview_refund(self, refund: RefundOrder) -> RefundPreview:
        """What the store makes of a refund; changes nothing."""

    def refund(self, refund: RefundOrder) -> LiveRefund:
        """Make a refund, once. What was raised says whether it was made:

        ``RetryableError``: it was not sent, or sent back unread; the same may be sent again.
        ``RejectedError``: refused for good, in the platform's words. ``BusyError``: wait and read.
        ``OutcomeUnknownError``: whatever else, also an answer that is no proof of a refund.
        """

    def update_shipping_address(self, remote_id: int, address: Mapping[str, str]) -> None:
        """Replace an order's whole shipping address, and nothing else; raises as ``refund``.

        The address has the keys of ``OrderRecord``'s; parts that are left out are emptied.
        Success proves nothing: read the order again.
        """

    def cancel_order(self, remote_id: int, *, restock: bool, note: str) -> None:
        """Stop what isn't sent yet from being sent, without giving money back; as ``refund``."""
