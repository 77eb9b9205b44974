"""The walk-through in docs/storefront.md, done in a shell as a reader would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests import factories
from tests.photos import FACES, hang
from tests.storefront.asking import order_of
from tests.storefront.conftest import key_of

DOC = Path(__file__).parents[2] / "docs" / "storefront.md"
BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODES = re.compile(r"(?:\bcode=|(?:Picture|Fetch|Products)Error\()\"([a-z_]+)\"")
ANY = "…"
MARK = "-- the next step --"


def steps():
    """Each command with the answer that is shown behind it, or None."""
    found = []
    for kind, text in BLOCK.findall(DOC.read_text()):
        if kind == "sh":
            found.append([text, None])
        else:
            found[-1][1] = (kind, text)
    return found


def is_as_shown(given, shown):
    """``…`` stands for anything; as a name, for other names; numbers and flags by their kind."""
    if shown == ANY:
        return True
    if isinstance(shown, dict):
        named = {name: value for name, value in shown.items() if name != ANY}
        is_all = ANY in shown or set(given) == set(named)
        return is_all and all(is_as_shown(given[name], value) for name, value in named.items())
    if isinstance(shown, list):
        is_open = shown[-1:] == [ANY]
        shown = shown[:-1] if is_open else shown
        is_long = len(given) >= len(shown) if is_open else len(given) == len(shown)
        return is_long and all(map(is_as_shown, given, shown))
    return given == shown if isinstance(shown, str) else type(given) is type(shown)


@pytest.fixture
def reader(shop, live_server, transactional_db, wardrobe, private, tryon_worker):
    """A customer with an order of yesterday, and what the reader has put into the environment."""
    shop.store_url = wardrobe.url
    shop.save()
    hang(shop, wardrobe)
    factories.ProductFactory.create_batch(3, connector=shop, exact_price="5")
    customer = factories.CustomerFactory(connector=shop, email="ada@example.com")
    order_of(shop, customer)
    factories.OrderFactory(
        connector=shop, customer=customer, created_at=timezone.now() - timedelta(days=9)
    )
    key = key_of(shop)[1].removeprefix("Api-Key ")
    return {"API": f"{live_server.url}/api/v1", "KEY": key, "EMAIL": "ada@example.com",
            "SELFIE": str(FACES / "astronaut.jpg")}  # fmt: skip


def test_every_step_answers_as_the_page_says(reader):
    found = steps()
    script = f"\necho; echo '{MARK}'\n".join(command for command, _ in found)
    done = subprocess.run(
        [shutil.which("bash"), "-e", "-o", "pipefail"], input=script, env={**os.environ, **reader},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = [one.strip() for one in done.stdout.split(MARK)]
    assert len(outputs) == len(found) > 20
    for (command, shown), output in zip(found, outputs, strict=True):
        if shown is not None and shown[0] == "json":
            given = json.loads(output)
            assert is_as_shown(given, json.loads(shown[1])), f"{command}\n{output}"
        elif shown is not None:
            given = output.splitlines()
            assert is_as_shown(given, shown[1].splitlines()), f"{command}\n{output}"


def test_every_code_that_is_answered_is_on_the_page():
    page = DOC.read_text()
    package = Path(__file__).parents[2]
    said = set()
    for path in ("connectors/storefront", "support/storefront.py", "support/api.py", "tryon/api.py",
                 "tryon/engine/pictures.py", "tryon/fetching.py", "tryon/services.py"):  # fmt: skip
        files = [package / path] if path.endswith(".py") else (package / path).glob("*.py")
        for file in files:
            said |= set(CODES.findall(file.read_text()))
    assert said
    assert not {code for code in said if f"`{code}`" not in page}
