"""gunicorn as `make run` starts it, on a port of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from config.embedded import ports

PATIENCE = 60.0


@contextmanager
def served(
    settings: str, *, workers: int = 2, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """The port on which the product is served with these settings by so many workers."""
    port = ports.free()
    words = [
        sys.executable, "-m", "gunicorn", "config.wsgi", "--preload", "--bind", f"127.0.0.1:{port}",
        "--workers", str(workers), "--threads", "6", "--timeout", "120", "--log-level", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(
        words,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": settings, **(environment or {})},
    )
    try:
        _wait(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server did not start: what it said stands above.")
