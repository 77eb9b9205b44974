"""A photo, the face models, and a private storage of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as configured
from PIL import Image

from tryon.engine import analysis

FACES = Path(__file__).parent.parent / "fixtures" / "faces"
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
