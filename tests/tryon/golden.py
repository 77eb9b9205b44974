"""`python -m tests.tryon.golden` writes the pictures that test_golden.py compares with."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image

from benchmarks.tryon import KINDS
from connectors.sandbox import wearables
from tryon.engine import analysis, anchoring, cutout, pictures, wearing
from tryon.engine.scene import Scene

FOLDER = Path(__file__).parent.parent / "fixtures" / "faces" / "golden"
PORTRAIT = FOLDER.parent / "astronaut.jpg"
SIDE = 256


def seen(models, photo, article):
    """The person with the article on, small: what a glance sees."""
    kind = KINDS[article.category]
    content = wearables.picture(article.sku)
    product = anchoring.wearable(cutout.cut(pictures.product(content), kind), kind)
    scene = Scene.of(models, photo.resize((768, 768), Image.Resampling.BICUBIC))
    made = wearing.worn(scene, product)
    above = made.height - 768
    x, y = scene.face.eyes[:2]
    box = (x - 230, y + above - 210, x + 230, y + above + 250)
    return made.crop(tuple(map(round, box))).resize((SIDE, SIDE), Image.Resampling.BOX)


def main():
    from config import embedded

    var = Path(os.environ.get("STOREKEEP_VAR") or embedded.var())
    models = analysis.loaded(var / "models")
    FOLDER.mkdir(exist_ok=True)
    with Image.open(io.BytesIO(PORTRAIT.read_bytes())) as opened:
        photo = opened.convert("RGB")
    for article in wearables.ARTICLES:
        seen(models, photo, article).save(FOLDER / f"{article.sku.lower()}.webp", quality=90)


if __name__ == "__main__":
    main()
