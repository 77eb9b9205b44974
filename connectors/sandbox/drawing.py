"""Things to wear, drawn of shapes that are lit from above. Lengths are shares of the width."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.interpolate import make_interp_spline

Array = npt.NDArray[Any]
Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]]
WIDTH = 600
# Drawn so many times as large, for smooth edges.
FINER = 2
LIGHT = np.array([-0.35, -0.75, 0.56])


class Drawing:
    """A clear sheet that shapes are put on, one over the other."""

    def __init__(self, height: float) -> None:
        self.wide, self.high = WIDTH * FINER, round(WIDTH * FINER * height)
        self.pixels = np.zeros((self.high, self.wide, 4), np.float32)

    def finished(self) -> Image.Image:
        """The picture, cropped to what was drawn."""
        whole = Image.fromarray((self.pixels * 255).round().clip(0, 255).astype(np.uint8))
        small = whole.resize((whole.width // FINER, whole.height // FINER), Image.Resampling.BOX)
        return small.crop(small.getbbox())

    def area(self, *outlines: Points) -> Array:
        """What the outlines enclose."""
        sheet = Image.new("1", (self.wide, self.high))
        for outline in outlines:
            ImageDraw.Draw(sheet).polygon(
                [(x * self.wide, y * self.wide) for x, y in outline], fill=1
            )
        return np.asarray(sheet)

    def line(self, points: Points, width: float) -> Array:
        """A round stroke along the points."""
        sheet = Image.new("1", (self.wide, self.high))
        pen, half = ImageDraw.Draw(sheet), width * self.wide / 2
        scaled = [(x * self.wide, y * self.wide) for x, y in points]
        pen.line(scaled, fill=1, width=max(1, round(2 * half)), joint="curve")
        for x, y in (scaled[0], scaled[-1]):
            pen.ellipse((x - half, y - half, x + half, y + half), fill=1)
        return np.asarray(sheet)

    def put(
        self, area: Array, colour: Colour | Array, *, round_over: float, gloss: float = 0.0,
        alpha: float = 1.0,
    ) -> None:  # fmt: skip
        """Fill an area as if its edges were rounded over so far, and lit from above."""
        rows, columns = np.flatnonzero(area.any(1)), np.flatnonzero(area.any(0))
        if not len(rows):
            return
        part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        shade, shine = _lit(area[part], max(1.0, round_over * self.wide))
        base = np.asarray(colour, np.float32)
        base = base[part] if base.ndim == 3 else base
        lit = base / 255 * shade[..., None] + gloss * shine[..., None]
        cover = area[part].astype(np.float32) * alpha
        below = self.pixels[part]
        total = cover + below[..., 3] * (1 - cover)
        share = (cover / np.maximum(total, 1e-6))[..., None]
        below[..., :3] = lit.clip(0, 1) * share + below[..., :3] * (1 - share)
        below[..., 3] = total

    def clear(self, area: Array) -> None:
        self.pixels[area] = 0

    def grid(self) -> tuple[Array, Array]:
        """x and y of every pixel."""
        y, x = np.mgrid[: self.high, : self.wide].astype(np.float32) / self.wide
        return x, y


def _lit(area: Array, depth: float) -> tuple[Array, Array]:
    """How bright each place of a rounded area is, about 1, and where it shines."""
    inside = ndimage.distance_transform_edt(np.pad(area, 1))[1:-1, 1:-1]
    share = np.clip(inside / depth, 0, 1)
    height = ndimage.gaussian_filter(depth * np.sqrt(1 - (1 - share) ** 2), max(1.0, depth * 0.12))
    down, across = np.gradient(height)
    normal = np.stack([-across, -down, np.ones_like(height)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    facing = normal @ (LIGHT / np.linalg.norm(LIGHT))
    return 0.45 + 0.8 * np.clip(facing, 0, 1), np.clip(facing, 0, 1) ** 24


def oval(x: float, y: float, wide: float, high: float, corner: float = 2.0) -> Points:
    """Points of an oval; with a higher ``corner`` it is more like a rectangle."""
    turns = np.linspace(0, 2 * math.pi, 240, endpoint=False)
    cos, sin = np.cos(turns), np.sin(turns)
    xs = x + wide / 2 * np.sign(cos) * np.abs(cos) ** (2 / corner)
    ys = y + high / 2 * np.sign(sin) * np.abs(sin) ** (2 / corner)
    return list(zip(xs.tolist(), ys.tolist(), strict=True))


def curve(*knots: tuple[float, float], steps: int = 60) -> Points:
    """A smooth line through the knots."""
    given = np.array(knots)
    along = np.linspace(0, 1, len(given))
    degree = min(3, len(given) - 1)
    found = make_interp_spline(along, given, k=degree)(np.linspace(0, 1, steps))
    return [(float(x), float(y)) for x, y in found]


def mirrored(points: Iterable[tuple[float, float]]) -> Points:
    return [(1 - x, y) for x, y in points]


def glasses(
    *, colour: Colour, lens: tuple[float, float], corner: float, rim: float,
    tint: Colour | None = None, mottled: bool = False,
) -> Drawing:  # fmt: skip
    """A front: ``lens`` is half the width and half the height of an opening, twice over."""
    sheet = Drawing(0.5)
    y, wide, high = 0.25, lens[0] * 2 * 0.92, lens[1] * 2 * 0.92
    centres = (0.255, 0.745)
    outer = [oval(x, y, wide + 2 * rim, high + 2 * rim, corner) for x in centres]
    inner = [oval(x, y, wide, high, corner) for x in centres]
    start = centres[0] + wide / 2
    arch = curve(
        (start - rim, y - high * 0.1), (0.5, y - high * 0.24), (1 - start + rim, y - high * 0.1)
    )
    frame = sheet.area(*outer) | sheet.line(arch, max(0.014, rim))
    edge = centres[0] - wide / 2 - rim
    hinge = [(edge + rim * 1.4, y - high * 0.34), (0.012, y - high * 0.36),
             (0.012, y - high * 0.2), (edge + rim * 1.1, y - high * 0.12)]  # fmt: skip
    frame = frame | sheet.area(hinge) | sheet.area(mirrored(hinge))
    paint = _mottled(sheet, colour) if mottled else colour
    sheet.put(frame, paint, round_over=max(0.006, rim * 0.5), gloss=0.35)
    openings = sheet.area(*inner)
    sheet.clear(openings)
    if tint is not None:
        sheet.put(openings, _faded(sheet, tint, y, high), round_over=0.004)
    return sheet


def _mottled(sheet: Drawing, colour: Colour) -> Array:
    noise = np.random.default_rng(7).random((sheet.high // 12, sheet.wide // 12))
    spots = ndimage.zoom(ndimage.gaussian_filter(noise, 2.2), 12, order=1)
    spots = np.pad(
        spots, ((0, sheet.high - spots.shape[0]), (0, sheet.wide - spots.shape[1])), "edge"
    )
    dark = np.clip((spots - spots.mean()) / spots.std() * 0.5 + 0.6, 0.25, 1.5)
    return np.asarray(np.asarray(colour, np.float32) * dark[..., None])


def _faded(sheet: Drawing, tint: Colour, y: float, high: float) -> Array:
    """Darker above than below, as lenses are tinted."""
    _, rows = sheet.grid()
    share = np.clip((rows - y) / high + 0.5, 0, 1)[..., None]
    return np.asarray(np.asarray(tint, np.float32) * (0.8 + 0.7 * share))


def beanie(*, colour: Colour) -> Drawing:
    sheet = Drawing(1.0)
    x, y = sheet.grid()
    dome = sheet.area(oval(0.5, 0.6, 0.88, 0.84, 2.3)) & (y < 0.8)
    ribs = 0.86 + 0.14 * np.cos((np.arcsin(np.clip((x - 0.5) / 0.46, -1, 1))) * 46) ** 2
    sheet.put(dome, np.asarray(colour, np.float32) * ribs[..., None], round_over=0.3)
    cuff = sheet.area([*curve((0.05, 0.60), (0.5, 0.64), (0.95, 0.60)),
                       *curve((0.955, 0.82), (0.5, 0.89), (0.045, 0.82))])  # fmt: skip
    wide = 0.82 + 0.18 * np.cos((np.arcsin(np.clip((x - 0.5) / 0.47, -1, 1))) * 40) ** 2
    sheet.put(cuff, np.asarray(colour, np.float32) * 1.08 * wide[..., None], round_over=0.06)
    return sheet


def cap(*, colour: Colour) -> Drawing:
    sheet = Drawing(0.95)
    _, y = sheet.grid()
    crown = sheet.area(oval(0.5, 0.53, 0.82, 0.72, 2.3)) & (y < 0.7)
    sheet.put(crown, colour, round_over=0.26)
    for knots in (
        ((0.5, 0.175), (0.5, 0.56)),
        ((0.5, 0.175), (0.27, 0.27), (0.19, 0.54)),
        ((0.5, 0.175), (0.73, 0.27), (0.81, 0.54)),
    ):
        sheet.put(
            sheet.line(curve(*knots), 0.005),
            _times(colour, 0.7),
            round_over=0.002,
        )
    sheet.put(sheet.area(oval(0.5, 0.17, 0.06, 0.03)), colour, round_over=0.01)
    brim = sheet.area(
        [
            *curve((0.1, 0.55), (0.3, 0.5), (0.5, 0.49), (0.7, 0.5), (0.9, 0.55)),
            *curve((0.93, 0.64), (0.74, 0.7), (0.5, 0.72), (0.26, 0.7), (0.07, 0.64)),
        ]
    )
    sheet.put(brim, _times(colour, 0.92), round_over=0.05)
    return sheet


def fedora(*, colour: Colour) -> Drawing:
    sheet = Drawing(0.7)
    sheet.put(
        sheet.area(oval(0.5, 0.42, 0.98, 0.22)),
        _times(colour, 0.62),
        round_over=0.03,
    )
    crown = sheet.area(
        [
            *curve(
                (0.235, 0.44),
                (0.255, 0.2),
                (0.33, 0.06),
                (0.5, 0.09),
                (0.67, 0.06),
                (0.745, 0.2),
                (0.765, 0.44),
            ),
            *curve((0.765, 0.44), (0.5, 0.49), (0.235, 0.44)),
        ]
    )
    sheet.put(crown, colour, round_over=0.14)
    band = sheet.area([*curve((0.243, 0.36), (0.5, 0.41), (0.757, 0.36)),
                       *curve((0.766, 0.44), (0.5, 0.49), (0.234, 0.44))])  # fmt: skip
    sheet.put(band, (38, 32, 30), round_over=0.03)
    brim = sheet.area(
        [
            *curve((0.01, 0.42), (0.235, 0.435), (0.5, 0.47), (0.765, 0.435), (0.99, 0.42)),
            *curve((0.99, 0.43), (0.8, 0.52), (0.5, 0.555), (0.2, 0.52), (0.01, 0.43)),
        ]
    )
    sheet.put(brim, colour, round_over=0.035)
    return sheet


def drops(*, stone: Colour) -> Drawing:
    sheet = Drawing(1.1)
    gold = (208, 168, 84)
    for x in (0.22, 0.78):
        hook = curve((x, 0.26), (x + 0.03, 0.12), (x, 0.05), (x - 0.03, 0.1))
        sheet.put(sheet.line(hook, 0.014), gold, round_over=0.006, gloss=0.5)
        sheet.put(sheet.area(oval(x, 0.29, 0.06, 0.06)), gold, round_over=0.02, gloss=0.5)
        drop = [
            (x, 0.31),
            *curve((x + 0.02, 0.4), (x + 0.15, 0.72), (x, 0.92), (x - 0.15, 0.72), (x - 0.02, 0.4)),
        ]
        sheet.put(sheet.area(drop), gold, round_over=0.02, gloss=0.5)
        core = [
            (x, 0.42),
            *curve(
                (x + 0.015, 0.48),
                (x + 0.115, 0.72),
                (x, 0.875),
                (x - 0.115, 0.72),
                (x - 0.015, 0.48),
            ),
        ]
        sheet.put(sheet.area(core), stone, round_over=0.09, gloss=0.6)
    return sheet


def hoops(*, colour: Colour) -> Drawing:
    sheet = Drawing(0.62)
    for x in (0.24, 0.76):
        ring = sheet.area(oval(x, 0.3, 0.42, 0.5)) & ~sheet.area(oval(x, 0.3, 0.36, 0.44))
        sheet.put(ring, colour, round_over=0.015, gloss=0.6)
    return sheet


def _times(colour: Colour, share: float) -> Colour:
    """Darker, or lighter."""
    red, green, blue = (min(255, round(one * share)) for one in colour)
    return red, green, blue


def _hanging(steps: int, low: float) -> list[tuple[float, float]]:
    """Points of a chain, as far apart from each other as beads of one size."""
    x = np.linspace(-1, 1, 2_000)
    y = low * (np.cosh(1.7) - np.cosh(1.7 * x)) / (np.cosh(1.7) - 1)
    run = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x * 0.46), np.diff(y)))])
    at = np.linspace(0, run[-1], steps)
    return [
        (0.5 + 0.46 * float(a), 0.02 + float(b))
        for a, b in zip(np.interp(at, run, x), np.interp(at, run, y), strict=True)
    ]


def pendant(*, colour: Colour, stone: Colour) -> Drawing:
    sheet = Drawing(1.2)
    for x, y in _hanging(120, 0.78):
        sheet.put(sheet.area(oval(x, y, 0.017, 0.017)), colour, round_over=0.005, gloss=0.5)
    sheet.put(sheet.area(oval(0.5, 0.83, 0.05, 0.07)), colour, round_over=0.015, gloss=0.5)
    sheet.put(sheet.area(oval(0.5, 0.93, 0.17, 0.2)), colour, round_over=0.025, gloss=0.5)
    sheet.put(sheet.area(oval(0.5, 0.93, 0.125, 0.155)), stone, round_over=0.06, gloss=0.7)
    return sheet


def beads(*, colour: Colour) -> Drawing:
    sheet = Drawing(0.9)
    for x, y in _hanging(35, 0.62):
        sheet.put(sheet.area(oval(x, y + 0.03, 0.052, 0.052)), colour, round_over=0.026, gloss=0.6)
    return sheet


def tee(*, colour: Colour) -> Drawing:
    sheet = Drawing(1.05)
    half = [
        *curve((0.5, 0.125), (0.44, 0.11), (0.395, 0.045)),
        (0.39, 0.04),
        *curve((0.36, 0.05), (0.24, 0.1), (0.16, 0.17)),
        *curve((0.16, 0.17), (0.08, 0.3), (0.02, 0.43)),
        *curve((0.02, 0.43), (0.1, 0.49), (0.17, 0.5)),
        *curve((0.18, 0.5), (0.22, 0.42), (0.245, 0.37)),
        *curve((0.245, 0.37), (0.25, 0.7), (0.24, 1.0)),
        *curve((0.24, 1.0), (0.4, 1.02), (0.5, 1.02)),
    ]
    body = sheet.area(half, mirrored(half))
    x, y = sheet.grid()
    folds = 1 + 0.05 * np.sin(26 * (x - 0.5) + 9 * (y - 0.5) ** 2) * np.clip(y * 1.6 - 0.4, 0, 1)
    sheet.put(body, np.asarray(colour, np.float32) * folds[..., None], round_over=0.06)
    neck = curve((0.392, 0.045), (0.435, 0.125), (0.5, 0.15), (0.565, 0.125), (0.608, 0.045))
    sheet.put(sheet.line(neck, 0.022), _times(colour, 0.86), round_over=0.01)
    return sheet
