"""A Shopify store as the sync engine reads it, and as its orders are changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connectors.platforms import base, money
from connectors.platforms.shopify import (
    amending,
    bulk,
    checking,
    client,
    fetching,
    ids,
    live,
    paging,
    refunding,
    subscriptions,
)


def connect(
    url: str,
    key: str,
    secret: str,
    *,
    ca_bundle: str | None = None,
    guard: Callable[[], None] | None = None,
    token_cache: base.TokenCache | None = None,
    version: str = client.API_VERSION,
) -> ShopifyStore:
    """The store at this address, not called yet. Raises a ``StoreError`` for unusable input.

    ``key`` is a permanent token (shpat_…) or an app's client id, which ``secret`` belongs to.
    """
    return ShopifyStore(
        client.Client(
            url,
            key,
            secret,
            ca_bundle=ca_bundle,
            guard=guard,
            token_cache=token_cache,
            version=version,
        )
    )


class ShopifyStore:
    """Implements ``base.Store`` and ``money.MoneyStore``, which say what each method promises.

    The guard is called in the caller's own thread too: batches are read in another.
    """

    timed = frozenset(base.Resource)
    key_lifetime = timedelta(hours=24)
    settle_time = timedelta(minutes=2)

    def __init__(self, client_: client.Client) -> None:
        self._client = client_

    @property
    def request_count(self) -> int:
        return self._client.request_count

    def check(self) -> base.StoreDescription:
        return checking.check(self._client)

    def now(self) -> datetime:
        return self._client.query("moment").sent_at or datetime.now(UTC)

    def read(
        self, resource: base.Resource, window: base.Window, position: base.Json
    ) -> Iterator[base.Batch]:
        self._client.guard()
        return self._batches(resource, window, position)

    def _batches(
        self, resource: base.Resource, window: base.Window, position: base.Json
    ) -> Iterator[base.Batch]:
        """Everything comes by a bulk operation where there can be one, changes page by page."""
        is_paging = "cursor" in position or ("done" in position and "bulk" not in position)
        if window.after is None and not is_paging:
            try:
                yield from bulk.batches(self._client, resource, position)
                return
            except bulk.UnavailableError:
                position = {}
        yield from paging.batches(self._client, resource, window, position)

    def read_ids(self, resource: base.Resource, position: base.Json) -> Iterator[base.IdBatch]:
        self._client.guard()
        return self._id_batches(resource, position)

    def _id_batches(self, resource: base.Resource, position: base.Json) -> Iterator[base.IdBatch]:
        sees_all = resource is not base.Resource.ORDERS or self._sees_all_orders()
        yield from ids.id_batches(self._client, resource, position, sees_all=sees_all)

    def fetch(self, resource: base.Resource, ids: Sequence[int]) -> base.Batch:
        return fetching.by_ids(self._client, resource, ids)

    def refetch(self, resource: base.Resource, ids: Sequence[int]) -> base.Refetched:
        return fetching.announced(self._client, resource, ids)

    def webhooks(self) -> Sequence[base.Subscription]:
        return list(subscriptions.found(self._client))

    def add_webhook(self, topic: str, url: str, secret: str) -> base.Subscription:
        """Shopify signs with the app's own secret, so this one isn't sent."""
        return subscriptions.add(self._client, topic, url)

    def remove_webhook(self, remote_id: str) -> None:
        subscriptions.remove(self._client, remote_id)

    def read_order(self, remote_id: int) -> money.LiveOrder:
        return live.order(self._client, remote_id)

    def list_refunds(self, remote_id: int) -> Sequence[money.LiveRefund]:
        return live.found_refunds(self._client, remote_id)

    def preview_refund(self, refund: money.RefundOrder) -> money.RefundPreview:
        return refunding.preview(self._client, refund)

    def refund(self, refund: money.RefundOrder) -> money.LiveRefund:
        return refunding.make(self._client, refund)

    def update_shipping_address(self, remote_id: int, address: Mapping[str, str]) -> None:
        amending.readdress(self._client, remote_id, address)

    def cancel_order(self, remote_id: int, *, restock: bool, note: str) -> None:
        amending.cancel(self._client, remote_id, restock=restock, note=note)

    def close(self) -> None:
        self._client.close()

    def _sees_all_orders(self) -> bool:
        return checking.ALL_ORDERS in checking.scopes(self._client.query("scopes").data)
