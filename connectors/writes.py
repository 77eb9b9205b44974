"""Whether anything may be changed in a store: off until somebody turns it on."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from connectors import verifying
from connectors.models import ConnectorConfig

logger = logging.getLogger(__name__)

VERIFIED_WITHIN = timedelta(days=7)


def hindrance(connector: ConnectorConfig) -> str:
    """Why refunds and changes can't be turned on now, '' when they can."""
    if connector.disconnected_at is not None:
        return "The store is disconnected: mend the connection first."
    found = verifying.last(connector)
    if found is None or found.finished_at < timezone.now() - VERIFIED_WITHIN:
        return "Verify the store first: our copy has to be complete before money is reckoned on it."
    if not found.is_clean:
        return (
            "The last verification found differences: “manage.py verify --repair” mends them; "
            "then verify again."
        )
    return ""


def enable(*, connector: ConnectorConfig) -> None:
    """Allow refunds and changes; raises ``ValidationError`` for a store that isn't ready."""
    problem = hindrance(connector)
    if problem:
        raise ValidationError(problem)
    ConnectorConfig.objects.filter(pk=connector.pk).update(writes_enabled=True)
    logger.info("writes enabled store=%s", connector.pk)


def disable(*, connector: ConnectorConfig) -> None:
    """Stop every refund and change that was not sent yet."""
    ConnectorConfig.objects.filter(pk=connector.pk).update(writes_enabled=False)
    logger.info("writes disabled store=%s", connector.pk)
