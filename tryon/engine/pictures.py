"""Pictures from outside, read with care: checked before they are decoded, and written anew."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from tryon.engine.errors import TryOnError

LARGEST = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
SMALLEST_SIDE = 64
FORMATS = ("JPEG", "PNG", "WEBP")
PHOTO_SIDE = 1600
PRODUCT_SIDE = 1200
QUALITY = 90
# What decoders raise for files that are broken on purpose.
BROKEN = (
    OSError, ValueError, SyntaxError, EOFError, MemoryError, OverflowError, TypeError, IndexError,
    KeyError, ZeroDivisionError,
)  # fmt: skip


class PictureError(TryOnError):
    """Bytes that are not taken as a picture; ``code`` says why."""


def photo(content: bytes) -> Image.Image:
    """A photo as RGB, upright, without any of its metadata, at most 1600 pixels a side."""
    return _fitting(flattened(_decoded(content)), PHOTO_SIDE)


def product(content: bytes) -> Image.Image:
    """A product's picture as RGBA, upright, at most 1200 pixels a side."""
    return _fitting(_decoded(content).convert("RGBA"), PRODUCT_SIDE)


def flattened(picture: Image.Image) -> Image.Image:
    """As RGB; what is transparent becomes white."""
    if picture.mode not in ("RGBA", "LA", "PA", "P") and "transparency" not in picture.info:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return white.convert("RGB")


def jpeg(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY, optimize=False)
    return written.getvalue()


def png(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "PNG", compress_level=4)
    return written.getvalue()


def _decoded(content: bytes) -> Image.Image:
    if len(content) > LARGEST:
        raise PictureError("picture_too_large")
    with _refusing(), warnings.catch_warnings():
        # The caps are ours, and what is odd about a file's tags is of no interest.
        warnings.simplefilter("ignore")
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        _check(picture)
        if picture.format in ("JPEG", "MPO"):
            # Decoding at an eighth to a half of the size is cheaper, and enough.
            picture.draft("RGB", (PHOTO_SIDE, PHOTO_SIDE))
        picture.load()
        found = ImageOps.exif_transpose(_eight_bits(picture))
    # Whatever stood beside the pixels stays behind, all but which of them are transparent.
    found.info = {k: v for k, v in found.info.items() if k == "transparency"}
    return found


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever a broken or hostile file makes the decoder raise is one error."""
    try:
        yield
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise PictureError("not_a_picture") from None
    except Image.DecompressionBombError:
        raise PictureError("too_many_pixels") from None
    except BROKEN:
        raise PictureError("picture_broken") from None


def _check(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise PictureError("too_many_pixels")
    if min(width, height) < SMALLEST_SIDE:
        raise PictureError("picture_too_small")
    # A JPEG may hold more beside its picture, as many telephones' do.
    if picture.format in ("PNG", "WEBP") and getattr(picture, "n_frames", 1) > 1:
        raise PictureError("animated")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Pillow cuts 16 bits off at white instead of scaling them."""
    if not picture.mode.startswith("I"):
        return picture
    values = np.asarray(picture, np.int64)
    return Image.fromarray((values >> 8).clip(0, 255).astype(np.uint8))


def _fitting(picture: Image.Image, side: int) -> Image.Image:
    """At most so many pixels a side. Colours of transparent pixels don't bleed into others."""
    if max(picture.size) <= side:
        return picture
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
