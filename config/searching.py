"""The search over the whole console: by prefix, a few hits of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any

from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.dataclasses import SearchResult

from catalog.models import PlatformProduct
from connectors import presenting
from connectors.models import ConnectorConfig
from orders.models import PlatformCustomer, PlatformOrder

ICONS: dict[Any, str] = {
    PlatformOrder: "receipt_long",
    PlatformCustomer: "person",
    PlatformProduct: "sell",
}
HITS = 7


def respond(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The hits, as the sidebar's or the dialog's list; empty for an empty term."""
    term = request.GET.get("s", "").replace("\0", "").strip()[:100]
    if not term:
        return HttpResponse()
    started = monotonic()
    paginator = Paginator(list(_hits(site, request, term)), 100)
    kind = "command" if "extended" in request.GET else "search"
    context = {
        "page_obj": paginator,
        "results": paginator.get_page(1),
        "page_counter": 0,
        "execution_time": monotonic() - started,
        "command_show_history": False,
    }
    template = f"unfold/helpers/{kind}_results.html"
    return TemplateResponse(request, template, context, headers={"HX-Trigger": "search"})


def _hits(site: AdminSite, request: HttpRequest, term: str) -> Iterator[SearchResult]:
    for model, icon in ICONS.items():
        admin = site.get_model_admin(model)
        if not admin.has_view_permission(request):
            continue
        rows, _ = admin.get_search_results(request, admin.get_queryset(request), term)
        for row in rows.defer(*getattr(admin, "list_defer", ()))[:HITS]:
            yield _hit(row, icon)
    yield from _pages(site, request, term.lower())


def _hit(row: Any, icon: str) -> SearchResult:
    name = str(row._meta.verbose_name)
    about = f"{name}, {presenting.moment(row.created_at)}" if icon == "receipt_long" else name
    return SearchResult(title=str(row), description=about, link=presenting.page_of(row), icon=icon)


def _pages(site: AdminSite, request: HttpRequest, term: str) -> Iterator[SearchResult]:
    """The console's lists by name, and stores."""
    for app in AdminSite.get_app_list(site, request):
        for model in app["models"]:
            if term in str(model["name"]).lower() and model["admin_url"]:
                yield SearchResult(
                    title=str(model["name"]),
                    description="list",
                    link=model["admin_url"],
                    icon="list",
                )
    if not request.user.has_perm("connectors.view_connectorconfig"):
        return
    stores = ConnectorConfig.objects.defer("api_key", "secret").filter(name__istartswith=term)
    for store in stores[:HITS]:
        yield _hit(store, "storefront")
