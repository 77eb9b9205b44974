"""What resolvers know of the request that they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import GraphQLError, GraphQLResolveInfo

from connectors.sandbox.shopify import gids, goods
from connectors.sandbox.shopify.faults import Knobs
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.shop import Condition, ShopifyShop

if TYPE_CHECKING:
    from connectors.sandbox.shopify.bulk import Operations
    from connectors.sandbox.shopify.order_writing import Jobs

RECENT = timedelta(days=60)
SCOPE_HELP = "https://shopify.dev/api/usage/access-scopes"
KINDS = {
    "Order": "order", "Product": "product", "ProductVariant": "variant", "Customer": "customer",
    "BulkOperation": "bulk", "WebhookSubscription": "webhook", "ShopifyPaymentsDispute": "dispute",
}  # fmt: skip
TYPE_NAMES = {kind: name for name, kind in KINDS.items()}
SCOPES = {
    "order": "read_orders", "product": "read_products", "variant": "read_products",
    "customer": "read_customers", "dispute": "read_shopify_payments_disputes",
}  # fmt: skip


@dataclass(slots=True)
class Request:
    """One request: its shop and faults, and what was loaded and ignored for it."""

    shop: ShopifyShop
    knobs: Knobs
    operations: Operations
    jobs: Jobs
    version: str
    address: str
    bulk: bool = False
    warnings: list[Json] = field(default_factory=list)
    loaded: dict[tuple[str, int], Json | None] = field(default_factory=dict)

    def visible(self, kind: str) -> Sequence[Condition]:
        """Without read_all_orders a shop seems to have the last 60 days' orders only."""
        if kind != "order" or "read_all_orders" in self.knobs.granted():
            return []
        return [("created >= ?", [goods.stamp(self.shop.clock() - RECENT)])]

    def load(self, kind: str, identity: int | None) -> Json | None:
        """A record that this request may see; it is read once."""
        if not identity:
            return None
        key = (kind, identity)
        if key not in self.loaded:
            body = self.shop.get(kind, identity)
            if body and any(body["createdAt"] < given[0] for _, given in self.visible(kind)):
                body = None
            self.loaded[key] = body
        return self.loaded[key]

    def forget(self, kind: str, identity: int) -> None:
        """Read a record anew: it was changed."""
        self.loaded.pop((kind, identity), None)


Info: TypeAlias = "GraphQLResolveInfo[Request]"


def of(info: Info) -> Request:
    """The request that a resolver answers."""
    return info.context


def demand(info: Info, kind: str) -> None:
    """Raise ACCESS_DENIED unless the token may read this kind."""
    if scope := SCOPES.get(kind):
        demand_scope(info, scope)


def demand_scope(info: Info, scope: str) -> None:
    """Raise ACCESS_DENIED unless the token has the scope."""
    if scope not in of(info).knobs.granted():
        required = f"`{scope}` access scope."
        raise GraphQLError(
            f"Access denied for {info.field_name} field. Required access: {required}",
            extensions={
                "code": "ACCESS_DENIED", "documentation": SCOPE_HELP, "requiredAccess": required,
            },
        )  # fmt: skip


def number(gid: str, type_name: str) -> int:
    """The number in a global id; a text that is none is an error of the request."""
    try:
        return gids.number(gid, type_name)
    except gids.InvalidError as error:
        raise GraphQLError(
            str(error), extensions={"code": "argumentLiteralsIncompatible", "typeName": "ID"}
        ) from None


def load(info: Info, type_name: str, gid: str) -> Any:
    """The object of a global id, or none."""
    kind = KINDS[type_name]
    demand(info, kind)
    return of(info).load(kind, number(gid, type_name))
