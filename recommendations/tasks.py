"""The queue ``recommend``: every task may run twice, late or beside itself."""

from __future__ import annotations

import logging
import uuid

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from recommendations import attributing, recording, training

logger = logging.getLogger(__name__)


@shared_task
def train(training_id: str) -> None:
    """Do a training that waits."""
    training.run(uuid.UUID(training_id))


@shared_task
def train_nightly() -> None:
    """Train, unless a training is under way."""
    try:
        asked = training.ask()
    except training.BusyError:
        logger.info("no training tonight: another is under way")
    else:
        training.run(asked.pk)


@shared_task
def train_first() -> None:
    """Train where no model was trained yet, and none was tried within a day."""
    if training.is_first_due():
        train_nightly()


@shared_task
def attribute() -> None:
    """Put orders down to what was recommended."""
    attributing.attribute()


@shared_task
def forget_old() -> None:
    """Delete what was kept long enough."""
    recording.forget_old()


def train_soon(training_id: uuid.UUID) -> None:
    """Hand a training to the worker once it is written."""
    transaction.on_commit(lambda: _send(training_id))


def _send(training_id: uuid.UUID) -> None:
    try:
        train.apply_async((str(training_id),), retry=False)
    except OperationalError:
        logger.warning("training not queued version=%s: Redis does not answer", training_id)
