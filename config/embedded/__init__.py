"""PostgreSQL and Redis out of Python packages, for one checkout, in ``var/``.

Entry points call ``start()`` before settings are imported. The services are shared by all
processes of the checkout and end with the last live one: every process is listed in
``var/services/processes``, and a watcher stops the services when none of those lives. A killed
process needs no goodbye, and a killed service or watcher is started again by the next process.
"""

from __future__ import annotations

import atexit
import os
import secrets
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent


def start() -> None:
    """Start or join what DATABASE_URL and REDIS_URL do not name, and set them.

    Where both are set it imports nothing of the embedded services. Raises SystemExit with what to
    do when a service can't be started.
    """
    environ.Env.read_env(BASE_DIR / ".env")
    wanted = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
    if not wanted:
        return
    from config.embedded import supervisor

    folder = var()
    urls = supervisor.join(folder, postgresql="DATABASE_URL" in wanted, redis="REDIS_URL" in wanted)
    atexit.register(supervisor.leave, folder, os.getpid())
    os.environ.update({name: urls[name] for name in wanted})
    if "DATABASE_URL" in wanted:
        os.environ.setdefault("STOREKEEP_EMBEDDED", "1")
        _set_keys(folder / "keys.env")


def var() -> Path:
    """The folder of the embedded services, made with its parents and kept from other users."""
    folder = Path(os.environ.get("STOREKEEP_VAR") or BASE_DIR / "var").resolve()
    # WhiteNoise warns where its folder is missing.
    (folder / "static").mkdir(parents=True, exist_ok=True)
    return folder


def _set_keys(file: Path) -> None:
    """SECRET_KEY and FIELD_KEYS: made once, kept in a file that only its owner reads."""
    from config.embedded import files

    made = f"SECRET_KEY={secrets.token_urlsafe(50)}\nFIELD_KEYS={secrets.token_urlsafe(32)}\n"
    for line in files.once(file, made).splitlines():
        name, _, value = line.partition("=")
        if not os.environ.get(name):
            os.environ[name] = value
