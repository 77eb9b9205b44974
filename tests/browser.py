"""A real browser for tests that carry the marker ``browser``.

Chromium is taken from STOREKEEP_CHROMIUM or the PATH, or installed: with apt-get as root on
Debian, otherwise playwright's own. Where none can be had, such tests fail under CI and are skipped
elsewhere.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
DESKTOP = {"width": 1400, "height": 900}


class MissingBrowserError(Exception):
    """No Chromium was found, and none could be installed."""


def chromium() -> str:
    """The path of a Chromium; raises ``MissingBrowserError`` with what was tried."""
    named = os.environ.get("STOREKEEP_CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise MissingBrowserError(f"STOREKEEP_CHROMIUM names {named}, which is no file.")
        return named
    with (Path(tempfile.gettempdir()) / f"storekeep-chromium-{os.geteuid()}").open("w") as lock:
        # Tests run in several processes, and packages are installed by one at a time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _on_path() or _installed()


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _installed() -> str:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update"], check=False, **quiet)
        install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
        subprocess.run(install, check=False, **quiet)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    found = _on_path() or _playwrights()
    if found is None:
        raise MissingBrowserError(
            "Chromium is missing and could not be installed: install it (Debian: apt-get install "
            "chromium), or set STOREKEEP_CHROMIUM to its path."
        )
    return found


def _playwrights() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


@pytest.fixture(scope="session")
def browser():
    try:
        path = chromium()
    except MissingBrowserError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    # Playwright's loop runs in this thread, and Django would refuse queries beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser):
    """A page of a fresh browser profile; a script error on it fails the test."""
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    opened = context.new_page()
    errors: list[Error] = []
    opened.on("pageerror", lambda error: errors.append(error))  # it refuses built-ins
    yield opened
    context.close()
    assert not errors
