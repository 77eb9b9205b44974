"""Records by their ids, as they are now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.platforms import base
from connectors.platforms.shopify import client, connections, gids, kinds, mapper, products

AT_ONCE = {
    base.Resource.PRODUCTS: 50,
    base.Resource.CUSTOMERS: 100,
    base.Resource.ORDERS: 25,
}
VARIANTS_AT_ONCE = 100


def by_ids(client_: client.Client, resource: base.Resource, ids: Sequence[int]) -> base.Batch:
    """The records of these ids; those that the store doesn't have (any more) are left out."""
    nodes = list(_nodes(client_, resource, ids))
    return _batch(resource, nodes)


def announced(
    client_: client.Client, resource: base.Resource, ids: Sequence[int]
) -> base.Refetched:
    """What was announced; for products that is products, each with all of its variants."""
    if resource is not base.Resource.PRODUCTS:
        return base.Refetched(batch=by_ids(client_, resource, ids))
    items = {product_id: _variants(client_, product_id) for product_id in ids}
    batch = _batch(resource, [item for found in items.values() for item in found])
    families = {
        product_id: {gids.number(item["id"]) for item in found}
        for product_id, found in items.items()
    }
    return base.Refetched(batch=batch, families=families)


def _variants(client_: client.Client, product_id: int) -> list[base.Json]:
    """All variants of a product, none where it is gone."""
    variables = {"id": gids.gid("Product", product_id), "variants": VARIANTS_AT_ONCE}
    product = client_.query("product", variables).data["product"]
    if product is None:
        return []
    return products.items(connections.completed(client_, product, kinds.VARIANTS))


def _nodes(
    client_: client.Client, resource: base.Resource, ids: Sequence[int]
) -> Iterator[base.Json]:
    kind, size = kinds.OF[resource], connections.PageSize(AT_ONCE[resource])
    extra = kind.page_variables() if resource is base.Resource.ORDERS else {}
    done = 0
    while done < len(ids):
        wanted = [gids.gid(kind.gid, one) for one in ids[done : done + size.value]]
        try:
            answer = client_.query(kind.by_id, {**extra, "ids": wanted})
        except base.RejectedError as error:
            if error.code != "max_cost" or size.value == 1:
                raise
            size.halve()
            continue
        done += len(wanted)
        for node in answer.data["nodes"]:
            # An id of which there is nothing gives null, one of another kind an empty object.
            if node:
                yield kind.whole(client_, node) if extra else node


def _batch(resource: base.Resource, items: Sequence[base.Json]) -> base.Batch:
    records, notes = mapper.map_items(resource, items)
    return base.Batch(records=records, notes=notes, position={}, total=None)
