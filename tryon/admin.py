"""Virtual try-on in the console."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from connectors import lists, presenting
from tryon.models import TryOnOverlay, TryOnSession


@admin.register(TryOnSession)
class SessionAdmin(lists.ViewAdmin):
    list_display = ("created", "buyer", "state", "platform")
    list_filter = (
        ("status", lists.ChoicesDropdownFilter),
        ("platform", lists.PlatformFilter),
        ("created_at", lists.DaysFilter),
    )
    search_fields = ("=customer_id",)
    search_help_text = "A whole customer id"
    fields = ("created", "buyer", "platform", "state", "selfie", "pictures")
    readonly_fields = fields

    def get_list_prefetch(self) -> list[Any]:
        return ["customer"]

    @display(description="created")
    def created(self, session: TryOnSession) -> SafeString:
        return presenting.when(session.created_at)

    @display(description="customer")
    def buyer(self, session: TryOnSession) -> SafeString | str:
        if session.customer is None:
            return "Guest"
        return presenting.link(presenting.page_of(session.customer), session.customer)

    @display(description="status")
    def state(self, session: TryOnSession) -> SafeString | str:
        return presenting.pill_of(session.get_status_display())

    @display(description="selfie")
    def selfie(self, session: TryOnSession) -> SafeString:
        return _picture(session.selfie_url)

    @display(description="pictures")
    def pictures(self, session: TryOnSession) -> SafeString | str:
        made = format_html_join(
            "",
            "<div>{}: {}</div>",
            ((one.sku, _picture(one.overlay_url)) for one in session.overlays.all()),
        )
        return made or presenting.NONE


@admin.register(TryOnOverlay)
class OverlayAdmin(lists.ViewAdmin):
    list_display = ("created", "sku", "session_link")
    list_filter = (("created_at", lists.DaysFilter),)
    list_defer = ("overlay_url",)
    fields = ("created", "sku", "session_link", "picture")
    readonly_fields = fields

    @display(description="created")
    def created(self, picture: TryOnOverlay) -> SafeString:
        return presenting.when(picture.created_at)

    @display(description="session")
    def session_link(self, picture: TryOnOverlay) -> SafeString:
        url = presenting.address_of("tryon.tryonsession", str(picture.session_id))
        return presenting.link(url, f"Session {str(picture.session_id)[:8]}")

    @display(description="picture")
    def picture(self, picture: TryOnOverlay) -> SafeString:
        return _picture(picture.overlay_url)


def _picture(url: str) -> SafeString:
    """A link to a picture where its address is one that a browser may open."""
    return presenting.link(presenting.web_address(url), url)
