"""A WooCommerce store as the sync engine reads it, and as its orders are changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connectors.platforms import base, money, values
from connectors.platforms.woocommerce import (
    amending,
    checking,
    client,
    fetching,
    fields,
    live,
    reading,
    refunding,
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
    """Implements ``base.Store`` and ``money.MoneyStore``, which say what each method promises.

    The guard is called in the caller's own thread too: pages are fetched in others.
    """

    timed = frozenset((base.Resource.PRODUCTS, base.Resource.ORDERS))
    key_lifetime = timedelta(0)
    # PHP and a payment provider rarely work on a request for longer than a few minutes.
    settle_time = timedelta(minutes=10)

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

    def read_order(self, remote_id: int) -> money.LiveOrder:
        return live.order(self._client, remote_id)

    def list_refunds(self, remote_id: int) -> Sequence[money.LiveRefund]:
        order = live.read(self._client, remote_id)
        with refunding.understanding():
            return refunding.found(self._client, remote_id, order["currency"])

    def preview_refund(self, refund: money.RefundOrder) -> money.RefundPreview:
        """WooCommerce has no opinion of its own, but keeps only so many decimals."""
        found = live.order(self._client, refund.order_remote_id)
        refunding.demand_exact(refund, {"total": found.record.metadata["total"]})
        left = max(found.captured - found.refunded, values.ZERO)
        return money.RefundPreview(suggested=None, suggested_tax=None, maximum=left, tenders=())

    def refund(self, refund: money.RefundOrder) -> money.LiveRefund:
        order = live.read(self._client, refund.order_remote_id)
        return refunding.make(self._client, refund, order)

    def update_shipping_address(self, remote_id: int, address: Mapping[str, str]) -> None:
        amending.readdress(self._client, remote_id, address)

    def cancel_order(self, remote_id: int, *, restock: bool, note: str) -> None:
        amending.cancel(self._client, remote_id)

    def close(self) -> None:
        self._client.close()
