"""Which platforms can be connected, and which importer writes which resource.

Apps register their importers in ``AppConfig.ready``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from connectors.models import ConnectorConfig, Platform
from connectors.platforms import base, money, shopify, woocommerce

RecordT = TypeVar("RecordT", contravariant=True)
Stamps = Mapping[int, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What writing a batch came to; ``notes`` are about records that were written."""

    created: int
    updated: int
    unchanged: int
    notes: Sequence[base.Note]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Ids that only we have, that only the store has, and of rows that are older than it."""

    extra: Set[int]
    missing: Set[int]
    stale: Set[int]


class Importer(Protocol[RecordT]):
    """Writes one resource's records, and knows which rows a store should still have.

    Every method is called within a transaction and makes no remote call.
    """

    def write(self, connector: ConnectorConfig, records: Sequence[RecordT]) -> Imported:
        """Insert or update the rows of these records; an older record changes nothing."""

    def compare(self, connector: ConnectorConfig, batch: base.IdBatch) -> Comparison:
        """How our rows in the batch's range differ from the store's."""

    def stamps(self, connector: ConnectorConfig, ids: Collection[int]) -> Stamps:
        """When those of these that are present here were last changed in the store."""

    def family(self, connector: ConnectorConfig, parent_remote_id: int) -> Collection[int]:
        """The ids of the rows that are present and have this parent in the store."""

    def present_count(self, connector: ConnectorConfig) -> int:
        """How many rows of the store are not deleted or trashed."""

    def mark_deleted(self, connector: ConnectorConfig, ids: Sequence[int]) -> int:
        """Mark the rows of these ids as gone from the store; how many were not marked before."""


class Store(base.Store, money.MoneyStore, Protocol):
    """All that a connected store can be asked."""


StoreFactory = Callable[..., Store]

STORES: dict[str, StoreFactory] = {
    Platform.SHOPIFY.value: shopify.connect,
    Platform.WOOCOMMERCE.value: woocommerce.connect,
}

# How a store's address is kept; each raises ``base.RejectedError`` for what is none.
ADDRESSES: dict[str, Callable[[str], str]] = {
    Platform.SHOPIFY.value: shopify.normal_url,
    Platform.WOOCOMMERCE.value: woocommerce.normal_url,
}
# The addresses in a customer's payload, by what they are called.
CUSTOMER_ADDRESSES: dict[str, Callable[[base.Json], Mapping[str, Any]]] = {
    Platform.SHOPIFY.value: shopify.known_addresses,
    Platform.WOOCOMMERCE.value: woocommerce.known_addresses,
}


# What a product's payload files it under.
LABELS: dict[str, Callable[[base.Json], base.Labels]] = {
    Platform.SHOPIFY.value: shopify.labels,
    Platform.WOOCOMMERCE.value: woocommerce.labels,
}


class Announcing(Protocol):
    """How a platform's webhooks are read: a module without state.

    ``HAS_OWN_SECRET``: we choose the secret that signs them; else it is the credentials' secret.
    Header names are in lower case.
    """

    TOPICS: tuple[str, ...]
    HAS_OWN_SECRET: bool

    def is_greeting(self, body: bytes, headers: Mapping[str, str], /) -> bool:
        """Whether it is an unsigned test of the address that says nothing."""

    def is_genuine(self, body: bytes, headers: Mapping[str, str], secret: str, /) -> bool:
        """Whether the holder of the secret sent these very bytes; in constant time."""

    def read(self, body: bytes, headers: Mapping[str, str], /) -> base.Announcement:
        """What a genuine one is about; raises ``base.AnnouncementError``."""


ANNOUNCING: dict[str, Announcing] = {
    Platform.SHOPIFY.value: shopify.announcing,
    Platform.WOOCOMMERCE.value: woocommerce.announcing,
}

IMPORTERS: dict[base.Resource, Importer[Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose data it is, by all that is known of them in one store: ids there and addresses."""

    customer_remote_ids: tuple[int, ...] = ()
    emails: tuple[str, ...] = ()
    order_remote_ids: tuple[int, ...] = ()


class Eraser(Protocol):
    """What an app keeps of persons; each method is called within a transaction."""

    def widen(self, connector: ConnectorConfig, person: Person) -> Person:
        """The person by all that the app's rows say of them besides."""

    def export(
        self, connector: ConnectorConfig, person: Person
    ) -> Mapping[str, Sequence[base.Json]]:
        """Everything that is kept of the person, by kind."""

    def erase(self, connector: ConnectorConfig, person: Person) -> int:
        """Take the person out of every row; how many rows that were. A second time: 0 or more."""

    def erase_all(self, connector: ConnectorConfig) -> int:
        """Take every person of the store out."""


ERASERS: list[Eraser] = []


def register_eraser(eraser: Eraser) -> None:
    """Say who knows an app's personal data."""
    ERASERS.append(eraser)


def register_importer(resource: base.Resource, importer: Importer[Any]) -> None:
    """Say who writes a resource's records."""
    IMPORTERS[resource] = importer
