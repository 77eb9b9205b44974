"""HTTP as every platform's client speaks it: nothing followed, nothing kept, nothing endless."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from connectors.platforms import base

LARGEST = 64 * 1024 * 1024
CHUNK = 256 * 1024
LONGEST_ANSWER = 300.0
LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
HEADERS = {"Accept": "application/json", "User-Agent": "Storekeep/0.1"}


class _WithoutSignatures(logging.Filter):
    """Drops what urllib3 logs of signed requests when someone turns its debug logs on."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        return "oauth_" not in text and "ignature=" not in text


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutSignatures())


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def secure(self) -> bool:
        return self.url.startswith("https:")


class Anonymous(AuthBase):
    """No credentials, also none from a .netrc file."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class Transport:
    """Connections to one store. Safe to use from several threads; each has its own connection.

    Redirects are not followed: credentials would go along. Raises what requests raises.
    """

    def __init__(
        self,
        root: str,
        *,
        ca_bundle: str | None = None,
        timeout: tuple[float, float] = (5, 60),
        largest: int = LARGEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # Without a file of the store's own, those of the environment apply.
        self._verify: str | bool = trusted(ca_bundle) if ca_bundle else True
        # A store on this machine is not behind the proxy of the environment.
        name = urlsplit(root).hostname or ""
        self._proxies = {"no_proxy": name} if name in LOOPBACK else None
        self._timeout, self._largest, self._clock = timeout, largest, clock
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def exchange(
        self,
        method: str,
        url: str,
        *,
        auth: AuthBase,
        params: Mapping[str, str] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Raw:
        """One request and its whole answer, which may not be too large or take for ever."""
        started = self._clock()
        with self._response(method, url, auth, params, data, headers) as response:
            return Raw(
                status=response.status_code,
                headers=response.headers,
                body=self._body(response, started),
                url=url,
            )

    @contextmanager
    def stream(self, url: str) -> Iterator[requests.Response]:
        """A file, read as it comes, without credentials."""
        with self._response("GET", url, Anonymous(), None, None, None) as response:
            yield response

    def close(self) -> None:
        """Give back the connections."""
        with self._lock:
            for session in self._sessions:
                session.close()
            self._sessions.clear()

    def _response(
        self,
        method: str,
        url: str,
        auth: AuthBase,
        params: Mapping[str, str] | None,
        data: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> requests.Response:
        return self._session().request(
            method,
            url,
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=self._timeout,
            verify=self._verify,
            proxies=self._proxies,
            allow_redirects=False,
            stream=True,  # so that an answer that is too large is not read to its end
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


def credential(value: str, noun: str) -> str:
    """The credential without what was copied around it; raises ``CredentialsError`` for none."""
    found = value.strip()
    if not found or not found.isascii() or not found.isprintable():
        raise base.CredentialsError(
            f"The API {noun} is empty or has characters that none has. Copy it again.",
            code=f"bad_{noun}",
        )
    return found


def trusted(ca_bundle: str) -> str:
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
