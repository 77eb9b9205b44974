"""A page of raw JSON to records; one bad record never costs the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.platforms import base, values
from connectors.platforms.woocommerce import customers, orders, products

LONG_AGO = datetime.min.replace(tzinfo=UTC)

NOUNS = {
    base.Resource.PRODUCTS: "product",
    base.Resource.CUSTOMERS: "customer",
    base.Resource.ORDERS: "order",
}

Mapping_ = Callable[[base.Json, list[base.Note]], base.Record]


def map_page(
    resource: base.Resource,
    items: Sequence[Any],
    *,
    clean: bool = False,
    titles: Mapping[int, str] | None = None,
) -> tuple[list[base.Record], list[base.Note]]:
    """The records of a page, each id once and as it is newest, and the notes about them.

    ``clean`` says that no text needs a look for what PostgreSQL can't store. ``titles`` are those
    of the variations' parents, by id.
    """
    notes: list[base.Note] = []
    records: list[base.Record] = []
    convert = _conversion(resource, titles or {})
    for item in items:
        try:
            # The same object where nothing had to be replaced.
            found = item if clean else values.storable(item)
            records.append(_record(convert, found, notes, NOUNS[resource]))
        except base.RecordError as error:
            notes.append(_set_aside(item, error))
            continue
        if found is not item:
            notes.append(_replaced(records[-1].remote_id))
    if len({record.remote_id for record in records}) != len(records):
        records = _without_repeats(records, notes)
    return records, notes


def _conversion(resource: base.Resource, titles: Mapping[int, str]) -> Mapping_:
    if resource is base.Resource.ORDERS:
        return orders.record
    if resource is base.Resource.CUSTOMERS:
        return customers.record
    if not titles:
        return products.record

    def with_title(product: base.Json, notes: list[base.Note]) -> base.Record:
        return products.record(product, notes, titles.get(product.get("parent_id", 0), ""))

    return with_title


def _record(convert: Mapping_, item: Any, notes: list[base.Note], noun: str) -> base.Record:
    if type(item) is not dict:
        raise base.RecordError("unknown_shape", f"This is no {noun}, but something else.")
    try:
        return convert(item, notes)
    except KeyError as error:
        detail = f"The {noun} comes without its {error.args[0]}."
        raise base.RecordError("missing_field", detail) from None
    except (TypeError, AttributeError):
        detail = f"A part of the {noun} is not what WooCommerce sends there."
        raise base.RecordError("unknown_shape", detail) from None


def _set_aside(item: Any, error: base.RecordError) -> base.Note:
    remote_id = item.get("id") if type(item) is dict else None
    is_id = type(remote_id) is int and 0 < remote_id <= values.LARGEST_ID
    return base.Note(
        remote_id=remote_id if is_id else None,
        cause=error.cause,
        detail=error.detail,
        set_aside=True,
    )


def _replaced(remote_id: int) -> base.Note:
    return base.Note(
        remote_id=remote_id,
        cause="text_replaced",
        detail=f"Characters of it can't be stored; each is shown as {values.REPLACEMENT}.",
        set_aside=False,
    )


def _without_repeats(records: list[base.Record], notes: list[base.Note]) -> list[base.Record]:
    newest: dict[int, base.Record] = {}
    for record in records:
        other = newest.get(record.remote_id)
        if other is not None:
            notes.append(_repeated(record.remote_id))
        if other is None or (record.modified_at or LONG_AGO) >= (other.modified_at or LONG_AGO):
            newest[record.remote_id] = record
    return list(newest.values())


def _repeated(remote_id: int) -> base.Note:
    return base.Note(
        remote_id=remote_id,
        cause="repeated_id",
        detail="The store sent it twice in one page; the newer one is kept.",
        set_aside=False,
    )
