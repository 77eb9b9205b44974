"""The demo shop's goods, made of the sample's products: some become variations of one product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.sandbox import rendering, wearables
from connectors.sandbox.rendering import Json, ProductSpec
from connectors.sandbox.shop import FIRST_ID, SITE

COLOURS = (
    "Red Blue Green Pink White Black Cream Ivory Silver Gold Purple Yellow Orange Turquoise Grey "
    "Natural Brown Antique"
).split()
CATEGORIES = {
    "Bag": "Bags", "Cake": "Kitchen", "Mug": "Kitchen", "Bowl": "Kitchen", "Tin": "Kitchen",
    "Light": "Lighting", "Candle": "Lighting", "Lantern": "Lighting", "Christmas": "Christmas",
    "Card": "Paper", "Paper": "Paper", "Box": "Storage", "Drawer": "Storage", "Clock": "Home",
    "Heart": "Home", "Sign": "Home", "Frame": "Home", "Cushion": "Home",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What a line of an order refers to."""

    name: str
    product_id: int
    variation_id: int
    sku: str | None
    parent_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assortment:
    """All products and variations, and the article of each of the sample's products."""

    products: Sequence[Json]
    variations: Sequence[Json]
    articles: Sequence[Article]


def build(goods: Sequence[tuple[str, str, int]], opened: datetime) -> Assortment:
    """The assortment of a shop that opened then."""
    numbers = iter(range(FIRST_ID["product"], FIRST_ID["product"] + 100_000))
    products: list[Json] = []
    variations: list[Json] = []
    articles: dict[int, Article] = {}
    for name, members in groups(goods):
        created = opened + timedelta(minutes=len(products))
        if len(members) == 1:
            position = members[0][0]
            product = _simple(next(numbers), position, goods[position], created)
            products.append(product)
            articles[position] = _article(product)
            continue
        parent, children = _variable(numbers, name, members, goods, created)
        products.append(parent)
        variations += children
        for (position, _), child in zip(members, children, strict=True):
            articles[position] = _article(parent, child)
    products += _unsold(numbers, opened)
    products += _to_wear(numbers, opened)
    return Assortment(
        products=products,
        variations=variations,
        articles=[articles[position] for position in range(len(goods))],
    )


def groups(
    goods: Sequence[tuple[str, str, int]],
) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Products that differ by their colour alone, as (name, [(position, colour)])."""
    found: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for position, (code, title, _) in enumerate(goods):
        colour = next((word for word in title.split() if word in COLOURS), "")
        rest = " ".join(word for word in title.split() if word != colour)
        taken = {other for _, other in found.get((rest, ""), [])}
        key = (rest, "") if colour and colour not in taken else (title, code)
        found[key].append((position, colour))
    for (name, _), members in found.items():
        yield name, members


def _simple(number: int, position: int, good: tuple[str, str, int], created: datetime) -> Json:
    code, title, price = good
    spec = ProductSpec(
        name=title.replace(" and ", " &amp; "),
        sku="" if position % 61 == 60 else code,
        price=price,
        stock=0 if position % 37 == 36 else 12 + position * 7 % 240,
        description=f"<p>{title}.</p>",
        categories=categories(title),
    )
    return rendering.product(number, spec, created, SITE)


def _variable(
    numbers: Iterator[int],
    name: str,
    members: Sequence[tuple[int, str]],
    goods: Sequence[tuple[str, str, int]],
    created: datetime,
) -> tuple[Json, list[Json]]:
    lowest = min(goods[position][2] for position, _ in members)
    spec = ProductSpec(
        name=name, kind="variable", price=lowest, description=f"<p>{name}.</p>",
        options={"Colour": [colour for _, colour in members]}, categories=categories(name),
    )  # fmt: skip
    parent = rendering.product(next(numbers), spec, created, SITE)
    children = []
    for position, colour in members:
        code, _, price = goods[position]
        own = ProductSpec(name=name, sku=code, price=price, stock=8 + position * 5 % 90)
        children.append(
            rendering.variation(next(numbers), parent, own, ("Colour", colour), created)
        )
    return {**parent, "variations": [child["id"] for child in children]}, children


def _unsold(numbers: Iterator[int], opened: datetime) -> Iterator[Json]:
    """A draft, one in the trash, and one without a price: every shop has some."""
    for name, status, price in (
        ("Spring Wreath (not ready)", "draft", 1495),
        ("Jubilee Bunting", "trash", 495),
        ("Price on Request Dresser", "publish", None),
    ):
        spec = ProductSpec(name=name, status=status, price=price)
        yield rendering.product(next(numbers), spec, opened, SITE)


def _to_wear(numbers: Iterator[int], opened: datetime) -> Iterator[Json]:
    """What can be tried on; nobody has ordered it yet."""
    for article in wearables.ARTICLES:
        spec = ProductSpec(
            name=article.title, sku=article.sku, price=article.price, stock=40,
            description=f"<p>{article.title}.</p>", categories=[article.category],
            image=wearables.address(article.sku),
        )  # fmt: skip
        yield rendering.product(next(numbers), spec, opened, SITE)


def categories(title: str) -> list[str]:
    """The category that a title's words name."""
    return [name for word, name in CATEGORIES.items() if word in title][:1] or ["Gifts"]


def _article(product: Json, variation: Json | None = None) -> Article:
    name = product["name"].replace("&amp;", "&")
    if variation is None:
        return Article(
            name=name, product_id=product["id"], variation_id=0, sku=product["sku"],
            parent_name=None,
        )  # fmt: skip
    return Article(
        name=f"{name} - {variation['name']}", product_id=product["id"],
        variation_id=variation["id"], sku=variation["sku"], parent_name=name,
    )  # fmt: skip
