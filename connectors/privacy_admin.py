"""Privacy requests in the console, and the download of what is kept of a person."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.decorators import display

from connectors import lists, presenting, privacy
from connectors.models import PrivacyRequest
from connectors.platforms import base

logger = logging.getLogger(__name__)

MAY_EXPORT = "connectors.export_person"
MAY_ERASE = "connectors.erase_person"


def download(found: base.Json) -> HttpResponse:
    """A person's data as a file that no cache keeps."""
    text = json.dumps(found, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    answer = HttpResponse(text, content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="personal-data.json"'
    answer["Cache-Control"] = "no-store"
    return answer


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(lists.ViewAdmin):
    list_display = ("kind", "store", "source", "state", "asked", "due", "done", "rows")
    list_filter = (
        lists.StoreFilter,
        ("kind", lists.ChoicesDropdownFilter),
        ("status", lists.ChoicesDropdownFilter),
    )
    list_stores = True
    list_defer = ("person",)
    fields = ("kind", "store", "source", "state", "asked", "due", "done", "rows")
    readonly_fields = ("store", "state", "asked", "due", "done")

    @display(description="store")
    def store(self, request: PrivacyRequest) -> str:
        return str(request.connector)

    @display(description="status")
    def state(self, request: PrivacyRequest) -> SafeString | str:
        return presenting.pill_of(request.get_status_display())

    @display(description="asked")
    def asked(self, request: PrivacyRequest) -> SafeString:
        return presenting.when(request.requested_at)

    @display(description="due")
    def due(self, request: PrivacyRequest) -> SafeString:
        is_open = request.status == PrivacyRequest.Status.OPEN
        return presenting.when(request.due_at if is_open else None)

    @display(description="done")
    def done(self, request: PrivacyRequest) -> SafeString:
        return presenting.when(request.completed_at)

    def page_context(self, request: HttpRequest, obj: PrivacyRequest) -> dict[str, Any]:
        is_open = obj.status == PrivacyRequest.Status.OPEN
        waits = is_open and obj.kind == PrivacyRequest.Kind.EXPORT
        return {"title": str(obj), "may_answer": waits and request.user.has_perm(MAY_EXPORT)}

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.answer_view))
        name = "connectors_privacyrequest_answer"
        return [path("<int:number>/answer/", view, name=name), *super().get_urls()]

    def answer_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Hands out what is asked for; from then on the request is done."""
        if not request.user.has_perm(MAY_EXPORT):
            raise PermissionDenied
        found = PrivacyRequest.objects.filter(pk=number, kind=PrivacyRequest.Kind.EXPORT).first()
        if found is None:
            raise Http404
        try:
            data = privacy.answer(request=found)
        except ValueError:
            messages.error(request, "This request was answered already.")
            return redirect(presenting.page_of(found))
        logger.info("person exported request=%s user=%s", found.pk, request.user.pk)
        return download(data)
