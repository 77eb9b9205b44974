"""Products and their variants to records: what can be bought is a variant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.platforms import base, values
from connectors.platforms.shopify import gids

ACTIVE = "ACTIVE"
# The title that Shopify gives the one variant of a product without options.
NO_CHOICE = "Default Title"
LONGEST_STATUS = 50


def items(product: base.Json) -> list[base.Json]:
    """Each variant of a product whose ``variants`` are a list, with its product beside it."""
    found = values.listed(product["variants"])
    shared = {name: value for name, value in product.items() if name != "variants"}
    return [{**variant, "product": shared} for variant in found]


def record(variant: base.Json, notes: list[base.Note]) -> base.ProductRecord:
    """The variant with its product; raises ``RecordError``, ``KeyError`` or ``TypeError``.

    What had to be cut short is added to ``notes``.
    """
    product = variant["product"]
    remote_id = gids.number(variant["id"])
    status, text = values.text(product["status"]), values.text
    return base.ProductRecord(
        remote_id=remote_id,
        parent_remote_id=gids.number(product["id"], "Its product's id"),
        sku=text(variant.get("sku")).strip(),
        title=_title(product, variant, notes, remote_id),
        description=text(product.get("descriptionHtml")),
        price=_price(variant.get("price")),
        available=status == ACTIVE and variant.get("availableForSale") is True,
        kind=_kind(product),
        status=status.lower()[:LONGEST_STATUS],
        stock_quantity=_stock(variant),
        image_url=_image(product),
        options=options(variant),
        created_at=values.optional_moment(variant.get("createdAt")),
        modified_at=modified_at(variant),
        metadata=_payload(variant, product),
    )


def modified_at(variant: base.Json) -> datetime | None:
    """When the variant or its product was changed last: a product's title is part of the row."""
    moments = (
        values.optional_moment(variant.get("updatedAt")),
        values.optional_moment(variant["product"].get("updatedAt")),
    )
    return max((moment for moment in moments if moment is not None), default=None)


def options(variant: base.Json) -> dict[str, str]:
    """What the variant stands for: {"Colour": "Red"}; {} where there is no choice."""
    found = {
        values.plain(option["name"]): values.plain(option["value"])
        for option in values.listed(variant.get("selectedOptions"))
    }
    return {} if list(found.values()) == [NO_CHOICE] else found


def labels(variant: base.Json) -> base.Labels:
    """The product's type and tags, of a variant's payload."""
    product = variant.get("product")
    if type(product) is not dict:
        return base.Labels()
    kind, tags = product.get("productType"), product.get("tags")
    return base.Labels(
        product_type=kind if type(kind) is str else "",
        tags=tuple(one for one in tags if type(one) is str) if type(tags) is list else (),
    )


def _title(product: base.Json, variant: base.Json, notes: list[base.Note], remote_id: int) -> str:
    title = values.plain(product["title"])
    chosen = ", ".join(options(variant).values())
    if chosen:
        title = f"{title} – {chosen}"
    if len(title) > values.LONGEST_TEXT:
        notes.append(values.cut_note(remote_id, "title_cut", values.LONGEST_TEXT))
        title = title[: values.LONGEST_TEXT]
    return title


def _price(value: Any) -> Any:
    return None if value is None else values.amount(value, "Its price")


def _kind(product: base.Json) -> str:
    if product.get("isGiftCard") is True:
        return "gift_card"
    return "simple" if product.get("hasOnlyDefaultVariant") is True else "variation"


def _stock(variant: base.Json) -> int | None:
    """Units in stock; None where Shopify does not count them."""
    item, quantity = variant.get("inventoryItem"), variant.get("inventoryQuantity")
    if type(item) is dict and item.get("tracked") is False:
        return None
    if type(quantity) is not int or abs(quantity) > values.LARGEST_INTEGER:
        return None
    return quantity


def _image(product: base.Json) -> str:
    found: Any = product.get("featuredMedia")
    for step in ("preview", "image", "url"):
        found = found.get(step) if type(found) is dict else None
    return found if type(found) is str else ""


def _payload(variant: base.Json, product: base.Json) -> base.Json:
    """The variant as it came; the description, which may be long, has a column of its own."""
    shared = {name: value for name, value in product.items() if name != "descriptionHtml"}
    return {**variant, "product": shared}
