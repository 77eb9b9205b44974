"""Who calls: Basic over HTTPS, OAuth 1.0a over HTTP, and what WooCommerce answers otherwise."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from oauthlib.oauth1.rfc5849 import signature

WINDOW = 15 * 60


class RefusedError(Exception):
    """The call is answered with this status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A consumer key; ``permissions`` is read, write or read_write."""

    key: str
    secret: str
    permissions: str = "read_write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What of a request authentication looks at."""

    method: str
    url: str
    secure: bool
    query: str
    authorization: str


@dataclass(slots=True)
class Doorkeeper:
    """Knows the keys and the nonces that were used."""

    credentials: Mapping[str, Credentials]
    clock: Callable[[], float] = time.time
    nonces: set[str] = field(default_factory=set)

    def admit(self, call: Call) -> None:
        """Let the call pass, or raise how it is refused."""
        found = self._basic(call) if call.secure else self._oauth(call)
        if found is None:
            raise RefusedError(
                401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources."
            )
        reading = call.method in ("GET", "HEAD", "OPTIONS")
        if reading and found.permissions == "write":
            raise _refused("The API key provided does not have read permissions.")
        if not reading and found.permissions == "read":
            raise _refused("The API key provided does not have write permissions.")

    def _basic(self, call: Call) -> Credentials | None:
        query = dict(parse_qsl(call.query))
        key, secret = query.get("consumer_key", ""), query.get("consumer_secret", "")
        if call.authorization.startswith("Basic "):
            try:
                text = base64.b64decode(call.authorization[6:]).decode()
            except (binascii.Error, UnicodeDecodeError):
                return None
            key, _, secret = text.partition(":")
        found = self.credentials.get(key)
        if found and not hmac.compare_digest(found.secret.encode(), secret.encode()):
            raise _refused("Consumer secret is invalid.")
        return found

    def _oauth(self, call: Call) -> Credentials | None:
        query = parse_qsl(call.query, keep_blank_values=True)
        given = dict(query) | _header(call.authorization)
        if "oauth_consumer_key" not in given:
            return None
        found = self.credentials.get(given["oauth_consumer_key"])
        if found is None:
            raise _refused("Consumer key is invalid.")
        parameters = [*query, *_header(call.authorization).items()]
        if not _signed(call, parameters, given, found):
            raise _refused("Invalid signature - provided signature does not match.")
        self._check_fresh(given)
        return found

    def _check_fresh(self, given: Mapping[str, str]) -> None:
        moment = given.get("oauth_timestamp", "")
        if not moment.isdigit() or abs(self.clock() - int(moment)) > WINDOW:
            raise _refused("Invalid timestamp.")
        nonce = given.get("oauth_nonce", "")
        if nonce in self.nonces:
            raise _refused("Invalid nonce - nonce has already been used.")
        self.nonces.add(nonce)


def _refused(message: str) -> RefusedError:
    return RefusedError(401, "woocommerce_rest_authentication_error", message)


def _header(authorization: str) -> dict[str, str]:
    if not authorization.startswith("OAuth "):
        return {}
    pairs = (part.strip().partition("=") for part in authorization[6:].split(","))
    return {name: unquote(value.strip('"')) for name, _, value in pairs if name != "realm"}


def _signed(
    call: Call, parameters: list[tuple[str, str]], given: Mapping[str, str], found: Credentials
) -> bool:
    kind = given.get("oauth_signature_method")
    sign = {
        "HMAC-SHA256": signature.sign_hmac_sha256_with_client,
        "HMAC-SHA1": signature.sign_hmac_sha1_with_client,
    }.get(kind or "")
    if sign is None:
        raise _refused("Invalid signature - signature method is invalid.")
    signed = [pair for pair in parameters if pair[0] != "oauth_signature"]
    # oauthlib's annotations are narrower than its functions.
    text = signature.signature_base_string(
        call.method,  # type: ignore[arg-type]
        call.url,
        signature.normalize_parameters(signed),  # type: ignore[arg-type]
    )
    wanted = sign(text, _Client(client_secret=found.secret))
    return hmac.compare_digest(wanted, given.get("oauth_signature", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Client:
    client_secret: str
    resource_owner_secret: str = ""
