"""Pictures from addresses that others chose: only from known hosts, never from this network.

The host is resolved once, each of its addresses is looked at, and the connection goes to just the
address that was looked at: a name that resolves to another one a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import certifi
import urllib3
from urllib3.util import Timeout

from tryon.engine.errors import TryOnError
from tryon.engine.pictures import LARGEST

SECONDS = 20.0
SILENCE = 10.0
CHUNK = 64 * 1024
LONGEST_ADDRESS = 2_000
# Behind these a network reaches whatever IPv4 address it likes.
TRANSLATED = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")))


class FetchError(TryOnError):
    """Nothing was fetched; ``address_refused`` before anything was sent, else ``not_fetched``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whom a connection goes to; ``own``: the connected store itself, wherever that is."""

    host: str
    port: int
    secure: bool
    own: bool = False


def fetch(address: str, *, hosts: Collection[str], store: str = "") -> bytes:
    """The bytes behind an https address on one of the hosts, or at the store's own origin.

    Follows no redirect; stops at 10 MB and after 20 seconds. Raises ``FetchError``.
    """
    parts = _parts(address)
    origin = _allowed(parts, hosts, store)
    return _read(origin, _resolved(origin), parts)


def _parts(address: str) -> SplitResult:
    if len(address) > LONGEST_ADDRESS:
        raise FetchError("address_refused")
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise FetchError("address_refused") from None
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise FetchError("address_refused")
    return parts


def _allowed(parts: SplitResult, hosts: Collection[str], store: str) -> Origin:
    host = (parts.hostname or "").rstrip(".").lower()
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    if store and _origin(parts) == _origin(urlsplit(store)):
        return Origin(host=host, port=port, secure=secure, own=True)
    named = {one.lower() for one in hosts} | ({urlsplit(store).hostname or ""} if store else set())
    if not secure or port != 443 or host not in named - {""}:
        raise FetchError("address_refused")
    return Origin(host=host, port=port, secure=True)


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    default = {"https": 443, "http": 80}.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def _resolved(origin: Origin) -> str:
    """An address of the host; one private address among several refuses them all."""
    try:
        found = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchError("not_fetched") from None
    addresses = [str(one[4][0]) for one in found]
    if not addresses or not (origin.own or all(map(_is_public, addresses))):
        raise FetchError("address_refused")
    return addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = [address]
    if isinstance(address, ipaddress.IPv6Address):
        inner += [one for one in (address.ipv4_mapped, address.sixtofour) if one is not None]
        inner += list(address.teredo or ())
    if isinstance(address, ipaddress.IPv6Address) and any(address in one for one in TRANSLATED):
        return False
    return all(one.is_global and not one.is_multicast for one in inner)


def _read(origin: Origin, address: str, parts: SplitResult) -> bytes:
    until = time.monotonic() + SECONDS
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    headers = {"Host": parts.netloc, "Accept": "image/*", "Accept-Encoding": "identity"}
    pool = _pool(origin, address)
    try:
        answer = pool.request(
            "GET", target, headers=headers, redirect=False, retries=False, preload_content=False
        )
        with closing(answer):
            return _body(answer, until)
    except (urllib3.exceptions.HTTPError, OSError, ValueError):
        raise FetchError("not_fetched") from None
    finally:
        pool.close()


def _pool(origin: Origin, address: str) -> urllib3.HTTPConnectionPool:
    timeout = Timeout(connect=SILENCE, read=SILENCE)
    if not origin.secure:
        return urllib3.HTTPConnectionPool(address, origin.port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        address, origin.port, timeout=timeout, maxsize=1, server_hostname=origin.host,
        assert_hostname=origin.host, ssl_minimum_version=ssl.TLSVersion.TLSv1_2,
        cert_reqs="CERT_REQUIRED", ca_certs=certifi.where(),
    )  # fmt: skip


def _body(answer: urllib3.BaseHTTPResponse, until: float) -> bytes:
    if answer.status != 200 or int(answer.headers.get("Content-Length") or 0) > LARGEST:
        raise FetchError("not_fetched")
    found = bytearray()
    while chunk := answer.read1(CHUNK):
        found += chunk
        if len(found) > LARGEST or time.monotonic() > until:
            raise FetchError("not_fetched")
    return bytes(found)
