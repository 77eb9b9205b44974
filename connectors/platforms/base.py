"""What every platform's connector gives and what the sync engine may ask of it.

Nothing here, nor in a platform's client and mapper, imports Django.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

Json = dict[str, Any]


class Resource(StrEnum):
    """What is copied, in the order in which it is copied."""

    PRODUCTS = "products"
    CUSTOMERS = "customers"
    ORDERS = "orders"


class OrderStatus(StrEnum):
    """One vocabulary over all platforms; the platform's own word is kept beside it."""

    PENDING = "pending"
    ON_HOLD = "on_hold"
    PROCESSING = "processing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    FAILED = "failed"
    DRAFT = "draft"
    TRASHED = "trashed"
    DELETED = "deleted"
    OTHER = "other"


class StoreError(Exception):
    """A store could not do what was asked; the message is for people and holds no secret.

    ``code`` is stable and short, for grouping and for choosing advice.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class RetryableError(StoreError):
    """The same call may be made again later: nothing is wrong with it or with us.

    ``retry_after`` is in seconds, where the store said one.
    """

    def __init__(self, message: str, *, code: str, retry_after: float | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class RejectedError(StoreError):
    """The store refused, and will refuse again until something is changed."""


class CredentialsError(RejectedError):
    """The store does not accept the credentials, or they do not allow the call."""


class BusyError(StoreError):
    """The store is at work on the same thing just now: wait, then read what came of it."""


class OutcomeUnknownError(StoreError):
    """A write may or may not have happened: read before anything is sent again."""


class RecordError(ValueError):
    """One record can't be used; ``cause`` groups it, ``detail`` is for people."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRecord:
    """A product that can be bought, or the parent of ones that can.

    ``sku`` is the merchant's own, '' where there is none. ``price`` is None where none is set.
    """

    remote_id: int
    parent_remote_id: int | None
    sku: str
    title: str
    description: str
    price: Decimal | None
    available: bool
    kind: str
    status: str
    stock_quantity: int | None
    image_url: str
    options: Mapping[str, str]
    created_at: datetime | None
    modified_at: datetime | None
    metadata: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a merchant filed a product under, as the store shows it."""

    product_type: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecord:
    """A person with an account; ``email`` is '' where the store has none.

    ``modified_at`` is None where the store keeps no moment (WooCommerce: never edited).
    """

    remote_id: int
    email: str
    name: str
    created_at: datetime | None
    modified_at: datetime | None
    metadata: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRecord:
    """A line item; totals are of the whole line, after discount (``subtotal``: before), exact.

    ``product_remote_ids`` are the ids under which its product may be found, best first.
    """

    remote_id: int
    product_remote_ids: tuple[int, ...]
    sku: str
    title: str
    quantity: int
    subtotal: Decimal
    subtotal_tax: Decimal
    total: Decimal
    total_tax: Decimal


class ChargeKind(StrEnum):
    SHIPPING = "shipping"
    FEE = "fee"
    COUPON = "coupon"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRecord:
    """What changes an order's total beside its lines; a coupon's is below 0, as a fee's may be."""

    remote_id: int
    kind: ChargeKind
    title: str
    total: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRecord:
    """A refund that the store knows of; ``amount`` is 0 or more, in the order's currency."""

    remote_id: int
    amount: Decimal
    reason: str
    created_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentRecord:
    """A parcel; texts are '' where the store does not say."""

    remote_id: str
    status: str
    company: str
    tracking_number: str
    tracking_url: str
    shipped_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order with all that belongs to it; amounts are exact, in ``currency``.

    Addresses have the keys first_name, last_name, company, address_1, address_2, city, state,
    postcode, country, email, phone; missing parts are left out. ``customer_remote_id`` is None
    for guests. ``line_items`` and ``metadata`` are the platform's payload, without each other.
    ``shop_total`` is the total in the shop's own currency, where that is another one.
    """

    remote_id: int
    number: str
    customer_remote_id: int | None
    email: str
    customer_name: str
    status: OrderStatus
    platform_status: str
    payment_status: str
    fulfilment_status: str
    payment_method: str
    currency: str
    total: Decimal
    discount_total: Decimal
    shipping_total: Decimal
    tax_total: Decimal
    refunded_total: Decimal
    prices_include_tax: bool
    customer_note: str
    created_at: datetime
    modified_at: datetime
    paid_at: datetime | None
    completed_at: datetime | None
    billing_address: Mapping[str, str]
    shipping_address: Mapping[str, str]
    lines: tuple[LineRecord, ...]
    charges: tuple[ChargeRecord, ...]
    refunds: tuple[RefundRecord, ...]
    fulfilments: tuple[FulfilmentRecord, ...]
    line_items: list[Json]
    metadata: Json
    shop_currency: str = ""
    shop_total: Decimal | None = None
    cancelled_at: datetime | None = None
    is_test: bool = False
    is_edited: bool = False


Record = ProductRecord | CustomerRecord | OrderRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that a person should know of a record; ``set_aside`` says it was not imported.

    ``detail`` names no person. ``remote_id`` is None where the record does not tell.
    """

    remote_id: int | None
    cause: str
    detail: str
    set_aside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records that were read together.

    ``position`` (JSON) is where reading goes on after this batch; ``total`` estimates how many
    records the whole reading will give, None where the store does not say.
    """

    records: Sequence[Record]
    notes: Sequence[Note]
    position: Json
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdBatch:
    """Ids that the store has now: all of those with ``low`` <= id < ``high``, and no others.

    ``high`` None means no upper end. Batches of one sweep cover all ids without a gap, from the
    lowest that can be seen on. ``stamps`` has the moment of each one's last change, None where
    the store keeps none.
    """

    stamps: Mapping[int, datetime | None]
    low: int
    high: int | None
    position: Json
    total: int | None

    @property
    def ids(self) -> Set[int]:
        """The ids alone."""
        return self.stamps.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Modification moments, after <= moment < before; ``after`` None: from the start."""

    after: datetime | None
    before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreDescription:
    """What a connection test learnt; ``warnings`` are sentences for people."""

    name: str
    version: str
    currency: str
    timezone: str
    can_write: bool | None
    warnings: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a store's webhook said of itself: that something changed, not what it is now.

    ``delivery_key`` is the same when the same delivery comes again. ``resource`` and
    ``remote_id`` are None for what is about no record. ``payload`` is the body of a privacy
    request, which is the message itself; there is nothing to read again.
    """

    topic: str
    resource: Resource | None
    remote_id: int | None
    delivery_key: str
    payload: str | None = field(default=None, repr=False)


class AnnouncementError(ValueError):
    """A webhook that is genuine but can't be understood; the message names no data of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refetched:
    """What announcements named, as it is now; ids of which nothing came are gone.

    ``families`` has, for each announced product whose variants are rows of their own, the ids of
    all that are present.
    """

    batch: Batch
    families: Mapping[int, Set[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A webhook that the store has; an inactive one is no longer sent."""

    remote_id: str
    topic: str
    url: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A store's token that stops being good at ``expires_at``."""

    text: str = field(repr=False)
    expires_at: datetime


class TokenCache(Protocol):
    """Where a store's token is kept between calls and processes."""

    def load(self) -> Token | None:
        """The token that was kept last, good or not."""

    def keep(self, token: Token) -> None:
        """Keep a new token in place of the last."""


class PrivateCache:
    """A token cache of one process, for a store that isn't saved anywhere."""

    def __init__(self) -> None:
        self._token: Token | None = None

    def load(self) -> Token | None:
        return self._token

    def keep(self, token: Token) -> None:
        self._token = token


class Store(Protocol):
    """A connected store. Methods may raise a ``StoreError``; none is called in a transaction."""

    @property
    def timed(self) -> frozenset[Resource]:
        """Resources that can be read by modification; the others are only read whole."""

    @property
    def request_count(self) -> int:
        """HTTP requests made so far, repeated ones too."""

    def check(self) -> StoreDescription:
        """Call the store and say what it is, or raise what is wrong in plain words."""

    def now(self) -> datetime:
        """The store's own clock."""

    def read(self, resource: Resource, window: Window, position: Json) -> Iterator[Batch]:
        """All records of the window at least once; ``position`` {} starts, another resumes.

        A record may come twice, and none is lost while others are added, edited or deleted.
        For a resource outside ``timed`` the window's ``after`` is None.
        """

    def read_ids(self, resource: Resource, position: Json) -> Iterator[IdBatch]:
        """Every id that the store has, as ranges that leave out what is trashed or deleted."""

    def fetch(self, resource: Resource, ids: Sequence[int]) -> Batch:
        """The records of these ids as they are now, trashed ones too; deleted ones are left out."""

    def refetch(self, resource: Resource, ids: Sequence[int]) -> Refetched:
        """The records that announcements with these ids are about, as they are now."""

    def webhooks(self) -> Sequence[Subscription]:
        """Every webhook that these credentials can see."""

    def add_webhook(self, topic: str, url: str, secret: str) -> Subscription:
        """Have a topic announced at this address, signed with the secret."""

    def remove_webhook(self, remote_id: str) -> None:
        """Take a webhook away; one that is gone already is no error."""

    def close(self) -> None:
        """Give back connections and threads."""
