"""Recommendations in the console."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from catalog.models import PlatformProduct
from connectors import lists, presenting
from recommendations.models import RecommendationLog


@admin.register(RecommendationLog)
class RecommendationAdmin(lists.ViewAdmin):
    list_display = ("requested", "buyer", "count", "confidence", "platform")
    list_filter = (
        ("platform", lists.PlatformFilter),
        ("requested_at", lists.DaysFilter),
    )
    search_fields = ("=customer_id",)
    search_help_text = "A whole customer id"
    fields = ("requested", "buyer", "platform", "products", "confidence")
    readonly_fields = fields

    def get_list_prefetch(self) -> list[Any]:
        return ["customer"]

    @display(description="requested")
    def requested(self, log: RecommendationLog) -> SafeString:
        return presenting.when(log.requested_at)

    @display(description="customer")
    def buyer(self, log: RecommendationLog) -> SafeString | str:
        if log.customer is None:
            return "Guest"
        return presenting.link(presenting.page_of(log.customer), log.customer)

    @display(description="products")
    def count(self, log: RecommendationLog) -> str:
        return presenting.whole(len(log.recommendations))

    @display(description="products, best first")
    def products(self, log: RecommendationLog) -> SafeString:
        found = PlatformProduct.objects.filter(sku__in=log.recommendations, platform=log.platform)
        titles = {one.sku: one for one in found.only("sku", "platform", "title")}
        rows = ((sku, titles.get(sku)) for sku in log.recommendations)
        return format_html_join("", "<div>{}</div>", ((_product(sku, one),) for sku, one in rows))


def _product(sku: str, product: PlatformProduct | None) -> SafeString:
    if product is None:
        return presenting.link("", f"{sku} (not in the catalogue)")
    return presenting.link(presenting.page_of(product), f"{product.title} ({sku})")
