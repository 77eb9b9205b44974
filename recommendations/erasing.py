"""What was recommended to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Q, QuerySet

from connectors.models import ConnectorConfig
from connectors.platforms import base
from connectors.registry import Person
from recommendations.models import RecommendationLog

NAMES = ("recommendations", "confidence", "requested_at", "strategy", "answer")


class RecommendationEraser:
    """Rows about a person are deleted, with the clicks and orders that are put down to them.

    A model that is trained from then on is learnt without the person's orders.
    """

    def widen(self, connector: ConnectorConfig, person: Person) -> Person:
        return person

    def export(
        self, connector: ConnectorConfig, person: Person
    ) -> Mapping[str, Sequence[base.Json]]:
        return {"recommendations": list(_of(connector, person).values(*NAMES))}

    def erase(self, connector: ConnectorConfig, person: Person) -> int:
        return _of(connector, person).delete()[0]

    def erase_all(self, connector: ConnectorConfig) -> int:
        return RecommendationLog.objects.filter(
            Q(customer__connector=connector) | Q(connector=connector)
        ).delete()[0]


def _of(connector: ConnectorConfig, person: Person) -> QuerySet[RecommendationLog]:
    customers = [connector.key(number) for number in person.customer_remote_ids]
    return RecommendationLog.objects.filter(platform=connector.platform, customer_id__in=customers)
