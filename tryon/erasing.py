"""What a person tried on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import QuerySet

from connectors.models import ConnectorConfig
from connectors.platforms import base
from connectors.registry import Person
from tryon import services
from tryon.models import TryOnSession

NAMES = ("session_id", "status", "created_at", "consent_version", "erased_at")


class TryOnEraser:
    """Sessions of a person are deleted, with their pictures."""

    def widen(self, connector: ConnectorConfig, person: Person) -> Person:
        return person

    def export(
        self, connector: ConnectorConfig, person: Person
    ) -> Mapping[str, Sequence[base.Json]]:
        return {"try_on_sessions": list(_of(connector, person).values(*NAMES))}

    def erase(self, connector: ConnectorConfig, person: Person) -> int:
        return services.delete(_of(connector, person))

    def erase_all(self, connector: ConnectorConfig) -> int:
        return services.delete(TryOnSession.objects.filter(customer__connector=connector))


def _of(connector: ConnectorConfig, person: Person) -> QuerySet[TryOnSession]:
    customers = [connector.key(number) for number in person.customer_remote_ids]
    return TryOnSession.objects.filter(platform=connector.platform, customer_id__in=customers)
