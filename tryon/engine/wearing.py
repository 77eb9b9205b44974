"""Products on a person: the one call that makes a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

from tryon.engine.arrays import Array
from tryon.engine.kinds import Kind, Wearable
from tryon.engine.placing import earrings, glasses, hat, necklace, top
from tryon.engine.scene import Scene

WEAR: Mapping[Kind, Callable[[Scene, Wearable, Array], None]] = {
    Kind.TOP: top.wear,
    Kind.NECKLACE: necklace.wear,
    Kind.EARRINGS: earrings.wear,
    Kind.GLASSES: glasses.wear,
    Kind.SUNGLASSES: glasses.wear,
    Kind.HAT: hat.wear,
}


def worn(scene: Scene, *products: Wearable) -> Image.Image:
    """The photo with the products on, from the innermost to the outermost.

    Raises ``ProductError`` where one can't be seen from this side.
    """
    order = list(WEAR)
    products = tuple(sorted(products, key=lambda one: order.index(one.kind)))
    above = [hat.overhang(scene, one) for one in products if one.kind is Kind.HAT]
    scene = scene.with_headroom(max(above, default=0))
    canvas = np.array(scene.photo)
    for product in products:
        WEAR[product.kind](scene, product, canvas)
    return Image.fromarray(canvas)
