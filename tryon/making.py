"""The worker's part: a photo is read once, then every product that waits is laid on it."""

from __future__ import annotations

import io
import logging
import time
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from PIL import Image

from tryon import preparing, storing
from tryon.engine import analysis, pictures, wearing
from tryon.engine.errors import PhotoError, ProductError
from tryon.engine.scene import Scene
from tryon.models import TryOnOverlay, TryOnSession

logger = logging.getLogger(__name__)
Status, Made = TryOnSession.Status, TryOnOverlay.Status
# A worker that was not heard of for longer is taken for dead.
LEASE = timedelta(minutes=5)


def make(session_id: uuid.UUID) -> None:
    """Work on a session until nothing of it waits; a second worker beside does nothing."""
    if not _claim(session_id):
        return
    try:
        session = TryOnSession.objects.get(pk=session_id)
        scene = _scene(session)
        while overlay := session.overlays.filter(status=Made.WAITING).order_by("id").first():
            _worn(scene, session, overlay)
            TryOnSession.objects.filter(pk=session_id).update(started_at=timezone.now())
    except (PhotoError, FileNotFoundError) as error:
        _fail(session_id, getattr(error, "code", "picture_broken"))
    except TryOnSession.DoesNotExist:
        logger.info("session ended meanwhile session=%s", session_id)
    except Exception:
        _fail(session_id, "internal")
        raise
    else:
        _finish(session_id)


def _claim(session_id: uuid.UUID) -> bool:
    now = timezone.now()
    stale = Q(status=Status.IN_PROGRESS, started_at__lt=now - LEASE)
    rows = TryOnSession.objects.filter(Q(status=Status.CREATED) | stale, pk=session_id)
    return rows.filter(erased_at=None).update(status=Status.IN_PROGRESS, started_at=now) == 1


def _scene(session: TryOnSession) -> Scene:
    models = analysis.loaded(settings.TRYON_MODELS)
    # It was written by us, from pixels alone.
    with Image.open(io.BytesIO(storing.read(session.selfie_url)), formats=("JPEG",)) as photo:
        return Scene.of(models, photo.convert("RGB"))


def _worn(scene: Scene, session: TryOnSession, overlay: TryOnOverlay) -> None:
    began = time.perf_counter()
    try:
        product = preparing.wearable(sku=overlay.sku, platform=str(session.platform))
        picture = wearing.worn(scene, product)
    except ProductError as error:
        _set(overlay, status=Made.FAILED, failure_code=error.code)
        return
    name = storing.keep(pictures.jpeg(picture))
    took = round((time.perf_counter() - began) * 1000)
    if not _set(overlay, status=Made.COMPLETE, overlay_url=name, milliseconds=took):
        # The session was ended or erased while the picture was made.
        storing.erase([name])


def _set(overlay: TryOnOverlay, **changes: object) -> bool:
    """Write down what became of a picture, unless its session is gone or erased."""
    with transaction.atomic():
        session = TryOnSession.objects.select_for_update().filter(pk=overlay.session_id)
        if not session.filter(erased_at=None).exists():
            return False
        rows = TryOnOverlay.objects.filter(pk=overlay.pk, status=Made.WAITING)
        return rows.update(**changes) == 1


def _finish(session_id: uuid.UUID) -> None:
    """End the session, or go on where a product was added in this very moment."""
    with transaction.atomic():
        session = TryOnSession.objects.select_for_update().filter(pk=session_id).first()
        if session is None or session.status != Status.IN_PROGRESS:
            return
        states = set(session.overlays.values_list("status", flat=True))
        if Made.WAITING in states:
            session.status = Status.CREATED
        else:
            session.status = Status.COMPLETE if Made.COMPLETE in states else Status.FAILED
            session.failure_code = "" if Made.COMPLETE in states else "nothing_worn"
            session.finished_at = timezone.now()
        session.save(update_fields=["status", "failure_code", "finished_at"])
    if session.status == Status.CREATED:
        make(session_id)


def _fail(session_id: uuid.UUID, code: str) -> None:
    """The photo can't be used, so none of its products can be."""
    with transaction.atomic():
        rows = TryOnSession.objects.filter(pk=session_id, status=Status.IN_PROGRESS)
        changes = {"status": Status.FAILED, "failure_code": code, "finished_at": timezone.now()}
        if rows.update(**changes):
            waiting = TryOnOverlay.objects.filter(session_id=session_id, status=Made.WAITING)
            waiting.update(status=Made.FAILED, failure_code=code)
