"""Finding a cut-out's points by its shape; staff correct what a shape doesn't tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image
from scipy import ndimage

from tryon.engine.arrays import Array
from tryon.engine.kinds import Kind, Wearable

Anchors = dict[str, float]
SEE_THROUGH = 0.9
# A lens is at least this share of the front; both are about as large.
LENS, ALIKE = 0.03, 0.6


def wearable(cutout: Image.Image, kind: Kind, millimetres: float | None = None) -> Wearable:
    """The cut-out with its points; sunglasses let the eyes shimmer through."""
    if kind is Kind.SUNGLASSES:
        cutout = tinted(cutout)
    anchors = FINDERS[kind](np.asarray(cutout)[..., 3])
    return Wearable(kind=kind, cutout=cutout, anchors=anchors, millimetres=millimetres)


def tinted(cutout: Image.Image) -> Image.Image:
    """With the large solid areas, the lenses, a little transparent."""
    pixels = np.asarray(cutout).copy()
    reach = max(3, int(0.07 * pixels.shape[0]))
    inside = ndimage.distance_transform_edt(pixels[..., 3] > 200)
    core = ndimage.distance_transform_edt(inside <= reach) <= 0
    lens = (ndimage.distance_transform_edt(~core) < reach - 2).astype(np.float32)
    share = 1 - (1 - SEE_THROUGH) * ndimage.gaussian_filter(lens, 2)
    pixels[..., 3] = (pixels[..., 3] * share).astype(np.uint8)
    return Image.fromarray(pixels)


def lenses(alpha: Array) -> Anchors:
    """The middles of the two lenses: openings, or else the halves of the front."""
    height, width = alpha.shape
    found = _openings(alpha < 60)
    if len(found) < 2:
        solid = alpha > 128
        half = width // 2
        found = [_centre(solid[:, :half], 0), _centre(solid[:, width - half :], width - half)]
    (left_x, left_y), (right_x, right_y) = sorted(found)
    return {
        "left_x": left_x / width, "left_y": left_y / height,
        "right_x": right_x / width, "right_y": right_y / height,
    }  # fmt: skip


def _openings(clear: Array) -> list[tuple[float, float]]:
    labels, count = ndimage.label(clear)
    sizes = np.bincount(labels.ravel())
    sizes[[0, *np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))]] = 0
    largest = np.argsort(-sizes)[:2]
    if (
        count < 2
        or len(largest) < 2
        or sizes[largest[1]] < max(LENS * clear.size, ALIKE * sizes[largest[0]])
    ):
        return []
    return [_middle(labels == index) for index in largest]


def _middle(mask: Array) -> tuple[float, float]:
    """The middle of an area's bounds: a lens is rounder below than above."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (columns[0] + columns[-1] + 1) / 2, (rows[0] + rows[-1] + 1) / 2


def _centre(mask: Array, left: int) -> tuple[float, float]:
    """The lens of a half of solid sunglasses: where the shape is thickest."""
    inside = ndimage.distance_transform_edt(np.pad(mask, ((1, 1), (0, 0))))[1:-1]
    rows, columns = np.nonzero(inside > 0.5 * inside.max())
    return left + float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


def hat(alpha: Array) -> Anchors:
    """The lower front edge, and how wide the crown is beside the brim."""
    solid = alpha > 128
    height, width = solid.shape
    crown = solid[int(0.2 * height) : int(0.6 * height)].sum(1)
    columns = np.flatnonzero(solid[int(0.2 * height) : int(0.6 * height)].any(0))
    edge_x = (columns[0] + columns[-1] + 1) / 2 / width if len(columns) else 0.5
    return {
        "edge_x": float(edge_x), "edge_y": 0.965,
        "crown_width": float(np.clip(np.median(crown) / width, 0.35, 1)),
    }  # fmt: skip


def earrings(alpha: Array) -> Anchors:
    """Where a pair is divided (0: it is one, its other is mirrored), and where it hangs from."""
    labels, _ = ndimage.label(
        ndimage.binary_closing(np.pad(alpha > 60, 3), np.ones((5, 5)))[3:-3, 3:-3]
    )
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    largest = np.argsort(-sizes)[:2]
    divide = 0.0
    if len(largest) == 2 and sizes[largest[1]] > ALIKE * sizes[largest[0]]:
        spans = sorted(
            (columns[0], columns[-1])
            for columns in (np.flatnonzero((labels == index).any(0)) for index in largest)
        )
        if spans[0][1] < spans[1][0]:
            divide = (spans[0][1] + spans[1][0] + 1) / 2 / alpha.shape[1]
    return {"divide_x": float(divide), "hook_y": 0.03}


def necklace(alpha: Array) -> Anchors:
    """The two ends of the chain."""
    solid = alpha > 100
    height, width = solid.shape
    columns = np.flatnonzero(solid[: max(3, height // 12)].any(0))
    left, right = (columns[0], columns[-1] + 1) if len(columns) else (0, width)
    if right - left < 0.4 * width:
        left, right = 0.3 * width, 0.7 * width
    return {
        "left_x": left / width, "left_y": 0.0, "right_x": right / width, "right_y": 0.0,
    }  # fmt: skip


def top(alpha: Array) -> Anchors:
    """The collar, the line of the shoulders, and how wide the body is without sleeves."""
    solid = alpha > 128
    height, width = solid.shape
    torso, middle = _torso(solid)
    upper = np.where(solid.any(0), solid.argmax(0), height)
    ends = [int(np.clip(middle + side * 0.42 * torso, 0, width - 1)) for side in (-1, 1)]
    collar = upper[int(middle - 0.1 * torso) : int(middle + 0.1 * torso) + 1].max()
    return {
        "neck_x": middle / width, "neck_y": min(float(collar) / height, 0.25),
        "shoulders_y": float(upper[ends].mean()) / height, "torso_width": torso / width,
    }  # fmt: skip


def _torso(solid: Array) -> tuple[float, float]:
    """Width and middle of the body: the widest run where sleeves hang beside it."""
    height, width = solid.shape
    runs = []
    for row in solid[int(0.35 * height) : int(0.85 * height) : max(1, height // 120)]:
        steps = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int8), [0]])))
        spans = [
            (end - start, (start + end) / 2)
            for start, end in zip(steps[::2], steps[1::2], strict=True)
        ]
        wide = [span for span in spans if span[0] > 0.02 * width]
        if len(wide) >= 3:
            runs.append(max(wide))
    if len(runs) > 4:
        torso, middle = np.median(runs, axis=0)
        return float(torso), float(middle)
    low = np.flatnonzero(solid[int(0.72 * height) : int(0.9 * height)].mean(0) > 0.5)
    left, right = (low[0], low[-1]) if len(low) else (0.2 * width, 0.8 * width)
    return float(min(right - left, 0.72 * width)), float((left + right) / 2)


FINDERS: Mapping[Kind, Callable[[Array], Anchors]] = {
    Kind.GLASSES: lenses,
    Kind.SUNGLASSES: lenses,
    Kind.HAT: hat,
    Kind.EARRINGS: earrings,
    Kind.NECKLACE: necklace,
    Kind.TOP: top,
}
