"""Handing requests to the worker; where Redis is away, beat finds them a moment later."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from support import tasks

logger = logging.getLogger(__name__)


def soon(request: Any) -> None:
    """Have the request worked on when it is due, after the transaction that changed it."""
    if request.due_at is None:
        return
    wait = max((request.due_at - timezone.now()).total_seconds(), 0) + 0.05
    transaction.on_commit(lambda: _send(request, wait))


def _send(request: Any, wait: float) -> None:
    try:
        tasks.task_of(request).apply_async((str(request.pk),), countdown=wait, retry=False)
    except OperationalError:
        logger.warning("request not queued request=%s: Redis does not answer", request.pk)
