"""Stores in the console."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import PROTECT, ProtectedError, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError
from unfold.decorators import display
from unfold.forms import AdminForm, Fieldline
from unfold.widgets import UnfoldAdminPasswordWidget

from connectors import (
    forms,
    lists,
    overview,
    presenting,
    services,
    subscribing,
    tasks,
    verifying,
    writes,
)
from connectors import privacy_admin as privacy_admin  # registers privacy requests
from connectors import storefront_admin as storefront_admin  # registers storefronts’ keys
from connectors import sync_admin as sync_admin  # registers runs, cursors and notes
from connectors.encryption import EncryptedTextField
from connectors.models import ConnectorConfig
from connectors.platforms import base

LATEST_RUNS = 10


@admin.register(ConnectorConfig)
class StoreAdmin(lists.ListAdmin):
    form = forms.StoreForm
    list_display = ("shown_name", "store_url", "platform", "state", "lag")
    formfield_overrides = {EncryptedTextField: {"widget": UnfoldAdminPasswordWidget}}
    list_defer = lists.SECRETS
    fieldsets = (
        (None, {"fields": ("platform", "store_url", "name")}),
        ("Credentials", {"fields": (("api_key", "secret"),)}),
        ("Copying", {"fields": (("sync_interval", "sweep_interval"), "sync_enabled")}),
        ("Special cases", {"fields": (("key_prefix", "ca_bundle"),)}),
    )

    def get_list_prefetch(self) -> list[Any]:
        return ["cursors"]

    @display(description="store")
    def shown_name(self, store: ConnectorConfig) -> str:
        return str(store)

    @display(description="state")
    def state(self, store: ConnectorConfig) -> SafeString | str:
        return presenting.pill(overview.state_without_runs(store).badge)

    @display(description="behind by")
    def lag(self, store: ConnectorConfig) -> str:
        return presenting.age(overview.state_without_runs(store).lag)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "platform":
            kwargs["choices"] = [(one.value, one.label) for one in services.supported_platforms()]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        if obj is None:
            return fields
        fixed = ("platform", "key_prefix") if services.has_synced(obj) else ("platform",)
        return (*fields, *fixed)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may only look sees the credentials' fields not at all."""
        sets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return sets
        return [one for one in sets if one[0] != "Credentials"]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The stock view without its transaction: the form calls the store while it is checked."""
        vars(helpers).update(AdminForm=AdminForm, Fieldline=Fieldline)  # as unfold's own does
        view: Any = super()
        return cast(
            HttpResponse, view._changeform_view(request, object_id, form_url, extra_context)
        )

    def save_model(self, request: Any, obj: ConnectorConfig, form: Any, change: Any) -> None:
        if form.description is None:
            obj.save(update_fields=[*form.changed_data, "updated_at"])
            return
        services.keep_store(obj)
        for warning in form.description.warnings:
            messages.warning(request, warning)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        store = context.get("original")
        context["show_save_and_add_another"] = False
        if store is None:
            context["title"] = "Connect a store"
        else:
            context |= {
                "title": str(store),
                "subtitle": None,
                "store": store,
                "state": overview.states(store)[0],
                "note_counts": overview.notes_by_cause(store),
                "latest_runs": store.runs.all()[:LATEST_RUNS],
                "webhooks": overview.webhooks(store),
                "verification": verifying.last(store),
                "may_sync": self.has_change_permission(request, store),
                "writes_hindrance": writes.hindrance(store),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        views = {
            "test": self.test_view,
            "sync": self.sync_view,
            "verify": self.verify_view,
            "enable-writes": self.enable_writes_view,
            "disable-writes": self.disable_writes_view,
            "register-webhooks": self.register_webhooks_view,
            "unregister-webhooks": self.unregister_webhooks_view,
        }
        own = [
            path(
                f"<path:object_id>/{word}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"connectors_connectorconfig_{word}",
            )
            for word, view in views.items()
        ]
        return own + super().get_urls()

    def _store(self, request: HttpRequest, object_id: str) -> ConnectorConfig:
        store: ConnectorConfig | None = self.get_object(request, unquote(object_id))
        if store is None:
            raise Http404
        if not self.has_change_permission(request, store):
            raise PermissionDenied
        return store

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Calls the store and says what it answered."""
        store = self._store(request, object_id)
        try:
            found = services.check_store(store)
        except base.StoreError as error:
            messages.error(request, str(error))
            return redirect(presenting.page_of(store))
        told = {name: getattr(store, name) for name in ("currency", "platform_version", "timezone")}
        ConnectorConfig.objects.filter(pk=store.pk).update(**told)
        kind = store.get_platform_display()
        messages.success(request, f"The store answers: {kind} {found.version}, {found.currency}.")
        for warning in found.warnings:
            messages.warning(request, warning)
        return redirect(presenting.page_of(store))

    def sync_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Makes everything of the store due, and wakes whoever copies."""
        store = self._store(request, object_id)
        if not store.sync_enabled:
            messages.error(request, "Syncing is off for this store: turn it on below first.")
            return redirect(presenting.page_of(store))
        services.claim_all(store)
        try:
            tasks.dispatch_due.apply_async(retry=False)
        except OperationalError:
            messages.error(
                request,
                "The sync could not be queued: Redis does not answer. It starts by itself once "
                "Redis and the worker run again; “manage.py doctor” says what is wrong.",
            )
        else:
            messages.success(request, "Queued: products, customers and orders are copied now.")
        return redirect(presenting.page_of(store))

    def verify_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Has the store compared with our copy by a worker."""
        store = self._store(request, object_id)
        try:
            tasks.verify.apply_async((str(store.pk),), retry=False)
        except OperationalError:
            messages.error(
                request,
                "The verification could not be queued: Redis does not answer. “manage.py doctor” "
                "says what is wrong.",
            )
        else:
            messages.success(request, "Queued: the outcome is shown here in a moment. Reload then.")
        return redirect(presenting.page_of(store))

    def enable_writes_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Allows refunds and changes of orders in the store."""
        store = self._store(request, object_id)
        try:
            writes.enable(connector=store)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            self.log_change(request, store, "Turned refunds and changes on.")
            messages.success(request, f"Refunds and address changes are on for {store}.")
        return redirect(presenting.page_of(store))

    def disable_writes_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Forbids them; what was not sent yet is stopped."""
        store = self._store(request, object_id)
        writes.disable(connector=store)
        self.log_change(request, store, "Turned refunds and changes off.")
        messages.success(request, f"Nothing is changed in {store} from now on.")
        return redirect(presenting.page_of(store))

    def register_webhooks_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Has the store announce its changes at once."""
        store = self._store(request, object_id)
        try:
            state = subscribing.register(connector=store)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        except base.StoreError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"The store sends {len(state.present)} webhooks from now on.")
        return redirect(presenting.page_of(store))

    def unregister_webhooks_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Has the store announce nothing any more; syncs go on."""
        store = self._store(request, object_id)
        try:
            number = subscribing.unregister(connector=store)
        except base.StoreError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{number} webhooks were taken away; syncs go on.")
        return redirect(presenting.page_of(store))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        store = self.get_object(request, unquote(object_id))
        if store is None or not self.has_delete_permission(request, store):
            return super().delete_view(request, object_id, extra_context)
        try:
            if not _has_rows(store):
                return super().delete_view(request, object_id, extra_context)
        except ProtectedError:
            pass  # the first rows came while it was being deleted
        messages.error(
            request,
            f"{store} can't be deleted: products, customers or orders came from it. To stop "
            "copying it, turn “Sync enabled” off.",
        )
        return redirect(presenting.page_of(store))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The stores alone: their runs and notes, which go with them, can be very many."""
        return [str(store) for store in objs], {"stores": len(objs)}, set(), []


def _has_rows(store: ConnectorConfig) -> bool:
    return any(rows.exists() for rows in _protected(store))


def _protected(store: ConnectorConfig) -> list[QuerySet[Any]]:
    """The rows that keep the store from being deleted, one query for each table."""
    relations: list[Any] = [
        one for one in store._meta.get_fields(include_hidden=True) if one.one_to_many
    ]
    return [
        one.related_model._base_manager.filter(**{one.field.name: store})
        for one in relations
        if getattr(one, "on_delete", None) is PROTECT
    ]
