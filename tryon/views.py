"""Private pictures, for whoever holds a signed link."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from tryon import links, storing

HEADERS = {
    "Cache-Control": "no-store, private",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponseBase:
    """A picture; 404 for every link that is none, has expired, or whose picture is erased."""
    try:
        file = storing.opened(links.picture_name(token))
    except (links.LinkError, FileNotFoundError):
        raise Http404 from None
    kind = "image/png" if str(file.name).endswith(".png") else "image/jpeg"
    return FileResponse(file, content_type=kind, headers=HEADERS)
