"""A page of raw JSON to records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.platforms import base, mapping
from connectors.platforms.woocommerce import customers, orders, products


def map_page(
    resource: base.Resource,
    items: Sequence[Any],
    *,
    clean: bool = False,
    titles: Mapping[int, str] | None = None,
) -> tuple[list[base.Record], list[base.Note]]:
    """The records of a page, as ``mapping.records`` promises.

    ``titles`` are those of the variations' parents, by id.
    """
    convert = _conversion(resource, titles or {})
    return mapping.records(resource, items, convert, _id, clean=clean)


def _id(item: base.Json) -> Any:
    return item.get("id")


def _conversion(resource: base.Resource, titles: Mapping[int, str]) -> mapping.Convert:
    if resource is base.Resource.ORDERS:
        return orders.record
    if resource is base.Resource.CUSTOMERS:
        return customers.record
    if not titles:
        return products.record

    def with_title(product: base.Json, notes: list[base.Note]) -> base.Record:
        return products.record(product, notes, titles.get(product.get("parent_id", 0), ""))

    return with_title
