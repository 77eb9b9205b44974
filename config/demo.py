"""The demo: the sandbox stores as connected stores, and their removal with all their rows."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from catalog.models import PlatformProduct
from connectors import services, subscribing
from connectors.models import ConnectorConfig, Platform, SyncRun
from orders.models import OrderItem, PlatformCustomer, PlatformOrder
from support import audit
from support.models import AddressUpdateRequest, RefundRequest


def connect(*, platform: str, store_url: str, api_key: str, secret: str) -> ConnectorConfig:
    """Connect a sandbox store, or give the connected one its address and credentials of now.

    Raises ``StoreError`` when the sandbox does not answer.
    """
    known = ConnectorConfig.objects.filter(is_demo=True, platform=platform).first()
    connector = known or ConnectorConfig(
        platform=Platform(platform),
        is_demo=True,
        name=f"Demo shop ({Platform(platform).label})",
        sync_interval=60,
        # The empty prefix is left to the first store of one's own.
        key_prefix="demo",
    )
    connector.store_url, connector.api_key, connector.secret = store_url, api_key, secret
    connector.sync_enabled = connector.writes_enabled = True
    services.connect_store(connector=connector)
    return connector


def listen(base_url: str) -> None:
    """Have the sandbox stores announce their changes; raises ``StoreError``."""
    for connector in ConnectorConfig.objects.enabled().filter(is_demo=True):
        subscribing.register(connector=connector, base_url=base_url)


def pause() -> int:
    """Leave the demo's rows, but stop asking its store; how many stores that were."""
    return ConnectorConfig.objects.enabled().filter(is_demo=True).update(sync_enabled=False)


def rows() -> dict[str, int]:
    """How many rows of each kind the demo has."""
    return {str(found.model._meta.verbose_name_plural): found.count() for found in _demo_rows()}


def remove() -> dict[str, int]:
    """Delete the demo's stores and every row that came from them; how many of each kind."""
    removed = {}
    with transaction.atomic():
        # A run that is writing waits here, and then finds its store gone.
        list(SyncRun.objects.open().select_for_update().filter(connector__is_demo=True))
        SyncRun.objects.filter(connector__is_demo=True).delete()
        addresses, refunds, *_ = _demo_rows()
        for request in (*addresses, *refunds):
            audit.append(request, audit.Entry(what=audit.REMOVED))
        for found in _demo_rows():
            removed[str(found.model._meta.verbose_name_plural)] = found.count()
            found.delete()
        ConnectorConfig.objects.filter(is_demo=True).delete()
    return removed


def _demo_rows() -> list[QuerySet[Any]]:
    """The demo's rows, each kind before those that it refers to."""
    return [
        AddressUpdateRequest.objects.filter(order__connector__is_demo=True),
        RefundRequest.objects.filter(order__connector__is_demo=True),
        OrderItem.objects.filter(order__connector__is_demo=True),
        PlatformOrder.objects.filter(connector__is_demo=True),
        PlatformCustomer.objects.filter(connector__is_demo=True),
        PlatformProduct.objects.filter(connector__is_demo=True),
    ]
