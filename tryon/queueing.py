"""Handing sessions to the worker; where Redis is away, beat finds them a moment later."""

from __future__ import annotations

import logging
import uuid

from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def soon(session_id: uuid.UUID) -> None:
    """Have the session worked on after the transaction that changed it."""
    transaction.on_commit(lambda: send(session_id))


def send(session_id: uuid.UUID) -> None:
    from tryon import tasks

    try:
        tasks.make.apply_async((str(session_id),), retry=False)
    except OperationalError:
        logger.warning("session not queued session=%s: Redis does not answer", session_id)
