"""Telling processes apart: a process id is used again, an id with a start moment is not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def this() -> str:
    """This process, as ``pid-start``."""
    return of(os.getpid())


def of(pid: int) -> str:
    """A running process, as ``pid-start``."""
    return f"{pid}-{_started(pid)}"


def lives(process: str) -> bool:
    """Whether a process that ``of`` named still runs; false for anything else."""
    pid, _, started = process.partition("-")
    return pid.isdigit() and bool(started) and _started(int(pid)) == started


def _started(pid: int) -> str:
    """When the process started, in a form that is only compared; '' when there is none."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The command, in parentheses, may hold anything: fields are counted behind it.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] == "Z" else fields[19]
    found = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],  # noqa: S607
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return found.stdout.strip().replace(" ", "_")
