"""No test talks to anything but this machine."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from django.core.cache import cache
from django.core.servers.basehttp import WSGIRequestHandler

pytest_plugins = ["tests.browser", "tests.emptying", "tests.photos"]

connect = socket.socket.connect


class NetworkError(RuntimeError):
    """A test tried to leave this machine."""


def _is_local(address: object) -> bool:
    if not isinstance(address, tuple):
        return True
    host = address[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _no_waiting():
    """The test server sends its parts at once: the last would wait 40 ms for an acknowledgement."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
        yield


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch):
    def guarded(self, address):
        if not _is_local(address):
            raise NetworkError(f"A test connects to {address[0]}.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
