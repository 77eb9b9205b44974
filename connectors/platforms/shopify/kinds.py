"""What each resource is called in Shopify's API, and which documents read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.platforms import base
from connectors.platforms.shopify import client, connections, products


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """``gid`` is the kind of what becomes a row; ``field`` is what is paged through."""

    gid: str
    field: str
    pages: str
    bulk: str
    by_id: str
    ids: str
    ids_field: str
    count: str
    first: int
    inner: tuple[connections.Inner, ...] = ()
    variables: Mapping[str, int] | None = None

    def page_variables(self) -> base.Json:
        """How much of the inner connections comes with each node."""
        return dict(self.variables or {})

    def whole(self, client_: client.Client, node: base.Json) -> base.Json:
        """The node with all of its inner connections as whole lists."""
        for inner in self.inner:
            node = connections.completed(client_, node, inner)
        return node


LINES = connections.Inner(field="lineItems", document="order_lines", parent="order")
SHIPPING = connections.Inner(field="shippingLines", document="order_shipping", parent="order")
VARIANTS = connections.Inner(field="variants", document="product_variants", parent="product")

OF = {
    base.Resource.PRODUCTS: Kind(
        gid="ProductVariant", field="products", pages="products", bulk="bulk_products",
        by_id="variants_by_id", ids="variant_ids", ids_field="productVariants",
        count="variant_count", first=50, inner=(VARIANTS,), variables={"variants": 50},
    ),
    base.Resource.CUSTOMERS: Kind(
        gid="Customer", field="customers", pages="customers", bulk="bulk_customers",
        by_id="customers_by_id", ids="customer_ids", ids_field="customers",
        count="customer_count", first=100,
    ),
    base.Resource.ORDERS: Kind(
        gid="Order", field="orders", pages="orders", bulk="bulk_orders", by_id="orders_by_id",
        ids="order_ids", ids_field="orders", count="order_count", first=25,
        inner=(LINES, SHIPPING), variables={"lines": 12},
    ),
}  # fmt: skip


def items(resource: base.Resource, nodes: list[base.Json]) -> list[base.Json]:
    """What becomes rows: a product's variants each, anything else itself."""
    if resource is not base.Resource.PRODUCTS:
        return nodes
    return [item for node in nodes for item in products.items(node)]
