"""HTTP with a WooCommerce store, and nothing but HTTP."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from urllib.parse import urlsplit

import oauthlib.oauth1
import orjson
import requests_oauthlib
from requests.auth import AuthBase, HTTPBasicAuth

from connectors.platforms import base, connecting, patience, transport
from connectors.platforms.woocommerce import answers, workers

API = "/wp-json/wc/v3/"

Params = Mapping[str, str]


for _name in ("oauthlib", "requests_oauthlib"):
    # Their debug logs tell the key and the signature of each request.
    logging.getLogger(_name).setLevel(logging.WARNING)


class Client:
    """A store's API. Safe to use from several threads; each has its own connection.

    ``guard`` is called before each request, and may refuse it by raising. Reads are tried again
    as ``retry`` allows, writes never. Nothing raised here holds a credential, a query, or a
    text of the store's.
    """

    def __init__(
        self,
        url: str,
        key: str,
        secret: str,
        *,
        ca_bundle: str | None = None,
        guard: Callable[[], None] | None = None,
        concurrency: int = 4,
        timeout: tuple[float, float] = (5, 60),
        retry: patience.Patience = patience.PATIENT,
        largest: int = transport.LARGEST,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.root = normal_url(url)
        self.host = urlsplit(self.root).netloc
        self.guard = guard or (lambda: None)
        self.concurrency = concurrency
        self.request_count = 0
        self._key = transport.credential(key, "key")
        self._secret = transport.credential(secret, "secret")
        self._transport = transport.Transport(
            self.root, ca_bundle=ca_bundle, timeout=timeout, largest=largest, clock=clock
        )
        self._retry = retry
        self._closed = threading.Event()
        self._sleep, self._clock, self._draw = sleep or self._closed.wait, clock, draw
        self._lock = threading.Lock()
        self._workers = workers.Workers(concurrency)

    def get(
        self, path: str, params: Params | None = None, *, retry: patience.Patience | None = None
    ) -> answers.Answer:
        """Read; ``path`` is below wc/v3. Raises a ``StoreError``."""
        chosen, started = retry or self._retry, self._clock()
        attempt = 1
        while True:
            try:
                return self._call("GET", f"{self.root}{API}{path}", params)
            except base.RetryableError as error:
                elapsed = self._clock() - started
                pause = chosen.pause(error, attempt, elapsed, self._draw)
                if pause is None or self._closed.is_set():
                    raise
            self._sleep(pause)
            attempt += 1

    def submit(self, path: str, params: Params | None = None) -> Future[answers.Answer]:
        """``get`` in another thread; at most ``concurrency`` of them run at once."""
        return self._workers.submit(lambda: self.get(path, params))

    def index(self, params: Params) -> answers.Answer:
        """What WordPress says of itself; asked without credentials, which are WooCommerce's.

        WordPress would take the key for the name of a user, and refuse it.
        """
        return self._call("GET", f"{self.root}/wp-json/", params, is_signed=False)

    def put(
        self, path: str, body: base.Json, *, refusal: answers.Refusal | None = None
    ) -> answers.Answer:
        """Change, once. Raises ``OutcomeUnknownError`` when it may have happened or not.

        ``refusal`` may know more of the store's errors by their status, code and message.
        """
        return self._write("PUT", path, body=body, refusal=refusal)

    def post(
        self, path: str, body: base.Json, *, refusal: answers.Refusal | None = None
    ) -> answers.Answer:
        """Add, once; as ``put``."""
        return self._write("POST", path, body=body, refusal=refusal)

    def delete(self, path: str) -> answers.Answer:
        """Delete for ever, once; as ``put``."""
        return self._write("DELETE", path, params={"force": "true"})

    def _write(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: base.Json | None = None,
        refusal: answers.Refusal | None = None,
    ) -> answers.Answer:
        url = f"{self.root}{API}{path}"
        try:
            return self._call(method, url, params, body=body, refusal=refusal)
        except (base.RetryableError, base.RejectedError) as error:
            if not _may_have_happened(error):
                raise
            unknown = base.OutcomeUnknownError(
                f"{error} Whether the change was made is not known.", code=error.code
            )
        raise unknown

    def close(self) -> None:
        """Give back threads and connections, and stop waiting for another attempt."""
        self._closed.set()
        self._workers.close()
        self._transport.close()

    def _call(
        self,
        method: str,
        url: str,
        params: Params | None = None,
        *,
        body: base.Json | None = None,
        is_signed: bool = True,
        refusal: answers.Refusal | None = None,
    ) -> answers.Answer:
        self.guard()
        with self._lock:
            self.request_count += 1
        # Raised outside the handler, or the exception would carry the signed address along.
        failure: base.StoreError
        try:
            return answers.read(
                self._transport.exchange(
                    method,
                    url,
                    params=params,
                    data=None if body is None else orjson.dumps(body),
                    headers={"Content-Type": "application/json"} if body is not None else None,
                    auth=self._auth() if is_signed else transport.Anonymous(),
                ),
                refusal,
            )
        except OSError as error:  # requests' own are among them
            failure = connecting.failure(error, self.host)
        raise failure

    def _auth(self) -> AuthBase:
        """Basic over HTTPS; over plain HTTP WooCommerce takes signatures only."""
        if self.root.startswith("https:"):
            return HTTPBasicAuth(self._key, self._secret)
        return requests_oauthlib.OAuth1(
            self._key,
            client_secret=self._secret,
            signature_method=oauthlib.oauth1.SIGNATURE_HMAC_SHA256,
            signature_type=oauthlib.oauth1.SIGNATURE_TYPE_QUERY,
        )


def _may_have_happened(error: base.StoreError) -> bool:
    """Whether a write may have been made that ended in this."""
    if isinstance(error, base.RetryableError):
        return error.code not in connecting.NOT_SENT
    return error.code == "too_large"  # the answer was


def normal_url(url: str) -> str:
    """The store's address without an end that is not its own; raises ``RejectedError``."""
    text = url.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable or parts.username or parts.password:
        raise base.RejectedError(
            "This is not a store's address: it should read like https://shop.example.com.",
            code="bad_url",
        )
    folder = parts.path.split("/wp-json")[0].split("/wp-admin")[0].rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{folder}"
