"""Earrings: from the lobe of each ear that is seen, straight down."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageOps

from tryon.engine.arrays import Array
from tryon.engine.errors import ProductError
from tryon.engine.faces import EARS
from tryon.engine.kinds import Wearable
from tryon.engine.layers import Placement, Shadow, laid, painted
from tryon.engine.scene import Scene

# The lobe from the jaw's upper end, in widths of the face.
OUT, BACK, DOWN = 0.033, 0.150, -0.020
# An ear is hidden when the head is turned away by more, and the cheek covers a part from the less.
HIDDEN, COVERED = 14, 6
# Heights that are usual, in millimetres, up to these heights per width.
STUD, HOOP, DROP = (1.15, 12.0), (1.6, 30.0), 42.0


def wear(scene: Scene, worn: Wearable, canvas: Array) -> None:
    """Raises ``ProductError`` where neither ear is seen."""
    face = scene.face
    seen = [side for side in (-1, 1) if face.yaw * side <= HIDDEN]
    pair = divided(worn)
    drawn = [side for side in seen if _inside(_lobe(scene, side), canvas)]
    if not drawn:
        raise ProductError("ear_not_visible")
    for side in drawn:
        placed = _place(scene, worn, pair[side > 0], side)
        layer = laid(pair[side > 0], placed, canvas.shape, 0.2 * face.eye_gap)
        if face.yaw * side > COVERED:
            layer = layer.masked(1 - scene.face_mask(layer.box, 0.01 * face.width))
        gap = face.eye_gap
        shadow = Shadow(x=-side * 0.02 * gap, y=0.03 * gap, soft=0.04 * gap, dark=0.35)
        painted(canvas, layer, scene.light, shadow)


def divided(worn: Wearable) -> tuple[Image.Image, Image.Image]:
    """The earring of the left ear and that of the right; one alone is mirrored."""
    cutout, divide = worn.cutout, round(worn.anchors["divide_x"] * worn.cutout.width)
    if not 0 < divide < cutout.width:
        return cutout, ImageOps.mirror(cutout)
    left = cutout.crop((0, 0, divide, cutout.height))
    right = cutout.crop((divide, 0, cutout.width, cutout.height))
    return tuple(_cropped([left, right]))  # type: ignore[return-value]


def _cropped(pictures: list[Image.Image]) -> Iterator[Image.Image]:
    for picture in pictures:
        yield picture.crop(picture.getchannel("A").getbbox())


def _lobe(scene: Scene, side: int) -> Array:
    face = scene.face
    offset = face.across * side * OUT + face.back * BACK + face.down * DOWN
    return np.asarray(face.points[EARS[side > 0]] + offset * face.width)


def _inside(point: Array, canvas: Array) -> bool:
    return bool(0 <= point[0] < canvas.shape[1] and 0 <= point[1] < canvas.shape[0])


def _place(scene: Scene, worn: Wearable, earring: Image.Image, side: int) -> Placement:
    face = scene.face
    height = (worn.millimetres or _usual(earring)) * face.millimetre
    # Turned with the head, which narrows what is flat.
    narrowed = max(0.35, math.cos(math.radians(min(70, abs(face.yaw) * 0.6))))
    width = height * earring.width / earring.height * narrowed
    down = np.array([0, height / 2])
    hook = 2 * worn.anchors["hook_y"] - 1
    centre = _lobe(scene, side)[:2] - down * hook
    return Placement(centre=centre, across=np.array([width / 2, 0]), down=down, bend=np.zeros(2))


def _usual(earring: Image.Image) -> float:
    shape = earring.height / earring.width
    return next((height for most, height in (STUD, HOOP) if shape < most), DROP)
