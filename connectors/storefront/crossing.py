"""Which pages' browsers may call: a preflight asks for any live key, the request for its own.

A preflight carries no credentials; ``permissions.MayCall`` holds the request to its key's origins.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from connectors.models import StorefrontKey


def may_ask(sender: Any, request: HttpRequest, **_: Any) -> bool:
    """Whether pages of the request's origin may call at all; for ``check_request_enabled``.

    Asked for every address, whatever ``CORS_URLS_REGEX`` says.
    """
    if not request.path.startswith("/api/v1/"):
        return False
    origin = request.headers.get("Origin", "").rstrip("/").lower()
    return StorefrontKey.objects.usable().filter(origins__contains=[origin]).exists()
