"""Who may ask: a permanent token, and those that a client id and secret are given for a day."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LIFE = 86_399


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An installed app's credentials; the client secret also signs its webhooks."""

    token: str
    client_id: str
    client_secret: str


def invent() -> App:
    """Credentials that nobody else has."""
    return App(
        token=f"shpat_{secrets.token_hex(16)}",
        client_id=secrets.token_hex(16),
        client_secret=f"shpss_{secrets.token_hex(16)}",
    )


class RefusedError(Exception):
    """The grant is refused; its arguments are status, error and description."""


@dataclass(slots=True)
class Tokens:
    """The tokens that count now; ``clock`` decides when the granted ones expire."""

    app: App
    clock: Callable[[], datetime]
    granted: dict[str, datetime] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def admits(self, token: str) -> bool:
        """Whether a request with this token is let in."""
        if hmac.compare_digest(token.encode(), self.app.token.encode()):
            return True
        with self.lock:
            until = self.granted.get(token)
        return until is not None and self.clock() < until

    def grant(self, form: Mapping[str, str]) -> str:
        """A new token for the client's id and secret."""
        if form.get("grant_type") != "client_credentials":
            raise RefusedError(400, "unsupported_grant_type", "The grant type is not supported.")
        if form.get("client_id") != self.app.client_id:
            raise RefusedError(
                400, "application_cannot_be_found", "No application with this API key was found."
            )
        given = form.get("client_secret", "").encode()
        if not hmac.compare_digest(given, self.app.client_secret.encode()):
            raise RefusedError(401, "invalid_client", "The client secret is wrong.")
        token = f"shpat_{secrets.token_hex(16)}"
        with self.lock:
            self.granted[token] = self.clock() + timedelta(seconds=LIFE)
        return token

    def expire(self) -> None:
        """End every granted token now."""
        with self.lock:
            self.granted.clear()
