"""Laying a bent, shaded picture on a photo. Colours are premultiplied with alpha, 0..1."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from tryon.engine.arrays import Array, blurred

# A shadow on skin is warm: blue is taken away most.
SHADE = np.array([0.85, 0.95, 1.0], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a picture lies: its (u, v), -1..1, is at centre + u·across + v·down + u²·bend."""

    centre: Array
    across: Array
    down: Array
    bend: Array

    def at(self, u: float, v: float) -> Array:
        found: Array = self.centre + u * self.across + v * self.down + u * u * self.bend
        return found

    def bounds(self, shape: tuple[int, ...], margin: float) -> Box:
        """The pixels that it covers of a photo, with a margin around."""
        ends = [self.at(u, v)[:2] for u in np.linspace(-1, 1, 21) for v in (-1, 1)]
        low, high = np.min(ends, 0) - margin - 1, np.max(ends, 0) + margin + 2
        return Box.within(shape, low[0], low[1], high[0], high[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of a photo, in whole pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def within(
        cls, shape: tuple[int, ...], left: float, top: float, right: float, bottom: float
    ) -> Box:
        height, width = shape[:2]
        x, y = int(np.clip(left, 0, width)), int(np.clip(top, 0, height))
        return cls(
            left=x, top=y, right=int(np.clip(math.ceil(right), x, width)),
            bottom=int(np.clip(math.ceil(bottom), y, height)),
        )  # fmt: skip

    @property
    def shape(self) -> tuple[int, int]:
        return self.bottom - self.top, self.right - self.left

    @property
    def origin(self) -> Array:
        return np.array([self.left, self.top])

    def of(self, pixels: Array) -> Array:
        """That part of the pixels, not copied."""
        part: Array = pixels[self.top : self.bottom, self.left : self.right]
        return part

    def grid(self) -> tuple[Array, Array]:
        """The middles of its pixels, x and y, in the photo's coordinates."""
        x = np.arange(self.left, self.right, dtype=np.float32) + np.float32(0.5)
        y = np.arange(self.top, self.bottom, dtype=np.float32) + np.float32(0.5)
        return x[None, :], y[:, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Pixels (RGBA, premultiplied) that lie on a part of a photo."""

    box: Box
    pixels: Array

    @property
    def alpha(self) -> Array:
        return np.asarray(self.pixels[..., 3])

    def masked(self, mask: Array) -> Layer:
        """Seen only as far as the mask, of the layer's own size, lets it."""
        return replace(self, pixels=self.pixels * mask[..., None])

    def over(self, lower: Layer) -> Layer:
        """Both as one; they lie on the same part."""
        return replace(self, pixels=self.pixels + lower.pixels * (1 - self.pixels[..., 3:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """How far a shadow falls, how soft and how dark it is; ``mask``: on what it falls."""

    x: float
    y: float
    soft: float
    dark: float
    mask: Array | None = None


def laid(picture: Image.Image, place: Placement, shape: tuple[int, ...], margin: float) -> Layer:
    """The picture bent to its place, smooth at every size."""
    box = place.bounds(shape, margin)
    picture = _shrunk(picture, place)
    source = _premultiplied(picture)
    u, v = _inverse(place, box)
    columns = (u + 1) / 2 * picture.width - 0.5 + 2
    rows = (v + 1) / 2 * picture.height - 0.5 + 2
    return Layer(box=box, pixels=_sampled(source, columns, rows))


def painted(photo: Array, layer: Layer, light: float, shadow: Shadow) -> None:
    """Paint the layer, as bright as the photo, and its shadow into the photo (0..255)."""
    if not min(layer.box.shape):
        return
    part = layer.box.of(photo)
    shade = _cast(layer, shadow)[..., None] * SHADE
    found = part * (1 - shade) * (1 - layer.pixels[..., 3:])
    found += layer.pixels[..., :3] * np.float32(255 * light)
    part[:] = (found + 0.5).clip(0, 255).astype(np.uint8)


def _cast(layer: Layer, shadow: Shadow) -> Array:
    """The layer's shadow beside the layer itself."""
    alpha = Image.fromarray((layer.alpha * 255).clip(0, 255).astype(np.uint8))
    offset = (1, 0, -shadow.x, 0, 1, -shadow.y)
    bilinear = Image.Resampling.BILINEAR
    moved = alpha.transform(alpha.size, Image.Transform.AFFINE, offset, bilinear)
    dark = blurred(np.asarray(moved, np.float32) / 255, max(0.6, shadow.soft)) * shadow.dark
    dark *= 1 - layer.alpha
    return dark if shadow.mask is None else dark * shadow.mask


def _shrunk(picture: Image.Image, place: Placement) -> Image.Image:
    """Averaged down to little more than the size at which it is seen."""
    wide = 2 * float(np.hypot(*place.across[:2])) / picture.width
    high = 2 * float(np.hypot(*place.down[:2])) / picture.height
    scale = 1.25 * max(wide, high)
    if scale >= 1:
        return picture
    size = (max(2, int(picture.width * scale)), max(2, int(picture.height * scale)))
    # Pillow weighs colours by alpha as it resizes RGBA.
    return picture.resize(size, Image.Resampling.BOX)


def _premultiplied(picture: Image.Image) -> Array:
    """With a border of two clear pixels, in which sampling beyond the picture ends."""
    pixels = np.asarray(picture, np.float32) / 255
    pixels[..., :3] *= pixels[..., 3:]
    return np.pad(pixels, ((2, 2), (2, 2), (0, 0)))


def _inverse(place: Placement, box: Box) -> tuple[Array, Array]:
    """(u, v) of every pixel of the box; u of 9 lies beyond the picture."""
    centre, across, down, bend = (
        np.asarray(one[:2], np.float32)
        for one in (place.centre, place.across, place.down, place.bend)
    )
    x, y = box.grid()
    x, y = x - centre[0], y - centre[1]
    normal = np.array([-down[1], down[0]])
    slope, curve = float(normal @ across), float(normal @ bend)
    distance = normal[0] * x + normal[1] * y
    if abs(curve) < 1e-6 * abs(slope):
        u = distance / slope
    else:
        root = slope * slope + 4 * curve * distance
        u = (np.sign(slope) * np.sqrt(np.maximum(root, 0)) - slope) / (2 * curve)
        u = np.where(root >= 0, u, 9)
    square = u * u
    v = (x - u * across[0] - square * bend[0]) * down[0]
    v += (y - u * across[1] - square * bend[1]) * down[1]
    return u, v / float(down @ down)


def _sampled(source: Array, columns: Array, rows: Array) -> Array:
    """Bilinear; clear beyond the source, whose border is two pixels wide."""
    height, width = source.shape[:2]
    inside = (columns >= 0) & (rows >= 0) & (columns < width - 1) & (rows < height - 1)
    found = np.zeros((*inside.shape, 4), np.float32)
    x, y = columns[inside], rows[inside]
    left, top = x.astype(np.intp), y.astype(np.intp)
    x, y = (x - left).astype(np.float32)[:, None], (y - top).astype(np.float32)[:, None]
    flat, start = source.reshape(-1, 4), top * width + left
    upper = flat[start] * (1 - x) + flat[start + 1] * x
    start += width
    found[inside] = upper * (1 - y) + (flat[start] * (1 - x) + flat[start + 1] * x) * y
    return found
