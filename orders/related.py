"""Rows that stand beside a row on its page: few, and found by an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from catalog.models import PlatformProduct
from orders.models import OrderItem, PlatformCustomer, PlatformOrder

HEAVY = (
    "line_items", "metadata", "charges", "refunds", "fulfilments", "billing_address",
    "shipping_address", "customer_note",
)  # fmt: skip
NOT_SALES = (
    PlatformOrder.Status.CANCELLED, PlatformOrder.Status.FAILED, PlatformOrder.Status.DRAFT,
    PlatformOrder.Status.TRASHED, PlatformOrder.Status.DELETED,
)  # fmt: skip
NEWEST_ORDERS = 2_000
MOST_LINES = 5_000


def light() -> QuerySet[PlatformOrder]:
    """Orders without the columns that only their own page shows."""
    return PlatformOrder.objects.defer(*HEAVY)


def orders_of(customer: PlatformCustomer) -> QuerySet[PlatformOrder]:
    """The customer's orders, newest first."""
    return light().filter(customer_id=customer.customer_id, platform=customer.platform)


def others_of_buyer(order: PlatformOrder) -> QuerySet[PlatformOrder]:
    """The buyer's other orders, newest first: by account, a guest's by email."""
    others = light().exclude(order_id=order.order_id, platform=order.platform)
    if order.customer_id:
        return others.filter(customer_id=order.customer_id, platform=order.platform)
    if not order.email:
        return others.none()
    # The prefix look-up is the one that has an index.
    return others.filter(
        Q(email__istartswith=order.email), email__iexact=order.email, platform=order.platform
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a customer's orders in one currency come to."""

    currency: str
    orders: int
    total: Decimal
    refunded: Decimal

    @property
    def left(self) -> Decimal:
        """The total after refunds."""
        return self.total - self.refunded


def spending(customer: PlatformCustomer) -> list[Spending]:
    """What the customer's orders come to in each currency, without those that are no sales."""
    sales = orders_of(customer).exclude(status__in=NOT_SALES).order_by()
    sums = sales.values("currency").annotate(
        orders=Count("*"), total=Sum("exact_total"), refunded=Sum("refunded_total")
    )
    return [Spending(**row) for row in sums.order_by("currency")]


def lines_of(order: PlatformOrder) -> list[OrderItem]:
    """The order's lines, with their products where the catalogue has them."""
    lines = OrderItem.objects.filter(order_id=order.order_id, platform=order.platform)
    return list(lines.order_by("position").prefetch_related("product"))


def recent_lines(product: PlatformProduct, limit: int) -> Sequence[OrderItem]:
    """The newest lines in which the product was sold.

    Exact for what sold among the newest orders, and for products with few lines; for one that
    sold often but long ago, the newest of its first thousands.
    """
    newest = light().values_list("order_id", flat=True).filter(platform=product.platform)
    within = list(newest[:NEWEST_ORDERS])
    lines = OrderItem.objects.filter(sku=product.sku, platform=product.platform)
    found = _newest(lines.filter(order_id__in=within), limit)
    if len(found) == limit:
        return found
    # The prefix look-up is the one that has an index.
    few = lines.filter(sku__istartswith=product.sku).order_by().values("id")[:MOST_LINES]
    return _newest(OrderItem.objects.filter(id__in=few), limit)


def _newest(lines: QuerySet[OrderItem], limit: int) -> list[OrderItem]:
    newest = lines.order_by("-order__created_at", "-order_id")
    return list(newest.prefetch_related(Prefetch("order", queryset=light()))[:limit])
