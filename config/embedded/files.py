"""Small files that only their owner reads."""

from __future__ import annotations

import os
from pathlib import Path


def once(file: Path, content: str) -> str:
    """What the file holds; a file that is not there yet gets this content."""
    if not file.exists():
        replace(file, content)
    return file.read_text()


def replace(file: Path, content: str) -> None:
    """Written beside its place and moved there: a killed process leaves the old or the new."""
    fresh = file.with_name(f"{file.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as output:
        output.write(content)
    fresh.replace(file)
