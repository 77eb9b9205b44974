"""A photo that products are laid on, with all that is known of it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from PIL import Image

from tryon.engine import analysis
from tryon.engine.analysis import FaceModels
from tryon.engine.arrays import Array, length, polygon, unit
from tryon.engine.faces import CHIN, NOSE, Face
from tryon.engine.layers import Box

# What a body without seen shoulders is taken to be, in heights and widths of the face.
SHOULDER_DROP, SHOULDER_REACH = 0.42, 1.12


class Scene:
    """A shopper's photo and face. Masks are made when a product first needs them."""

    def __init__(self, models: FaceModels, photo: Image.Image, face: Face) -> None:
        self._models, self.photo, self.face = models, photo, face

    @classmethod
    def of(cls, models: FaceModels, photo: Image.Image) -> Scene:
        """Raises ``PhotoError`` where no product could be laid on the photo."""
        photo, face = analysis.analyse(models, photo)
        return cls(models, photo, face)

    @property
    def shape(self) -> tuple[int, int]:
        return self.photo.height, self.photo.width

    @cached_property
    def person(self) -> Array:
        """How surely each pixel shows the person, 0..1, with an edge that is drawn in."""
        return np.asarray(np.clip((self._models.person(self.photo) - 0.3) / 0.4, 0, 1))

    @cached_property
    def shoulders(self) -> Array:
        """The shoulder joints, left and right; worked out from the face where they aren't seen."""
        face, found = self.face, self._models.shoulders(self.photo)
        chin = face.points[CHIN, :2]
        if found is not None:
            apart, middle = length(found[1] - found[0]), found.mean(0)
            if (
                0.9 * face.width < apart < 4.2 * face.width
                and middle[1] > chin[1] - 0.1 * face.height
                and abs(middle[0] - chin[0]) < 1.5 * face.width
            ):
                return found
        middle = chin + np.array([0, SHOULDER_DROP * face.height])
        reach = np.array([SHOULDER_REACH * face.width, 0])
        return np.stack([middle - reach, middle + reach])

    @cached_property
    def light(self) -> float:
        """How bright a white product would be in the photo: by its brightest places around the
        face, so that a dark skin doesn't darken what is worn on it."""
        x, y = self.face.points[NOSE, :2]
        reach = 1.3 * self.face.width
        box = Box.within(self.shape, x - reach, y - reach, x + reach, y + reach)
        step = max(1, box.shape[0] // 200)
        part = box.of(np.asarray(self.photo))[::step, ::step].max(2)
        return float(np.clip(0.25 + 0.8 * np.percentile(part, 97) / 255, 0.5, 1.0))

    def face_mask(self, box: Box, soft: float) -> Array:
        """The face within a part of the photo, 0..1."""
        return polygon(box.shape, self.face.outline - box.origin, soft)

    def body_axes(self) -> tuple[Array, Array]:
        """Unit vectors along the shoulders, and down the body."""
        along = unit(self.shoulders[1] - self.shoulders[0])
        return along, np.array([-along[1], along[0]])

    def with_headroom(self, above: float) -> Scene:
        """With the background continued upwards where something reaches over the photo's edge."""
        rows = int(np.ceil(min(above, 2 * self.face.height)))
        if rows <= 0:
            return self
        photo = Image.new("RGB", (self.photo.width, self.photo.height + rows))
        photo.paste(_continued(self.photo, rows), (0, 0))
        photo.paste(self.photo, (0, rows))
        return Scene(self._models, photo, self.face.moved(0, rows))


def _continued(photo: Image.Image, rows: int) -> Image.Image:
    """The photo's upper edge, drawn out and the softer the farther away."""
    band = np.asarray(photo.crop((0, 0, photo.width, 6)), np.float32).mean(0, keepdims=True)
    narrow = Image.fromarray(band.round().astype(np.uint8))
    few = max(2, photo.width // 24)
    faint = narrow.resize((few, 1), Image.Resampling.BOX).resize(
        narrow.size, Image.Resampling.BICUBIC
    )
    near = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None] ** 3
    mixed = np.asarray(faint, np.float32) * (1 - near) + np.asarray(narrow, np.float32) * near
    return Image.fromarray(mixed.round().astype(np.uint8))
