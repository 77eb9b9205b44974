"""Bodies of requests: read whole, but neither endlessly many bytes nor endlessly long."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer
from typing import Any

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError
from rest_framework.exceptions import ParseError

from connectors.storefront.errors import SlowError, TooLargeError, UnmeasuredError


def measured(request: HttpRequest) -> None:
    """Refuse a body that doesn't say how long it is; raises ``UnmeasuredError``."""
    if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
        raise UnmeasuredError


def read(request: HttpRequest, stream: Any, most: int, shown: str) -> bytes:
    """The body; one that says that it is larger is not begun. Raises ``TooLargeError`` and others.

    Under gunicorn a body that hasn't come after API_BODY_SECONDS is cut off.
    """
    said = int(request.META.get("CONTENT_LENGTH") or 0)
    if said > most:
        raise TooLargeError(f"The body is larger than {shown}.")
    with _ending(request) as is_over:
        try:
            found: bytes = stream.read(said)
        except UnreadablePostError:
            found = b""
    if len(found) < said:
        if is_over.is_set():
            raise SlowError
        raise ParseError("The body ended too early.", "parse_error")
    return found


@contextmanager
def _ending(request: HttpRequest) -> Iterator[Event]:
    """Close the incoming half of the connection in time: whoever reads finds its end."""
    is_over, connection = Event(), request.META.get("gunicorn.socket")
    if connection is None:
        yield is_over
        return

    def end() -> None:
        is_over.set()
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)

    timer = Timer(settings.API_BODY_SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        yield is_over
    finally:
        timer.cancel()
