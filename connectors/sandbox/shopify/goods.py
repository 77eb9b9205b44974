"""Products, variants and customers as Shopify keeps them, keyed as its API names the fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.shopify import money

Json = dict[str, Any]
DEFAULT_TITLE = "Default Title"
COUNTRIES = {
    "GB": "United Kingdom", "DE": "Germany", "FR": "France", "ES": "Spain", "BE": "Belgium",
    "PT": "Portugal", "CH": "Switzerland", "AU": "Australia", "JE": "Jersey", "JP": "Japan",
    "DK": "Denmark", "FI": "Finland", "PL": "Poland", "AT": "Austria", "CY": "Cyprus",
    "SE": "Sweden", "IT": "Italy", "NO": "Norway", "IE": "Ireland", "NL": "Netherlands",
    "CA": "Canada", "US": "United States", "GR": "Greece", "MT": "Malta",
}  # fmt: skip


def stamp(moment: datetime) -> str:
    """A moment as the API writes it: UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSpec:
    """A variant; ``price`` in the shop's currency, ``stock`` None where it isn't counted."""

    price: str = "10.00"
    sku: str | None = None
    stock: int | None = None
    selected: Mapping[str, str] = field(default_factory=dict)
    compare_at: str | None = None
    barcode: str | None = None
    cost: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSpec:
    """A product with its variants; one without options where none are given."""

    title: str
    variants: Sequence[VariantSpec] = (VariantSpec(),)
    status: str = "ACTIVE"
    vendor: str = "Hearth & Home"
    product_type: str = ""
    description: str = ""
    tags: Sequence[str] = ()
    gift_card: bool = False
    image: str = ""


def product(identity: int, spec: ProductSpec, created: datetime) -> Json:
    """A product's own fields; those that its variants decide come with ``with_variants``."""
    moment = stamp(created)
    names = list(dict.fromkeys(name for one in spec.variants for name in one.selected))
    return {
        "id": identity, "title": spec.title, "handle": handle(spec.title), "status": spec.status,
        "vendor": spec.vendor, "productType": spec.product_type,
        "descriptionHtml": spec.description, "tags": list(spec.tags),
        "createdAt": moment, "updatedAt": moment,
        "publishedAt": moment if spec.status == "ACTIVE" else None,
        "isGiftCard": spec.gift_card, "optionNames": names, "image": spec.image,
    }  # fmt: skip


def handle(title: str) -> str:
    """The words of a title for an address."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "product"


def with_variants(body: Json, variants: Sequence[Json]) -> Json:
    """The product with what its variants make of it: stock, options, how many."""
    tracked = [one for one in variants if one["tracked"]]
    names = body["optionNames"] or ["Title"]
    return {
        **body,
        "totalInventory": sum(one["inventoryQuantity"] or 0 for one in tracked),
        "tracksInventory": bool(tracked),
        "hasOnlyDefaultVariant": not body["optionNames"],
        "hasOutOfStockVariants": any(not one["availableForSale"] for one in variants),
        "totalVariants": len(variants),
        "skus": sorted({one["sku"] for one in variants if one["sku"]}),
        "options": [
            {"id": body["id"] * 10 + position, "name": name, "position": position,
             "values": list(dict.fromkeys(_chosen(one, name) for one in variants))}
            for position, name in enumerate(names, 1)
        ],
    }  # fmt: skip


def _chosen(variant: Json, name: str) -> str:
    found: str = next(
        (one["value"] for one in variant["selectedOptions"] if one["name"] == name), DEFAULT_TITLE
    )
    return found


def variant(
    identity: int, parent: Json, spec: VariantSpec, position: int, created: datetime
) -> Json:
    """A variant of a product."""
    moment = stamp(created)
    selected = spec.selected or {"Title": DEFAULT_TITLE}
    return {
        "id": identity, "product": parent["id"], "title": " / ".join(selected.values()),
        "sku": spec.sku, "barcode": spec.barcode, "position": position,
        "price": money.padded(spec.price),
        "compareAtPrice": money.padded(spec.compare_at) if spec.compare_at else None,
        "taxable": True, "inventoryPolicy": "DENY", "tracked": spec.stock is not None,
        "inventoryQuantity": spec.stock or 0,
        "availableForSale": spec.stock is None or spec.stock > 0,
        "selectedOptions": [{"name": name, "value": value} for name, value in selected.items()],
        "unitCost": spec.cost, "requiresShipping": not parent["isGiftCard"],
        "createdAt": moment, "updatedAt": moment,
    }  # fmt: skip


def customer(identity: int, address: Mapping[str, str], created: datetime) -> Json:
    """A customer with one address, given in the keys of ``people.address``."""
    moment = stamp(created)
    home = mailing_address(identity * 10, address)
    return {
        "id": identity, "firstName": address["first_name"] or None,
        "lastName": address["last_name"] or None, "email": address.get("email") or None,
        "phone": home["phone"], "locale": "en", "state": "DISABLED", "note": None, "tags": [],
        "taxExempt": False, "verifiedEmail": True, "numberOfOrders": 0, "spent": "0",
        "marketing": "NOT_SUBSCRIBED", "addresses": [home], "createdAt": moment,
        "updatedAt": moment,
    }  # fmt: skip


def mailing_address(identity: int, address: Mapping[str, str]) -> Json:
    """An address; missing parts are null, as they are at Shopify."""
    first, last = address.get("first_name") or None, address.get("last_name") or None
    state = (address.get("state") or "").removeprefix(f"{address.get('country')}-")
    return {
        "id": identity, "firstName": first, "lastName": last,
        "name": " ".join(part for part in (first, last) if part) or None,
        "company": address.get("company") or None, "address1": address.get("address_1") or None,
        "address2": address.get("address_2") or None, "city": address.get("city") or None,
        "zip": address.get("postcode") or None, "province": state or None,
        "provinceCode": state if 0 < len(state) <= 3 else None,
        "country": COUNTRIES.get(address.get("country", "")),
        "countryCodeV2": address.get("country") or None,
        "phone": (address.get("phone") or "").replace(" ", "") or None,
    }  # fmt: skip
