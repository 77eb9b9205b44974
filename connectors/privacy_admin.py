"""Privacy requests in the console, and the download of what is kept of a person."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
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
    list_display = ("kind", "store", "asker", "state", "asked", "due", "done", "rows")
    list_filter = (
        lists.StoreFilter,
        ("kind", lists.ChoicesDropdownFilter),
        ("status", lists.ChoicesDropdownFilter),
    )
    list_stores = True
    list_defer = ("person",)
    list_select_related = ("asked_by",)
    fields = ("kind", "store", "asker", "state", "asked", "due", "done", "confirmer", "rows")
    readonly_fields = ("store", "asker", "state", "asked", "due", "done", "confirmer")

    @display(description="store")
    def store(self, request: PrivacyRequest) -> str:
        return str(request.connector)

    @display(description="asked by")
    def asker(self, request: PrivacyRequest) -> str:
        return str(request.asked_by or request.get_source_display())

    @display(description="confirmed by")
    def confirmer(self, request: PrivacyRequest) -> str:
        return str(request.confirmed_by or presenting.NONE)

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
        user: Any = request.user
        is_open = obj.status == PrivacyRequest.Status.OPEN
        waits = is_open and obj.kind == PrivacyRequest.Kind.EXPORT
        to_confirm = (
            is_open
            and obj.kind == PrivacyRequest.Kind.ERASE
            and obj.source == PrivacyRequest.Source.CONSOLE
            and user.has_perm(MAY_ERASE)
        )
        return {
            "title": str(obj),
            "may_answer": waits and user.has_perm(MAY_EXPORT),
            "to_confirm": to_confirm,
            "is_own": obj.asked_by_id == user.pk,
            "customers": _customers(obj) if to_confirm else (),
        }

    def get_urls(self) -> list[Any]:
        own = [
            path(
                f"<int:number>/{what}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"connectors_privacyrequest_{what}",
            )
            for what, view in (
                ("answer", self.answer_view),
                ("confirm", self.confirm_view),
                ("withdraw", self.withdraw_view),
            )
        ]
        return [*own, *super().get_urls()]

    def confirm_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Erases the person whom somebody else asked to be erased."""
        found = self._to_erase(request, number)
        try:
            rows = privacy.confirm(request=found, actor=request.user)
            messages.success(request, f"The person was erased from {rows} rows.")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect(presenting.page_of(found))

    def withdraw_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Leaves the person as they are."""
        found = self._to_erase(request, number)
        try:
            privacy.withdraw(request=found)
            messages.success(request, "Withdrawn: nobody was erased.")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect(presenting.page_of(found))

    def _to_erase(self, request: HttpRequest, number: int) -> PrivacyRequest:
        if not request.user.has_perm(MAY_ERASE):
            raise PermissionDenied
        return get_object_or_404(PrivacyRequest, pk=number)

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


def _customers(request: PrivacyRequest) -> list[tuple[str, str]]:
    """Our keys of the customers whom an open request names, and where they are listed."""
    keys = [request.connector.key(one) for one in privacy.person_of(request).customer_remote_ids]
    platform = request.connector.platform
    return [
        (key, presenting.list_of("orders.platformcustomer", q=key, platform__exact=platform))
        for key in keys
    ]
