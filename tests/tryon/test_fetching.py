"""Pictures from addresses that others chose."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tryon import fetching
from tryon.engine.pictures import LARGEST
from tryon.fetching import FetchError

HOSTS = ("pictures.example.com", "127.0.0.1", "localhost", "10.0.0.1", "[::1]", "::1")


@contextmanager
def serving(answer):
    """A server on the loopback address that lets ``answer`` write each response."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            try:
                answer(self)
            except ConnectionError:
                asked.append("gone")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(status=200, body=b"picture", **headers):
    def answer(request):
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def resolving(monkeypatch, *answers):
    """The name service answers so, one answer after the other."""
    left = list(answers)

    def getaddrinfo(host, port, *args, **kwargs):
        # An address is itself.
        next_one = [host] if host[0].isdigit() else left.pop(0) if len(left) > 1 else left[0]
        kind = socket.AF_INET6 if ":" in next_one[0] else socket.AF_INET
        return [(kind, socket.SOCK_STREAM, 6, "", (one, port)) for one in next_one]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def refused(address, *, store="", hosts=HOSTS):
    with pytest.raises(FetchError) as error:
        fetching.fetch(address, hosts=hosts, store=store)
    return error.value.code


def test_a_connected_store_is_reached_where_it_is():
    with serving(send(body=b"picture")) as (store, asked):
        assert fetching.fetch(f"{store}/a.png?size=2", hosts=(), store=store) == b"picture"
    [(path, headers)] = asked
    assert path == "/a.png?size=2"
    assert headers["Host"] == store.removeprefix("http://")


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/x.png", "https://localhost/x.png", "https://10.0.0.1/x.png",
        "https://[::1]/x.png", "https://2130706433/x.png", "https://elsewhere.example.com/x.png",
        "https://pictures.example.com:8443/x.png", "https://pictures.example.com.evil.test/x.png",
        "https://user:word@pictures.example.com/x.png", "https://pictures.example.com@evil.test/",
        "http://pictures.example.com/x.png", "ftp://pictures.example.com/x.png",
        "file:///etc/passwd", "gopher://127.0.0.1/", "//pictures.example.com/x.png", "x.png", "",
        "https://", "https://pictures.example.com:port/", "https://[::1/x.png",
        "https://pictures.example.com/" + "x" * 2_000,
    ],
)  # fmt: skip
def test_other_addresses_are_refused_before_anything_is_sent(address, monkeypatch):
    tried = []
    monkeypatch.setattr(socket.socket, "connect", lambda *args: tried.append(args))
    assert refused(address) == "address_refused"
    assert tried == []


@pytest.mark.parametrize(
    "private",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "2002:7f00:1::",
        "64:ff9b:1::1",
    ],
)  # fmt: skip
def test_names_of_private_addresses_are_refused(private, monkeypatch):
    resolving(monkeypatch, ["93.184.216.34", private])
    assert refused("https://pictures.example.com/x.png") == "address_refused"


def test_a_name_that_changes_its_address_meanwhile_gains_nothing(monkeypatch):
    called = []

    def connect(self, address):
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    resolving(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    assert refused("https://pictures.example.com/x.png") == "not_fetched"
    assert called == [("93.184.216.34", 443)]


def test_another_port_of_the_stores_machine_is_not_the_store():
    with serving(send()) as (other, asked), serving(send()) as (store, _):
        assert refused(f"{other}/x.png", store=store) == "address_refused"
        assert refused(f"{other.replace('http', 'https')}/x.png", store=store) == "address_refused"
    assert asked == []


def test_redirects_are_not_followed():
    with (
        serving(send()) as (secret, asked),
        serving(send(302, b"", Location=f"{secret}/x.png")) as (store, _),
    ):
        assert refused(f"{store}/x.png", store=store) == "not_fetched"
    assert asked == []


@pytest.mark.parametrize("status", [204, 206, 404, 500])
def test_only_a_whole_answer_counts(status):
    with serving(send(status)) as (store, _):
        assert refused(f"{store}/x.png", store=store) == "not_fetched"


def test_a_gigabyte_is_not_read():
    with serving(send(body=b"x", Content_Length=str(2**30))) as (store, _):
        assert refused(f"{store}/x.png", store=store) == "not_fetched"


def test_a_body_without_end_is_left_at_ten_megabytes():
    sent = []

    def endless(request):
        request.send_response(200)
        request.end_headers()
        for _ in range(1_000):
            request.wfile.write(b"x" * 100_000)
            sent.append(100_000)

    with serving(endless) as (store, _):
        assert refused(f"{store}/x.png", store=store) == "not_fetched"
    assert sum(sent) < LARGEST + 8_000_000


def test_a_body_that_drips_is_left_in_time(monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 0.6)

    def dripping(request):
        request.send_response(200)
        request.end_headers()
        for _ in range(100):
            request.wfile.write(b"x")
            time.sleep(0.1)

    with serving(dripping) as (store, _):
        began = time.monotonic()
        assert refused(f"{store}/x.png", store=store) == "not_fetched"
        assert time.monotonic() - began < 3


def test_a_server_that_says_nothing_is_left_in_time(monkeypatch):
    monkeypatch.setattr(fetching, "SILENCE", 0.3)
    with serving(lambda request: time.sleep(1)) as (store, _):
        assert refused(f"{store}/x.png", store=store) == "not_fetched"


def test_a_server_that_is_not_there_is_told():
    with serving(send()) as (store, _):
        pass
    assert refused(f"{store}/x.png", store=store) == "not_fetched"
