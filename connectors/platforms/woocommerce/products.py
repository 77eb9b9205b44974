"""Products and their variations: raw JSON to records."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.platforms import base, values

VARIABLE = "variable"
VARIATION = "variation"
PUBLISHED = "publish"
IN_STOCK = frozenset(("instock", "onbackorder"))
LONGEST_KIND = 20
LONGEST_STATUS = 50


def record(
    product: base.Json, notes: list[base.Note], parent_title: str = ""
) -> base.ProductRecord:
    """The product or variation; raises ``RecordError``, ``KeyError`` or ``TypeError``.

    ``parent_title`` is that of a variation's parent, where it is known. What had to be cut short is
    added to ``notes``.
    """
    remote_id = values.identity(product["id"])
    kind, status = values.text(product["type"]), values.text(product["status"])
    parent_id = product.get("parent_id")
    is_variation = kind == VARIATION
    text = values.text
    return base.ProductRecord(
        remote_id=remote_id,
        parent_remote_id=values.identity(parent_id, "Its parent's id") if is_variation else None,
        sku=text(product.get("sku")),
        title=_title(product, notes, remote_id, parent_title if is_variation else ""),
        description=text(product.get("description")) or text(product.get("short_description")),
        price=_price(product.get("price")),
        available=_is_available(product, kind, status),
        kind=kind[:LONGEST_KIND],
        status=status[:LONGEST_STATUS],
        stock_quantity=_stock(product.get("stock_quantity")),
        image_url=_image(product),
        options=options(product) if is_variation else {},
        created_at=values.optional_moment(product.get("date_created_gmt")),
        modified_at=values.optional_moment(product.get("date_modified_gmt")),
        metadata=product,
    )


def options(product: base.Json) -> dict[str, str]:
    """What a variation stands for: {"Colour": "Red"}; any value of an attribute is left out."""
    found = {}
    for attribute in values.listed(product.get("attributes")):
        option = values.plain(attribute.get("option"))
        if option:
            found[values.plain(attribute.get("name"))] = option
    return found


def labels(product: base.Json) -> base.Labels:
    """Categories and tags; a variation has none of its own."""
    return base.Labels(
        categories=_names(product.get("categories")), tags=_names(product.get("tags"))
    )


def _names(found: Any) -> tuple[str, ...]:
    if type(found) is not list:
        return ()
    named = (one.get("name") for one in found if type(one) is dict)
    return tuple(values.plain(name) for name in named if type(name) is str)


def _title(product: base.Json, notes: list[base.Note], remote_id: int, parent_title: str) -> str:
    title = values.plain(product["name"])
    if parent_title:
        chosen = ", ".join(options(product).values()) or title
        title = f"{parent_title} – {chosen}" if chosen else parent_title
    if len(title) > values.LONGEST_TEXT:
        notes.append(values.cut_note(remote_id, "title_cut", values.LONGEST_TEXT))
        title = title[: values.LONGEST_TEXT]
    return title


def _price(value: Any) -> Decimal | None:
    """The price; a store writes '' where none is set."""
    return None if value in ("", None) else values.amount(value, "Its price")


def _is_available(product: base.Json, kind: str, status: str) -> bool:
    """Whether it can be bought: a variable product can't, only its variations."""
    return (
        product.get("purchasable") is True
        and kind != VARIABLE
        and status == PUBLISHED
        and product.get("stock_status") in IN_STOCK
    )


def _stock(value: Any) -> int | None:
    """Units in stock; plugins that sell by weight have fractions, of which whole units count."""
    if type(value) is float:
        value = int(value // 1)
    if type(value) is not int or abs(value) > values.LARGEST_INTEGER:
        return None
    return value


def _image(product: base.Json) -> str:
    images = values.listed(product.get("images"))
    image = product.get("image") or (images[0] if images else None)
    return values.text(image.get("src")) if type(image) is dict else ""
