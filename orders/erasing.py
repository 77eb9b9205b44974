"""What customers and orders keep of persons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from connectors.models import ConnectorConfig
from connectors.platforms import base
from connectors.registry import Person
from orders.models import PlatformCustomer, PlatformOrder

CHUNK = 5_000
# The parts of snapshots that tell of a person: what staff wrote, and where a parcel went.
REASONLESS = (
    "(SELECT COALESCE(jsonb_agg(one || '{\"reason\": \"\"}'), '[]') "
    "FROM jsonb_array_elements(refunds) one)"
)
UNTRACKED = (
    '(SELECT COALESCE(jsonb_agg(one || \'{"tracking_number": "", "tracking_url": ""}\'), '
    "'[]') FROM jsonb_array_elements(fulfilments) one)"
)
NO_CUSTOMER: dict[str, Any] = {"email": "", "name": "", "metadata": {}}
NO_BUYER: dict[str, Any] = {
    "email": "",
    "customer_name": "",
    "customer_note": "",
    "billing_address": {},
    "shipping_address": {},
    "line_items": [],
    "metadata": {},
    "refunds": RawSQL(REASONLESS, []),  # noqa: S611 - a text of ours
    "fulfilments": RawSQL(UNTRACKED, []),  # noqa: S611 - a text of ours
}
EXPORTED = (
    "number", "email", "customer_name", "customer_note", "billing_address", "shipping_address",
    "status", "exact_total", "currency", "payment_method", "created_at", "refunds", "fulfilments",
    "metadata", "line_items",
)  # fmt: skip


class OrderEraser:
    """Customers lose all but their key; orders keep what money and stock need."""

    def widen(self, connector: ConnectorConfig, person: Person) -> Person:
        customers = customers_of(connector, person)
        person = replace(
            person,
            customer_remote_ids=_all(person.customer_remote_ids, customers, "remote_id"),
            emails=_all(person.emails, customers, "email"),
        )
        orders = orders_of(connector, person)
        return replace(person, order_remote_ids=_all(person.order_remote_ids, orders, "remote_id"))

    def export(
        self, connector: ConnectorConfig, person: Person
    ) -> Mapping[str, Sequence[base.Json]]:
        names = ("customer_id", "email", "name", "remote_created_at", "metadata")
        return {
            "customers": list(customers_of(connector, person).values(*names)),
            "orders": [
                {name: getattr(order, name) for name in EXPORTED}
                | {"items": list(order.items.values("title", "merchant_sku", "quantity", "total"))}
                for order in orders_of(connector, person)
            ],
        }

    def erase(self, connector: ConnectorConfig, person: Person) -> int:
        orders = orders_of(connector, person).update(**NO_BUYER)
        return orders + customers_of(connector, person).update(**NO_CUSTOMER)

    def erase_all(self, connector: ConnectorConfig) -> int:
        orders = PlatformOrder.objects.filter(connector=connector)
        customers = PlatformCustomer.objects.filter(connector=connector)
        return sum(chunk.update(**NO_BUYER) for chunk in _chunks(orders)) + sum(
            chunk.update(**NO_CUSTOMER) for chunk in _chunks(customers)
        )


def customers_of(connector: ConnectorConfig, person: Person) -> QuerySet[PlatformCustomer]:
    """The person's accounts in the store."""
    wanted = Q(remote_id__in=person.customer_remote_ids)
    for email in person.emails:
        wanted |= Q(email__iexact=email)
    return PlatformCustomer.objects.filter(wanted, connector=connector)


def orders_of(connector: ConnectorConfig, person: Person) -> QuerySet[PlatformOrder]:
    """The person's orders in the store, those as a guest too."""
    keys = [connector.key(number) for number in person.customer_remote_ids]
    wanted = Q(remote_id__in=person.order_remote_ids) | Q(customer_id__in=keys)
    for email in person.emails:
        wanted |= Q(email__iexact=email)
    return PlatformOrder.objects.filter(wanted, connector=connector)


def _all(known: tuple[Any, ...], rows: QuerySet[Any], name: str) -> tuple[Any, ...]:
    """What is known already, and what the rows say; nothing twice, and nothing empty."""
    found = rows.exclude(**{name: ""}) if name == "email" else rows
    return tuple(sorted({*known, *found.values_list(name, flat=True)}))


def _chunks(rows: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
    """The rows in parts, by their ids in the store."""
    after = 0
    while True:
        ids = list(
            rows.filter(remote_id__gt=after)
            .order_by("remote_id")
            .values_list("remote_id", flat=True)[:CHUNK]
        )
        if not ids:
            return
        yield rows.filter(remote_id__gt=after, remote_id__lte=ids[-1])
        after = ids[-1]
