"""Sync runs, cursors, notes and webhook deliveries in the console."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from connectors import causes, lists, overview, presenting, records
from connectors.models import SyncCursor, SyncNote, SyncRun, WebhookDelivery

COUNT_NAMES = ("created", "updated", "unchanged", "deleted", "set_aside", "request")
COUNTS = [lists.count_column(f"{name}_count", name.replace("_", " ")) for name in COUNT_NAMES]


@admin.register(SyncRun)
class RunAdmin(lists.ViewAdmin):
    list_display = (
        "started", "store", "resource", "kind", "state", *COUNTS[:-1], "took",
    )  # fmt: skip
    list_filter = (
        lists.StoreFilter,
        ("resource", lists.ChoicesDropdownFilter),
        ("status", lists.ChoicesDropdownFilter),
        ("started_at", lists.DaysFilter),
    )
    list_stores = True
    list_defer = ("error", "warning", "owner")
    fields = (
        "store", "resource", "kind", "state", "error_code", "error", "warning", "started",
        "finished", "took", *(f"{name}_count" for name in COUNT_NAMES), "owner",
    )  # fmt: skip
    readonly_fields = ("store", "state", "started", "finished", "took")

    @display(description="started")
    def started(self, run: SyncRun) -> SafeString:
        return presenting.when(run.started_at)

    @display(description="finished")
    def finished(self, run: SyncRun) -> SafeString:
        return presenting.when(run.finished_at)

    @display(description="store")
    def store(self, run: SyncRun) -> SafeString:
        return presenting.link(presenting.page_of(run.connector), run.connector)

    @display(description="status")
    def state(self, run: SyncRun) -> SafeString | str:
        return presenting.pill_of(run.get_status_display())

    @display(description="took")
    def took(self, run: SyncRun) -> str:
        return presenting.age(run.finished_at - run.started_at) if run.finished_at else "running"


@admin.register(SyncCursor)
class CursorAdmin(lists.ViewAdmin):
    list_display = ("resource", "store", "complete_to", "lag", "swept", "is_reading")
    list_filter = (lists.StoreFilter, ("resource", lists.ChoicesDropdownFilter))
    list_stores = True
    ordering = ("connector_id", "resource")
    fields = ("store", "resource", "complete_to", "swept", "due", "window", "sweep")
    readonly_fields = ("store", "complete_to", "swept", "due")

    @display(description="store")
    def store(self, cursor: SyncCursor) -> str:
        return str(cursor.connector)

    @display(description="complete to")
    def complete_to(self, cursor: SyncCursor) -> SafeString:
        return presenting.when(cursor.changed_until)

    @display(description="behind by")
    def lag(self, cursor: SyncCursor) -> str:
        return presenting.age(cursor.lag(presenting.now()))

    @display(description="searched for deletions")
    def swept(self, cursor: SyncCursor) -> SafeString:
        return presenting.when(cursor.swept_at)

    @display(description="next sync")
    def due(self, cursor: SyncCursor) -> SafeString:
        return presenting.when(cursor.due_at)

    @display(description="reading now", boolean=True)
    def is_reading(self, cursor: SyncCursor) -> bool:
        return bool(cursor.window)


class CauseFilter(DropdownFilter):
    """The known causes; no look at the rows."""

    title = "cause"
    parameter_name = "cause"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return causes.choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(cause=self.value()) if self.value() else queryset


class NoteList(lists.RowList):
    """Notes with the pages of the records that we hold."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]
        found = records.pages(map(_record, rows))
        for note in rows:
            note.page = found.get(_record(note), "")
        self.result_list = rows


@admin.register(SyncNote)
class NoteAdmin(lists.ViewAdmin):
    list_display = ("shown_cause", "aside", "record", "detail", "store", "seen")
    list_filter = (
        lists.StoreFilter,
        ("resource", lists.ChoicesDropdownFilter),
        CauseFilter,
        ("set_aside", lists.YesNoFilter),
    )
    list_stores = True
    list_before_template = "console/causes_link.html"
    fields = ("shown_cause", "meaning", "aside", "record", "detail", "store", "first_seen", "seen")
    readonly_fields = fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[lists.RowList]:
        return NoteList

    @display(description="cause")
    def shown_cause(self, note: SyncNote) -> str:
        return presenting.words(note.cause)

    @display(description="what it means")
    def meaning(self, note: SyncNote) -> str:
        return causes.explanation(note.cause)

    @display(description="outcome")
    def aside(self, note: SyncNote) -> SafeString | str:
        return presenting.pill_of("Set aside" if note.set_aside else "Imported")

    @display(description="record")
    def record(self, note: SyncNote) -> SafeString | str:
        if note.remote_id is None:
            return presenting.NONE
        known = getattr(note, "page", None)
        page = records.pages([_record(note)]).get(_record(note), "") if known is None else known
        return presenting.link(page, f"{note.get_resource_display()[:-1]} {note.remote_id}")

    @display(description="store")
    def store(self, note: SyncNote) -> str:
        return str(note.connector)

    @display(description="first seen")
    def first_seen(self, note: SyncNote) -> SafeString:
        return presenting.when(note.first_seen_at)

    @display(description="last seen")
    def seen(self, note: SyncNote) -> SafeString:
        return presenting.when(note.last_seen_at)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.causes_view)
        return [path("causes/", view, name="connectors_syncnote_causes"), *super().get_urls()]

    def causes_view(self, request: HttpRequest) -> HttpResponse:
        """Notes counted by store, resource and cause."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Sync notes by cause",
            "note_counts": overview.notes_by_cause(),
        }
        return TemplateResponse(request, "console/causes.html", context)


@admin.register(WebhookDelivery)
class DeliveryAdmin(lists.ViewAdmin):
    list_display = ("topic", "record", "state", "store", "received", "took", "attempts")
    list_filter = (
        lists.StoreFilter,
        ("status", lists.ChoicesDropdownFilter),
        ("resource", lists.ChoicesDropdownFilter),
        ("received_at", lists.DaysFilter),
    )
    list_stores = True
    list_defer = ("payload", "error")
    fields = ("topic", "record", "state", "error", "store", "received", "due", "took", "attempts")
    readonly_fields = ("record", "state", "store", "received", "due", "took")

    @display(description="about")
    def record(self, delivery: WebhookDelivery) -> SafeString | str:
        if delivery.remote_id is None:
            return presenting.NONE
        return f"{delivery.get_resource_display()[:-1]} {delivery.remote_id}"

    @display(description="status")
    def state(self, delivery: WebhookDelivery) -> SafeString | str:
        return presenting.pill_of(delivery.get_status_display())

    @display(description="store")
    def store(self, delivery: WebhookDelivery) -> str:
        return str(delivery.connector)

    @display(description="received")
    def received(self, delivery: WebhookDelivery) -> SafeString:
        return presenting.when(delivery.received_at)

    @display(description="next attempt")
    def due(self, delivery: WebhookDelivery) -> SafeString:
        is_over = delivery.processed_at is not None
        return presenting.when(None if is_over else delivery.due_at)

    @display(description="took")
    def took(self, delivery: WebhookDelivery) -> str:
        if delivery.processed_at is None:
            return presenting.NONE
        seconds = (delivery.processed_at - delivery.received_at).total_seconds()
        return f"{seconds:.1f} s"


def _record(note: SyncNote) -> records.Record:
    return note.connector_id, note.resource, note.remote_id or 0
