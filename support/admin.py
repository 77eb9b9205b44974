"""Requests about orders in the console."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from connectors import lists, presenting
from orders import related
from support import explaining, explaining_addresses
from support.console import (
    asking,
    bulk,
    deciding,
    destinations,
    pages,
    queues,
    readdressing,
    showing,
)
from support.models import (
    AddressUpdateRequest,
    OrderRequest,
    RefundLimit,
    RefundReason,
    RefundRequest,
)


def _next(asked: OrderRequest, found: explaining.Explanation) -> SafeString:
    """The one thing to do about a request, as its list shows it."""
    if found.action == "wait":
        return SafeString('<span class="sk-faint">Wait</span>')
    return presenting.link(presenting.page_of(asked) if found.label else "", found.label)


class RequestAdmin(lists.ViewAdmin):
    """What the lists of requests have in common."""

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


class QueueFilter(DropdownFilter):
    """The queues that somebody works through."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, queue.title) for name, queue in queues.QUEUES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queue = queues.QUEUES.get(self.value() or "")
        return queryset.filter(stage__in=queue.stages, is_external=False) if queue else queryset


class AddressQueueFilter(DropdownFilter):
    """The same for address changes."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, queue.title) for name, queue in queues.ADDRESS_QUEUES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queue = queues.ADDRESS_QUEUES.get(self.value() or "")
        return queryset.filter(stage__in=queue.stages) if queue else queryset


@admin.register(RefundRequest)
class RefundAdmin(RequestAdmin):
    list_display = (
        "requested",
        "order_link",
        "money",
        "state",
        "evidence",
        "next_action",
        "asker",
    )
    list_filter = (
        QueueFilter,
        ("stage", lists.ChoicesDropdownFilter),
        ("asked_by_customer", lists.YesNoFilter),
        ("is_external", lists.YesNoFilter),
        ("platform", lists.PlatformFilter),
        ("requested_at", lists.DaysFilter),
    )
    list_defer = ("response", "payload")
    list_select_related = ("requested_by",)

    @display(description="amount")
    def money(self, asked: RefundRequest) -> SafeString:
        amount = presenting.money(asked.amount, asked.currency)
        return format_html('<span class="sk-nowrap">{}</span>', amount)

    @display(description="stage")
    def state(self, asked: RefundRequest) -> SafeString | str:
        return presenting.pill(showing.badge(asked))

    @display(description="evidence")
    def evidence(self, asked: RefundRequest) -> str:
        return queues.evidence(asked)

    @display(description="next")
    def next_action(self, asked: RefundRequest) -> SafeString:
        return _next(asked, explaining.explained(asked))

    @display(description="asked by")
    def asker(self, asked: RefundRequest) -> str:
        if asked.is_external:
            return "the store"
        return asked.asker or presenting.NONE

    def page_context(self, request: HttpRequest, obj: RefundRequest) -> dict[str, Any]:
        return showing.page_context(request, obj)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        own = [
            path("order/<str:platform>/<str:order_id>/", wrap(self.ask_view),
                 name="support_refundrequest_ask"),
            path("order/<str:platform>/<str:order_id>/preview/", wrap(require_POST(self.preview)),
                 name="support_refundrequest_preview"),
            path("bulk/", wrap(require_POST(self.bulk_view)), name="support_refundrequest_bulk"),
            path("<uuid:key>/state/", wrap(self.state_view), name="support_refundrequest_state"),
            path("<uuid:key>/edit/", wrap(self.edit_view), name="support_refundrequest_edit"),
            path("<uuid:key>/<str:what>/decide/", wrap(require_POST(self.decide_view)),
                 name="support_refundrequest_decide"),
        ]  # fmt: skip
        return own + super().get_urls()

    def ask_view(self, request: HttpRequest, platform: str, order_id: str) -> HttpResponse:
        """Asks for a refund of an order."""
        return asking.ask_view(request, pages.order_of(platform, order_id), self.admin_site)

    def preview(self, request: HttpRequest, platform: str, order_id: str) -> HttpResponse:
        """What the entered refund comes to."""
        return asking.preview_view(request, pages.order_of(platform, order_id))

    def state_view(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        """The state of a refund, for a page that is open."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = get_object_or_404(RefundRequest, pk=key)
        context = showing.state_context(request, found)
        return TemplateResponse(request, "admin/support/refundrequest/state.html", context)

    def edit_view(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        """Changes a refund that was not sent yet."""
        return asking.edit_view(request, get_object_or_404(RefundRequest, pk=key), self.admin_site)

    def decide_view(self, request: HttpRequest, key: uuid.UUID, what: str) -> HttpResponse:
        """Approves, declines, takes back or settles."""
        return deciding.decide(request, key, what)

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """Refunds many orders whole, after a dry run."""
        return bulk.bulk_view(request, self.admin_site)


@admin.register(RefundReason)
class ReasonAdmin(lists.ListAdmin):
    list_display = ("label", "code", "position", "is_active", "for_customers")
    list_editable = ("position", "is_active", "for_customers")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()


@admin.register(RefundLimit)
class LimitAdmin(lists.ListAdmin):
    list_display = ("group", "currency", "amount")
    list_filter = (("group", RelatedDropdownFilter),)


@admin.register(AddressUpdateRequest)
class AddressChangeAdmin(RequestAdmin):
    list_display = (
        "requested",
        "order_link",
        "state",
        "evidence",
        "next_action",
        "asker",
    )
    list_filter = (
        AddressQueueFilter,
        ("stage", lists.ChoicesDropdownFilter),
        ("asked_by_customer", lists.YesNoFilter),
        ("platform", lists.PlatformFilter),
        ("requested_at", lists.DaysFilter),
    )
    list_defer = ("response", "new_address", "seen_address", "previous_address", "live_address")
    list_select_related = ("requested_by",)

    @display(description="stage")
    def state(self, asked: AddressUpdateRequest) -> SafeString | str:
        return presenting.pill(destinations.badge(asked))

    @display(description="evidence")
    def evidence(self, asked: AddressUpdateRequest) -> str:
        return queues.evidence(asked)

    @display(description="next")
    def next_action(self, asked: AddressUpdateRequest) -> SafeString:
        return _next(asked, explaining_addresses.explained(asked))

    @display(description="asked by")
    def asker(self, asked: AddressUpdateRequest) -> str:
        return asked.asker or presenting.NONE

    def page_context(self, request: HttpRequest, obj: AddressUpdateRequest) -> dict[str, Any]:
        return destinations.page_context(request, obj)

    def get_urls(self) -> list[Any]:
        wrap, name = self.admin_site.admin_view, "support_addressupdaterequest"
        own = [
            path("order/<str:platform>/<str:order_id>/", wrap(self.ask_view), name=f"{name}_ask"),
            path("fields/", wrap(require_POST(self.fields_view)), name=f"{name}_fields"),
            path("<uuid:key>/state/", wrap(self.state_view), name=f"{name}_state"),
            path("<uuid:key>/undo/", wrap(self.undo_view), name=f"{name}_undo"),
            path("<uuid:key>/<str:what>/decide/", wrap(require_POST(self.decide_view)),
                 name=f"{name}_decide"),
        ]  # fmt: skip
        return own + super().get_urls()

    def ask_view(self, request: HttpRequest, platform: str, order_id: str) -> HttpResponse:
        """Asks for another address of an order."""
        order = pages.order_of(platform, order_id)
        return readdressing.ask_view(request, order, self.admin_site)

    def fields_view(self, request: HttpRequest) -> HttpResponse:
        """The fields of a country's addresses."""
        return readdressing.fields_view(request)

    def state_view(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        """The state of a change, for a page that is open."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = get_object_or_404(AddressUpdateRequest, pk=key)
        context = destinations.state_context(request, found)
        return TemplateResponse(request, f"{readdressing.FOLDER}/state.html", context)

    def undo_view(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        """Puts the earlier address back, once that is confirmed."""
        found = get_object_or_404(AddressUpdateRequest, pk=key)
        return readdressing.undo_view(request, found, self.admin_site)

    def decide_view(self, request: HttpRequest, key: uuid.UUID, what: str) -> HttpResponse:
        """Approves, declines or takes back."""
        return deciding.decide_address(request, key, what)
