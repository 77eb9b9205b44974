"""Stand-in stores that speak the platforms' wire, for the demo and the tests.

Nothing here imports Django: a sandbox needs no database but its own SQLite file.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict
from pathlib import Path

from connectors.sandbox.shopify import tokens


def credentials(folder: Path) -> tuple[str, str]:
    """The consumer key and secret of the WooCommerce store in this folder; made the first time."""
    made = {"key": f"ck_{secrets.token_hex(20)}", "secret": f"cs_{secrets.token_hex(20)}"}
    found = _kept(folder, "credentials.json", made)
    return found["key"], found["secret"]


def shopify_credentials(folder: Path) -> tokens.App:
    """The Shopify store's in this folder: token, client id and secret; made the first time."""
    return tokens.App(**_kept(folder, "shopify.json", asdict(tokens.invent())))


def _kept(folder: Path, name: str, made: dict[str, str]) -> dict[str, str]:
    """What the file has; where there is none, what was made now goes into it."""
    file = folder / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        found: dict[str, str] = json.loads(file.read_text())
        return found
    with os.fdopen(descriptor, "w") as output:
        json.dump(made, output)
    return made
