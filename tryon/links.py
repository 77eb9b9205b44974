"""Signed links: one opens a picture for some minutes, one an anonymous shopper's session."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from tryon.models import TryOnSession

PICTURE, SESSION = "tryon.picture", "tryon.session"
LONGEST = 500


class LinkError(Exception):
    """A link that was never made here, or that has expired."""


def picture(name: str) -> str:
    """A path that opens a picture of the private storage for TRYON_LINK_MINUTES; '' for ''."""
    if not name:
        return ""
    return reverse("tryon-picture", args=[signing.dumps(name, salt=PICTURE)])


def picture_name(token: str) -> str:
    """The picture behind a link; raises ``LinkError``."""
    return _loaded(token, PICTURE, timedelta(minutes=settings.TRYON_LINK_MINUTES))


def session_token(session: TryOnSession) -> str:
    """With this a shopper without an account sees the session, as long as its pictures are kept."""
    return signing.dumps(session.pk.hex, salt=SESSION)


def session_id(token: str) -> uuid.UUID:
    """The session behind a token; raises ``LinkError``."""
    return uuid.UUID(_loaded(token, SESSION, timedelta(hours=settings.TRYON_KEEP_HOURS)))


def _loaded(token: str, salt: str, life: timedelta) -> str:
    if len(token) > LONGEST:
        raise LinkError
    try:
        return str(signing.loads(token, salt=salt, max_age=life))
    except signing.BadSignature:
        raise LinkError from None
