"""Try-on sessions over HTTP: a form with a photo, as a browser sends it."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tryon import making
from tryon.models import TryOnSession


def photo_of(content, name="me.jpg", kind="image/jpeg"):
    return SimpleUploadedFile(name, content, kind)


def start(caller, content, *skus, **fields):
    """Ask for a session; ``None`` leaves a field out."""
    form = {"selfie": photo_of(content), "skus": skus or ("WEAR-ROUND",), "consent_version": "1"}
    form = {name: value for name, value in {**form, **fields}.items() if value is not None}
    body = encode_multipart(BOUNDARY, form)
    return caller.send("POST", "/try-on/sessions/", body, MULTIPART_CONTENT)


def made(answer):
    """The session behind an answer, once a worker was at it."""
    assert answer.status_code == 201, answer.content
    making.make(answer.json()["id"])
    return TryOnSession.objects.get(pk=answer.json()["id"])
