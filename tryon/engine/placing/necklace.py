"""Necklaces: around the base of the neck, behind the face, their ends fading around it."""

from __future__ import annotations

import numpy as np

from tryon.engine.arrays import Array
from tryon.engine.faces import CHIN
from tryon.engine.kinds import Wearable
from tryon.engine.layers import Placement, Shadow, laid, painted
from tryon.engine.scene import Scene

# Between the chin (0) and the shoulders' middle (1).
BASE = 0.5
# How far apart the ends are, in widths of the face; how long it hangs at most, in heights of it.
OPENING, LONGEST = 0.8, 1.15


def place(scene: Scene, worn: Wearable) -> Placement:
    face, points = scene.face, worn.anchors
    chin = face.points[CHIN, :2]
    along, down = scene.body_axes()
    base = chin + BASE * (scene.shoulders.mean(0) - chin)
    opening = max(points["right_x"] - points["left_x"], 0.3)
    width = OPENING * face.width / opening
    height = min(width * worn.cutout.height / worn.cutout.width, LONGEST * face.height)
    across, lower = along * width / 2, down * height / 2
    u, v = points["left_x"] + points["right_x"] - 1, points["left_y"] + points["right_y"] - 1
    centre = base - across * u - lower * v - down * 0.02 * face.height
    return Placement(centre=centre, across=across, down=lower, bend=np.zeros(2))


def wear(scene: Scene, worn: Wearable, canvas: Array) -> None:
    face, placed = scene.face, place(scene, worn)
    gap = face.eye_gap
    layer = laid(worn.cutout, placed, canvas.shape, 0.15 * gap)
    _, down = scene.body_axes()
    x, y = layer.box.grid()
    ends = placed.at(0, -1)
    below = (x - ends[0]) * down[0] + (y - ends[1]) * down[1]
    fade = np.clip((below + 0.01 * face.height) / (0.07 * face.height), 0, 1)
    behind = 1 - scene.face_mask(layer.box, 0.008 * face.width)
    layer = layer.masked(fade * behind * layer.box.of(scene.person))
    shadow = Shadow(
        x=down[0] * 0.025 * gap, y=down[1] * 0.035 * gap, soft=0.03 * gap, dark=0.45,
        mask=layer.box.of(scene.person) * behind,
    )  # fmt: skip
    painted(canvas, layer, scene.light, shadow)
