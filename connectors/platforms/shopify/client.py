"""GraphQL over HTTP with a Shopify store, and nothing but that."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from requests.auth import AuthBase

from connectors.platforms import base, connecting, patience, transport
from connectors.platforms.shopify import documents, failures, throttle, tokens

API_VERSION = "2026-10"
DOMAIN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]*\.myshopify\.com")
JSON = {"Content-Type": "application/json"}
# Shopify says when it will have the points: such waits are no failures of anybody's.
MOST_THROTTLED = 60
# Somebody waits for what is sent to an order, and may have it sent again later.
FEW_THROTTLED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``data`` is what was asked for; ``sent_at`` the store's clock, ``version`` what served."""

    data: base.Json
    clean: bool
    cost: float
    sent_at: datetime | None
    version: str


class _Token(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-Shopify-Access-Token"] = self._token
        return request


class Client:
    """A store's GraphQL Admin API. Safe to use from several threads.

    ``guard`` is called before each request, and may refuse it by raising. Queries are tried again
    as ``retry`` allows, mutations never. Nothing raised here holds a credential or a text of the
    store's.
    """

    def __init__(
        self,
        url: str,
        key: str,
        secret: str,
        *,
        ca_bundle: str | None = None,
        guard: Callable[[], None] | None = None,
        token_cache: base.TokenCache | None = None,
        version: str = API_VERSION,
        timeout: tuple[float, float] = (5, 60),
        retry: patience.Patience = patience.PATIENT,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.root = normal_url(url)
        self.host = urlsplit(self.root).netloc
        self.guard = guard or (lambda: None)
        self.version = version or API_VERSION
        self.request_count = 0
        self._transport = transport.Transport(
            self.root, ca_bundle=ca_bundle, timeout=timeout, clock=clock
        )
        self._tokens = tokens.Tokens(
            key, secret, cache=token_cache or base.PrivateCache(), post=self._ask_for_token
        )
        self._retry, self._clock, self._draw = retry, clock, draw
        self._bucket = throttle.Bucket(clock)
        self._closed = threading.Event()
        self.sleep = sleep or self._closed.wait
        self._lock = threading.Lock()

    def query(
        self,
        name: str,
        variables: base.Json | None = None,
        *,
        retry: patience.Patience | None = None,
    ) -> Answer:
        """Ask the document of this name; raises a ``StoreError``."""
        chosen, started = retry or self._retry, self._clock()
        attempt, throttled = 1, 0
        while True:
            try:
                return self._call(name, variables)
            except base.RetryableError as error:
                is_throttle = error.code == "rate_limited" and throttled < MOST_THROTTLED
                elapsed = 0.0 if is_throttle else self._clock() - started
                pause = chosen.pause(error, attempt, elapsed, self._draw)
                if pause is None or self._closed.is_set():
                    raise
            self.sleep(pause)
            throttled += is_throttle
            attempt += not is_throttle

    def mutate(
        self, name: str, variables: base.Json, *, most_throttled: int = MOST_THROTTLED
    ) -> Answer:
        """Send a mutation, once. Raises ``OutcomeUnknownError`` when it may have happened or not.

        One that was throttled was not run, and is sent again. ``RejectedError`` and
        ``RetryableError`` say that it was not run, ``BusyError`` that it is being run.
        """
        self._tokens.current()  # a token that can't be had is no unknown outcome
        for _ in range(most_throttled):
            try:
                return self._call(name, variables, writes=True)
            except (base.RetryableError, base.RejectedError) as error:
                if _may_have_run(error):
                    failure = base.OutcomeUnknownError(
                        f"{error} Whether the change was made is not known.", code=error.code
                    )
                    break
                if not isinstance(error, base.RetryableError) or error.code != "rate_limited":
                    raise
                self.sleep(min(error.retry_after or 1.0, throttle.LONGEST_PAUSE))
        else:
            raise base.RetryableError("Shopify asks for fewer requests.", code="rate_limited")
        raise failure

    def lines(self, url: str) -> Iterator[bytes]:
        """The pieces of a file that Shopify made for us, as they come."""
        failure: base.StoreError
        self.guard()
        self._count()
        try:
            with self._transport.stream(url) as response:
                refusal = failures.of_status(response.status_code, response.headers)
                if refusal is not None:
                    raise base.RetryableError(
                        "Shopify no longer has the file that it made. It will be made again.",
                        code="bulk_gone",
                    )
                yield from response.iter_content(transport.CHUNK)
                return
        except OSError as error:
            failure = connecting.failure(error, self.host)
        raise failure

    def close(self) -> None:
        """Give back connections, and stop waiting for another attempt."""
        self._closed.set()
        self._transport.close()

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    def _call(self, name: str, variables: base.Json | None, *, writes: bool = False) -> Answer:
        pause = self._bucket.pause(name)
        if pause:
            self.sleep(pause)
        body = orjson.dumps({"query": documents.text(name), "variables": variables or {}})
        token = self._tokens.current()
        raw = self._post(self._endpoint, body, _Token(token), JSON)
        if raw.status == 401:
            other = self._tokens.renewed(token)
            if other is not None:
                raw = self._post(self._endpoint, body, _Token(other), JSON)
        return self._read(name, raw, writes=writes)

    @property
    def _endpoint(self) -> str:
        return f"{self.root}/admin/api/{self.version}/graphql.json"

    def _ask_for_token(self, form: bytes) -> transport.Raw:
        url = f"{self.root}/admin/oauth/access_token"
        return self._post(url, form, transport.Anonymous(), tokens.FORM)

    def _post(
        self, url: str, body: bytes, auth: AuthBase, headers: Mapping[str, str]
    ) -> transport.Raw:
        self.guard()
        self._count()
        try:
            return self._transport.exchange("POST", url, data=body, auth=auth, headers=headers)
        except OSError as error:
            failure = connecting.failure(error, self.host)
        # Raised outside the handler, or the exception would carry the request along.
        raise failure

    def _count(self) -> None:
        with self._lock:
            self.request_count += 1

    def _read(self, name: str, raw: transport.Raw, *, writes: bool) -> Answer:
        failure = failures.of_status(raw.status, raw.headers, writes=writes)
        if failure is not None:
            raise failure
        found = _parsed(raw.body)
        extensions = found.get("extensions") or {}
        cost = extensions.get("cost") if isinstance(extensions, dict) else None
        self._bucket.learn(name, cost)
        failure = _error(found, extensions, cost, writes=writes)
        if failure is not None:
            raise failure
        return Answer(
            data=found["data"],
            clean=b"\\u0000" not in raw.body,
            cost=self._bucket.cost(name),
            sent_at=patience.http_date(raw.headers.get("Date")),
            version=raw.headers.get("X-Shopify-API-Version", ""),
        )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, dict) and ("data" in found or "errors" in found):
        return found
    raise base.RetryableError(
        "Shopify answered with something that is not JSON; a proxy may stand before it.",
        code="not_json",
    )


def _may_have_run(error: base.StoreError) -> bool:
    """Whether a mutation that ended so may have been carried out."""
    if isinstance(error, base.RetryableError):
        return error.code not in connecting.NOT_SENT
    return error.code == "too_large"  # the answer was


def _error(found: base.Json, extensions: Any, cost: Any, *, writes: bool) -> base.StoreError | None:
    errors = found.get("errors")
    if errors:
        errors = errors if isinstance(errors, list) else [errors]
        return (
            failures.of_write(found, errors, cost) if writes else failures.of_errors(errors, cost)
        )
    if not isinstance(found.get("data"), dict):
        return base.RetryableError("Shopify's answer is empty.", code="not_json")
    return failures.of_warnings(extensions.get("search") if isinstance(extensions, dict) else None)


def normal_url(url: str) -> str:
    """The store's address as it is called; raises ``RejectedError`` for what is none.

    It is a .myshopify.com domain; a stand-in on this machine may be reached over plain HTTP.
    """
    text = url.strip()
    parts = urlsplit(text if "://" in text else f"https://{text}")
    host = (parts.hostname or "").lower()
    if host in transport.LOOPBACK and not parts.username:
        return f"{parts.scheme}://{parts.netloc}"
    if host == "admin.shopify.com":
        store = parts.path.removeprefix("/store/").split("/")[0]
        host = f"{store}.myshopify.com"
    if host and "." not in host:
        host = f"{host}.myshopify.com"
    if not DOMAIN.fullmatch(host) or parts.username or parts.scheme not in ("http", "https"):
        raise base.RejectedError(
            "This is not a Shopify store's address: it should read like "
            "your-store.myshopify.com. The store's admin shows it under Settings, Domains.",
            code="bad_url",
        )
    return f"https://{host}"
