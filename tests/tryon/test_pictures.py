"""Files that people upload: what is taken comes out as bare pixels, the rest with its code."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from tryon.engine import pictures
from tryon.engine.pictures import PictureError


def encoded(picture, kind="PNG", **options):
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def png(width, height, *, rows=b"", depth=8, colour=2):
    """A PNG whose head says what the test wants."""

    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )  # fmt: skip


def plain(side=128, mode="RGB", colour=None):
    return Image.new(mode, (side, side), colour or 0)


def bomb():
    """60 MB of pixels within the caps of neither."""
    return png(8000, 7000, rows=b"\0" * 10_000)


def frames(kind):
    one, other = plain(colour="red"), plain(colour="blue")
    return encoded(one, kind, save_all=True, append_images=[other], duration=100)


JPEG = encoded(plain(colour="red"), "JPEG")
REFUSED = {
    "nothing": (b"", "not_a_picture"),
    "a text": (b"Hello, I am a photo.", "not_a_picture"),
    "a page": (b"<html><body>photo</body></html>", "not_a_picture"),
    "an SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
    "a script": (b"#!/bin/sh\nrm -rf /\n", "not_a_picture"),
    "a PDF": (b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF", "not_a_picture"),
    "zeros": (b"\0" * 10_000, "not_a_picture"),
    "a GIF": (encoded(plain(), "GIF"), "not_a_picture"),
    "a BMP": (encoded(plain(), "BMP"), "not_a_picture"),
    "a TIFF": (encoded(plain(), "TIFF"), "not_a_picture"),
    "PostScript": (encoded(plain(), "EPS"), "not_a_picture"),
    "an icon": (encoded(plain(), "ICO"), "not_a_picture"),
    "JPEG 2000": (encoded(plain(), "JPEG2000"), "not_a_picture"),
    "half a JPEG": (encoded(Image.effect_noise((400, 400), 80), "JPEG")[:9_000], "picture_broken"),
    "a JPEG's head": (JPEG[:200], "picture_broken"),
    "only its mark": (b"\xff\xd8\xff", "not_a_picture"),
    "half a PNG": (encoded(Image.effect_noise((400, 400), 80))[:9_000], "picture_broken"),
    "a PNG without rows": (png(128, 128), "picture_broken"),
    "half a WebP": (encoded(Image.effect_noise((400, 400), 80), "WEBP")[:5_000], "picture_broken"),
    "1×1": (encoded(plain(1)), "picture_too_small"),
    "63×63": (encoded(plain(63)), "picture_too_small"),
    "a line": (encoded(Image.new("L", (5_000, 1))), "picture_too_small"),
    "20,000×20,000": (png(20_000, 20_000, rows=b"\0" * 99), "too_many_pixels"),
    "a bomb": (bomb(), "too_many_pixels"),
    "a bomb's head": (png(2**31 - 1, 2**31 - 1), "too_many_pixels"),
    "no width": (png(0, 128), "not_a_picture"),
    "11 MB": (JPEG + b"\0" * 11 * 1024 * 1024, "picture_too_large"),
    "an animated PNG": (frames("PNG"), "animated"),
    "an animated WebP": (frames("WEBP"), "animated"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cant_be_used_is_refused_with_its_code(name):
    content, code = REFUSED[name]
    with pytest.raises(PictureError) as refused:
        pictures.photo(content)
    assert refused.value.code == code


def test_bombs_are_refused_before_they_are_decoded():
    tracemalloc.start()
    for name in ("20,000×20,000", "a bomb", "a bomb's head"):
        with pytest.raises(PictureError):
            pictures.photo(REFUSED[name][0])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


def colours(picture):
    return np.asarray(picture.resize((1, 1), Image.Resampling.BOX))[0, 0].tolist()


def sixteen_bits():
    values = np.full((128, 128), 0x8000, np.uint16)
    return encoded(Image.fromarray(values))


@pytest.mark.parametrize(
    ("content", "colour"),
    [
        (encoded(plain(colour=(200, 30, 60)), "JPEG", quality=95), (200, 30, 60)),
        (encoded(plain(colour=(200, 30, 60)), "WEBP", lossless=True), (200, 30, 60)),
        (encoded(plain(mode="CMYK", colour=(0, 255, 255, 0)), "JPEG", quality=95), (254, 0, 0)),
        (encoded(plain(mode="L", colour=120)), (120, 120, 120)),
        (encoded(plain(mode="RGBA", colour=(0, 0, 0, 0))), (255, 255, 255)),
        (encoded(plain(mode="LA", colour=(0, 128))), (127, 127, 127)),
        (encoded(plain(mode="1", colour=1)), (255, 255, 255)),
        (sixteen_bits(), (128, 128, 128)),
    ],
    ids=["JPEG", "WebP", "CMYK", "grey", "clear", "half clear", "one bit", "16 bits"],
)
def test_every_kind_of_pixels_becomes_rgb(content, colour):
    found = pictures.photo(content)
    assert found.mode == "RGB"
    assert colours(found) == pytest.approx(colour, abs=4)


def test_a_palette_with_a_clear_colour_becomes_white_there():
    picture = plain(mode="P", colour=1)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    assert colours(pictures.photo(encoded(picture, transparency=1))) == [255, 255, 255]


@pytest.mark.parametrize("tag", range(1, 9))
def test_photos_stand_as_their_tag_says(tag):
    upright = Image.new("RGB", (200, 100), "white")
    upright.paste("black", (0, 0, 100, 50))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(back[tag])) if tag in back else upright
    exif = Image.Exif()
    exif[0x0112] = tag
    found = pictures.photo(encoded(stored, "JPEG", exif=exif, quality=95))
    assert found.size == (200, 100)
    assert [found.getpixel(at)[0] > 128 for at in ((50, 25), (150, 25), (50, 75))] == [
        False, True, True,
    ]  # fmt: skip


def test_nothing_but_pixels_is_kept():
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    exif.get_ifd(0x8825)[1] = "SECRET-PLACE"
    given = encoded(
        plain(colour="red"), "JPEG", exif=exif, comment=b"SECRET", icc_profile=b"SECRET" * 9
    )
    assert b"SECRET" in given
    written = pictures.jpeg(pictures.photo(given))
    assert b"SECRET" not in written
    with Image.open(io.BytesIO(written)) as found:
        assert set(found.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert len(found.getexif()) == 0


def test_of_several_pictures_in_a_jpeg_the_first_counts():
    assert colours(pictures.photo(frames("MPO"))) == pytest.approx((254, 0, 0), abs=4)


def test_large_photos_are_made_smaller():
    found = pictures.photo(encoded(Image.new("RGB", (4000, 3000), "red"), "JPEG"))
    assert found.size == (1600, 1200)


def test_forty_megapixels_are_taken():
    found = pictures.photo(encoded(Image.new("L", (8000, 5000), 90), "JPEG", quality=20))
    assert found.size == (1600, 1000)
