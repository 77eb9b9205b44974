"""A WooCommerce store as the sync engine reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from connectors.platforms import base
from connectors.platforms.woocommerce import (
    checking,
    client,
    fetching,
    fields,
    reading,
    sections,
    subscriptions,
    sweep,
    variations,
)


def connect(
    url: str,
    key: str,
    secret: str,
    *,
    ca_bundle: str | None = None,
    guard: Callable[[], None] | None = None,
    token_cache: base.TokenCache | None = None,
) -> WooCommerceStore:
    """The store at this address, not called yet. Raises a ``StoreError`` for unusable input.

    WooCommerce's keys are permanent: ``token_cache`` is not used.
    """
    return WooCommerceStore(client.Client(url, key, secret, ca_bundle=ca_bundle, guard=guard))


class WooCommerceStore:
    """Implements ``base.Store``, which says what each method promises.

    The guard is called in the caller's own thread too: pages are fetched in others.
    """

    timed = frozenset((base.Resource.PRODUCTS, base.Resource.ORDERS))

    def __init__(self, client_: client.Client) -> None:
        self._client = client_
        self._variations = variations.Variations(client_)

    @property
    def request_count(self) -> int:
        return self._client.request_count

    def check(self) -> base.StoreDescription:
        return checking.check(self._client)

    def now(self) -> datetime:
        answer = self._client.get("orders", {"per_page": "1", "_fields": fields.ID})
        return answer.sent_at or datetime.now(UTC)

    def read(
        self, resource: base.Resource, window: base.Window, position: base.Json
    ) -> Iterator[base.Batch]:
        self._client.guard()
        return reading.Reading(
            self._client,
            self._variations,
            resource,
            sections.window_filters(window) if resource in self.timed else {},
            is_whole=window.after is None,
        ).batches(position)

    def read_ids(self, resource: base.Resource, position: base.Json) -> Iterator[base.IdBatch]:
        self._client.guard()
        return sweep.id_batches(self._client, self._variations, resource, position)

    def fetch(self, resource: base.Resource, ids: Sequence[int]) -> base.Batch:
        self._client.guard()
        return fetching.Fetching(self._client, self._variations, resource).batch(ids)

    def refetch(self, resource: base.Resource, ids: Sequence[int]) -> base.Refetched:
        return base.Refetched(batch=self.fetch(resource, ids))

    def webhooks(self) -> Sequence[base.Subscription]:
        return list(subscriptions.found(self._client))

    def add_webhook(self, topic: str, url: str, secret: str) -> base.Subscription:
        return subscriptions.add(self._client, topic, url, secret)

    def remove_webhook(self, remote_id: str) -> None:
        subscriptions.remove(self._client, remote_id)

    def close(self) -> None:
        self._client.close()
