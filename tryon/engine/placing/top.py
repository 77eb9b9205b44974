"""Tops, a beta: a flat picture over the body. Over coats and collars it looks pasted on."""

from __future__ import annotations

import numpy as np

from tryon.engine.arrays import Array, length, polygon
from tryon.engine.faces import CHIN
from tryon.engine.kinds import Wearable
from tryon.engine.layers import Box, Placement, Shadow, laid, painted
from tryon.engine.scene import Scene

# A body is so many times as wide as its shoulder joints are apart, or as the face.
BY_JOINTS, BY_FACE = 1.42, 2.05
# Joints lie below the shoulders that are seen, by this share of what they are apart.
LIFT = 0.14
# The corners of the jaw.
JAW = (172, 397)


def place(scene: Scene, worn: Wearable) -> Placement:
    face, points, picture = scene.face, worn.anchors, worn.cutout
    along, down = scene.body_axes()
    apart = length(scene.shoulders[1] - scene.shoulders[0])
    torso = max(BY_JOINTS * apart, BY_FACE * face.width)
    scale = torso / max(points["torso_width"], 0.2) / picture.width
    across, lower = along * picture.width * scale / 2, down * picture.height * scale / 2
    u, v = 2 * points["neck_x"] - 1, 2 * points["shoulders_y"] - 1
    centre = scene.shoulders.mean(0) - down * LIFT * apart - across * u - lower * v
    # The collar stays below the chin.
    collar = float((centre + lower * (2 * points["neck_y"] - 1) - face.points[CHIN, :2]) @ down)
    missing = 0.16 * face.height - collar
    centre = centre + down * float(np.clip(missing, 0, 0.25 * face.height))
    return Placement(centre=centre, across=across, down=lower, bend=np.zeros(2))


def wear(scene: Scene, worn: Wearable, canvas: Array) -> None:
    face, placed = scene.face, place(scene, worn)
    layer = laid(worn.cutout, placed, canvas.shape, 0.1 * face.height)
    before = np.maximum(scene.face_mask(layer.box, 0.008 * face.width), _neck(scene, layer.box))
    layer = layer.masked(1 - before)
    painted(canvas, layer, scene.light, Shadow(x=0, y=0, soft=0.03 * face.height, dark=0.35))


def _neck(scene: Scene, box: Box) -> Array:
    """The neck, which stands before the collar's back."""
    face = scene.face
    along, down = scene.body_axes()
    chin = face.points[CHIN, :2]
    base = chin + 0.62 * (scene.shoulders.mean(0) - chin)
    half, lower = along * 0.34 * face.width, down * face.height
    outline = np.stack([
        face.points[JAW[0], :2], base - half, base - half * 0.8 + lower * 0.05, base + lower * 0.1,
        base + half * 0.8 + lower * 0.05, base + half, face.points[JAW[1], :2],
    ])  # fmt: skip
    return polygon(box.shape, outline - box.origin, 0.012 * face.width)
