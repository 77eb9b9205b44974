"""Bodies that are endless, slow or cut off, sent to the real server over a real connection."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests import factories
from tests.storefront.conftest import key_of

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
SECONDS, THREADS = 2, 6
SESSIONS = "/api/v1/try-on/sessions/"
GIGABYTE = 1_000_000_000
BLOCK = b"\0" * 65_536


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def gunicorn(port, tmp_path):
    """The server as `make run` starts it, with a folder of its own for whatever it writes."""
    values = connection.settings_dict
    address = (
        f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}"
        f"/{values['NAME']}"
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = os.environ | {
        "DATABASE_URL": address, "API_BODY_SECONDS": str(SECONDS), "TMPDIR": str(temporary),
        "PRIVATE_FILES": str(tmp_path / "private"), "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    command = f"-m gunicorn config.wsgi --preload --bind 127.0.0.1:{port} --workers 1"
    process = subprocess.Popen(
        [sys.executable, *command.split(), "--threads", str(THREADS), "--timeout", "120",
         "--log-level", "warning", "--worker-tmp-dir", tempfile.gettempdir()],
        cwd=ROOT, env=environment,
    )  # fmt: skip
    try:
        _wait(port, process)
        yield process
        assert list(temporary.iterdir()) == []
    finally:
        process.terminate()
        process.wait(20)


def _wait(port, process):
    for _ in range(300):
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("gunicorn did not start")


@pytest.fixture
def key(shop):
    factories.ProductFactory(connector=shop, sku="SKU")
    return key_of(shop)[1]


def opened(port, key, length, kind=MULTIPART_CONTENT, path=SESSIONS):
    """A connection with the head of a request: ``length`` is its header, or None for chunks."""
    made = socket.create_connection(("127.0.0.1", port), timeout=20)
    said = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    made.sendall(
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {key}\r\n"
        f"Content-Type: {kind}\r\n{said}\r\n\r\n".encode()
    )
    return made


def answered(made):
    """The status and the code of the answer."""
    found = made.makefile("rb")
    status = int(found.readline().split()[1])
    length = 0
    while line := found.readline().strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    return status, json.loads(found.read(length)).get("code")


def poured(made, most, block=BLOCK):
    """Send until so much is sent or the server hangs up; how much that was."""
    sent = 0
    try:
        while sent < most:
            made.sendall(block)
            sent += len(block)
    except (ConnectionError, TimeoutError):
        pass
    return sent


def form_of(photo_bytes):
    photo = SimpleUploadedFile("me.jpg", photo_bytes, "image/jpeg")
    return encode_multipart(BOUNDARY, {"selfie": photo, "skus": "SKU", "consent_version": "1"})


def takes_a_photo(port, key, photo_bytes):
    body = form_of(photo_bytes)
    with opened(port, key, len(body)) as made:
        made.sendall(body)
        return answered(made)[0] == 201


def workers(process):
    listing = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return listing.split()


def memory(process):
    """What the worker holds, in bytes."""
    [worker] = workers(process)
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def test_a_gigabyte_is_refused_before_it_is_read(gunicorn, port, key, photo_bytes):
    assert takes_a_photo(port, key, photo_bytes)
    alive, before = workers(gunicorn), memory(gunicorn)
    for kind, length, expected in (
        (MULTIPART_CONTENT, GIGABYTE, (413, "too_large")),
        ("application/json", GIGABYTE, (413, "too_large")),
        (MULTIPART_CONTENT, None, (411, "length_required")),
    ):
        with opened(port, key, length, kind) as made:
            assert answered(made) == expected
            block = BLOCK if length else b"10000\r\n" + BLOCK + b"\r\n"
            assert poured(made, GIGABYTE, block) < 50_000_000
    assert workers(gunicorn) == alive
    assert memory(gunicorn) - before < 20_000_000
    assert takes_a_photo(port, key, photo_bytes)


@pytest.mark.parametrize("pause", [0.2, 60], ids=["a byte at a time", "silence"])
def test_slow_bodies_hold_the_server_no_longer_than_allowed(
    gunicorn, port, key, photo_bytes, pause
):
    def drip(_):
        with opened(port, key, 1_000_000) as made:
            made.settimeout(pause if pause < SECONDS else 2 * SECONDS)
            began = time.monotonic()
            while time.monotonic() - began < 3 * SECONDS:
                try:
                    made.sendall(b"-")
                    made.recv(1, socket.MSG_PEEK)
                except TimeoutError:
                    continue
                made.settimeout(20)
                return (*answered(made), time.monotonic() - began)
        raise AssertionError("it was not answered")

    alive = workers(gunicorn)
    with ThreadPoolExecutor(THREADS) as shoppers:
        found = list(shoppers.map(drip, range(THREADS)))
    assert {one[:2] for one in found} == {(408, "too_slow")}
    assert all(one[2] < SECONDS + 1.5 for one in found)
    assert workers(gunicorn) == alive
    assert takes_a_photo(port, key, photo_bytes)


def test_a_slow_body_of_json_is_cut_off_too(gunicorn, port, key):
    with opened(port, key, 1_000, "application/json", "/api/v1/customer-tokens/") as made:
        assert answered(made) == (408, "too_slow")


def test_a_body_that_ends_too_early_is_refused(gunicorn, port, key, photo_bytes):
    body = form_of(photo_bytes)
    with opened(port, key, len(body)) as made:
        made.sendall(body[:5_000])
        made.shutdown(socket.SHUT_WR)
        assert answered(made) == (400, "parse_error")


def test_photos_leave_no_memory_behind(gunicorn, port, key, photo_bytes):
    body = form_of(photo_bytes + b"\0" * 9_000_000)
    for _ in range(5):
        assert takes_a_photo(port, key, photo_bytes)
    before = memory(gunicorn)
    for _ in range(40):
        with opened(port, key, len(body)) as made:
            made.sendall(body)
            assert answered(made)[0] == 201
    # The allocator keeps what each thread has needed at once.
    assert memory(gunicorn) - before < THREADS * 45_000_000
