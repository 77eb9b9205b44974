"""The product out of its picture: by its own transparency, or off a plain background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from tryon.engine.arrays import Array
from tryon.engine.colours import lab
from tryon.engine.errors import ProductError
from tryon.engine.kinds import OPEN, Kind

# Pieces smaller than this share of the largest are dust or a shadow beside the product.
LEAST_PIECE = {
    Kind.EARRINGS: 0.15,
    Kind.NECKLACE: 0.0005,
    Kind.GLASSES: 0.02,
    Kind.SUNGLASSES: 0.02,
}
OTHER_PIECE = 0.25
PLAIN = 9.0
LEAST_COVER, MOST_COVER, MOST_WEAK_EDGE = 0.002, 0.92, 0.35
FAINT = 8.0
SQUARE = np.ones((3, 3), bool)


def cut(picture: Image.Image, kind: Kind) -> Image.Image:
    """The product alone, RGBA, to its edges; raises ``ProductError`` where it can't be told
    from its background."""
    pixels = np.asarray(picture.convert("RGBA"), np.float32)
    alpha = pixels[..., 3] / 255
    if (alpha < 0.04).mean() > 0.03 and np.median(_border(alpha, 1)) < 0.04:
        return _cropped(pixels[..., :3], _pieces(alpha, kind))
    rgb = pixels[..., :3] * alpha[..., None] + 255 * (1 - alpha[..., None])
    matte = _Plate.of(rgb).matte(kind)
    return _cropped(_unmixed(rgb, matte), matte)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plate:
    """A picture on a plain background: how far each pixel is from it."""

    sharp: Array
    far: Array
    lightness: Array
    colour: Array
    slope: Array
    spread: float
    ground: float

    @classmethod
    def of(cls, rgb: Array) -> _Plate:
        smooth = lab(ndimage.gaussian_filter(rgb, (0.8, 0.8, 0)))
        band = max(2, int(0.015 * min(rgb.shape[:2])))
        ground = np.median(_border(smooth, band), 0)
        far = np.linalg.norm(smooth - ground, axis=2)
        spread = float(np.percentile(_border(far, band), 90))
        if spread > PLAIN:
            raise ProductError("product_cutout_poor")
        lightness = smooth[..., 0]
        slope = np.hypot(ndimage.sobel(lightness, 0), ndimage.sobel(lightness, 1)) / 8
        return cls(
            sharp=np.linalg.norm(lab(rgb) - ground, axis=2), far=far, lightness=lightness,
            colour=np.linalg.norm(smooth[..., 1:] - ground[1:], axis=2),
            slope=ndimage.gaussian_filter(slope, 1), spread=spread, ground=float(ground[0]),
        )  # fmt: skip

    def matte(self, kind: Kind) -> Array:
        """How much of each pixel is the product, 0..1."""
        limit = max(7.0, 2.2 * self.spread)
        strict = _reached(self.far < limit)
        light = self._is_light(strict, limit)
        ground = self._light_ground() if light and kind not in OPEN else strict
        shaded = False
        if not light:
            walked = self._walked(strict)
            shaded = bool(1 - (~walked).sum() / max(1, (~strict).sum()) < 0.22)
            ground = walked if shaded else strict
        solid = self._opened(~ground, limit, light=light) if kind in OPEN else _filled(~ground)
        if shaded:
            solid = self._peeled(solid)
        solid = ndimage.binary_closing(np.pad(solid, 2), SQUARE)[2:-2, 2:-2]
        found = _pieces(self._softened(solid, limit, light=light), kind)
        self._judge(found, solid)
        return found

    def _is_light(self, strict: Array, limit: float) -> bool:
        """Whether the product is as light and colourless as its background: pearls, a white hat."""
        if strict.all():
            raise ProductError("product_cutout_poor")
        core = self.far > max(limit, 0.5 * float(np.percentile(self.far[~strict], 90)))
        if not core.any():
            return False
        colourless = np.median(self.colour[core]) < 6
        return bool(colourless and np.median(self.lightness[core]) > 0.7 * self.ground)

    def _light_ground(self) -> Array:
        """White on white: only what is hardly different and not across any edge."""
        limit = max(2.2, 2.5 * self.spread)
        found = _reached((self.far < limit) & (self.slope < 0.8))
        near = ndimage.binary_dilation(found, SQUARE) & (self.far < 2 * limit)
        return np.asarray(found | near)

    def _walked(self, strict: Array) -> Array:
        """With soft shadows: colourless, not dark, and without any edge between."""
        soft = (self.colour < 5) & (self.lightness > 0.66 * self.ground) & (self.slope < 1.6)
        return _reached(strict | soft)

    def _opened(self, solid: Array, limit: float, *, light: bool) -> Array:
        """Without what shows the background through the product's openings."""
        labels, count = ndimage.label((self.far < 1.3 * limit) & solid)
        if not count:
            return solid
        index = np.arange(1, count + 1)
        sizes = np.bincount(labels.ravel())[1:]
        large = index[sizes > max(25, 0.0002 * solid.size)]
        plain = [n for n in large if np.median(self.far[labels == n]) < limit]
        holes = np.isin(labels, plain)
        if holes.any() and not light:
            near = _within(holes, max(2, int(0.012 * solid.shape[1])))
            pale = (self.colour < 4) & (self.lightness > 0.72 * self.ground)
            holes |= near & pale & (self.slope < 2.2)
        return solid & ~holes

    def _peeled(self, solid: Array) -> Array:
        """Without the pale rim that a shadow's foot leaves on the outline."""
        pale = (self.colour < 7) & (self.lightness > 0.6 * self.ground)
        for _ in range(5):
            solid = solid & ~(pale & ndimage.binary_dilation(~solid, SQUARE))
        return solid

    def _softened(self, solid: Array, limit: float, *, light: bool) -> Array:
        inner = ndimage.binary_erosion(solid, SQUARE, 2, border_value=1)
        outer = ndimage.binary_dilation(solid, SQUARE)
        if light:
            edge = ndimage.gaussian_filter(solid.astype(np.float32), 0.9)
        else:
            full = 0.8 * ndimage.grey_dilation(self.sharp, (7, 7)) - 0.25 * limit
            edge = np.clip((self.sharp - 0.25 * limit) / np.maximum(full, 3), 0, 1)
        return np.where(inner, 1, np.where(outer, edge, 0)).astype(np.float32)

    def _judge(self, matte: Array, solid: Array) -> None:
        """Raises where the outline is hardly different from the background, or there is none."""
        cover = float((matte > 0.5).mean())
        rim = ndimage.binary_dilation(solid, SQUARE) & ~solid
        strongest = ndimage.grey_dilation(self.sharp, (7, 7))
        weak = float((strongest[rim] < FAINT).mean()) if rim.any() else 1.0
        if not LEAST_COVER < cover < MOST_COVER or weak > MOST_WEAK_EDGE:
            raise ProductError("product_cutout_poor")


def _border(values: Array, band: int) -> Array:
    sides = (values[:band], values[-band:], values[:, :band], values[:, -band:])
    channels = values.shape[2:]
    return np.concatenate([one.reshape(-1, *channels) for one in sides])


def _reached(mask: Array) -> Array:
    """What of the mask is joined to the picture's border."""
    labels, _ = ndimage.label(mask)
    touching = np.unique(_border(labels, 1))
    return np.isin(labels, touching[touching > 0])


def _filled(solid: Array) -> Array:
    """With what it encloses: a print is part of a shirt."""
    return np.asarray(ndimage.binary_fill_holes(solid))


def _within(mask: Array, distance: float) -> Array:
    return np.asarray(ndimage.distance_transform_edt(~mask) <= distance)


def _pieces(alpha: Array, kind: Kind) -> Array:
    """Without dust and shadows that lie apart from the product."""
    labels, count = ndimage.label(alpha > 0.5, SQUARE)
    if count < 2:
        return alpha
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    share = LEAST_PIECE.get(kind, OTHER_PIECE)
    kept = np.isin(labels, np.flatnonzero(sizes >= max(12, share * sizes.max())))
    return np.asarray(alpha * ndimage.binary_dilation(kept, SQUARE, 3))


def _unmixed(rgb: Array, matte: Array) -> Array:
    """With the fringe in the product's own colour, not mixed with the background's."""
    solid = matte > 0.92
    if not solid.any():
        return rgb
    distance, (rows, columns) = ndimage.distance_transform_edt(~solid, return_indices=True)
    fringe = (matte > 0) & ~solid & (distance < 5)
    return np.where(fringe[..., None], rgb[rows, columns], rgb)


def _cropped(rgb: Array, alpha: Array) -> Image.Image:
    rows, columns = np.nonzero(alpha > 0.3)
    if not len(rows):
        raise ProductError("product_cutout_poor")
    # A border of two transparent pixels keeps edges soft when the cut-out is bent.
    top, left = rows.min(), columns.min()
    bottom, right = rows.max() + 1, columns.max() + 1
    pixels = np.dstack([rgb, alpha * 255]).round().clip(0, 255).astype(np.uint8)
    return Image.fromarray(np.pad(pixels[top:bottom, left:right], ((2, 2), (2, 2), (0, 0))))
