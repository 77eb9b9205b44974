"""Arrays of numbers: pictures as height × width × channels, points as n × 2 or 3."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Array = npt.NDArray[Any]


def unit(vector: Array) -> Array:
    """The direction of a vector."""
    found: Array = vector / np.linalg.norm(vector)
    return found


def length(vector: Array) -> float:
    return float(np.linalg.norm(vector))


def blurred(mask: Array, radius: float) -> Array:
    """A mask of 0..1, smoothed; to 1/255, which is all that shadows and edges need."""
    picture = Image.fromarray((np.clip(mask, 0, 1) * 255).astype(np.uint8))
    smooth = picture.filter(ImageFilter.GaussianBlur(max(0.0, radius)))
    return np.asarray(smooth, np.float32) / 255


def polygon(shape: tuple[int, int], points: Array, soft: float) -> Array:
    """A filled outline as a mask of 0..1 with an edge that is ``soft`` pixels wide."""
    canvas = Image.new("L", (shape[1], shape[0]))
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in points], fill=255)
    return blurred(np.asarray(canvas, np.float32) / 255, soft)
