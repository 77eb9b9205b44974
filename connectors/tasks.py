"""Beat's tick, and the copying of one resource of one store."""

from __future__ import annotations

import logging

from celery import shared_task
from django.core.exceptions import ValidationError

from connectors import privacy, runs, services, subscribing, verifying, webhooks
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
def verify(connector_id: str) -> None:
    """Compare a store with our copy, and keep what was found; a second time finds it anew."""
    connector = ConnectorConfig.objects.filter(pk=connector_id).first()
    if connector is None:
        return
    try:
        verifying.verify(connector=connector)
    except base.StoreError as error:
        logger.warning("verification impossible store=%s code=%s", connector_id, error.code)


@shared_task
def dispatch_webhooks() -> None:
    """Queue what is due of the webhooks: those that failed, and those that were never queued."""
    for connector in webhooks.stores_with_work():
        process_webhooks.delay(str(connector.pk))


@shared_task
def process_webhooks(connector_id: str) -> None:
    """Work off a store's webhooks; a second one beside it takes what is left."""
    connector = ConnectorConfig.objects.enabled().filter(pk=connector_id).first()
    if connector is not None:
        webhooks.process(connector=connector)


@shared_task
def fulfil_privacy_requests() -> None:
    """Erase whoever is to be erased; a second time there is nobody left."""
    for request in privacy.to_fulfil():
        privacy.fulfil(request=request)


@shared_task
def keep_webhooks() -> None:
    """Bring back the webhooks that stores dropped or switched off."""
    for connector in ConnectorConfig.objects.enabled().exclude(webhook_url=""):
        try:
            subscribing.keep_registered(connector=connector)
        except (base.StoreError, ValidationError) as error:
            reason = getattr(error, "code", "") or "invalid"
            logger.warning("webhooks not looked after store=%s code=%s", connector.pk, reason)


@shared_task
def forget_old_runs() -> None:
    """Keep the lists of runs and webhooks short; a second time deletes nothing more."""
    services.forget_old_runs()
    webhooks.forget_old()
