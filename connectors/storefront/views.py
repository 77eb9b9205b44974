"""What every view of the API does the same way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Never

from django.db.models import QuerySet
from django.http import Http404
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from connectors.models import Scope
from connectors.storefront import bodies, callers
from connectors.storefront.callers import Caller, Kind
from connectors.storefront.prepared import Prepared

SERVERS = frozenset((Kind.SERVER,))
SHOPPERS = frozenset((Kind.SERVER, Kind.CUSTOMER))
EVERYONE = frozenset((Kind.SERVER, Kind.CUSTOMER, Kind.GUEST))


class View(APIView):
    """``scope`` is what a key needs, ``kinds`` who else may call; rows are the caller's own."""

    scope: ClassVar[Scope]
    kinds: ClassVar[frozenset[Kind]] = EVERYONE

    def perform_authentication(self, request: Request) -> None:
        """Whoever guesses at keys is counted too."""
        try:
            super().perform_authentication(request)
        except exceptions.AuthenticationFailed:
            request._not_authenticated()  # type: ignore[attr-defined]
            self.check_throttles(request)
            raise

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        bodies.measured(request._request)

    def permission_denied(self, request: Request, message: Any = None, code: Any = None) -> Never:
        raise exceptions.PermissionDenied(message, code)

    @property
    def caller(self) -> Caller:
        return callers.of(self.request)

    def rows(self, query: Prepared, *shape: Any, **values: Any) -> list[dict[str, Any]]:
        """What a query gives this caller; it is made with their kind and identity."""
        caller = self.caller
        return query.rows(caller.kind, *shape, **callers.identity(caller), **values)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ("Authorization", "Origin"))
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if request.method == "GET" and response.status_code == 200:
            response.add_post_render_callback(lambda one: _conditional(request, one))
        return response


def _conditional(request: Request, response: Response) -> Any:
    """With an ETag; 304 where the caller has this very answer."""
    set_response_etag(response)
    return get_conditional_response(
        request._request, etag=response.headers["ETag"], response=response
    )


def first(rows: QuerySet[Any, Any]) -> Any:
    """The one row; raises ``Http404``."""
    return only(list(rows[:1]))


def only(rows: Sequence[Any]) -> Any:
    """The one row of those that were found; raises ``Http404``."""
    if not rows:
        raise Http404
    return rows[0]
