"""Parcels of an order: WooCommerce's own fulfilments, or what tracking plugins note."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.platforms import base, values

# Kept under this key by both widely used plugins, Shipment Tracking and Advanced Shipment Tracking.
TRACKING_KEY = "_wc_shipment_tracking_items"
STATUS_KEY = "_fulfillment_status"
SHIPPED = "shipped"


def fulfilments(order: base.Json, meta: list[Any]) -> tuple[base.FulfilmentRecord, ...]:
    """The order's parcels, in the store's order; what can't be read as one is left out."""
    found: list[base.FulfilmentRecord] = []
    if order.get("fulfillments"):
        found.extend(_own(order["fulfillments"]))
    for entry in meta:
        if type(entry) is dict and entry.get("key") == TRACKING_KEY:
            found.extend(_of_plugin(entry.get("value")))
    return tuple(found)


def status(meta: list[Any]) -> str:
    """The status that WooCommerce's fulfilments give the order, '' where it has none."""
    for entry in meta:
        if type(entry) is dict and entry.get("key") == STATUS_KEY:
            return _text(entry.get("value"))
    return ""


def _own(parcels: Any) -> list[base.FulfilmentRecord]:
    return [_own_parcel(parcel) for parcel in _objects(parcels) if not parcel.get("date_deleted")]


def _own_parcel(parcel: base.Json) -> base.FulfilmentRecord:
    meta = {
        _text(entry.get("key")): entry.get("value") for entry in _objects(parcel.get("meta_data"))
    }
    return base.FulfilmentRecord(
        remote_id=_text(parcel.get("id") or parcel.get("fulfillment_id")),
        status=_text(parcel.get("status")),
        company=_text(meta.get("_provider_name") or meta.get("_shipment_provider")),
        tracking_number=_text(meta.get("_tracking_number")),
        tracking_url=_text(meta.get("_tracking_url")),
        shipped_at=_moment(meta.get("_date_fulfilled")),
    )


def _of_plugin(parcels: Any) -> list[base.FulfilmentRecord]:
    found = []
    for parcel in _objects(parcels):
        number = _text(parcel.get("tracking_number"))
        if number:
            found.append(_plugin_parcel(parcel, number))
    return found


def _plugin_parcel(parcel: base.Json, number: str) -> base.FulfilmentRecord:
    return base.FulfilmentRecord(
        remote_id=_text(parcel.get("tracking_id")) or number,
        status=SHIPPED,
        company=_text(parcel.get("custom_tracking_provider") or parcel.get("tracking_provider")),
        tracking_number=number,
        tracking_url=_text(
            parcel.get("custom_tracking_link") or parcel.get("formatted_tracking_link")
        ),
        shipped_at=_moment(parcel.get("date_shipped")),
    )


def _objects(value: Any) -> list[base.Json]:
    try:
        return [item for item in values.listed(value) if type(item) is dict]
    except TypeError:
        return []


def _text(value: Any) -> str:
    """A plugin's text, '' for anything that is none."""
    return values.plain(value) if type(value) in (str, int, float) else ""


def _moment(value: Any) -> datetime | None:
    """A plugin's moment: seconds since 1970, as a number or digits, or a date."""
    try:
        if type(value) in (int, float) or (type(value) is str and value.isdecimal()):
            return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return values.optional_moment(value)
