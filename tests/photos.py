"""A photo, the face models, products to wear, and a private storage of the test's own."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection
from PIL import Image

from connectors.sandbox import server, wearables
from connectors.sandbox.shop import Shop
from tests.factories import ProductFactory
from tryon import making
from tryon.engine import analysis
from tryon.models import TryOnSession

FACES = Path(__file__).parent / "fixtures" / "faces"
# In the photo as it is, seen and measured by a person.
PUPILS = ((203.8, 100.5), (246.7, 102.8))


@pytest.fixture(scope="session")
def models():
    return analysis.loaded(configured.TRYON_MODELS)


@pytest.fixture(scope="session")
def photo():
    with Image.open(FACES / "astronaut.jpg") as found:
        return found.convert("RGB")


@pytest.fixture(scope="session")
def photo_bytes():
    return (FACES / "astronaut.jpg").read_bytes()


@pytest.fixture
def private(settings, tmp_path):
    """The folder of the private storage."""
    folder = tmp_path / "private"
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(folder), "base_url": None},
        },
    }
    return folder


def kept(folder):
    """What shoppers' pictures are in the storage."""
    return sorted(file.name for file in (folder / "tryon" / "shoppers").glob("*"))


@pytest.fixture(scope="session")
def wardrobe():
    """A store that serves pictures of what can be worn."""
    with server.running(Shop()) as found:
        yield found


def hang(connector, wardrobe):
    """The demo's products to wear, as products of a connected store."""
    for article in wearables.ARTICLES:
        ProductFactory(
            connector=connector, sku=article.sku, merchant_sku=article.sku, title=article.title,
            metadata={"categories": [{"name": article.category}], "tags": []},
            image_url=wearables.address(article.sku).replace(
                "https://shop.example.com", wardrobe.url
            ),
        )  # fmt: skip


@pytest.fixture
def tryon_worker(transactional_db):
    """What the queue's worker does, beside the test."""
    ended = threading.Event()

    def work():
        while not ended.wait(0.2):
            for session in TryOnSession.objects.filter(status="created"):
                making.make(session.pk)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    ended.set()
    thread.join()
