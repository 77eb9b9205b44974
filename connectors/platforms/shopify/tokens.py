"""Access tokens: a permanent one, or those that an app's client id and secret are good for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson

from connectors.platforms import base, transport
from connectors.platforms.shopify import failures

PERMANENT = "shpat_"
EARLY = timedelta(minutes=5)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Tokens:
    """Gives the token to send. ``cache`` keeps granted ones between processes.

    ``post`` sends a form to the store's own token endpoint.
    """

    def __init__(
        self,
        key: str,
        secret: str,
        *,
        cache: base.TokenCache,
        post: Callable[[bytes], transport.Raw],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._key = transport.credential(key, "key")
        self.is_permanent = self._key.startswith(PERMANENT)
        self._secret = (
            secret.strip() if self.is_permanent else transport.credential(secret, "secret")
        )
        self._cache, self._post, self._now = cache, post, now
        self._token: base.Token | None = None
        self._lock = threading.Lock()

    def current(self) -> str:
        """A token that is good for some minutes at least."""
        if self.is_permanent:
            return self._key
        with self._lock:
            if not self._is_good(self._token):
                self._token = self._cache.load()
            if not self._is_good(self._token):
                self._token = self._granted()
            assert self._token is not None
            return self._token.text

    def renewed(self, refused: str) -> str | None:
        """Another token in place of one that was refused; None where there can't be one."""
        if self.is_permanent:
            return None
        with self._lock:
            self._token = self._cache.load()
            if self._token is None or self._token.text == refused:
                self._token = self._granted()
            return self._token.text

    def _is_good(self, token: base.Token | None) -> bool:
        return token is not None and token.expires_at - EARLY > self._now()

    def _granted(self) -> base.Token:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._key,
            "client_secret": self._secret,
        }
        token = self._read(self._post(urlencode(form).encode()))
        self._cache.keep(token)
        return token

    def _read(self, raw: transport.Raw) -> base.Token:
        if raw.status in (400, 401, 403):
            raise base.CredentialsError(
                "Shopify grants no token for this client id and secret. Check both, and that the "
                "app is installed in this store (they must belong to the same organisation).",
                code="bad_credentials",
            )
        failure = failures.of_status(raw.status, raw.headers)
        if failure is not None:
            raise failure
        found = _object(raw.body)
        text, seconds = found.get("access_token"), found.get("expires_in")
        if not isinstance(text, str) or not text or type(seconds) is not int:
            raise base.RetryableError(
                "Shopify answered with something that is no token.", code="not_json"
            )
        return base.Token(text=text, expires_at=self._now() + timedelta(seconds=seconds))


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
