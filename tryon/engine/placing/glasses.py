"""Glasses and sunglasses: lenses before the pupils, the front bent around the face."""

from __future__ import annotations

import numpy as np

from tryon.engine.arrays import Array, blurred, length, polygon, unit
from tryon.engine.colours import lab
from tryon.engine.faces import BRIDGE, TEMPLES
from tryon.engine.kinds import Wearable
from tryon.engine.layers import Box, Layer, Placement, Shadow, laid, painted
from tryon.engine.scene import Scene

# The bridge lies before the eyes, so that a turned head moves it. A mesh tells how far a head is
# turned better than how far it is bowed: of the latter only this share counts.
BOWED = 0.25
# A front without a known width is as wide as brings the lenses before the pupils, within these
# widths of the face.
NARROWEST, WIDEST = 0.93, 1.08
WRAP = 0.055
# From this turn on, the arm on the near side is seen.
ARM_FROM = 7
ARM_REACH, ARM_FADE = 0.3, 0.12
# The middles of the cheeks, and from how far on in colour something is no skin: not yet, surely.
UPPER_CHEEKS = (50, 280)
UNLIKE = (28.0, 42.0)


def place(scene: Scene, worn: Wearable) -> Placement:
    """The front of the frame, bent backwards at its ends."""
    face, points = scene.face, worn.anchors
    width = _width(scene, worn)
    height = width * worn.cutout.height / worn.cutout.width
    across, down = face.across * width / 2, face.down * height / 2
    bend = face.back * WRAP * width
    before = face.back * (face.points[BRIDGE] - face.eyes).dot(face.back)
    down_screen = np.append(unit(face.down[:2]), 0)
    before = before - (1 - BOWED) * before.dot(down_screen) * down_screen
    middle = face.eyes + before
    u = points["left_x"] + points["right_x"] - 1
    v = points["left_y"] + points["right_y"] - 1
    lens = points["right_x"] - points["left_x"]
    # The lenses stand at ±lens of the bent front; their middle lies as far back as they do.
    centre = middle - across * u - down * v - bend * (u * u + lens * lens) * 0.5
    return Placement(centre=centre, across=across, down=down, bend=bend)


def _width(scene: Scene, worn: Wearable) -> float:
    face = scene.face
    if worn.millimetres is not None:
        return worn.millimetres * face.millimetre
    lens_gap = worn.anchors["right_x"] - worn.anchors["left_x"]
    fitting = face.eye_gap / max(lens_gap, 0.1)
    return float(np.clip(fitting, NARROWEST * face.width, WIDEST * face.width))


def wear(scene: Scene, worn: Wearable, canvas: Array) -> None:
    face, placed = scene.face, place(scene, worn)
    gap = face.eye_gap
    margin = 0.15 * gap + (0.9 * face.width if abs(face.yaw) > ARM_FROM else 0)
    layer = laid(worn.cutout, placed, canvas.shape, margin)
    if abs(face.yaw) > ARM_FROM:
        layer = layer.over(_arm(scene, worn, placed, layer.box))
    shadow = Shadow(
        x=face.down[0] * 0.045 * gap, y=face.down[1] * 0.045 * gap, soft=0.04 * gap, dark=0.38,
        mask=scene.face_mask(layer.box, 0.02 * gap),
    )  # fmt: skip
    painted(canvas, layer, scene.light, shadow)


def _arm(scene: Scene, worn: Wearable, placed: Placement, box: Box) -> Layer:
    """The arm from the front's near end back to the ear, in the colour of that end."""
    face = scene.face
    side = -1 if face.yaw > 0 else 1
    colour, rows = _end(np.asarray(worn.cutout), side)
    hinge = placed.at(0.97 * side, rows.mean())
    ear = face.points[TEMPLES[side > 0]] + face.back * ARM_REACH * face.width
    height = length(placed.down[:2])
    thick = max(1.2, min(0.35 * (rows[1] - rows[0]) * height, 0.018 * 2 * length(placed.across)))
    down, away = face.down[:2], ear[:2] - hinge[:2]
    corners = np.stack([
        hinge[:2] - down * thick, ear[:2] - down * thick * 0.6,
        ear[:2] + down * thick * 0.6, hinge[:2] + down * thick,
    ])  # fmt: skip
    mask = polygon(box.shape, corners - box.origin, 0.7)
    direction = unit(away)
    x, y = box.grid()
    along = ((x - hinge[0]) * direction[0] + (y - hinge[1]) * direction[1]) / max(length(away), 1)
    # The ear hides its end, and hair what lies behind it.
    mask = mask * np.clip((1 - along) / ARM_FADE, 0, 1)
    mask = mask * blurred(_skin(scene, box, mask, side), 0.02 * face.width)
    return Layer(box=box, pixels=np.dstack([mask[..., None] * colour, mask]).astype(np.float32))


def _skin(scene: Scene, box: Box, wanted: Array, side: int) -> Array:
    """Where, of what is wanted, the photo is much like the cheek on this side, 0..1."""
    photo = np.asarray(scene.photo)
    x, y = scene.face.points[UPPER_CHEEKS[side > 0], :2]
    reach = max(2.0, 0.04 * scene.face.width)
    cheek = Box.within(photo.shape, x - reach, y - reach, x + reach, y + reach).of(photo)
    places = wanted > 0
    found = np.zeros(wanted.shape, np.float32)
    if cheek.size and places.any():
        skin = np.median(lab(cheek.reshape(-1, 3)), 0)
        unlike = np.linalg.norm(lab(box.of(photo)[places]) - skin, axis=1)
        found[places] = np.clip((UNLIKE[1] - unlike) / (UNLIKE[1] - UNLIKE[0]), 0, 1)
    return found


def _end(pixels: Array, side: int) -> tuple[Array, Array]:
    """The colour of the front's outermost part, and its upper and lower v."""
    height, width = pixels.shape[:2]
    band = max(5, width // 30)
    columns = pixels[:, :band] if side < 0 else pixels[:, -band:]
    solid = columns[..., 3] > 150
    if not solid.any():
        return np.array([0.1, 0.1, 0.1], np.float32), np.array([-0.5, -0.3])
    colour = np.median(columns[solid][:, :3], 0) / 255
    rows = np.flatnonzero(solid.any(1))[[0, -1]] / height * 2 - 1
    return colour.astype(np.float32), rows
