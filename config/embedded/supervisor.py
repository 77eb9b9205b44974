"""Who uses the services, and starting and stopping them under one lock."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.embedded import files, postgresql, redis
from connectors import processes

SERVICES = {"DATABASE_URL": postgresql, "REDIS_URL": redis}


def join(folder: Path, **wanted: bool) -> dict[str, str]:
    """List this process, start what is wanted and does not run; the services' URLs."""
    names = [name for name, use in zip(SERVICES, wanted.values(), strict=True) if use]
    with locked(folder):
        (_list(folder) / processes.this()).touch()
        state = _read(folder)
        for name in names:
            state[name] = SERVICES[name].ensure(folder, state.get(name, {}))
            _write(folder, state)
        _ensure_watcher(folder, state)
    return {name: str(state[name]["url"]) for name in names}


def leave(folder: Path, pid: int) -> None:
    """Strike this process off the list; a forked child leaves its parent's entry alone."""
    if os.getpid() == pid:
        (_list(folder) / processes.this()).unlink(missing_ok=True)


def watch(folder: Path) -> None:
    """Wait until no listed process lives, then stop the services; what the watcher does."""
    while True:
        time.sleep(1)
        with locked(folder):
            if not live(folder):
                stop(folder)
                return


def live(folder: Path) -> list[str]:
    """The listed processes that live; the others are struck off."""
    found = []
    for entry in _list(folder).iterdir():
        if processes.lives(entry.name):
            found.append(entry.name)
        else:
            entry.unlink(missing_ok=True)
    return found


def stop(folder: Path) -> None:
    """Stop both services, whoever uses them; the lock is held by the caller."""
    state = _read(folder)
    for name, service in reversed(SERVICES.items()):
        if name in state:
            service.stop(state[name])


def running(folder: Path) -> dict[str, bool]:
    """Which of the services run."""
    state = _read(folder)
    return {name: processes.lives(str(state.get(name, {}).get("process", ""))) for name in SERVICES}


def url(folder: Path) -> str:
    """The embedded database's URL, '' when there never was one."""
    return str(_read(folder).get("DATABASE_URL", {}).get("url", ""))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time starts or stops; a killed one's lock is the kernel's to free."""
    with (_services(folder) / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ensure_watcher(folder: Path, state: dict[str, Any]) -> None:
    if processes.lives(str(state.get("watcher", ""))):
        return
    watcher = subprocess.Popen(
        [sys.executable, "-m", "config.embedded", "watch", str(folder)],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # It must not be waited for, and must not be reported as forgotten.
    watcher.returncode = 0
    state["watcher"] = processes.of(watcher.pid)
    _write(folder, state)


def _services(folder: Path) -> Path:
    services = folder / "services"
    services.mkdir(mode=0o700, exist_ok=True)
    return services


def _list(folder: Path) -> Path:
    entries = _services(folder) / "processes"
    entries.mkdir(exist_ok=True)
    return entries


def _read(folder: Path) -> dict[str, Any]:
    try:
        state = json.loads((_services(folder) / "state.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _write(folder: Path, state: dict[str, Any]) -> None:
    files.replace(_services(folder) / "state.json", json.dumps(state))
