"""Hats: as wide as the hair, their front edge between hairline and brows."""

from __future__ import annotations

import math

import numpy as np

from tryon.engine.arrays import Array, unit
from tryon.engine.faces import BETWEEN_BROWS, HAIRLINE
from tryon.engine.kinds import Wearable
from tryon.engine.layers import Placement, Shadow, laid, painted
from tryon.engine.scene import Scene

# Between the hairline (0) and the brows (1).
EDGE = 0.62
LOOSE = 1.05
# Hair is seen as at least and at most so many widths of the face.
LEAST_HAIR, MOST_HAIR = 1.02, 1.32
# Wider than this it hangs down, and doesn't say where the head's middle is.
HANGING = 1.75


def place(scene: Scene, worn: Wearable) -> Placement:
    face, points = scene.face, worn.anchors
    hair, aside = _hair(scene)
    width = LOOSE * hair / max(points["crown_width"], 0.35)
    height = width * worn.cutout.height / worn.cutout.width
    down = unit(face.down[:2])
    along = np.array([down[1], -down[0]])
    front = face.points[HAIRLINE, :2]
    front = front + EDGE * (face.points[BETWEEN_BROWS, :2] - front)
    # The skull, which carries it, lies behind the face.
    behind = float(face.back[:2] @ along) * 0.42 * face.width
    if aside:
        behind = 0.5 * behind + 0.5 * float(np.clip(aside, -0.4 * face.width, 0.4 * face.width))
    across = along * width / 2
    lower = down * height / 2 * max(0.85, math.cos(math.radians(face.pitch)))
    u, v = 2 * points["edge_x"] - 1, 2 * points["edge_y"] - 1
    centre = front + along * behind - across * u - lower * v
    return Placement(centre=centre, across=across, down=lower, bend=np.zeros(2))


def _hair(scene: Scene) -> tuple[float, float]:
    """The width of head and hair at the hairline, and how far its middle is from the face's."""
    face = scene.face
    middle, along = face.points[HAIRLINE, :2], unit(face.across[:2])
    steps = np.arange(-1.2 * face.width, 1.2 * face.width, 2)
    line = (middle + steps[:, None] * along).round().astype(int)
    line = line.clip(0, np.array(scene.photo.size) - 1)
    seen = scene.person[line[:, 1], line[:, 0]] > 0.5
    start = len(seen) // 2
    if not seen[start]:
        return LEAST_HAIR * face.width, 0.0
    left = start - int(np.argmin(np.append(seen[start::-1], False)))
    right = start + int(np.argmin(np.append(seen[start:], False)))
    wide = 2.0 * (right - left)
    aside = float(right + left - 2 * start) if wide < HANGING * face.width else 0.0
    return float(np.clip(wide, LEAST_HAIR * face.width, MOST_HAIR * face.width)), aside


def overhang(scene: Scene, worn: Wearable) -> float:
    """How far the hat reaches above the photo."""
    placed = place(scene, worn)
    return max(0.0, -min(float(placed.at(u, -1)[1]) for u in (-1, 0, 1)) + 0.05 * scene.face.width)


def wear(scene: Scene, worn: Wearable, canvas: Array) -> None:
    face, placed = scene.face, place(scene, worn)
    layer = laid(worn.cutout, placed, canvas.shape, 0.2 * face.width)
    down, offset = unit(face.down[:2]), 0.05 * face.width
    shadow = Shadow(
        x=down[0] * offset, y=down[1] * offset, soft=0.045 * face.width, dark=0.42,
        mask=layer.box.of(scene.person),
    )  # fmt: skip
    painted(canvas, layer, scene.light, shadow)
