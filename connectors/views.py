"""Where stores send their webhooks."""

from __future__ import annotations

import logging
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from connectors import tasks, webhooks

logger = logging.getLogger(__name__)

LARGEST = 2 * 1024 * 1024
STATUS = {webhooks.Reception.REFUSED: 401}


@csrf_exempt
@require_POST
def receive_webhook(request: HttpRequest, connector_id: UUID) -> HttpResponse:
    """Takes in a webhook: 200 when it is kept or known, 401 when it is not a store's own.

    A body of over 2 MiB is refused with 413 before it is read.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
        return HttpResponse(status=413)
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    reception = webhooks.receive(connector_id=connector_id, body=body, headers=headers)
    if reception is webhooks.Reception.STORED:
        _wake(connector_id)
    return HttpResponse(status=STATUS.get(reception, 200))


def _wake(connector_id: UUID) -> None:
    """Have it worked off at once; without a queue the next tick does it."""
    try:
        tasks.process_webhooks.apply_async((str(connector_id),), retry=False)
    except OperationalError:
        logger.warning("webhook kept for later store=%s: Redis does not answer", connector_id)
