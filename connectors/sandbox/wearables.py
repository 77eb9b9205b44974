"""What the demo shop sells to wear, with pictures that are drawn, so that nobody owns them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageFilter

from connectors.sandbox import drawing
from connectors.sandbox.drawing import Drawing
from connectors.sandbox.shop import SITE

FOLDER = "/pictures/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A product to wear; ``on_white``: its picture is a studio photo, else a clear PNG."""

    sku: str
    title: str
    price: int
    category: str
    draw: Callable[[], Drawing]
    on_white: bool = False


def _glasses(**how: object) -> Callable[[], Drawing]:
    return lambda: drawing.glasses(**how)  # type: ignore[arg-type]


ARTICLES = (
    Article(
        sku="WEAR-ROUND", title="Round wire glasses", price=4500, category="Glasses",
        draw=_glasses(colour=(176, 141, 87), lens=(0.215, 0.205), corner=2.0, rim=0.011),
    ),
    Article(
        sku="WEAR-SQUARE", title="Square acetate glasses", price=5900, category="Glasses",
        draw=_glasses(colour=(28, 27, 30), lens=(0.215, 0.165), corner=3.6, rim=0.03),
        on_white=True,
    ),
    Article(
        sku="WEAR-TORTOISE", title="Tortoise panto glasses", price=6500, category="Glasses",
        draw=_glasses(
            colour=(112, 62, 28), lens=(0.21, 0.185), corner=2.5, rim=0.024, mottled=True
        ),
        on_white=True,
    ),
    Article(
        sku="WEAR-AVIATOR", title="Aviator sunglasses", price=7900, category="Sunglasses",
        draw=_glasses(
            colour=(190, 160, 96), lens=(0.225, 0.2), corner=2.3, rim=0.01, tint=(62, 70, 52),
        ),
    ),
    Article(
        sku="WEAR-SUN-BLACK", title="Black square sunglasses", price=6900, category="Sunglasses",
        draw=_glasses(
            colour=(22, 22, 24), lens=(0.215, 0.175), corner=3.2, rim=0.03, tint=(30, 32, 38),
        ),
        on_white=True,
    ),
    Article(
        sku="WEAR-BEANIE", title="Ribbed beanie", price=2400, category="Hats",
        draw=lambda: drawing.beanie(colour=(142, 48, 44)),
    ),
    Article(
        sku="WEAR-CAP", title="Navy cap", price=2900, category="Hats",
        draw=lambda: drawing.cap(colour=(34, 48, 84)), on_white=True,
    ),
    Article(
        sku="WEAR-FEDORA", title="Felt fedora hat", price=5500, category="Hats",
        draw=lambda: drawing.fedora(colour=(122, 96, 72)),
    ),
    Article(
        sku="WEAR-DROPS", title="Teardrop earrings", price=3200, category="Earrings",
        draw=lambda: drawing.drops(stone=(28, 116, 108)),
    ),
    Article(
        sku="WEAR-HOOPS", title="Gold hoop earrings", price=2800, category="Earrings",
        draw=lambda: drawing.hoops(colour=(212, 170, 80)), on_white=True,
    ),
    Article(
        sku="WEAR-PENDANT", title="Pendant necklace", price=3900, category="Necklaces",
        draw=lambda: drawing.pendant(colour=(206, 166, 84), stone=(120, 32, 60)),
    ),
    Article(
        sku="WEAR-BEADS", title="Bead necklace", price=3400, category="Necklaces",
        draw=lambda: drawing.beads(colour=(38, 84, 124)), on_white=True,
    ),
    Article(
        sku="WEAR-TEE", title="Green T-shirt", price=1900, category="Tops",
        draw=lambda: drawing.tee(colour=(62, 112, 84)),
    ),
)  # fmt: skip
BY_SKU: Mapping[str, Article] = {article.sku: article for article in ARTICLES}


@lru_cache(maxsize=len(ARTICLES))
def picture(sku: str) -> bytes:
    """An article's picture: PNG where it is clear around, JPEG where it is on white."""
    article = BY_SKU[sku]
    drawn = article.draw().finished()
    written = io.BytesIO()
    if article.on_white:
        on_white(drawn).save(written, "JPEG", quality=92)
    else:
        drawn.save(written, "PNG")
    return written.getvalue()


def on_white(drawn: Image.Image) -> Image.Image:
    """As a studio takes it: on white paper, with a soft shadow below."""
    margin = drawn.width // 12
    size = (drawn.width + 2 * margin, drawn.height + 2 * margin)
    shade = Image.new("L", size)
    shade.paste(
        drawn.getchannel("A").point(lambda value: value * 0.16), (margin, margin + margin // 3)
    )
    paper = Image.new("RGB", size, (255, 255, 255))
    soft = shade.filter(ImageFilter.GaussianBlur(margin / 3))
    paper.paste((120, 120, 124), (0, 0), soft)
    paper.paste(drawn, (margin, margin), drawn)
    return paper


def address(sku: str) -> str:
    """The picture's address in the shop's data; ``homed`` puts the sandbox's own in its place."""
    return f"{SITE}{FOLDER}{sku.lower()}.{'jpg' if BY_SKU[sku].on_white else 'png'}"


def homed(body: bytes, origin: str) -> bytes:
    """An answer whose pictures are where the sandbox serves them."""
    return body.replace(f"{SITE}{FOLDER}".encode(), f"{origin}{FOLDER}".encode())


def served(path: str) -> tuple[bytes, str] | None:
    """The bytes and the type behind a path, None where there is no such picture."""
    for article in ARTICLES:
        if address(article.sku) == f"{SITE}{path}":
            return picture(article.sku), "image/jpeg" if article.on_white else "image/png"
    return None
