"""Credentials: ``Authorization: Api-Key …`` of a server, ``Bearer …`` of a shopper or guest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from connectors.models import StorefrontKey
from connectors.storefront.callers import Caller, Kind, TokenError, caller_of, live_key

SEEN_EVERY = timedelta(minutes=1)
MESSAGES = {
    "invalid_key": "The API key is wrong, expired or revoked.",
    "invalid_token": "The token is wrong, or its API key was revoked.",
    "expired_token": "The token has expired: have the shop’s server make another.",
}


class KeyAuthentication(BaseAuthentication):
    """A shop's server, by its key."""

    keyword = "api-key"

    def authenticate(self, request: Request) -> tuple[Caller, StorefrontKey] | None:
        text = _credential(request, self.keyword)
        if text is None:
            return None
        key = _key(text)
        if key is None:
            raise _refusal("invalid_key")
        _seen(key)
        return Caller(kind=Kind.SERVER, key=key), key

    def authenticate_header(self, request: Request) -> str:
        return "Api-Key"


class TokenAuthentication(BaseAuthentication):
    """A shopper or a guest, by a token that a server had made."""

    keyword = "bearer"

    def authenticate(self, request: Request) -> tuple[Caller, StorefrontKey] | None:
        text = _credential(request, self.keyword)
        if text is None:
            return None
        try:
            caller = caller_of(text)
        except TokenError as error:
            raise _refusal(error.code) from None
        return caller, caller.key


def _credential(request: Request, keyword: str) -> str | None:
    given, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return text.strip() if given.lower() == keyword else None


def _key(text: str) -> StorefrontKey | None:
    """The live key of this text; compared in constant time."""
    prefix = text.partition(".")[0]
    if "\0" in prefix:
        return None
    key = live_key(prefix)
    return key if key is not None and key.is_valid(text) else None


def _refusal(code: str) -> AuthenticationFailed:
    return AuthenticationFailed(MESSAGES[code], code)


def _seen(key: StorefrontKey) -> None:
    """Keep when it was used last, to the minute."""
    now = timezone.now()
    if key.last_used_at is not None and key.last_used_at > now - SEEN_EVERY:
        return
    older = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - SEEN_EVERY)
    StorefrontKey.objects.filter(older, pk=key.pk).update(last_used_at=now)


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = KeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey", "in": "header", "name": "Authorization",
            "description": "A shop’s server: `Authorization: Api-Key …`. Never in a browser.",
        }  # fmt: skip


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http", "scheme": "bearer",
            "description": "A shopper’s browser, or a guest with a link to one order.",
        }  # fmt: skip
