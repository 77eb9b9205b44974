"""Beat's tick, and the copying of one resource of one store."""

from __future__ import annotations

import logging

from celery import shared_task

from connectors import runs, services
from connectors.models import ConnectorConfig
from connectors.platforms import base

logger = logging.getLogger(__name__)


@shared_task
def dispatch_due() -> None:
    """Queue every copy whose interval has run out."""
    for connector, resource in services.claim_due():
        sync_resource.delay(str(connector.pk), resource.value)


@shared_task
def sync_resource(connector_id: str, resource: str) -> None:
    """Copy what changed in one resource; a second one beside it does nothing."""
    connector = ConnectorConfig.objects.enabled().filter(pk=connector_id).first()
    if connector is None:
        return
    try:
        services.sync_resource(connector=connector, resource=base.Resource(resource))
    except runs.AlreadyRunningError:
        logger.info("sync skipped store=%s resource=%s: already running", connector_id, resource)
    except base.StoreError as error:
        logger.warning("sync impossible store=%s code=%s", connector_id, error.code)


@shared_task
def forget_old_runs() -> None:
    """Keep the list of runs short; a second time deletes nothing more."""
    services.forget_old_runs()
