"""HTTP with a WooCommerce store, and nothing but HTTP."""

from __future__ import annotations

import logging
import random
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from urllib.parse import urlsplit

import oauthlib.oauth1
import orjson
import requests
import requests_oauthlib
from requests.auth import AuthBase, HTTPBasicAuth

from connectors.platforms import base
from connectors.platforms.woocommerce import answers, failures, patience, workers

API = "/wp-json/wc/v3/"
LARGEST = 64 * 1024 * 1024
CHUNK = 256 * 1024
LONGEST_ANSWER = 300.0
LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
HEADERS = {"Accept": "application/json", "User-Agent": "Storekeep/0.1"}

Params = Mapping[str, str]


class _WithoutSignatures(logging.Filter):
    """Drops what urllib3 logs of signed requests when someone turns its debug logs on."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "oauth_" not in record.getMessage()


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutSignatures())
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
        largest: int = LARGEST,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.root = normal_url(url)
        self.host = urlsplit(self.root).netloc
        self.guard = guard or (lambda: None)
        self.concurrency = concurrency
        self.request_count = 0
        self._key, self._secret = _credential(key, "key"), _credential(secret, "secret")
        # Without a file of the store's own, those of the environment apply.
        self._verify: str | bool = _trusted(ca_bundle) if ca_bundle else True
        # A store on this machine is not behind the proxy of the environment.
        name = urlsplit(self.root).hostname or ""
        self._proxies = {"no_proxy": name} if name in LOOPBACK else None
        self._timeout, self._retry, self._largest = timeout, retry, largest
        self._closed = threading.Event()
        self._sleep, self._clock, self._draw = sleep or self._closed.wait, clock, draw
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
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

    def put(self, path: str, body: base.Json) -> answers.Answer:
        """Write, once. Raises ``OutcomeUnknownError`` when it may have happened or not."""
        try:
            return self._call("PUT", f"{self.root}{API}{path}", body=body)
        except base.RetryableError as error:
            if error.code in failures.NOT_SENT:
                raise
            unknown = base.OutcomeUnknownError(
                f"{error} Whether the change was made is not known.", code=error.code
            )
        raise unknown

    def close(self) -> None:
        """Give back threads and connections, and stop waiting for another attempt."""
        self._closed.set()
        self._workers.close()
        with self._lock:
            for session in self._sessions:
                session.close()
            self._sessions.clear()

    def _call(
        self,
        method: str,
        url: str,
        params: Params | None = None,
        *,
        body: base.Json | None = None,
        is_signed: bool = True,
    ) -> answers.Answer:
        self.guard()
        with self._lock:
            self.request_count += 1
        # Raised outside the handler, or the exception would carry the signed address along.
        failure: base.StoreError
        try:
            return answers.read(self._exchange(method, url, params, body, is_signed=is_signed))
        except OSError as error:  # requests' own are among them
            failure = failures.of_connection(error, self.host)
        raise failure

    def _exchange(
        self, method: str, url: str, params: Params | None, body: base.Json | None, *,
        is_signed: bool,
    ) -> answers.Raw:  # fmt: skip
        started = self._clock()
        with self._session().request(
            method,
            url,
            params=params,
            data=None if body is None else orjson.dumps(body),
            headers={"Content-Type": "application/json"} if body is not None else None,
            auth=self._auth() if is_signed else _Anonymous(),
            timeout=self._timeout,
            verify=self._verify,
            proxies=self._proxies,
            allow_redirects=False,  # or the credentials would go along
            stream=True,  # so that an answer that is too large is not read to its end
        ) as response:
            return answers.Raw(
                status=response.status_code,
                headers=response.headers,
                body=self._body(response, started),
                url=url,
            )

    def _body(self, response: requests.Response, started: float) -> bytes:
        parts, size = [], 0
        for part in response.iter_content(CHUNK):
            parts.append(part)
            size += len(part)
            if size > self._largest:
                raise base.RejectedError(
                    f"The store's answer is larger than {self._largest // 1024**2} MB. A plugin "
                    "puts too much into its records.",
                    code="too_large",
                )
            if self._clock() - started > LONGEST_ANSWER:
                raise base.RetryableError("The store answers too slowly.", code="timeout")
        return b"".join(parts)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers.update(HEADERS)
            # A cookie could carry a visitor's language or cart from one request to the next.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session

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


class _Anonymous(AuthBase):
    """No credentials, also none from a .netrc file."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


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


def _credential(value: str, noun: str) -> str:
    found = value.strip()
    if not found or not found.isascii() or not found.isprintable():
        raise base.CredentialsError(
            f"The API {noun} is empty or has characters that none has. Copy it again.",
            code=f"bad_{noun}",
        )
    return found


def _trusted(ca_bundle: str) -> str:
    """The file of certificates, once it is clear that it can be used."""
    try:
        ssl.create_default_context(cafile=ca_bundle)
    except (OSError, ValueError):
        exists = Path(ca_bundle).is_file()
        raise base.RejectedError(
            f"The file {ca_bundle} "
            + ("holds no certificate in PEM form." if exists else "does not exist."),
            code="ca_bundle",
        ) from None
    return ca_bundle
