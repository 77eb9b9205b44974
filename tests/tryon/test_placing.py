"""Where products lie, measured in the picture: two coloured dots mark the middles of the lenses."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from tests.photos import PUPILS
from tryon.engine import anchoring, wearing
from tryon.engine.errors import PhotoError, ProductError
from tryon.engine.kinds import Kind
from tryon.engine.scene import Scene

LARGER = 3


def marked_glasses():
    """A wire frame; magenta in the middle of the left lens, green in that of the right."""
    frame = Image.new("RGBA", (900, 380))
    pen = ImageDraw.Draw(frame)
    for x, colour in ((225, (255, 0, 255, 255)), (675, (0, 255, 0, 255))):
        pen.ellipse((x - 200, 15, x + 200, 365), outline=(20, 20, 20, 255), width=14)
        pen.ellipse((x - 26, 190 - 26, x + 26, 190 + 26), fill=colour)
    pen.line((420, 170, 480, 170), fill=(20, 20, 20, 255), width=14)
    return anchoring.wearable(frame, Kind.GLASSES)


def centre(strength):
    """The middle of what is brightest there, in pixels."""
    weight = np.where(strength > 90, strength, 0).astype(float)
    y, x = np.indices(weight.shape)
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum() + 0.5


def lens_centres(before, after):
    """Where both dots are in the picture: by what is more magenta or green than it was."""
    red, green, blue = (np.asarray(after, int) - np.asarray(before, int)).transpose(2, 0, 1)
    return centre(np.minimum(red, blue) - green), centre(green - np.maximum(red, blue))


def transformed(photo, *, turn=0.0, size=1.0, mirror=False, light=1.0):
    """The photo three times as large, then changed; and where the pupils are in it."""
    scale = LARGER * size
    side = round(512 * scale)
    picture = photo.resize((side, side), Image.Resampling.BICUBIC)
    pupils = np.array(PUPILS) * side / 512
    if mirror:
        picture, pupils = ImageOps.mirror(picture), (pupils * [-1, 1] + [side, 0])[::-1]
    if turn:
        picture = picture.rotate(turn, Image.Resampling.BICUBIC)
        cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        pupils = (pupils - side / 2) @ np.array([[cos, -sin], [sin, cos]]) + side / 2
    return ImageEnhance.Brightness(picture).enhance(light), pupils


CHANGES = (
    [{}, {"mirror": True}]
    + [{"turn": turn} for turn in (-40, -25, -12, -5, 5, 12, 25, 40)]
    + [{"size": size} for size in (0.35, 0.5, 0.7, 1.02)]
    + [{"light": light} for light in (0.3, 0.5, 0.7, 1.3)]
    + [{"turn": 15, "mirror": True, "light": 0.5}, {"turn": -15, "size": 0.6, "light": 0.7}]
)


@pytest.fixture(scope="module")
def errors(models, photo):
    """Of each change: how far each lens is from its pupil, in eye gaps, and the roll's error."""
    distances, rolls = [], []
    for change in CHANGES:
        picture, pupils = transformed(photo, **change)
        scene = Scene.of(models, picture)
        left, right = lens_centres(scene.photo, wearing.worn(scene, marked_glasses()))
        gap = np.linalg.norm(pupils[1] - pupils[0])
        distances += [
            np.linalg.norm(a - b) / gap for a, b in zip((left, right), pupils, strict=True)
        ]
        wanted, got = (math.degrees(math.atan2(*(b - a)[::-1])) for a, b in (pupils, (left, right)))
        rolls.append(abs(got - wanted))
    return distances, rolls


def test_lenses_stand_before_the_pupils(errors):
    distances, _ = errors
    assert np.mean(distances) <= 0.03
    assert np.percentile(distances, 95) <= 0.06


def test_glasses_lean_as_the_eyes_do(errors):
    _, rolls = errors
    assert max(rolls) <= 1.5


def test_glasses_of_a_known_width_are_as_wide_as_that(models, photo):
    scene = Scene.of(models, photo.resize((1536, 1536)))
    front = marked_glasses()
    narrow, wide = (
        anchoring.wearable(front.cutout, Kind.GLASSES, millimetres=width) for width in (120, 150)
    )
    gaps = []
    for one in (narrow, wide):
        left, right = lens_centres(scene.photo, wearing.worn(scene, one))
        gaps.append(np.linalg.norm(right - left))
    assert gaps[1] / gaps[0] == pytest.approx(150 / 120, rel=0.02)
    # An iris is 11.7 mm wide: half of 120 mm between the dots.
    assert gaps[0] == pytest.approx(60 * scene.face.millimetre, rel=0.04)


def test_a_turned_photo_without_its_tag_is_put_upright(models, photo):
    for turn in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270):
        scene = Scene.of(models, photo.transpose(turn))
        assert scene.face.points[468, :2] == pytest.approx(PUPILS[0], abs=2)


def turned(scene, degrees):
    """The scene with a face whose right side (above 0) is so far away."""
    face, angle = scene.face, math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    about = face.points.mean(0)
    spin = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    points = (face.points - about) @ spin + about
    return Scene(scene._models, scene.photo, replace(face, points=points))


@pytest.mark.parametrize("side", [-1, 1])
def test_a_turned_head_shows_the_near_arm(models, photo, side):
    scene = Scene.of(models, photo.resize((1536, 1536)))
    skin = tuple(
        np.asarray(scene.photo)[
            scene.face.points[50, 1].astype(int), scene.face.points[50, 0].astype(int)
        ]
    )
    bald = Scene(models, Image.new("RGB", scene.photo.size, tuple(map(int, skin))), scene.face)
    away = turned(bald, 18 * side)
    assert away.face.yaw * side == pytest.approx(18, abs=4)
    change = np.abs(
        np.asarray(wearing.worn(away, marked_glasses()), int) - np.asarray(bald.photo, int)
    )
    drawn = np.flatnonzero((change.max(2) > 90).any(0))
    left, right = away.face.eyes[0] - drawn[0], drawn[-1] - away.face.eyes[0]
    near, far = (left, right) if side > 0 else (right, left)
    assert near > far + 0.15 * away.face.width


def test_hair_hides_the_arm(models, photo):
    scene = turned(Scene.of(models, photo.resize((1536, 1536))), 18)
    change = np.abs(
        np.asarray(wearing.worn(scene, marked_glasses()), int) - np.asarray(scene.photo, int)
    )
    drawn = np.flatnonzero((change.max(2) > 90).any(0))
    assert scene.face.eyes[0] - drawn[0] < 0.62 * scene.face.width


@pytest.mark.parametrize(("degrees", "count"), [(0, 2), (10, 2), (20, 1), (-20, 1)])
def test_an_ear_that_is_turned_away_wears_nothing(models, photo, degrees, count):
    earring = Image.new("RGBA", (40, 120), (255, 0, 255, 255))
    scene = turned(Scene.of(models, photo.resize((1536, 1536))), degrees)
    picture = wearing.worn(scene, anchoring.wearable(earring, Kind.EARRINGS, millimetres=24))
    pink = np.asarray(picture, int)
    shown = (pink[..., 0] > 150) & (pink[..., 1] < 60) & (pink[..., 2] > 150)
    columns = np.flatnonzero(shown.any(0))
    sides = {bool(x > scene.face.eyes[0]) for x in columns}
    assert len(sides) == count
    if count == 1:
        assert sides == {degrees < 0}


def test_ears_beyond_the_photo_are_told(models, photo):
    scene = Scene.of(models, photo)
    left, right = scene.face.outline[:, 0].min(), scene.face.outline[:, 0].max()
    face = scene.face.moved(-left - 2, 0)
    narrow = Scene(models, photo.crop((int(left) + 2, 0, int(right) - 2, 512)), face)
    earring = anchoring.wearable(Image.new("RGBA", (40, 120), "red"), Kind.EARRINGS)
    with pytest.raises(ProductError) as refused:
        wearing.worn(narrow, earring)
    assert refused.value.code == "ear_not_visible"


def test_earrings_hang_straight_down_from_both_lobes(models, photo):
    earring = Image.new("RGBA", (40, 200))
    ImageDraw.Draw(earring).rectangle((0, 0, 39, 199), fill=(255, 0, 255, 255))
    scene = Scene.of(models, photo.resize((1536, 1536)).rotate(12, Image.Resampling.BICUBIC))
    picture = wearing.worn(scene, anchoring.wearable(earring, Kind.EARRINGS, millimetres=40))
    change = np.abs(np.asarray(picture, int) - np.asarray(scene.photo, int))
    green = change[..., 1]
    columns = np.flatnonzero((np.asarray(picture)[..., 1] < 60).any(0) & (green > 60).any(0))
    left, right = columns[columns < scene.face.eyes[0]], columns[columns > scene.face.eyes[0]]
    expected = 40 / 5 * scene.face.millimetre
    for side in (left, right):
        # Straight down: as wide as the earring itself, however the head leans.
        assert side[-1] - side[0] + 1 == pytest.approx(expected, abs=3)
    assert left[0] < scene.face.outline[:, 0].min() + 0.1 * scene.face.width
    assert right[-1] > scene.face.outline[:, 0].max() - 0.1 * scene.face.width


def test_a_hat_that_reaches_over_the_edge_gets_room(models, photo):
    scene = Scene.of(models, photo)
    hat = Image.new("RGBA", (400, 400), (200, 30, 30, 255))
    picture = wearing.worn(scene, anchoring.wearable(hat, Kind.HAT))
    assert picture.width == 512
    assert picture.height > 512
    added = picture.height - 512
    assert (
        np.abs(
            np.asarray(picture.crop((0, added + 400, 512, added + 512)), int)
            - np.asarray(photo.crop((0, 400, 512, 512)), int)
        ).max()
        == 0
    )


def test_several_products_lie_one_over_the_other(models, photo):
    scene = Scene.of(models, photo.resize((1024, 1024)))
    hat = anchoring.wearable(Image.new("RGBA", (400, 300), (200, 30, 30, 255)), Kind.HAT)
    glasses = marked_glasses()
    both = wearing.worn(scene, hat, glasses)
    assert np.array_equal(np.asarray(both), np.asarray(wearing.worn(scene, glasses, hat)))
    assert not np.array_equal(np.asarray(both), np.asarray(wearing.worn(scene, hat)))


def cut(photo, box):
    return photo.crop(box)


def beside(photo):
    pair = Image.new("RGB", (1024, 512))
    pair.paste(photo, (0, 0))
    pair.paste(ImageOps.mirror(photo), (512, 0))
    return pair


def drawn_face():
    picture = Image.new("RGB", (600, 600), (255, 224, 60))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((60, 60, 540, 540), fill=(255, 204, 0), outline="black", width=8)
    for x in (210, 390):
        pen.ellipse((x - 40, 200, x + 40, 280), fill="white", outline="black", width=6)
        pen.ellipse((x - 14, 230, x + 14, 258), fill="black")
    pen.arc((180, 260, 420, 460), 20, 160, fill="black", width=10)
    return picture


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (lambda p: Image.new("RGB", (600, 600), "white"), {"no_face"}),
        (lambda p: Image.effect_noise((600, 600), 90).convert("RGB"), {"no_face"}),
        (lambda p: drawn_face(), {"no_face", "no_landmarks"}),
        (lambda p: p.crop((0, 200, 512, 512)), {"no_face"}),
        (beside, {"several_faces"}),
        (lambda p: p.resize((300, 300)), {"face_too_small"}),
        (lambda p: p.crop((0, 0, 226, 512)).resize((452, 1024)), {"face_cut_off", "no_face"}),
        (lambda p: p.crop((100, 0, 400, 124)).resize((900, 372)), {"face_cut_off", "no_face"}),
        (lambda p: p.resize((1024, 1024)).rotate(56, Image.Resampling.BICUBIC), {"tilted"}),
        (lambda p: p.resize((1024, 1024)).rotate(-56, Image.Resampling.BICUBIC), {"tilted"}),
    ],
)  # fmt: skip
def test_photos_that_cant_be_used_are_refused(models, photo, change, codes):
    with pytest.raises(PhotoError) as refused:
        Scene.of(models, change(photo))
    assert refused.value.code in codes
