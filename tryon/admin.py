"""Virtual try-on in the console."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.decorators import display

from connectors import lists, presenting
from tryon import forms, funnel, links, preparing, previewing, services, words
from tryon.engine.errors import TryOnError
from tryon.models import KindRule, TryOnOverlay, TryOnSession, WearableProduct

FUNNEL_DAYS = 30


@admin.register(TryOnSession)
class SessionAdmin(lists.ViewAdmin):
    list_display = ("created", "buyer", "state", "failure", "platform")
    list_filter = (
        ("status", lists.ChoicesDropdownFilter),
        ("platform", lists.PlatformFilter),
        ("created_at", lists.DaysFilter),
    )
    search_fields = ("=customer_id",)
    search_help_text = "A whole customer id"
    list_before_template = "admin/tryon/funnel_link.html"
    fields = (
        "created", "buyer", "platform", "state", "advice", "timing", "consent_version",
        "erased", "pictures", "again",
    )  # fmt: skip
    readonly_fields = fields

    def get_list_prefetch(self) -> list[Any]:
        return ["customer"]

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        own = [
            path("funnel/", wrap(self.funnel_view), name="tryon_tryonsession_funnel"),
            path("<uuid:key>/retry/", wrap(require_POST(self.retry_view)),
                 name="tryon_tryonsession_retry"),
        ]  # fmt: skip
        return own + super().get_urls()

    def funnel_view(self, request: HttpRequest) -> HttpResponse:
        """How far shoppers got in the last days, and why they didn't."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = funnel.since(timezone.now() - timedelta(days=FUNNEL_DAYS))
        context = {
            **self.admin_site.each_context(request), "title": "Try-on: from photo to order",
            "funnel": found, "days": FUNNEL_DAYS,
            "failures": [(count, code, words.staff(code)) for code, count in found.failures],
        }  # fmt: skip
        return TemplateResponse(request, "admin/tryon/funnel.html", context)

    def retry_view(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        """Have what failed made again."""
        if not request.user.has_perm("tryon.change_tryonsession"):
            raise PermissionDenied
        session = get_object_or_404(TryOnSession, pk=key)
        try:
            services.retry(session)
        except services.ErasedError:
            messages.error(request, "Its photo is erased: the shopper has to start again.")
        else:
            messages.success(request, "What failed is made again.")
        return HttpResponseRedirect(presenting.page_of(session))

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

    @display(description="why not")
    def failure(self, session: TryOnSession) -> str:
        return presenting.words(session.failure_code) or presenting.NONE

    @display(description="why not")
    def advice(self, session: TryOnSession) -> SafeString | str:
        return _advice(session.failure_code)

    @display(description="took")
    def timing(self, session: TryOnSession) -> str:
        if session.finished_at is None:
            return presenting.NONE
        return f"{(session.finished_at - session.created_at).total_seconds():.1f} s"

    @display(description="pictures erased")
    def erased(self, session: TryOnSession) -> SafeString:
        return presenting.when(session.erased_at)

    @display(description="before and after")
    def pictures(self, session: TryOnSession) -> SafeString:
        before = _figure(_shown(session.selfie_url), "The photo")
        after = format_html_join("", "{}", ((_made(one),) for one in session.overlays.all()))
        return format_html('<div class="sk-tryon">{}{}</div>', before, after)

    @display(description="again")
    def again(self, session: TryOnSession) -> SafeString | str:
        failed = session.overlays.filter(status=TryOnOverlay.Status.FAILED).exists()
        if session.erased_at is not None or not failed:
            return presenting.NONE
        return format_html(
            '<button type="submit" class="sk-button" formmethod="post" formaction="{}">'
            "Make what failed again</button>",
            presenting.named("tryon_tryonsession_retry", session.pk),
        )


@admin.register(TryOnOverlay)
class OverlayAdmin(lists.ViewAdmin):
    list_display = ("created", "sku", "state", "session_link")
    list_filter = (
        ("status", lists.ChoicesDropdownFilter),
        ("created_at", lists.DaysFilter),
    )
    list_defer = ("overlay_url",)
    fields = ("created", "sku", "state", "advice", "milliseconds", "session_link", "picture")
    readonly_fields = fields

    @display(description="created")
    def created(self, picture: TryOnOverlay) -> SafeString:
        return presenting.when(picture.created_at)

    @display(description="status")
    def state(self, picture: TryOnOverlay) -> SafeString | str:
        return presenting.pill_of(picture.get_status_display())

    @display(description="why not")
    def advice(self, picture: TryOnOverlay) -> SafeString | str:
        return _advice(picture.failure_code)

    @display(description="session")
    def session_link(self, picture: TryOnOverlay) -> SafeString:
        url = presenting.address_of("tryon.tryonsession", str(picture.session_id))
        return presenting.link(url, f"Session {str(picture.session_id)[:8]}")

    @display(description="picture")
    def picture(self, picture: TryOnOverlay) -> SafeString:
        return _shown(picture.overlay_url)


@admin.register(WearableProduct)
class WearableAdmin(lists.ListAdmin):
    form = forms.WearableForm
    list_display = ("sku", "platform", "kind", "state", "prepared")
    list_filter = (
        ("kind", lists.ChoicesDropdownFilter),
        ("platform", lists.PlatformFilter),
        ("problem", admin.EmptyFieldListFilter),
    )
    search_fields = ("^sku",)
    list_defer = ("anchors", "picture_url")
    fields = (
        "sku", "platform", "state", "advice", "prepared", "kind", "shown_cutout", "anchors",
        "millimetres", "tried",
    )  # fmt: skip
    readonly_fields = ("sku", "platform", "state", "advice", "prepared", "shown_cutout", "tried")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:key>/preview/", wrap(self.preview_view),
                 name="tryon_wearableproduct_preview"),
            path("<int:key>/anew/", wrap(require_POST(self.anew_view)),
                 name="tryon_wearableproduct_anew"),
        ]  # fmt: skip
        return own + super().get_urls()

    def save_model(self, request: HttpRequest, obj: WearableProduct, form: Any, *args: Any) -> None:
        """What staff changed stays theirs; a new kind has its points found anew."""
        if "kind" in form.changed_data:
            obj.kind_by_staff, obj.prepared_at, obj.cutout = bool(obj.kind), None, ""
        if form.has_new_points:
            obj.anchors_by_staff = True
        super().save_model(request, obj, form, *args)

    def preview_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """The product on a photo that is chosen here and kept nowhere."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row, picture = get_object_or_404(WearableProduct, pk=key), ""
        form = forms.PreviewForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                picture = previewing.preview(row, form.cleaned_data["photo"])
            except TryOnError as error:
                form.add_error("photo", f"{words.shopper(error.code)} {words.staff(error.code)}")
        context = {
            **self.admin_site.each_context(request), "title": f"Try {row.sku} on", "form": form,
            "picture": picture, "row_url": presenting.page_of(row),
        }  # fmt: skip
        answer = TemplateResponse(request, "admin/tryon/preview.html", context)
        answer["Cache-Control"] = "no-store, private"
        return answer

    def anew_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """Fetch the picture and cut it out again."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        row = get_object_or_404(WearableProduct, pk=key)
        preparing.forget(row)
        try:
            preparing.wearable(sku=row.sku, platform=row.platform)
        except TryOnError as error:
            messages.error(request, words.staff(error.code))
        else:
            messages.success(request, "Its picture was fetched and cut out again.")
        return HttpResponseRedirect(presenting.page_of(row))

    @display(description="status")
    def state(self, row: WearableProduct) -> SafeString | str:
        if row.problem:
            return presenting.pill_of("Failed")
        return presenting.pill_of("Complete" if row.cutout else "Waiting")

    @display(description="why not")
    def advice(self, row: WearableProduct) -> SafeString | str:
        return _advice(row.problem)

    @display(description="prepared")
    def prepared(self, row: WearableProduct) -> SafeString:
        return presenting.when(row.prepared_at)

    @display(description="cut-out, with its points")
    def shown_cutout(self, row: WearableProduct) -> SafeString | str:
        url = links.picture(row.cutout)
        if not url:
            return presenting.NONE
        marks = format_html_join(
            "", '<span class="sk-mark" style="left:{}%;top:{}%"></span>', _marks(row.anchors)
        )
        return format_html('<div class="sk-cutout"><img src="{}" alt="">{}</div>', url, marks)

    @display(description="try it")
    def tried(self, row: WearableProduct) -> SafeString:
        return format_html(
            '<a class="sk-link" href="{}">On a photo of your choice</a> '
            '<button type="submit" class="sk-button" formmethod="post" formaction="{}" '
            "formnovalidate>Fetch its picture again</button>",
            presenting.named("tryon_wearableproduct_preview", row.pk),
            presenting.named("tryon_wearableproduct_anew", row.pk),
        )


@admin.register(KindRule)
class RuleAdmin(lists.ListAdmin):
    list_display = ("word", "place", "kind", "position")
    list_filter = (("kind", lists.ChoicesDropdownFilter),)
    search_fields = ("^word",)


def _marks(anchors: dict[str, float]) -> list[tuple[float, float]]:
    """Where the points are, in per cent of the cut-out."""
    names = [name[:-2] for name in anchors if name.endswith("_x") and f"{name[:-2]}_y" in anchors]
    return [(anchors[f"{one}_x"] * 100, anchors[f"{one}_y"] * 100) for one in names]


def _advice(code: str) -> SafeString | str:
    if not code:
        return presenting.NONE
    return format_html(
        "<strong>{}</strong><br>{}<br>{}",
        presenting.words(code), words.shopper(code), words.staff(code),
    )  # fmt: skip


def _made(overlay: TryOnOverlay) -> SafeString:
    said = f"{overlay.sku}: {overlay.get_status_display().lower()}"
    if overlay.milliseconds is not None:
        said += f", {overlay.milliseconds} ms"
    body = _shown(overlay.overlay_url) if overlay.overlay_url else _advice(overlay.failure_code)
    return _figure(body, said)


def _figure(body: SafeString | str, caption: str) -> SafeString:
    return format_html("<figure>{}<figcaption>{}</figcaption></figure>", body, caption)


def _shown(name: str) -> SafeString:
    """A private picture, by a link that works for some minutes."""
    url = links.picture(name)
    return format_html('<img src="{}" alt="">', url) if url else SafeString("Erased")
