"""Whether a caller may call a view at all; which rows they see is the view's own concern."""

from __future__ import annotations

from typing import Any, Never

from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from connectors.storefront.callers import Caller


class MayCall(BasePermission):
    """Whether the caller may call the view at all: of the right kind, scope and origin."""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = request.user
        if not isinstance(caller, Caller):
            raise exceptions.NotAuthenticated(
                "Send an API key or a token in the header Authorization."
            )
        origin = request.headers.get("Origin")
        if origin is not None and not _same(origin, caller.key.origins):
            _refuse("origin_not_allowed", "The API key is not for pages of this origin.")
        if caller.kind not in view.kinds:
            _refuse(
                "not_for_shoppers", "This needs the shop’s API key, or a token of another kind."
            )
        # A token opens no more than the key that it was made with.
        if view.scope not in caller.key.scopes:
            _refuse("missing_scope", f"The API key lacks the scope “{view.scope}”.")
        return True


def _same(origin: str, allowed: list[str]) -> bool:
    return origin.rstrip("/").lower() in allowed


def _refuse(code: str, message: str) -> Never:
    raise exceptions.PermissionDenied(message, code)
