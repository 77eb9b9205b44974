"""Products out of their pictures, held against the shapes that were drawn."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from benchmarks.tryon import KINDS
from connectors.sandbox import wearables
from tryon.engine import anchoring, cutout, pictures
from tryon.engine.errors import ProductError
from tryon.engine.kinds import ANCHORS, Kind, anchor_faults


@pytest.fixture(scope="module")
def drawn():
    """Each article as it was drawn, with its real transparency."""
    return {article.sku: article.draw().finished() for article in wearables.ARTICLES}


def overlap(one, other):
    """The share of two shapes that is common to both."""
    size = (max(one.width, other.width), max(one.height, other.height))
    shapes = [np.asarray(p.getchannel("A").resize(size)) > 128 for p in (one, other)]
    return (shapes[0] & shapes[1]).sum() / (shapes[0] | shapes[1]).sum()


@pytest.mark.parametrize("article", wearables.ARTICLES, ids=lambda article: article.sku)
def test_a_product_on_white_is_cut_out_to_its_shape(drawn, article):
    shape = drawn[article.sku]
    found = cutout.cut(wearables.on_white(shape), KINDS[article.category])
    framed = found.crop((2, 2, found.width - 2, found.height - 2))
    assert overlap(framed, shape) > (0.8 if article.sku in THIN else 0.93)


# Of what is but a few pixels wide, the edges are a large share.
THIN = {"WEAR-ROUND", "WEAR-PENDANT", "WEAR-HOOPS"}


@pytest.mark.parametrize("article", wearables.ARTICLES, ids=lambda article: article.sku)
def test_real_transparency_is_kept(drawn, article):
    shape = drawn[article.sku]
    found = cutout.cut(shape, KINDS[article.category])
    inner = found.crop((2, 2, found.width - 2, found.height - 2))
    assert overlap(inner, shape) > (0.93 if article.sku in THIN else 0.97)


def test_shadows_beside_a_product_are_dropped():
    picture = Image.new("RGBA", (400, 400))
    picture.paste((200, 30, 30, 255), (100, 50, 300, 250))
    picture.paste((90, 90, 90, 255), (120, 330, 280, 350))
    assert cutout.cut(picture, Kind.HAT).size == (204, 204)


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("RGB", (400, 400), "white"),
        Image.new("RGBA", (400, 400)),
        Image.effect_noise((400, 400), 120).convert("RGB"),
        Image.linear_gradient("L").resize((400, 400)).convert("RGB"),
    ],
    ids=["white", "clear", "noise", "gradient"],
)
def test_what_cant_be_told_from_its_background_is_refused(picture):
    with pytest.raises(ProductError) as refused:
        cutout.cut(picture, Kind.HAT)
    assert refused.value.code == "product_cutout_poor"


def test_white_on_white_is_refused():
    picture = Image.new("RGB", (400, 400), (255, 255, 255))
    picture.paste((252, 252, 252), (100, 100, 300, 300))
    with pytest.raises(ProductError):
        cutout.cut(picture, Kind.TOP)


@pytest.mark.parametrize("article", wearables.ARTICLES, ids=lambda article: article.sku)
def test_points_are_within_the_cut_out(article):
    kind = KINDS[article.category]
    content = wearables.picture(article.sku)
    found = anchoring.wearable(cutout.cut(pictures.product(content), kind), kind)
    assert tuple(found.anchors) == ANCHORS[kind]
    points = {name: float(value) for name, value in found.anchors.items()}
    assert anchor_faults(kind, points) == []
    if kind in (Kind.GLASSES, Kind.SUNGLASSES):
        assert points["left_x"] == pytest.approx(0.25, abs=0.015)
        assert points["right_x"] == pytest.approx(0.75, abs=0.015)
        assert points["left_y"] == pytest.approx(points["right_y"], abs=0.02)
    if kind is Kind.EARRINGS:
        assert points["divide_x"] == pytest.approx(0.5, abs=0.02)


def test_lenses_of_sunglasses_let_the_eyes_shimmer_through(drawn):
    found = anchoring.wearable(
        cutout.cut(drawn["WEAR-SUN-BLACK"], Kind.SUNGLASSES), Kind.SUNGLASSES
    )
    alpha = np.asarray(found.cutout.getchannel("A"))
    x, y = (
        round(found.anchors[f"left_{axis}"] * size)
        for axis, size in zip("xy", found.cutout.size, strict=True)
    )
    assert alpha[y, x] == pytest.approx(0.9 * 255, abs=3)
    assert alpha.max() == 255
