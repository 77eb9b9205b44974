"""`python -m benchmarks.tryon`: how many photos are taken, and how long trying on takes.

Measures the photos of the folder STOREKEEP_PHOTOS where it is set, and the portrait of the tests.
``--sheets docs/images`` writes contact sheets of every kind on every face instead.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from PIL import Image, ImageDraw

from connectors.sandbox import wearables
from tryon.engine import analysis, anchoring, cutout, pictures, wearing
from tryon.engine.analysis import FaceModels
from tryon.engine.errors import TryOnError
from tryon.engine.kinds import Kind, Wearable
from tryon.engine.scene import Scene

ROOT = Path(__file__).resolve().parent.parent
PORTRAIT = ROOT / "tests" / "fixtures" / "faces" / "astronaut.jpg"
KINDS = {
    "Glasses": Kind.GLASSES, "Sunglasses": Kind.SUNGLASSES, "Hats": Kind.HAT,
    "Earrings": Kind.EARRINGS, "Necklaces": Kind.NECKLACE, "Tops": Kind.TOP,
}  # fmt: skip
# Of the portrait, in the sizes in which telephones and shops have photos.
SIDES = (512, 1024, 1600)
CELL = 360
# How far a sheet shows around the eyes, in widths of the face, and how much lower its middle is.
VIEWS = {Kind.HAT: (1.3, -0.25), Kind.NECKLACE: (1.6, 0.75), Kind.TOP: (2.3, 0.6)}
Times = dict[str, list[float]]


class Measured:
    """Times by stage, in milliseconds."""

    def __init__(self) -> None:
        self.times: Times = defaultdict(list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.times[name].append((time.perf_counter() - began) * 1000)

    def lines(self) -> Iterator[str]:
        yield "| stage | times | median, ms | p95, ms |"
        yield "| --- | --- | --- | --- |"
        for name, times in self.times.items():
            p95 = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
            yield f"| {name} | {len(times)} | {median(times):.0f} | {p95:.0f} |"


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--sheets", type=Path, help="write contact sheets into this folder")
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    models = analysis.loaded(_models())
    products = _products(Measured())
    if asked.sheets:
        _write_sheets(models, products, asked.sheets)
        return
    _measure(models, asked.rounds)


def _models() -> Path:
    var = os.environ.get("STOREKEEP_VAR") or ROOT / "var"
    return Path(os.environ.get("TRYON_MODELS") or Path(var) / "models")


def photos() -> dict[str, bytes]:
    """The portrait, and what is in STOREKEEP_PHOTOS."""
    found = {PORTRAIT.stem: PORTRAIT.read_bytes()}
    folder = os.environ.get("STOREKEEP_PHOTOS")
    for file in sorted(Path(folder).iterdir()) if folder else ():
        if file.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"):
            found[file.stem] = file.read_bytes()
    return found


def _products(measured: Measured) -> dict[str, Wearable]:
    found = {}
    for article in wearables.ARTICLES:
        kind, content = KINDS[article.category], wearables.picture(article.sku)
        with measured.stage("cut out, points"):
            picture = pictures.product(content)
            found[article.title] = anchoring.wearable(cutout.cut(picture, kind), kind)
    return found


def _measure(models: FaceModels, rounds: int) -> None:
    measured, outcomes = Measured(), Counter[str]()
    products = _products(measured)
    for content in photos().values():
        try:
            Scene.of(models, pictures.photo(content))
            outcomes["accepted"] += 1
        except TryOnError as error:
            outcomes[error.code] += 1
    for content in _sized(photos()):
        for _ in range(rounds):
            _try(models, content, products, measured)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("Photos:", ", ".join(f"{code} {count}" for code, count in outcomes.most_common()))
    print("\n".join(measured.lines()))
    glasses = [name for name in ("face", "glasses", "JPEG") if name in measured.times]
    total = sum(median(measured.times[name]) for name in glasses)
    print(f"Glasses beyond decoding, at the median: {total:.0f} ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"Most memory: {peak:.0f} MB")


def _sized(given: dict[str, bytes]) -> Iterator[bytes]:
    portrait = pictures.photo(given[PORTRAIT.stem])
    for side in SIDES:
        yield pictures.jpeg(portrait.resize((side, side), Image.Resampling.BICUBIC))
    yield from (content for name, content in given.items() if name != PORTRAIT.stem)


def _try(
    models: FaceModels, content: bytes, products: dict[str, Wearable], measured: Measured
) -> None:
    with measured.stage("decode"):
        photo = pictures.photo(content)
    try:
        with measured.stage("face"):
            scene = Scene.of(models, photo)
    except TryOnError:
        return
    for product in products.values():
        fresh = Scene(models, scene.photo, scene.face)
        try:
            with measured.stage(product.kind.value):
                picture = wearing.worn(fresh, product)
        except TryOnError:
            continue
        with measured.stage("JPEG"):
            pictures.jpeg(picture)


def _write_sheets(models: FaceModels, products: dict[str, Wearable], folder: Path) -> None:
    """One picture for each kind: a row for each face, a column for each product."""
    folder.mkdir(parents=True, exist_ok=True)
    scenes = list(_scenes(models))
    for kind in Kind:
        own = {title: one for title, one in products.items() if one.kind is kind}
        sheet = Image.new("RGB", (CELL * len(own), (CELL + 20) * len(scenes)), "white")
        for row, scene in enumerate(scenes):
            for column, (title, product) in enumerate(own.items()):
                at = (column * CELL, row * (CELL + 20))
                sheet.paste(_cell(scene, product), at)
                ImageDraw.Draw(sheet).text((at[0] + 6, at[1] + CELL + 4), title, fill="black")
        file = folder / f"try-on-{kind}.jpg"
        sheet.save(file, quality=82, optimize=True)
        print(file)


def _scenes(models: FaceModels) -> Iterator[Scene]:
    for content in photos().values():
        photo = pictures.photo(content)
        larger = photo.resize((photo.width * 2, photo.height * 2), Image.Resampling.BICUBIC)
        for one in (larger, _leaning(larger)):
            try:
                yield Scene.of(models, one)
            except TryOnError as error:
                print(f"left out: {error.code}", file=sys.stderr)


def _leaning(photo: Image.Image) -> Image.Image:
    return photo.rotate(18, Image.Resampling.BICUBIC, fillcolor=(214, 208, 206))


def _cell(scene: Scene, product: Wearable) -> Image.Image:
    """The head, or head and shoulders, with the product on."""
    try:
        picture = wearing.worn(scene, product)
    except TryOnError:
        return Image.new("RGB", (CELL, CELL), "lightgrey")
    above = picture.height - scene.photo.height
    x, y = scene.face.eyes[:2]
    far, low = VIEWS.get(product.kind, (1.3, 0.0))
    reach = scene.face.width * far
    middle = max(reach, y + above + low * reach)
    box = (round(x - reach), round(middle - reach), round(x + reach), round(middle + reach))
    return picture.crop(box).resize((CELL, CELL), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
