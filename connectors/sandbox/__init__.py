"""Stand-in stores that speak the platforms' wire, for the demo and the tests.

Nothing here imports Django: a sandbox needs no database but its own SQLite file.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path


def credentials(folder: Path) -> tuple[str, str]:
    """The consumer key and secret of the sandbox store in this folder; made the first time."""
    file = folder / "credentials.json"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        found = json.loads(file.read_text())
        return found["key"], found["secret"]
    key, secret = f"ck_{secrets.token_hex(20)}", f"cs_{secrets.token_hex(20)}"
    with os.fdopen(descriptor, "w") as output:
        json.dump({"key": key, "secret": secret}, output)
    return key, secret
