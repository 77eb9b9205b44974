"""Who calls the API: a shop's server with its key, a shopper, or a guest with one order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from django.conf import settings
from django.core import signing
from django.utils import timezone
from rest_framework.request import Request

from connectors.models import StorefrontKey

SALT = "connectors.storefront"
LONGEST_TOKEN = 1_000


class Kind(StrEnum):
    SERVER = "server"
    CUSTOMER = "customer"
    GUEST = "guest"


class TokenError(Exception):
    """A token that is none, or none any more: ``code`` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A shopper has ``customer_id``, a guest ``order_id``, both ``platform``; a server neither."""

    kind: Kind
    key: StorefrontKey
    platform: str = ""
    customer_id: str = ""
    order_id: str = ""

    is_authenticated = True

    @property
    def ident(self) -> str:
        """Tells callers apart: two requests of one have the same."""
        return "|".join((self.kind, self.key.prefix, self.platform, self.customer_id,
                         self.order_id))  # fmt: skip


def of(request: Request) -> Caller:
    """Who sent a request that was let through."""
    return cast("Caller", request.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A token and until when it is taken."""

    token: str
    expires_at: datetime


def customer_token(key: StorefrontKey, *, platform: str, customer_id: str) -> Minted:
    """A token with which a shopper's browser sees that customer's rows."""
    life = timedelta(minutes=settings.API_CUSTOMER_TOKEN_MINUTES)
    return _minted(key, life, kind=Kind.CUSTOMER, platform=platform, subject=customer_id)


def guest_token(key: StorefrontKey, *, platform: str, order_id: str) -> Minted:
    """A token with which whoever has the link sees one order."""
    life = timedelta(hours=settings.API_GUEST_LINK_HOURS)
    return _minted(key, life, kind=Kind.GUEST, platform=platform, subject=order_id)


def _minted(
    key: StorefrontKey, life: timedelta, *, kind: Kind, platform: str, subject: str
) -> Minted:
    expires_at = timezone.now() + life
    said = [kind.value, key.prefix, platform, subject, int(expires_at.timestamp())]
    return Minted(token=signing.dumps(said, salt=SALT), expires_at=expires_at)


def caller_of(token: str) -> Caller:
    """Whoever a token was minted for; raises ``TokenError``."""
    kind, prefix, platform, subject, expires = _said(token)
    if timezone.now().timestamp() >= expires:
        raise TokenError("expired_token")
    key = StorefrontKey.objects.usable().filter(prefix=prefix).first()
    if key is None:
        raise TokenError("invalid_token")
    is_customer = kind == Kind.CUSTOMER
    return Caller(
        kind=Kind(kind), key=key, platform=platform,
        customer_id=subject if is_customer else "", order_id="" if is_customer else subject,
    )  # fmt: skip


def _said(token: str) -> tuple[Any, ...]:
    if len(token) > LONGEST_TOKEN:
        raise TokenError("invalid_token")
    try:
        return tuple(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError):
        raise TokenError("invalid_token") from None
