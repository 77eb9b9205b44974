"""What requests about orders keep of persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from connectors.models import ConnectorConfig
from connectors.platforms import base
from connectors.registry import Person
from support.models import AddressUpdateRequest, RefundRequest

NAMES = ("order_id", "status", "requested_at")


class RequestEraser:
    """Requests stay, without the addresses and the stores' answers, which name the person."""

    def widen(self, connector: ConnectorConfig, person: Person) -> Person:
        return person

    def export(
        self, connector: ConnectorConfig, person: Person
    ) -> Mapping[str, Sequence[base.Json]]:
        return {
            "refund_requests": list(_of(RefundRequest, connector, person).values(*NAMES)),
            "address_update_requests": list(
                _of(AddressUpdateRequest, connector, person).values(*NAMES, "new_address")
            ),
        }

    def erase(self, connector: ConnectorConfig, person: Person) -> int:
        addresses = _of(AddressUpdateRequest, connector, person)
        refunds = _of(RefundRequest, connector, person)
        return addresses.update(new_address={}, response=None) + refunds.update(response=None)

    def erase_all(self, connector: ConnectorConfig) -> int:
        ours: dict[str, Any] = {"order__connector": connector}
        addresses = AddressUpdateRequest.objects.filter(**ours)
        refunds = RefundRequest.objects.filter(**ours)
        return addresses.update(new_address={}, response=None) + refunds.update(response=None)


def _of(model: Any, connector: ConnectorConfig, person: Person) -> QuerySet[Any]:
    orders = [connector.key(number) for number in person.order_remote_ids]
    found: QuerySet[Any] = model.objects.filter(platform=connector.platform, order_id__in=orders)
    return found
