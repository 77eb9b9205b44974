"""The peer: the same fields as DRF's documentation would have one serve them.

Viewsets with model serializers, DRF's cursor pagination, relations fetched ahead, and the key
library's own permission.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import include, path
from rest_framework import pagination, routers, serializers, viewsets
from rest_framework_api_key.permissions import BaseHasAPIKey

from catalog import api as catalog
from catalog.models import PlatformProduct
from connectors.models import StorefrontKey
from orders import api as orders
from orders.models import OrderItem, PlatformOrder

WORKED_OUT = {name: catalog.WORKED_OUT[name] for name in ("updated_at", "is_deleted")}


class HasKey(BaseHasAPIKey):
    model = StorefrontKey


class ByTitle(pagination.CursorPagination):
    page_size = 50
    ordering = ("title", "sku", "platform")


class ByMoment(pagination.CursorPagination):
    page_size = 50
    ordering = ("-created_at", "-order_id", "-platform")


class ProductSerializer(serializers.ModelSerializer[PlatformProduct]):
    price = serializers.DecimalField(max_digits=20, decimal_places=6, source="exact_price")
    currency = serializers.CharField(source="connector.currency")
    is_deleted = serializers.BooleanField()
    updated_at = serializers.DateTimeField()

    class Meta:
        model = PlatformProduct
        fields = tuple(catalog.ProductSerializer().fields)


class ItemSerializer(serializers.ModelSerializer[OrderItem]):
    class Meta:
        model = OrderItem
        fields = orders.ITEM


class OrderSerializer(serializers.ModelSerializer[PlatformOrder]):
    total_amount = serializers.DecimalField(max_digits=20, decimal_places=6, source="exact_total")

    class Meta:
        model = PlatformOrder
        fields = tuple(orders.OrderSerializer().fields)


class OrderDetailSerializer(OrderSerializer):
    items = ItemSerializer(many=True)

    class Meta(OrderSerializer.Meta):
        fields = tuple(orders.OrderDetailSerializer().fields)


class ProductViewSet(viewsets.ModelViewSet[PlatformProduct]):
    permission_classes = [HasKey]
    serializer_class = ProductSerializer
    pagination_class = ByTitle
    lookup_field = "sku"
    queryset = (
        PlatformProduct.objects.exclude(catalog.GONE)
        .select_related("connector")
        .annotate(**WORKED_OUT)
    )


class OrderViewSet(viewsets.ModelViewSet[PlatformOrder]):
    permission_classes = [HasKey]
    pagination_class = ByMoment
    lookup_field = "order_id"
    queryset = PlatformOrder.objects.all()

    def get_queryset(self) -> QuerySet[PlatformOrder]:
        rows = super().get_queryset()
        return rows if self.action == "list" else rows.prefetch_related("items")

    def get_serializer_class(self) -> Any:
        return OrderSerializer if self.action == "list" else OrderDetailSerializer


router = routers.DefaultRouter()
router.register("products", ProductViewSet)
router.register("orders", OrderViewSet)

urlpatterns = [path("", include(router.urls))]
