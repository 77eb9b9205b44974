"""The addresses of the storefront API."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter
from django.views import defaults
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from catalog import api as catalog
from connectors.models import Platform
from connectors.storefront import errors
from orders import api as orders
from recommendations import api as recommendations
from support import api as support
from tryon import api as tryon


class PlatformConverter(StringConverter):
    regex = "|".join(Platform.values)


class SkuConverter(StringConverter):
    """A SKU may have any character, slashes too."""

    regex = r"[^\x00]{1,100}?"


class KeyConverter(StringConverter):
    """A store's prefix, if it has one, and a number."""

    regex = r"[a-z0-9-]{1,100}"


def server_error(request: HttpRequest) -> HttpResponseBase:
    """For whom it happened: a program below the API, or a person at the console."""
    is_api = request.path.startswith("/api/")
    return errors.server_error(request) if is_api else defaults.server_error(request)


register_converter(PlatformConverter, "platform")
register_converter(SkuConverter, "sku")
register_converter(KeyConverter, "key")

ORDER = "v1/orders/<platform:platform>/<key:order_id>/"
OF_ORDERS: dict[str, type[support.OrderView]] = {
    "refund-eligibility": support.RefundEligibilityView,
    "address-eligibility": support.AddressEligibilityView,
    "refund-requests": support.RefundRequestsView,
    "address-requests": support.AddressRequestsView,
}
OF_REQUESTS: dict[str, type[support.OrderView]] = {
    "refund-requests": support.OneRefundRequestView,
    "address-requests": support.OneAddressRequestView,
}

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("v1/products/", catalog.ProductsView.as_view()),
    path("v1/products/<platform:platform>/<sku:sku>/", catalog.OneProductView.as_view()),
    path("v1/customers/", orders.CustomersView.as_view()),
    path("v1/customers/<platform:platform>/<key:customer_id>/", orders.OneCustomerView.as_view()),
    path(
        "v1/customers/<platform:platform>/<key:customer_id>/orders/",
        orders.CustomerOrdersView.as_view(),
    ),
    path("v1/customer-tokens/", orders.CustomerTokensView.as_view()),
    path("v1/guest-links/", orders.GuestLinksView.as_view()),
    path("v1/orders/", orders.OrdersView.as_view()),
    path(ORDER, orders.OneOrderView.as_view()),
    *(path(f"{ORDER}{name}/", view.as_view()) for name, view in OF_ORDERS.items()),
    *(
        path(
            f"v1/orders/<platform:platform>/<key:order_id>/{name}/<uuid:request_id>/",
            view.as_view(),
        )
        for name, view in OF_REQUESTS.items()
    ),
    path("v1/recommendations/", recommendations.RecommendationsView.as_view()),
    path(
        "v1/recommendations/<uuid:recommendation_id>/",
        recommendations.OneRecommendationView.as_view(),
    ),
    path(
        "v1/recommendations/<uuid:recommendation_id>/events/",
        recommendations.RecommendationEventsView.as_view(),
    ),
    path("v1/try-on/sessions/", tryon.SessionsView.as_view()),
    path("v1/try-on/sessions/<uuid:session_id>/", tryon.OneSessionView.as_view()),
    path("v1/try-on/sessions/<uuid:session_id>/products/", tryon.SessionProductsView.as_view()),
    re_path(r"", errors.not_found),
]
