"""manage.py sandbox, up to where it would serve."""

from __future__ import annotations

import io
import socket

import pytest
from django.core.management import CommandError, call_command

from connectors.sandbox.shop import Shop
from connectors.sandbox.shopify.shop import ShopifyShop


@pytest.fixture
def taken():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def serve(*words):
    output = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("sandbox", *words, stdout=output)
    return str(caught.value), output.getvalue()


@pytest.mark.parametrize(
    ("kind", "file", "shop"),
    [
        ("woocommerce", "woocommerce.sqlite3", Shop),
        ("shopify", "shopify.sqlite3", ShopifyShop),
    ],
)
def test_each_kind_fills_its_part_once(tmp_path, taken, kind, file, shop):
    words = (kind, f"--port={taken}", f"--data={tmp_path}", "--part=1/500")
    error, first = serve(*words)
    assert error == (f"Port {taken} can't be used (Address already in use): choose another --port.")
    assert "Filling" in first
    assert shop(tmp_path / file).count("customer") == 3
    assert "Filling" not in serve(*words)[1]


@pytest.mark.parametrize("part", ["2", "3/2", "0/2", "a/b"])
def test_what_is_no_part_is_refused(tmp_path, part):
    assert f"“{part}” is no part such as 1/2." in serve(f"--data={tmp_path}", f"--part={part}")[0]
