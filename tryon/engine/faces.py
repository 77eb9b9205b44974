"""A face in a photo, as points: MediaPipe's mesh (0-467), then both irises (468-477)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tryon.engine.arrays import Array, length, unit

OUTLINE = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
# The left one of the picture first.
PUPILS = (468, 473)
CHEEKS = (234, 454)
TEMPLES = (127, 356)
EARS = (132, 361)
HAIRLINE, BETWEEN_BROWS, BRIDGE, NOSE, CHIN = 10, 9, 168, 1, 152
# In nearly everybody an iris is as wide as this.
IRIS_MM = 11.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What a detector found; a face's keypoints are eyes, nose, mouth and ears."""

    score: float
    box: Array
    keypoints: Array

    @property
    def size(self) -> float:
        return float(max(self.box[2:] - self.box[:2]))

    @property
    def roll(self) -> float:
        """The turn of the line between the eyes, in radians."""
        x, y = self.keypoints[1] - self.keypoints[0]
        return math.atan2(y, x)


@dataclass(frozen=True, kw_only=True)
class Face:
    """The points of a face, 478 × 3, and how sure the mesh is that it is one (0..1)."""

    detection: Detection
    points: Array
    presence: float

    @cached_property
    def axes(self) -> Array:
        """Unit vectors: across the face, down it, and back into the head."""
        points = self.points
        across = unit(
            (points[454] + points[356] + points[263]) - (points[234] + points[127] + points[33])
        )
        down = points[CHIN] - points[HAIRLINE]
        down = unit(down - down.dot(across) * across)
        return np.stack([across, down, np.cross(across, down)])

    @property
    def across(self) -> Array:
        return np.asarray(self.axes[0])

    @property
    def down(self) -> Array:
        return np.asarray(self.axes[1])

    @property
    def back(self) -> Array:
        return np.asarray(self.axes[2])

    @property
    def roll(self) -> float:
        """Degrees that the head leans to the picture's right."""
        return math.degrees(math.atan2(self.across[1], self.across[0]))

    @property
    def yaw(self) -> float:
        """Degrees that the head is turned; above 0, its right side (of the picture) is away."""
        return math.degrees(math.asin(self.across[2]))

    @property
    def pitch(self) -> float:
        return math.degrees(math.asin(self.down[2]))

    @cached_property
    def eyes(self) -> Array:
        """The middle between the pupils."""
        return np.asarray(self.points[list(PUPILS)].mean(0))

    @cached_property
    def eye_gap(self) -> float:
        return self._distance(*PUPILS)

    @cached_property
    def width(self) -> float:
        return self._distance(*CHEEKS)

    @cached_property
    def height(self) -> float:
        return self._distance(HAIRLINE, CHIN)

    @property
    def outline(self) -> Array:
        return np.asarray(self.points[list(OUTLINE), :2])

    @cached_property
    def millimetre(self) -> float:
        """How many pixels a millimetre is at the face, by the width of the irises."""
        points = self.points[:, :2]
        widths = length(points[469] - points[471]) + length(points[474] - points[476])
        return widths / 2 / IRIS_MM

    @property
    def disagreement(self) -> float:
        """How far the detector's eyes are from the mesh's, in gaps between the eyes."""
        apart = self.points[list(PUPILS), :2] - self.detection.keypoints[:2]
        return float(np.hypot(*apart.T).mean()) / max(1.0, self.eye_gap)

    def outside(self, width: int, height: int) -> float:
        """The share of the outline that lies beyond the photo."""
        points = self.outline
        return float(np.mean(((points < 0) | (points >= (width, height))).any(1)))

    def moved(self, x: float, y: float) -> Face:
        """The same face in a photo that has been extended to the left or above."""
        return replace(self, points=self.points + np.array([x, y, 0]))

    def _distance(self, one: int, other: int) -> float:
        return length(self.points[one] - self.points[other])
