"""Every product of the sandbox looks as it looked when somebody said that it is well."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from connectors.sandbox import wearables
from tests.tryon import golden

# Differences that an eye sees side by side are larger: a shift by a hundredth of the face's width,
# another colour, a missing shadow.
MEAN, WORST = 2.5, 28


def differences(one, other):
    """Mean and 99.5th percentile of how far two pictures are apart, slightly softened."""
    soft = [
        np.asarray(p.convert("RGB").filter(ImageFilter.GaussianBlur(1)), int) for p in (one, other)
    ]
    apart = np.abs(soft[0] - soft[1]).max(2)
    return apart.mean(), np.percentile(apart, 99.5)


def kept(sku):
    with Image.open(golden.FOLDER / f"{sku.lower()}.webp") as found:
        return found.convert("RGB")


@pytest.mark.parametrize("article", wearables.ARTICLES, ids=lambda article: article.sku)
def test_it_looks_as_it_did(models, photo, article):
    mean, worst = differences(golden.seen(models, photo, article), kept(article.sku))
    assert mean < MEAN
    assert worst < WORST


def test_another_product_or_place_would_be_seen():
    ours = kept("WEAR-SQUARE")
    for other in (kept("WEAR-TORTOISE"), kept("WEAR-ROUND")):
        assert differences(ours, other)[1] > WORST
    moved = ours.transform(ours.size, Image.Transform.AFFINE, (1, 0, 2, 0, 1, 0))
    assert differences(ours, moved)[1] > WORST
