"""Products in the console."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from catalog.models import PlatformProduct
from connectors import lists, presenting, records
from connectors.models import SyncNote
from connectors.platforms import base

MOST_RELATIVES = 100

records.register(base.Resource.PRODUCTS, PlatformProduct)


@admin.register(PlatformProduct)
class ProductAdmin(lists.ViewAdmin):
    list_display = (
        "title", "sku", "shown_price", "stock", "state", "store", "shown_changed",
    )  # fmt: skip
    list_filter = (
        ("platform", lists.PlatformFilter),
        lists.StoreFilter,
        ("available", lists.YesNoFilter),
        ("remote_modified_at", lists.DaysFilter),
    )
    search_fields = ("^sku", "^merchant_sku", "^title")
    search_help_text = "Starts with: SKU or title"
    sortable_by = ("title", "shown_changed")
    list_defer = ("description", "metadata", "options", "image_url")
    list_stores = True

    @display(description="price")
    def shown_price(self, product: PlatformProduct) -> str:
        if product.exact_price is None:
            return "no price"
        return presenting.money(product.exact_price, product.connector.currency)

    @display(description="stock")
    def stock(self, product: PlatformProduct) -> str:
        return presenting.whole(product.stock_quantity)

    @display(description="state")
    def state(self, product: PlatformProduct) -> SafeString | str:
        return presenting.pill(_state(product))

    @display(description="store")
    def store(self, product: PlatformProduct) -> str:
        return str(product.connector)

    @display(description="changed", ordering="remote_modified_at")
    def shown_changed(self, product: PlatformProduct) -> SafeString:
        return presenting.when(product.remote_modified_at)

    def page_context(self, request: HttpRequest, obj: PlatformProduct) -> dict[str, Any]:
        return {
            "title": obj.title,
            "subtitle": None,
            "product": obj,
            "state": _state(obj),
            "currency": obj.connector.currency,
            "parent": _parent(obj),
            "variants": list(_variants(obj)[:MOST_RELATIVES]),
            "notes": SyncNote.objects.filter(
                connector_id=obj.connector_id,
                resource=base.Resource.PRODUCTS,
                remote_id=obj.remote_id,
            ),
        }


def _state(product: PlatformProduct) -> presenting.Badge:
    if product.deleted_at:
        return presenting.Badge(text="Deleted", colour=presenting.BAD)
    if product.available:
        return presenting.Badge(text="Available", colour=presenting.GOOD)
    return presenting.Badge(text="Unavailable", colour=presenting.WAITING)


def _family(product: PlatformProduct) -> QuerySet[PlatformProduct]:
    return PlatformProduct.objects.filter(connector_id=product.connector_id).defer(
        "description", "metadata"
    )


def _parent(product: PlatformProduct) -> PlatformProduct | None:
    if product.parent_remote_id is None:
        return None
    return _family(product).filter(remote_id=product.parent_remote_id).first()


def _variants(product: PlatformProduct) -> QuerySet[PlatformProduct]:
    return _family(product).filter(parent_remote_id=product.remote_id).order_by("remote_id")
