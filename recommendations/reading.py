"""Who bought what on which day, read from the orders; and what the catalogue files it under."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef, TextField
from django.db.models.functions import Cast

from catalog.models import PlatformProduct
from connectors import registry
from connectors.models import Erasure
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

# A row of the catalogue: its platform and our SKU.
RowKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """All purchases; ``skus`` (sorted as UTF-8) and ``customers`` are what their numbers stand for,
    ``rows`` which SKU a row of the catalogue is."""

    purchases: Purchases
    skus: list[str]
    customers: list[str]
    rows: Mapping[RowKey, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A row of the catalogue: which product it is, and its categories in small letters."""

    row: RowKey
    product: str
    categories: frozenset[str]


def read() -> Shop:
    """Every line that counts, in one streamed query."""
    customers: dict[str, int] = {}
    skus: dict[str, int] = {}
    of_rows: dict[RowKey, int] = {}
    columns = [array("q"), array("q"), array("q")]
    for row in counted().values(*COLUMNS).iterator(chunk_size=AT_ONCE):
        sku, customer = product_of(row), customer_of(row)
        if sku and customer and not is_given_back(row):
            number = skus.setdefault(sku, len(skus))
            columns[0].append(customers.setdefault(customer, len(customers)))
            columns[1].append(row["order__created_at"].toordinal())
            columns[2].append(number)
            if row["sku"]:
                of_rows[row["platform"], row["sku"]] = number
    customer_column, day, sku_column = (np.array(one, np.int64) for one in columns)
    names = sorted(skus, key=str.encode)
    place = np.empty(len(names), np.int64)
    place[[skus[name] for name in names]] = np.arange(len(names))
    return Shop(
        purchases=Purchases(customer=customer_column, day=day, sku=place[sku_column]),
        skus=names, customers=list(customers),
        rows={row: int(place[number]) for row, number in of_rows.items()},
    )  # fmt: skip


def counted() -> Any:
    """The lines that say what somebody wants, in no order; none of erased persons and stores."""
    erased = Erasure.objects.filter(
        kind=Erasure.Kind.ORDER, connector=OuterRef("order__connector"),
        subject=Cast(OuterRef("order__remote_id"), TextField()),
    )  # fmt: skip
    lines = OrderItem.objects.filter(order__status__in=COUNTED, order__is_test=False)
    lines = lines.filter(~Exists(erased)).exclude(
        order__email="", order__customer__email="", order__customer__name=""
    )
    return lines.order_by()


def catalogue() -> Iterator[Filed]:
    """Every row that a store still has, in one streamed query."""
    parents: dict[tuple[Any, int], frozenset[str]] = {}
    names = (
        "platform", "sku", "merchant_sku", "connector_id", "remote_id", "parent_remote_id",
        "metadata",
    )  # fmt: skip
    rows = PlatformProduct.objects.present()
    for is_variant in (False, True):
        some = rows.filter(parent_remote_id__isnull=not is_variant).order_by()
        for row in some.values(*names).iterator(chunk_size=2_000):
            own = categories_of(row["platform"], row["metadata"])
            if is_variant:
                own |= parents.get((row["connector_id"], row["parent_remote_id"]), frozenset())
            elif own:
                parents[row["connector_id"], row["remote_id"]] = own
            yield Filed(row=(row["platform"], row["sku"]), product=product_of(row), categories=own)


def categories_of(platform: str, payload: Any) -> frozenset[str]:
    """Product type and categories that the store has a product under, in small letters."""
    labels = registry.LABELS[platform](payload if type(payload) is dict else {})
    names = (labels.product_type, *labels.categories)
    return frozenset(name.strip().casefold() for name in names if name.strip())


def product_of(row: Any) -> str:
    """One product over all stores: by the merchant's own SKU, or by our key where it has none."""
    own = (row["merchant_sku"] or "").strip().lower()
    if own:
        return own
    return f"{row['platform']}:{row['sku']}" if row["sku"] else ""


def customer_of(row: Any) -> str:
    """One person over all stores: by email, or by our key where there is none."""
    return person_of(row["platform"], row["order__customer_id"], row["order__email"])


def person_of(platform: str, customer_id: str | None, email: str | None) -> str:
    """What tells persons apart; '' for nobody that is known."""
    address = (email or "").strip().lower()
    if address:
        return address
    return f"{platform}:{customer_id}" if customer_id else ""


def is_given_back(row: Any) -> bool:
    """Whether nothing of the line was kept."""
    refunds = row["order__refunds"]
    if not refunds:
        return False
    lines = [line for one in snapshots(refunds) for line in snapshots(one.get("lines"))]
    own = [line for line in lines if line.get("remote_id") == row["remote_id"]]
    back = sum(int(line.get("quantity") or 0) for line in own)
    return bool(0 < row["quantity"] <= back)
