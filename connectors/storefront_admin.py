"""Keys of storefronts in the console: made, shown once, changed and revoked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString
from rest_framework_api_key.models import APIKey
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from connectors import lists, presenting
from connectors.models import Scope, StorefrontKey
from connectors.storefront import forms

FOLDER = "admin/connectors/storefrontkey"
BADGES = {"live": presenting.GOOD, "expired": presenting.WAITING, "revoked": ""}

# The package's own kind of keys opens nothing here.
admin.site.unregister(APIKey)


class StateFilter(DropdownFilter):
    """Keys that are taken, or that aren't."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "Live"), ("over", "Expired or revoked")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        live = StorefrontKey.objects.usable().values("pk")
        if self.value() == "live":
            return queryset.filter(pk__in=live)
        return queryset.exclude(pk__in=live) if self.value() == "over" else queryset


@admin.register(StorefrontKey)
class KeyAdmin(lists.ListAdmin):
    form = forms.KeyForm
    list_display = ("name", "store", "may", "pages", "state", "last_used", "made")
    list_filter = (StateFilter, lists.StoreFilter)
    list_stores = True
    list_defer = ("hashed_key",)
    search_fields = ("^name",)

    @display(description="store")
    def store(self, key: StorefrontKey) -> str:
        return str(key.connector or "All stores")

    @display(description="may")
    def may(self, key: StorefrontKey) -> str:
        return ", ".join(Scope(one).label for one in key.scopes)

    @display(description="origins")
    def pages(self, key: StorefrontKey) -> str:
        return ", ".join(key.origins) or presenting.NONE

    @display(description="state")
    def state(self, key: StorefrontKey) -> SafeString | str:
        return presenting.pill(presenting.Badge(text=key.state.title(), colour=BADGES[key.state]))

    @display(description="last used")
    def last_used(self, key: StorefrontKey) -> SafeString:
        return presenting.when(key.last_used_at)

    @display(description="made")
    def made(self, key: StorefrontKey) -> SafeString:
        return presenting.when(key.created)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A revoked key stays as it was."""
        is_over = obj is not None and obj.revoked
        return not is_over and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keys are revoked, so that it stays known what there was."""
        return False

    def save_model(self, request: Any, obj: Any, form: Any, change: Any) -> None:
        if not change:
            request.made_key = StorefrontKey.objects.assign_key(obj)
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: StorefrontKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The key's text, in this answer and never again."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"The key “{obj}”",
            "opts": self.opts,
            "key": obj,
            "text": vars(request)["made_key"],
            "api": request.build_absolute_uri(reverse("docs")).removesuffix("docs/") + "v1",
        }
        return TemplateResponse(
            request, f"{FOLDER}/made.html", context, headers={"Cache-Control": "no-store"}
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        key = context.get("original")
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        context["title"] = "Make a key" if key is None else str(key)
        if key is not None:
            context |= {
                "subtitle": None,
                "key": key,
                "badge": presenting.Badge(text=key.state.title(), colour=BADGES[key.state]),
                "may_revoke": self.has_change_permission(request, key),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        revoke = self.admin_site.admin_view(self.revoke_view)
        own = [
            path("<path:object_id>/revoke/", revoke, name="connectors_storefrontkey_revoke"),
        ]
        return own + super().get_urls()

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ends a key, once that is confirmed."""
        key = self.get_object(request, unquote(object_id))
        if key is None:
            raise Http404
        if not super().has_change_permission(request, key):
            raise PermissionDenied
        if key.revoked or request.method == "POST":
            return self._revoke(request, key)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Revoke “{key}”?",
            "opts": self.opts,
            "key": key,
            "key_url": presenting.page_of(key),
        }
        return TemplateResponse(request, f"{FOLDER}/revoke.html", context)

    def _revoke(self, request: HttpRequest, key: StorefrontKey) -> HttpResponse:
        if StorefrontKey.objects.filter(pk=key.pk, revoked=False).update(revoked=True):
            self.log_change(request, key, "Revoked.")
            messages.success(
                request, f"“{key}” is revoked: neither it nor its tokens are taken any more."
            )
        else:
            messages.info(request, f"“{key}” was revoked already.")
        return redirect(presenting.page_of(key))
