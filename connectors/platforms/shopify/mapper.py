"""Raw items to records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.platforms import base, mapping
from connectors.platforms.shopify import customers, gids, orders, products

CONVERT: dict[base.Resource, mapping.Convert] = {
    base.Resource.PRODUCTS: products.record,
    base.Resource.CUSTOMERS: customers.record,
    base.Resource.ORDERS: orders.record,
}


def map_items(
    resource: base.Resource, items: Sequence[Any], *, clean: bool = False
) -> tuple[list[base.Record], list[base.Note]]:
    """The records of these items, as ``mapping.records`` promises.

    An item is a variant with its product, a customer, or an order with lists of its lines.
    """
    return mapping.records(resource, items, CONVERT[resource], _id, clean=clean)


def _id(item: base.Json) -> int | None:
    return gids.optional_number(item.get("id"))
