"""What the API is held against: a bare view with the same SQL, and DRF's own view sets.

Both are served by the same process under ``/floor/`` and ``/stock/``. ``STOREKEEP_FLOOR`` names the
file with the SQL that each request of the API makes.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import pagination, parsers, renderers, routers, serializers, viewsets
from rest_framework_api_key.permissions import HasAPIKey

from catalog.api import FIELDS, WORKED_OUT
from catalog.models import PlatformProduct
from config.urls import urlpatterns as ours
from orders.api import ITEM, ORDER, SNAPSHOTS
from orders.models import OrderItem, PlatformOrder


@cache
def statements() -> dict[str, list[tuple[str, list[Any]]]]:
    """By the name of a request, what it asks the database."""
    found: dict[str, Any] = json.loads(Path(os.environ["STOREKEEP_FLOOR"]).read_text())
    return found


def floor(request: HttpRequest, name: str) -> HttpResponse:
    """Runs a request's SQL and writes what it gives as JSON."""
    found = []
    with connection.cursor() as cursor:
        for sql, params in statements()[name]:
            cursor.execute(sql, params)
            columns = [one[0] for one in cursor.description or ()]
            found.append([dict(zip(columns, row, strict=True)) for row in cursor.fetchall()])
    return HttpResponse(json.dumps(found, default=str), content_type="application/json")


class ProductSerializer(serializers.ModelSerializer[PlatformProduct]):
    currency = serializers.CharField()
    is_deleted = serializers.BooleanField()
    updated_at = serializers.DateTimeField()

    class Meta:
        model = PlatformProduct
        fields = tuple(FIELDS)


class ItemSerializer(serializers.ModelSerializer[OrderItem]):
    class Meta:
        model = OrderItem
        fields = tuple(ITEM)


class OrderSerializer(serializers.ModelSerializer[PlatformOrder]):
    class Meta:
        model = PlatformOrder
        fields: tuple[str, ...] = tuple(set(ORDER.values()) - {"remote_created_at"})


class OrderDetailSerializer(OrderSerializer):
    items = ItemSerializer(many=True)

    class Meta(OrderSerializer.Meta):
        fields = (*OrderSerializer.Meta.fields, *SNAPSHOTS, "items")


class Pages(pagination.CursorPagination):
    page_size = 50
    ordering: Any = ("title", "sku", "platform")


class NewestFirst(pagination.CursorPagination):
    page_size = 50
    ordering: Any = ("-created_at", "-order_id", "-platform")


class Stock(viewsets.ModelViewSet[Any]):
    """As DRF comes, with the key check of djangorestframework-api-key."""

    authentication_classes = ()
    permission_classes = (HasAPIKey,)
    throttle_classes = ()
    renderer_classes = (renderers.JSONRenderer,)
    parser_classes = (parsers.JSONParser,)


class Products(Stock):
    queryset = PlatformProduct.objects.filter(deleted_at__isnull=True).annotate(**WORKED_OUT)
    serializer_class = ProductSerializer
    pagination_class = Pages
    lookup_field = "sku"
    lookup_value_regex = "[^/]+"


class Orders(Stock):
    queryset = PlatformOrder.objects.prefetch_related("items")
    pagination_class = NewestFirst
    lookup_field = "order_id"

    def get_queryset(self) -> Any:
        found = super().get_queryset()
        return found.prefetch_related(None) if self.action == "list" else found

    def get_serializer_class(self) -> Any:
        return OrderSerializer if self.action == "list" else OrderDetailSerializer


router = routers.SimpleRouter()
router.register("products", Products)
router.register("orders", Orders)

urlpatterns = [
    path("floor/<str:name>/", floor),
    path("stock/", include(router.urls)),
    *ours,
]
handler500 = "config.api.server_error"
