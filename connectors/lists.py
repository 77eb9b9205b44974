"""What every list and page of the console has in common; fast on a million rows.

Lists count by the planner's estimate, search by prefix and only where an index serves it, order by
the model's own index, and leave heavy columns in the database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, Prefetch, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateFilter,
)
from unfold.decorators import display
from unfold.views import ChangeList

from compositekeys.admin import CompositeKeyAdminMixin, EstimatePaginator, estimate
from connectors import presenting
from connectors.models import ConnectorConfig

EARLIEST, LATEST = date(1970, 1, 1), date(9000, 1, 1)
FEW = 60
MANY = 25_000
SECRETS = ("api_key", "secret", "webhook_secret", "access_token", "privacy_key")

__all__ = [
    "ChoicesDropdownFilter",
    "DaysFilter",
    "ListAdmin",
    "PlatformFilter",
    "StoreFilter",
    "ViewAdmin",
    "YesNoFilter",
]

YesNoFilter = BooleanRadioFilter


class Paginator(EstimatePaginator):
    """Counts by estimate; says so in its own footer."""

    template_name = "console/pagination.html"

    @property
    def is_estimate(self) -> bool:
        """Whether the count is the planner's estimate."""
        return self.count > self.exact_below


def stores() -> QuerySet[ConnectorConfig]:
    """Stores without their credentials, for showing their names."""
    return ConnectorConfig.objects.defer(*SECRETS)


class DaysFilter(RangeDateFilter):
    """Whole days, first and last included, in the installation's time zone."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self._day("from"), self._day("to")
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": _midnight(first)})
        if last:
            queryset = queryset.filter(
                **{f"{self.field_path}__lt": _midnight(last + timedelta(days=1))}
            )
        return queryset

    def _day(self, end: str) -> date | None:
        text = self.used_parameters.get(f"{self.parameter_name}_{end}")
        try:
            day = forms.DateField(required=False).clean(text)
        except ValidationError:
            return None
        return day if day and EARLIEST <= day <= LATEST else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


class StoreFilter(DropdownFilter):
    """A small dropdown of stores."""

    title = "store"
    parameter_name = "connector"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(store.pk), str(store)) for store in stores()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen:
            return queryset
        known = {key for key, _ in self.lookup_choices}
        if chosen not in known:
            return queryset.none()
        found: QuerySet[Any] = queryset.filter(connector=chosen)
        return found


class PlatformFilter(ChoicesDropdownFilter):
    """A small dropdown of platforms; where one has no store, no row is looked for."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen and not stores().filter(platform=chosen).exists():
            return queryset.none()
        found: QuerySet[Any] = super().queryset(request, queryset)
        return found


class RowList(ChangeList):
    """A changelist that loads only what its admin shows."""

    @cached_property
    def _ordering_columns(self) -> dict[int, str]:
        return super().get_ordering_field_columns()  # type: ignore[no-any-return]

    def get_ordering_field_columns(self) -> dict[int, str]:
        """As the base says it, but worked out once: unfold asks again for every row."""
        return self._ordering_columns

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # The footer says how many there are; the header would repeat it without separators.
        self.full_result_count = self.result_count

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        found = super().get_queryset(request, *args, **kwargs)
        shown: QuerySet[Any] = found.defer(*self.model_admin.list_defer)
        return shown.prefetch_related(*self.model_admin.get_list_prefetch())


def count_column(name: str, title: str) -> Callable[[Any], str]:
    """A column of counts with thousands separators."""

    @display(description=title)
    def column(row: Any) -> str:
        return presenting.whole(getattr(row, name))

    column.__name__ = name
    return cast("Callable[[Any], str]", column)


class ListAdmin(CompositeKeyAdminMixin, ModelAdmin):
    """A list that stays fast, whatever the number of rows.

    ``search_fields`` name indexed columns: ``^column`` is matched by prefix, ``=column`` exactly.
    ``list_defer`` names columns that the list doesn't load; ``list_stores`` prefetches the stores.
    """

    paginator = Paginator
    show_full_result_count = False
    list_per_page = 30
    list_max_show_all = 0
    list_filter_submit = True
    list_fullwidth = True
    actions = None
    sortable_by: ClassVar[tuple[str, ...]] = ()
    list_defer: ClassVar[tuple[str, ...]] = ()
    list_stores = False
    search_strip = ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RowList]:
        return RowList

    def get_list_prefetch(self) -> list[Any]:
        """What the list prefetches."""
        return [Prefetch("connector", queryset=stores())] if self.list_stores else []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The whole term is one prefix: words of it are not searched apart."""
        term = search_term.strip().removeprefix(self.search_strip).replace("\0", "")
        matches = Q()
        for name in self.get_search_fields(request) if term else ():
            exact = name.startswith("=")
            matches |= Q(**{f"{name[1:]}{'' if exact else '__istartswith'}": term})
        return _narrowed(queryset, matches), False


def _narrowed(queryset: QuerySet[Any], matches: Q) -> QuerySet[Any]:
    """The matching rows; a few are found by their index first, then taken by key.

    Left to itself PostgreSQL may walk the whole list in its order until enough rows match: what
    begins alike was often placed in the same weeks. Up to ``MANY`` are found first, then sorted.
    """
    found = queryset.filter(matches)
    if not matches:
        return found
    rows = found.order_by().values_list("pk", flat=True)
    keys = list(rows[: FEW + 1])
    if len(keys) <= FEW:
        return queryset.filter(pk__in=keys)
    return _found_first(found) if estimate(rows) <= MANY else found


def _found_first(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """The same rows in the same order, which is written so that no index offers it."""
    first, *rest = queryset.query.order_by or queryset.model._meta.ordering
    if isinstance(first, str):
        column = F(first.removeprefix("-"))
        first = column.desc() if first.startswith("-") else column.asc()
    if not isinstance(first, OrderBy):
        return queryset
    hidden = first.copy()
    hidden.expression = Coalesce(first.expression, first.expression)
    return queryset.order_by(hidden, *rest)


class ViewAdmin(ListAdmin):
    """Rows that the console shows and nobody changes here, by whatever request."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"show_history": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        original = context.get("original")
        if original is not None:
            context.update(self.page_context(request, original))
        return super().render_change_form(request, context, *args, **kwargs)

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the row's own template shows beside its columns."""
        return {}
