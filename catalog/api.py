"""Products, as a storefront reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import BooleanField, Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import SEARCHED, UPDATED, PlatformProduct
from connectors import currencies
from connectors.models import Platform, Scope
from connectors.storefront import callers, describing, paging, reading, views
from connectors.storefront.callers import Caller, Kind
from connectors.storefront.prepared import Prepared

GONE = Q(deleted_at__isnull=False) | Q(platform_status="trash")
OFFERED = ("publish", "active")
WORKED_OUT: Mapping[str, Any] = {
    "updated_at": UPDATED,
    "is_deleted": Case(When(GONE, then=True), default=False, output_field=BooleanField()),
    "currency": F("connector__currency"),
}
ORDERS: Mapping[str, Mapping[str, Any]] = {
    "title": {"title": str, "sku": str, "platform": str},
    "price": {"price": Decimal, "sku": str, "platform": str},
    "updated_at": {"updated_at": datetime, "sku": str, "platform": str},
}


class ProductSerializer(serializers.Serializer[Any]):
    """A product, or a variant of one, as it can be bought: of its fields those asked for."""

    is_sparse = True

    sku = serializers.CharField(help_text="The key, with `platform`; never changes.")
    platform = serializers.ChoiceField(Platform.choices)
    merchant_sku = serializers.CharField(help_text="The merchant’s own SKU; may be empty.")
    remote_id = serializers.IntegerField(help_text="The id in the store.")
    parent_remote_id = serializers.IntegerField(
        allow_null=True, help_text="Of a variant: its product’s id in the store."
    )
    kind = serializers.CharField(help_text="The store’s word, e.g. `simple` or `variation`.")
    title = serializers.CharField()
    description = serializers.CharField(
        allow_null=True, help_text="HTML, as the merchant wrote it."
    )
    price = serializers.DecimalField(
        max_digits=20, decimal_places=6, allow_null=True, source="exact_price",
        help_text="Exact, in `currency`; null where the store has none.",
    )  # fmt: skip
    currency = serializers.CharField(help_text="The shop’s own, e.g. `GBP`.")
    available = serializers.BooleanField(help_text="Whether it can be bought now.")
    stock_quantity = serializers.IntegerField(allow_null=True)
    image_url = serializers.CharField(help_text="May be empty.")
    options = serializers.DictField(
        child=serializers.CharField(), help_text="What sets a variant apart, e.g. its colour."
    )
    platform_status = serializers.CharField(help_text="The store’s word, e.g. `publish`.")
    is_deleted = serializers.BooleanField(help_text="The store no longer has it.")
    updated_at = serializers.DateTimeField(
        help_text="When it became what it is here: what `updated_since` compares."
    )
    synced_at = serializers.DateTimeField(allow_null=True)


BEGINNINGS = ("title", "sku", "merchant_sku")
Names = tuple[str, ...]
# A list that is asked for with no more than these has the same SQL for everybody.
PLAIN = {"fields", "ordering", "cursor", "limit"}
FIELDS = {name: field.source or name for name, field in ProductSerializer().fields.items()}


class ProductPageSerializer(serializers.Serializer[Any]):
    results = ProductSerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text="The next page; null on the last.")


class ProductQuery(reading.Query):
    fields_ = reading.FieldsField(tuple(FIELDS))

    def get_fields(self) -> dict[str, Any]:
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found


class ProductListing(ProductQuery, reading.Listing):
    platform = serializers.ChoiceField(Platform.choices, required=False)
    available = serializers.BooleanField(required=False)
    price_min = reading.AmountField(required=False, help_text="At least so much.")
    price_max = reading.AmountField(required=False, help_text="At most so much.")
    sku = reading.TextsField(required=False, help_text="Any of these keys, up to 100.")
    updated_since = serializers.DateTimeField(
        required=False,
        help_text="What changed at or after this moment, with what is deleted since. Go back a "
        "minute behind your last look: what is being written has its moment already.",
    )
    search = serializers.CharField(
        required=False, max_length=100,
        help_text="How title or SKU begin, or words of title and description.",
    )  # fmt: skip
    ordering = serializers.ChoiceField(
        choices=[sign + name for name in ORDERS for sign in ("", "-")], required=False,
        default="title",
    )  # fmt: skip


def visible(caller: Caller) -> QuerySet[PlatformProduct]:
    """The products that a caller may see; a shopper those that are offered."""
    rows = PlatformProduct.objects.order_by()
    if caller.key.connector_id is not None:
        rows = rows.filter(connector_id=caller.key.connector_id)
    if caller.kind is Kind.SERVER:
        return rows
    offered = rows.filter(platform_status__in=OFFERED, deleted_at__isnull=True)
    return offered.filter(platform=caller.platform)


class ProductsView(views.View):
    scope = Scope.CATALOG

    @extend_schema(
        operation_id="list_products",
        parameters=[ProductListing],
        responses=describing.answers(ProductPageSerializer),
    )
    def get(self, request: Request) -> Response:
        """Products, page by page: follow `next` until it is null."""
        asked = reading.asked(request, ProductListing)
        order, names = _order(asked), tuple(asked.get("fields") or FIELDS)
        page, following = paging.page(
            request, lambda after: self._part(asked, order, names, after), order,
            name=asked["ordering"], cursor=asked.get("cursor"), limit=asked["limit"],
        )  # fmt: skip
        return Response({"results": [shown(row, names) for row in page], "next": following})

    def _part(
        self, asked: Mapping[str, Any], order: paging.Order, names: Names, after: Sequence[Any]
    ) -> Sequence[Any]:
        if asked.keys() <= PLAIN:
            marks = {f"after_{number}": value for number, value in enumerate(after)}
            return self.rows(PAGES, names, asked["ordering"], asked["limit"], **marks)
        rows = values(_filtered(visible(self.caller), asked), names, order.columns)
        return list(paging.part(rows, order, after, asked["limit"]))


def _page(
    kind: Kind, names: Names, ordering: str, limit: int, /, **marks: Any
) -> QuerySet[Any, Any]:
    after = [marks.pop(name) for name in sorted(marks) if name.startswith("after_")]
    order = _order({"ordering": ordering})
    rows = _filtered(visible(callers.identified(kind, **marks)), {})
    return paging.part(values(rows, names, order.columns), order, after, limit)


PAGES = Prepared(_page)


class OneProductView(views.View):
    scope = Scope.CATALOG

    @extend_schema(
        operation_id="get_product",
        parameters=[ProductQuery],
        responses=describing.answers(ProductSerializer),
    )
    def get(self, request: Request, platform: str, sku: str) -> Response:
        """A product by its key."""
        names = tuple(reading.asked(request, ProductQuery).get("fields") or FIELDS)
        found = self.rows(PRODUCTS, names, platform=platform, sku=sku)
        return Response(shown(views.only(found), names))


def _product(
    kind: Kind, names: Names, /, *, platform: str, sku: str, **who: Any
) -> QuerySet[Any, Any]:
    rows = visible(callers.identified(kind, **who)).filter(platform=platform, sku=sku)
    return values(rows, names)


PRODUCTS = Prepared(_product)


def values(
    rows: QuerySet[PlatformProduct], names: Iterable[str], also: Iterable[str] = ()
) -> QuerySet[Any, Any]:
    """Rows of just the columns behind these fields, and some besides."""
    columns = {FIELDS[name] for name in names} | {"connector__currency", *also}
    worked_out = {name: WORKED_OUT[name] for name in columns & set(WORKED_OUT)}
    found: QuerySet[Any, Any] = rows.annotate(**worked_out).values(*columns)
    return found


def shown(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A product as it is sent."""
    found = {name: row[FIELDS[name]] for name in names}
    if found.get("price") is not None:
        found["price"] = currencies.written(found["price"], row["connector__currency"])
    return found


def _order(asked: Mapping[str, Any]) -> paging.Order:
    name = asked["ordering"]
    column = name.removeprefix("-")
    # What a search finds is sorted, instead of looking through the whole list in its order.
    hidden = Coalesce(F(column), Value("")) if "search" in asked and column == "title" else None
    return paging.Order(columns=ORDERS[column], descending=name.startswith("-"), sorted_by=hidden)


def _filtered(rows: QuerySet[PlatformProduct], asked: Mapping[str, Any]) -> QuerySet[Any]:
    lookups = {
        "platform": "platform", "available": "available", "price_min": "exact_price__gte",
        "price_max": "exact_price__lte", "sku": "sku__in",
    }  # fmt: skip
    rows = rows.filter(**{lookups[name]: asked[name] for name in lookups if name in asked})
    if "updated_since" in asked:
        rows = rows.annotate(changed=UPDATED).filter(changed__gte=asked["updated_since"])
    else:
        rows = rows.exclude(GONE)
    if "search" in asked:
        rows = rows.filter(pk__in=_matching(asked["search"]))
    return rows


def _matching(text: str) -> QuerySet[Any, Any]:
    """The keys of what a search finds: each way has an index, which an OR of them would not use."""
    query = SearchQuery(text, config="simple", search_type="websearch")
    rows = PlatformProduct.objects.order_by()
    begin = (rows.filter(**{f"{name}__istartswith": text}) for name in BEGINNINGS)
    first, *others = (*begin, rows.annotate(words=SEARCHED).filter(words=query))
    return first.values_list("pk").union(*(one.values_list("pk") for one in others))
