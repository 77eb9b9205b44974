"""Who calls the API: a shop's server with its key, a shopper, or one without an account.

Those are a guest with one order, and a visitor with one try-on session.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request

from connectors.models import StorefrontKey
from connectors.storefront.prepared import Prepared

SALT = "connectors.storefront"
LONGEST_TOKEN = 1_000


class Kind(StrEnum):
    SERVER = "server"
    CUSTOMER = "customer"
    GUEST = "guest"
    VISITOR = "visitor"


SUBJECTS = {Kind.CUSTOMER: "customer_id", Kind.GUEST: "order_id", Kind.VISITOR: "session_id"}


class TokenError(Exception):
    """A token that is none, or none any more: ``code`` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever has a token has ``platform`` and one of the ids; a server has neither."""

    kind: Kind
    key: StorefrontKey
    platform: str = ""
    customer_id: str = ""
    order_id: str = ""
    session_id: str = ""

    is_authenticated = True

    @property
    def ident(self) -> str:
        """Tells callers apart: two requests of one have the same."""
        return "|".join((self.kind, self.key.prefix, self.platform, self.customer_id,
                         self.order_id or self.session_id))  # fmt: skip


def of(request: Request) -> Caller:
    """Who sent a request that was let through."""
    return cast("Caller", request.user)


def identity(caller: Caller) -> dict[str, Any]:
    """What rows a caller sees depends on, beside their kind; for ``prepared`` queries."""
    found = {
        "caller_store": caller.key.connector_id, "caller_platform": caller.platform,
        "caller_customer": caller.customer_id, "caller_order": caller.order_id,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def identified(
    kind: Kind,
    *,
    caller_store: uuid.UUID | None = None,
    caller_platform: str = "",
    caller_customer: str = "",
    caller_order: str = "",
) -> Caller:
    """A caller of this identity, with whom a query is made."""
    return Caller(
        kind=kind, key=StorefrontKey(connector_id=caller_store), platform=caller_platform,
        customer_id=caller_customer, order_id=caller_order,
    )  # fmt: skip


def _live_key(*, prefix: str) -> QuerySet[Any, Any]:
    return StorefrontKey.objects.usable().filter(prefix=prefix).values()


KEYS = Prepared(_live_key)


def live_key(prefix: str) -> StorefrontKey | None:
    """The key that begins so and is neither revoked nor expired."""
    found = KEYS.rows(prefix=prefix)
    return StorefrontKey(**found[0]) if found else None


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


def visitor_token(key: StorefrontKey, *, platform: str, session_id: str) -> Minted:
    """A token with which whoever has it sees one try-on session, as long as its pictures stay."""
    life = timedelta(hours=settings.TRYON_KEEP_HOURS)
    return _minted(key, life, kind=Kind.VISITOR, platform=platform, subject=session_id)


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
    key = live_key(prefix)
    if key is None:
        raise TokenError("invalid_token")
    return Caller(kind=Kind(kind), key=key, platform=platform, **{SUBJECTS[kind]: subject})


def _said(token: str) -> tuple[Any, ...]:
    if len(token) > LONGEST_TOKEN:
        raise TokenError("invalid_token")
    try:
        return tuple(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError):
        raise TokenError("invalid_token") from None
