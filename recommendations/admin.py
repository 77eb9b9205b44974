"""Recommendations in the console: answers, models, what is blocked, and what they are worth."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.decorators import display

from catalog import api as catalog
from catalog.models import PlatformProduct
from connectors import lists, presenting
from orders.models import PlatformCustomer
from recommendations import answering, health, proof, serving, tasks, training
from recommendations.answering import Customer, Wanted
from recommendations.models import Blocked, RecommendationLog, Training

WORTH_DAYS = 90
SHOWN = 12


@admin.register(RecommendationLog)
class RecommendationAdmin(lists.ViewAdmin):
    list_display = ("requested", "buyer", "count", "chance", "strategy", "clicks", "platform")
    list_filter = (
        ("strategy", lists.ChoicesDropdownFilter),
        ("platform", lists.PlatformFilter),
        ("requested_at", lists.DaysFilter),
    )
    search_fields = ("=customer_id",)
    search_help_text = "A whole customer id"
    list_before_template = "admin/recommendations/worth_link.html"
    list_defer = ("answer",)
    fields = (
        "requested", "buyer", "platform", "strategy", "fallback", "made_by", "held_out",
        "chance", "products",
    )  # fmt: skip
    readonly_fields = fields

    def get_list_prefetch(self) -> list[Any]:
        return ["customer", "events"]

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        own = [
            path("worth/", wrap(self.worth_view), name="recommendations_worth"),
            path("of/<str:platform>/<str:customer_id>/", wrap(self.customer_view),
                 name="recommendations_of_customer"),
        ]  # fmt: skip
        return own + super().get_urls()

    def worth_view(self, request: HttpRequest) -> HttpResponse:
        """Clicks, orders and what customers spend beside the holdout."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request), "title": "What recommendations are worth",
            "days": WORTH_DAYS, "report": proof.report(proof.since_days(WORTH_DAYS)),
            "fewest": proof.FEWEST,
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommendations/worth.html", context)

    def customer_view(self, request: HttpRequest, platform: str, customer_id: str) -> HttpResponse:
        """What a customer would be recommended now; nothing is kept of it."""
        may_see = request.user.has_perm("orders.view_platformcustomer")
        if not may_see or not self.has_view_permission(request):
            raise PermissionDenied
        rows = PlatformCustomer.objects.filter(platform=platform, customer_id=customer_id)
        customer = rows.select_related("connector").first()
        if customer is None:
            raise Http404
        wanted = Wanted(
            place=(platform, customer.connector_id), n=SHOWN,
            customer=Customer(customer_id=customer_id, email=customer.email),
        )  # fmt: skip
        # Whoever has just trained a model, or blocked something, wants to see what came of it.
        serving.look()
        answer = answering.answer(wanted, _rows_of(customer))
        context = {
            **self.admin_site.each_context(request), "title": f"Recommended to {customer}",
            "customer": customer, "answer": answer,
            "why": answering.FALLBACKS.get(answer.fallback, ""),
        }  # fmt: skip
        return TemplateResponse(request, "admin/recommendations/customer.html", context)

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

    @display(description="mean chance")
    def chance(self, log: RecommendationLog) -> str:
        return presenting.NONE if log.confidence is None else f"{log.confidence} %"

    @display(description="of the holdout")
    def held_out(self, log: RecommendationLog) -> str:
        return "Yes" if log.is_holdout else "No"

    @display(description="clicks and orders")
    def clicks(self, log: RecommendationLog) -> str:
        return presenting.whole(len(log.events.all()) or None)

    @display(description="instead of what was asked")
    def fallback(self, log: RecommendationLog) -> str:
        why = answering.FALLBACKS.get(log.answer.get("fallback", ""), "")
        return presenting.words(why) or presenting.NONE

    @display(description="model")
    def made_by(self, log: RecommendationLog) -> SafeString | str:
        if log.model_version is None:
            return presenting.NONE
        url = presenting.address_of("recommendations.training", str(log.model_version))
        return presenting.link(url, f"Model {str(log.model_version)[:8]}")

    @display(description="products, best first")
    def products(self, log: RecommendationLog) -> SafeString:
        found = PlatformProduct.objects.filter(sku__in=log.recommendations, platform=log.platform)
        titles = {one.sku: one for one in found.only("sku", "platform", "title")}
        said = {one["sku"]: one for one in log.answer.get("results", ())}
        came = {(one.sku, one.get_kind_display()) for one in log.events.all()}
        return format_html_join(
            "", "<div>{}{}{}</div>",
            (
                (_product(sku, titles.get(sku)), _said(said.get(sku)), _came(sku, came))
                for sku in log.recommendations
            ),
        )  # fmt: skip


@admin.register(Training)
class TrainingAdmin(lists.ViewAdmin):
    list_display = ("asked", "shown_state", "shown_orders", "shown_customers", "shown_skus", "took")
    list_filter = (("state", lists.ChoicesDropdownFilter),)
    list_defer = ("files", "metrics", "drift")
    list_before_template = "admin/recommendations/training/now.html"

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        own = [
            path("train/", wrap(require_POST(self.train_view)), name="recommendations_train"),
            path("<uuid:key>/progress/", wrap(self.progress_view),
                 name="recommendations_training_progress"),
        ]  # fmt: skip
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "health": health.now(), "may_train": request.user.has_perm(MAY_TRAIN),
            **(extra_context or {}),
        }  # fmt: skip
        return super().changelist_view(request, context)

    def train_view(self, request: HttpRequest) -> HttpResponse:
        """Have a model trained by the worker."""
        if not request.user.has_perm(MAY_TRAIN):
            raise PermissionDenied
        try:
            asked = training.ask(request.user)
        except training.BusyError as error:
            asked = error.training
            messages.info(request, "A training is under way already.")
        else:
            tasks.train_soon(asked.pk)
        return HttpResponseRedirect(presenting.page_of(asked))

    def progress_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        """The part of the page that changes while the worker is at it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = Training.objects.defer("files", "metrics", "drift").filter(pk=key).first()
        if found is None:
            raise Http404
        context = {"training": found, "is_under_way": health.is_under_way(found)}
        return TemplateResponse(request, "admin/recommendations/training/progress.html", context)

    def page_context(self, request: HttpRequest, obj: Training) -> dict[str, Any]:
        return {
            "title": str(obj), "subtitle": None, "training": obj,
            "methods": health.methods(obj.metrics), "chart": health.chart(obj.metrics),
            "is_under_way": health.is_under_way(obj), **health.figures(obj),
        }  # fmt: skip

    @display(description="asked")
    def asked(self, one: Training) -> SafeString:
        return presenting.when(one.created_at)

    @display(description="state")
    def shown_state(self, one: Training) -> SafeString | str:
        return presenting.pill_of(one.get_state_display())

    @display(description="orders")
    def shown_orders(self, one: Training) -> str:
        return presenting.whole(one.orders or None)

    @display(description="customers")
    def shown_customers(self, one: Training) -> str:
        return presenting.whole(one.customers or None)

    @display(description="SKUs")
    def shown_skus(self, one: Training) -> str:
        return presenting.whole(one.skus or None)

    @display(description="took")
    def took(self, one: Training) -> str:
        if one.started_at is None or one.finished_at is None:
            return presenting.NONE
        seconds = int((one.finished_at - one.started_at).total_seconds())
        return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


@admin.register(Blocked)
class BlockedAdmin(lists.ListAdmin):
    list_display = ("value", "what", "note")
    list_filter = (("what", lists.ChoicesDropdownFilter),)
    search_fields = ("^value",)
    search_help_text = "Starts with: SKU or category"
    list_before_template = "admin/recommendations/blocked_note.html"


MAY_TRAIN = "recommendations.add_training"


def _rows_of(customer: PlatformCustomer) -> answering.Rows:
    names = tuple(catalog.FIELDS)
    products = PlatformProduct.objects.filter(
        platform=customer.platform, connector=customer.connector_id
    )

    def rows(skus: Any) -> dict[str, Any]:
        found = catalog.values(products.filter(sku__in=list(skus)), names)
        return {row["sku"]: row for row in found}

    return rows


def _product(sku: str, product: PlatformProduct | None) -> SafeString:
    if product is None:
        return presenting.link("", f"{sku} (not in the catalogue)")
    return presenting.link(presenting.page_of(product), f"{product.title} ({sku})")


def _said(one: dict[str, Any] | None) -> SafeString | str:
    if one is None:
        return ""
    chance = one["confidence"]
    sure = "" if chance is None else f"{presenting.percent(chance)} · "
    return format_html(' <span class="faint">{}{}</span>', sure, one["reason"]["text"])


def _came(sku: str, came: set[tuple[str, str]]) -> SafeString:
    kinds = sorted(kind for own, kind in came if own == sku)
    return format_html_join("", " {}", ((presenting.pill_of(kind),) for kind in kinds))
