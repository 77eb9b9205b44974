"""Turned squares of a photo: what the models look at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tryon.engine.arrays import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A square of a photo around (x, y), turned clockwise by ``angle`` radians.

    Inside it, points run from 0 to 1.
    """

    x: float
    y: float
    size: float
    angle: float = 0.0

    @property
    def matrix(self) -> Array:
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return np.array([[cos, -sin], [sin, cos]]) * self.size

    def to_photo(self, points: Array) -> Array:
        """Points inside the square as pixels of the photo."""
        found: Array = (points - 0.5) @ self.matrix.T + (self.x, self.y)
        return found

    def crop(
        self, photo: Image.Image, side: int, *, edge: bool = True, mirror: bool = False
    ) -> Array:
        """side × side × 3, 0..255; beyond the photo its edge is repeated, or all is black.

        A large square is averaged down first, so that nothing is skipped.
        """
        shrink = max(1, int(self.size / side))
        part = _Part.around(photo, self, shrink)
        if part is None:
            return np.zeros((side, side, 3), np.float32)
        if edge:
            part = part.padded()
        matrix = self.matrix / side / shrink * ([-1, 1] if mirror else [1, 1])
        x, y = (part.x, part.y) - matrix @ (side / 2, side / 2)
        affine = (matrix[0, 0], matrix[0, 1], x, matrix[1, 0], matrix[1, 1], y)
        bilinear = Image.Resampling.BILINEAR
        cropped = part.picture.transform((side, side), Image.Transform.AFFINE, affine, bilinear)
        return np.asarray(cropped, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The shrunken part of a photo that holds a square, whose centre is at (x, y) of the part."""

    picture: Image.Image
    x: float
    y: float
    reach: float

    @classmethod
    def around(cls, photo: Image.Image, square: Square, shrink: int) -> _Part | None:
        turned = abs(math.cos(square.angle)) + abs(math.sin(square.angle))
        reach = square.size * turned / 2 + shrink + 1
        left, top = max(0, int(square.x - reach)), max(0, int(square.y - reach))
        right = min(photo.width, int(square.x + reach) + 1)
        bottom = min(photo.height, int(square.y + reach) + 1)
        if right <= left or bottom <= top:
            return None
        return cls(
            picture=photo.reduce(shrink, box=(left, top, right, bottom)),
            x=(square.x - left) / shrink, y=(square.y - top) / shrink, reach=reach / shrink,
        )  # fmt: skip

    def padded(self) -> _Part:
        """With the photo's edge repeated as far as the square reaches."""
        left, top = max(0, math.ceil(self.reach - self.x)), max(0, math.ceil(self.reach - self.y))
        right = max(0, math.ceil(self.x + self.reach - self.picture.width))
        bottom = max(0, math.ceil(self.y + self.reach - self.picture.height))
        if not (left or top or right or bottom):
            return self
        pixels = np.asarray(self.picture)
        wider = np.pad(pixels, ((top, bottom), (left, right), (0, 0)), mode="edge")
        return _Part(
            picture=Image.fromarray(wider), x=self.x + left, y=self.y + top, reach=self.reach
        )
