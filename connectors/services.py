"""What the console, the commands and the tasks do with stores."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from connectors import encryption, engine, registry
from connectors.models import ConnectorConfig, ConnectorQuerySet, Platform, SyncCursor, SyncRun
from connectors.platforms import base

logger = logging.getLogger(__name__)

RUNS_KEPT = timedelta(days=30)


class HttpInTransactionError(RuntimeError):
    """A remote call was about to be made while a transaction was open."""


def refuse_in_transaction() -> None:
    """The guard that every client calls before a request."""
    if connection.in_atomic_block:
        raise HttpInTransactionError("No store is called while a transaction is open.")


class StoredToken:
    """Keeps a store's granted token with its connector, encrypted, for all processes.

    Stores are read in threads of their own, which must leave no database connection behind.
    """

    def __init__(self, connector: ConnectorConfig) -> None:
        self._connector, self._thread = connector, threading.get_ident()

    def load(self) -> base.Token | None:
        """The token that any process was granted last."""
        text: object = self._connector.access_token
        expires_at = self._connector.access_token_expires_at
        if not self._connector._state.adding:
            with self._own_connection():
                found = self._row().values_list("access_token", "access_token_expires_at").first()
            text, expires_at = found or (None, None)
        if expires_at is None or not isinstance(text, encryption.Secret):
            return None
        return base.Token(text=str(text), expires_at=expires_at)

    def keep(self, token: base.Token) -> None:
        """Give it to the connector, and to other processes once that is saved."""
        self._connector.access_token = token.text
        self._connector.access_token_expires_at = token.expires_at
        if not self._connector._state.adding:
            with self._own_connection():
                self._row().update(
                    access_token=token.text, access_token_expires_at=token.expires_at
                )

    def _row(self) -> ConnectorQuerySet:
        return ConnectorConfig.objects.filter(pk=self._connector.pk)

    @contextmanager
    def _own_connection(self) -> Iterator[None]:
        try:
            yield
        finally:
            if threading.get_ident() != self._thread:
                connection.close()


@contextmanager
def opened(
    connector: ConnectorConfig, *, guard: Callable[[], None] | None = None
) -> Iterator[registry.Store]:
    """The connected store, closed afterwards; raises a ``StoreError`` when it can't be called.

    ``guard`` is called before each request too, and may refuse it by raising.
    """
    if connector.platform not in registry.STORES:
        raise base.RejectedError(
            f"Storekeep can't talk to {connector.get_platform_display()} yet.", code="platform"
        )
    for value in (connector.api_key, connector.secret):
        if encryption.is_unreadable(value):
            raise base.CredentialsError(
                "The stored credentials can't be read: the key that encrypted them is not in "
                "FIELD_KEYS. Put that key back, or enter the credentials again.",
                code="unreadable",
            )
    store = registry.STORES[connector.platform](
        connector.store_url,
        str(connector.api_key),
        str(connector.secret),
        ca_bundle=connector.ca_bundle or None,
        guard=_guarding(guard),
        token_cache=StoredToken(connector),
    )
    try:
        yield store
    finally:
        store.close()


def _guarding(also: Callable[[], None] | None) -> Callable[[], None]:
    def guard() -> None:
        refuse_in_transaction()
        if also is not None:
            also()

    return guard


def check_store(connector: ConnectorConfig) -> base.StoreDescription:
    """Call the store and keep what it says of itself; raises a ``StoreError`` in plain words.

    The connector need not be saved yet.
    """
    with opened(connector) as store:
        description = store.check()
    connector.currency = description.currency
    connector.platform_version = description.version
    connector.timezone = description.timezone
    connector.name = connector.name or description.name[:100]
    return description


def normal_store_url(platform: str, text: str) -> str:
    """The store's address as it is kept; raises ``ValidationError`` for what is none."""
    try:
        return registry.ADDRESSES[platform](text)
    except base.RejectedError as error:
        raise ValidationError(str(error)) from None


def stores_named(text: str) -> ConnectorQuerySet:
    """The stores that an address, written in any way that connects one, or a name means."""
    wanted = Q(name__iexact=text.strip())
    for platform in registry.ADDRESSES:
        try:
            wanted |= Q(platform=platform, store_url=normal_store_url(platform, text))
        except ValidationError:
            continue
    return ConnectorConfig.objects.filter(wanted)


def stores_for(named: str | None) -> ConnectorQuerySet:
    """The enabled stores, or the one of them that is named by its address or name."""
    stores = ConnectorConfig.objects.enabled()
    return stores & stores_named(named) if named else stores


def connect_store(*, connector: ConnectorConfig) -> base.StoreDescription:
    """Check a new or changed store and save it, with its cursors, only when it works.

    Raises ``ValidationError`` for what can't be saved and ``StoreError`` for what the store says.
    """
    description = examine_store(connector)
    keep_store(connector)
    return description


def examine_store(connector: ConnectorConfig) -> base.StoreDescription:
    """Whether the store could be saved and works, and what it says of itself; saves nothing.

    Raises as ``connect_store`` does.
    """
    connector.store_url = normal_store_url(connector.platform, connector.store_url)
    if connector.ca_bundle and not Path(connector.ca_bundle).is_file():
        raise ValidationError(f"There is no file {connector.ca_bundle}.")
    connector.full_clean(validate_unique=True)
    return check_store(connector)


def keep_store(connector: ConnectorConfig) -> None:
    """Save a store that was examined, with its cursors, as connected."""
    with transaction.atomic():
        connector.disconnected_at, connector.disconnected_reason = None, ""
        connector.save()
        for resource in base.Resource:
            SyncCursor.objects.get_or_create(connector=connector, resource=resource)
    logger.info("store connected store=%s platform=%s", connector.pk, connector.platform)


def has_synced(connector: ConnectorConfig) -> bool:
    """Whether anything was ever copied: from then on the key prefix is fixed."""
    cursors = SyncCursor.objects.filter(connector=connector)
    return cursors.exclude(changed_until__isnull=True, window={}).exists()


def sync_resource(
    *,
    connector: ConnectorConfig,
    resource: base.Resource,
    options: engine.Options = engine.Options(),  # noqa: B008 - frozen
) -> SyncRun:
    """Copy what changed in one resource of a store; see ``engine.sync``.

    Raises ``StoreError`` where the store can't even be called, and keeps why with the store.
    """
    try:
        with opened(connector) as store:
            return engine.sync(connector=connector, resource=resource, store=store, options=options)
    except base.StoreError as error:
        engine.keep_disconnected(connector, str(error))
        raise


def forget_old_runs() -> int:
    """Delete runs that ended long ago; how many."""
    old = SyncRun.objects.filter(finished_at__lt=timezone.now() - RUNS_KEPT)
    return old.delete()[0]


def claim_due() -> Sequence[tuple[ConnectorConfig, base.Resource]]:
    """What is to be copied now, in order; each is given to one caller only.

    A resource waits for the first copy of those before it, unless that failed, so that line items
    find their products.
    """
    now = timezone.now()
    claimed = []
    for connector in ConnectorConfig.objects.enabled():
        for resource in base.Resource:
            if _waits(connector, resource) or not _claim(connector, resource, now):
                continue
            claimed.append((connector, resource))
    return claimed


def claim_all(connector: ConnectorConfig) -> None:
    """Make every resource of the store due at once."""
    SyncCursor.objects.filter(connector=connector).update(due_at=None)


def _claim(connector: ConnectorConfig, resource: base.Resource, now: datetime) -> bool:
    due = Q(due_at__isnull=True) | Q(due_at__lte=now)
    later = now + timedelta(seconds=connector.sync_interval)
    cursors = SyncCursor.objects.filter(connector=connector, resource=resource)
    return cursors.filter(due).update(due_at=later) == 1


def _waits(connector: ConnectorConfig, resource: base.Resource) -> bool:
    order = list(base.Resource)
    for earlier in order[: order.index(resource)]:
        cursor = SyncCursor.objects.filter(connector=connector, resource=earlier).first()
        if cursor is None or cursor.changed_until is not None:
            continue
        last = SyncRun.objects.filter(connector=connector, resource=earlier).first()
        if last is None or last.status != SyncRun.Status.FAILED:
            return True
    return False


def is_supported(platform: str) -> bool:
    """Whether stores of this platform can be connected."""
    return platform in registry.STORES


def supported_platforms() -> list[Platform]:
    """The platforms whose stores can be connected."""
    return [platform for platform in Platform if platform in registry.STORES]
