"""The addresses of the storefront API."""

from __future__ import annotations

from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from catalog import api as catalog
from connectors.models import Platform
from connectors.storefront import errors
from orders import api as orders


class PlatformConverter(StringConverter):
    regex = "|".join(Platform.values)


class SkuConverter(StringConverter):
    """A SKU may have any character, slashes too."""

    regex = r"[^\x00]{1,100}?"


class KeyConverter(StringConverter):
    """A store's prefix, if it has one, and a number."""

    regex = r"[a-z0-9-]{1,100}"


register_converter(PlatformConverter, "platform")
register_converter(SkuConverter, "sku")
register_converter(KeyConverter, "key")

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("v1/products/", catalog.ProductsView.as_view()),
    path("v1/products/<platform:platform>/<sku:sku>/", catalog.OneProductView.as_view()),
    path("v1/customers/", orders.CustomersView.as_view()),
    path("v1/customers/<platform:platform>/<key:customer_id>/", orders.OneCustomerView.as_view()),
    path("v1/customer-tokens/", orders.CustomerTokensView.as_view()),
    path("v1/guest-links/", orders.GuestLinksView.as_view()),
    path("v1/orders/", orders.OrdersView.as_view()),
    path("v1/orders/<platform:platform>/<key:order_id>/", orders.OneOrderView.as_view()),
    re_path(r"", errors.not_found),
]
