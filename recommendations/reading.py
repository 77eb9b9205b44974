"""Who bought what on which day, read from the orders."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np

from orders.models import OrderItem, PlatformOrder
from orders.presenting import snapshots
from recommendations.ranking.purchases import Purchases

Status = PlatformOrder.Status
# What was cancelled, never paid or given back whole is no sign of what somebody wants again.
COUNTED = (Status.PROCESSING, Status.COMPLETED, Status.ON_HOLD, Status.OTHER)
AT_ONCE = 20_000
COLUMNS = (
    "platform", "sku", "merchant_sku", "remote_id", "quantity", "order__customer_id",
    "order__email", "order__created_at", "order__refunds",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """All purchases; ``skus`` and ``customers`` are what their numbers stand for."""

    purchases: Purchases
    skus: list[str]
    customers: list[str]


def read() -> Shop:
    """Every line that counts, in one streamed query."""
    customers: dict[str, int] = {}
    skus: dict[str, int] = {}
    columns = [array("q"), array("q"), array("q")]
    rows = OrderItem.objects.filter(order__status__in=COUNTED).order_by()
    for row in rows.values(*COLUMNS).iterator(chunk_size=AT_ONCE):
        sku, customer = product_of(row), customer_of(row)
        if sku and customer and not _is_given_back(row):
            columns[0].append(customers.setdefault(customer, len(customers)))
            columns[1].append(row["order__created_at"].toordinal())
            columns[2].append(skus.setdefault(sku, len(skus)))
    customer_column, day, sku_column = (np.array(one, np.int64) for one in columns)
    return Shop(
        purchases=Purchases(customer=customer_column, day=day, sku=sku_column), skus=list(skus),
        customers=list(customers),
    )  # fmt: skip


def product_of(row: Any) -> str:
    """One product over all stores: by the merchant's own SKU, or by our key where it has none."""
    own = (row["merchant_sku"] or "").strip().lower()
    if own:
        return own
    return f"{row['platform']}:{row['sku']}" if row["sku"] else ""


def customer_of(row: Any) -> str:
    """One person over all stores: by email, or by our key where there is none."""
    email = (row["order__email"] or "").strip().lower()
    if email:
        return email
    key = row["order__customer_id"]
    return f"{row['platform']}:{key}" if key else ""


def _is_given_back(row: Any) -> bool:
    """Whether nothing of the line was kept."""
    refunds = snapshots(row["order__refunds"])
    lines = [line for one in refunds for line in snapshots(one.get("lines"))]
    own = [line for line in lines if line.get("remote_id") == row["remote_id"]]
    back = sum(int(line.get("quantity") or 0) for line in own)
    return bool(0 < row["quantity"] <= back)
