"""Requests about orders in the console."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Prefetch
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from connectors import lists, presenting
from orders import addresses, related
from support.models import AddressUpdateRequest, OrderRequest, RefundRequest


class RequestAdmin(lists.ViewAdmin):
    """What the lists of requests have in common."""

    list_display = ("requested", "order_link", "state", "platform")
    list_filter = (
        ("status", lists.ChoicesDropdownFilter),
        ("platform", lists.PlatformFilter),
        ("requested_at", lists.DaysFilter),
    )
    search_fields = ("=order_id",)
    search_help_text = "A whole order id"
    list_defer: ClassVar[tuple[str, ...]] = ("response",)

    def get_list_prefetch(self) -> list[Any]:
        return [Prefetch("order", queryset=related.light())]

    @display(description="requested")
    def requested(self, asked: OrderRequest) -> SafeString:
        return presenting.when(asked.requested_at)

    @display(description="order")
    def order_link(self, asked: Any) -> SafeString:
        return presenting.link(presenting.page_of(asked.order), asked.order)

    @display(description="status")
    def state(self, asked: Any) -> SafeString | str:
        return presenting.pill_of(str(asked.get_status_display()))

    @display(description="the store's answer")
    def answer(self, asked: OrderRequest) -> SafeString | str:
        if asked.response is None:
            return presenting.NONE
        return format_html('<pre class="sk-pre">{}</pre>', presenting.pretty_json(asked.response))


@admin.register(RefundRequest)
class RefundAdmin(RequestAdmin):
    fields = ("requested", "order_link", "state", "answer")
    readonly_fields = fields


@admin.register(AddressUpdateRequest)
class AddressChangeAdmin(RequestAdmin):
    list_defer = ("response", "new_address")
    fields = ("requested", "order_link", "state", "address", "answer")
    readonly_fields = fields

    @display(description="new address")
    def address(self, asked: AddressUpdateRequest) -> SafeString:
        context = {"address": addresses.address(asked.new_address)}
        return render_to_string("console/address.html", context)
