"""The queue ``tryon``: every task may run twice, late or beside itself."""

from __future__ import annotations

import uuid
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from tryon import making, queueing, services
from tryon.models import TryOnSession

# A session that was just made is on its way through the queue.
PATIENCE = timedelta(seconds=60)


@shared_task(time_limit=180, soft_time_limit=150)
def make(session_id: str) -> None:
    """Lay a session's products on its photo."""
    making.make(uuid.UUID(session_id))


@shared_task
def dispatch() -> None:
    """Queue sessions that nobody works on; a second time queues them again, which does nothing."""
    now = timezone.now()
    found = TryOnSession.objects.waiting(created=now - PATIENCE, started=now - making.LEASE)
    for session_id in found.values_list("pk", flat=True)[:100]:
        queueing.send(session_id)


@shared_task
def erase_expired() -> None:
    """Erase pictures that were kept long enough."""
    services.erase_expired()
