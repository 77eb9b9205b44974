"""A product on a photo that staff choose: shown once, and kept nowhere."""

from __future__ import annotations

import base64

from django.conf import settings

from tryon import preparing, services
from tryon.engine import analysis, pictures, wearing
from tryon.engine.scene import Scene
from tryon.models import WearableProduct


def preview(row: WearableProduct, photo: bytes) -> str:
    """The picture as a data address; raises ``TryOnError``."""
    product = preparing.wearable(sku=row.sku, platform=row.platform)
    with services.DECODING:
        decoded = pictures.photo(photo)
        scene = Scene.of(analysis.loaded(settings.TRYON_MODELS), decoded)
        made = pictures.jpeg(wearing.worn(scene, product))
    return f"data:image/jpeg;base64,{base64.b64encode(made).decode()}"
