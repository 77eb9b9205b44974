"""PostgreSQL refuses to run as root: where we are root, it runs as ``nobody``.

Only its own folder is given to ``nobody``; no folder above it is touched. Where one of those, or
the programs, can't be reached by others, the server keeps the one capability to pass them by.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

from connectors import processes

CAPABILITY = "+dac_override"


def home(folder: Path) -> Path:
    """The server's own folder, closed to everyone but the user that it runs as."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        give(folder)
        (folder / ".ours").touch()
    except PermissionError:
        raise SystemExit(
            f"{folder} belongs to another user: run Storekeep as that user, or set STOREKEEP_VAR "
            "to a folder of your own."
        ) from None
    return folder


def give(path: Path) -> None:
    """Let the user that the server runs as own this."""
    if os.geteuid() == 0:
        account = _account()
        os.chown(path, account.pw_uid, account.pw_gid)


def command(words: list[str], folder: Path) -> list[str]:
    """The command as it is to be run: itself, or as ``nobody`` where we are root."""
    if os.geteuid() != 0:
        return words
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise SystemExit(
            "As root, the embedded PostgreSQL needs setpriv (Debian: apt-get install util-linux). "
            "Or run Storekeep as an ordinary user, or set DATABASE_URL."
        )
    account = _account()
    become = [
        setpriv, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups",
    ]  # fmt: skip
    if not _reaches(become, words[0], folder):
        become += [f"--inh-caps={CAPABILITY}", f"--ambient-caps={CAPABILITY}"]
    return [*become, "--", *words]


def end(process: str, *, interrupt: bool, patience: float) -> None:
    """Ask the process to stop and wait; kill it when it does not."""
    if not processes.lives(process):
        return
    pid = int(process.partition("-")[0])
    os.kill(pid, signal.SIGINT if interrupt else signal.SIGTERM)
    deadline = time.monotonic() + patience
    while processes.lives(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    if processes.lives(process):
        os.kill(pid, signal.SIGKILL)


def _account() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _reaches(become: list[str], program: str, folder: Path) -> bool:
    looked = subprocess.run(
        [*become, "--", "/bin/sh", "-c", 'test -x "$1" && test -w "$2"', "sh", program, folder],
        check=False,
    )
    return looked.returncode == 0
