"""The console: Storekeep's own admin site, its dashboard and its search."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.sites import UnfoldAdminSite

from compositekeys.admin import CompositeKeySiteMixin
from config import dashboard, searching
from connectors import troubles


class ConsoleSite(CompositeKeySiteMixin, UnfoldAdminSite):
    """Where staff work."""

    index_title = "Today"
    empty_value_display = "–"

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        context = {**dashboard.context(request), **(extra_context or {})}
        return super().index(request, context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page shows, with the stores that need attention for whoever sees stores."""
        context: dict[str, Any] = super().each_context(request)
        if request.user.has_perm("connectors.view_connectorconfig"):
            context["troubles"] = troubles.current()
        return context

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Orders, customers and products by prefix; never a look through whole tables."""
        return searching.respond(self, request)
