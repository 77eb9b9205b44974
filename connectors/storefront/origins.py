"""Origins of pages, as browsers send them: scheme, host and port, nothing behind."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"(?=.{{1,253}}$)({LABEL}\.)*{LABEL}")
DEFAULT_PORTS = {"https": 443, "http": 80}


class OriginError(ValueError):
    """A text that is no origin; the message says why."""


def origin_of(text: str) -> str:
    """The origin as browsers send it; raises ``OriginError``."""
    try:
        parts = urlsplit(text.strip())
        host, port = (parts.hostname or ""), parts.port
    except ValueError:
        raise OriginError(f"“{text}” is no address.") from None
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise OriginError(f"“{text}” has to begin with https://, like https://shop.example.com.")
    if parts.username or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise OriginError(f"“{text}”: leave out what stands behind the host and port.")
    host = _ascii(host, text)
    if parts.scheme == "http" and not _is_local(host):
        raise OriginError(f"“{text}”: http is for localhost alone; a shop’s pages need https.")
    shown = f"[{host}]" if ":" in host else host
    is_usual = port in (None, DEFAULT_PORTS[parts.scheme])
    return f"{parts.scheme}://{shown}" if is_usual else f"{parts.scheme}://{shown}:{port}"


def _ascii(host: str, text: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return host
    try:
        found = host.encode("idna").decode().lower()
    except UnicodeError:
        raise OriginError(f"“{text}” has no host that there could be.") from None
    if not HOST.fullmatch(found):
        raise OriginError(f"“{text}” has no host that there could be.")
    return found


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
