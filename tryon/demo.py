"""The demo page: a shop's page with try-on, as long as the demo stores are connected.

It acts as a visitor without an account, and has no key of the API.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import PlatformProduct
from connectors import currencies
from connectors.models import ConnectorConfig
from connectors.sandbox import wearables
from connectors.storefront import bodies, reading, rendering
from tryon import api, links, services
from tryon.models import TryOnSession

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


class PhotoBody(reading.StrictSerializer):
    selfie = serializers.FileField(allow_empty_file=True)
    skus = api.SkusField()
    consent_version = reading.TextField(max_length=50)


def store() -> ConnectorConfig:
    """A demo store that is kept fresh; raises ``Http404`` where there is none."""
    stores = ConnectorConfig.objects.enabled().filter(is_demo=True)
    found = stores.order_by("-platform").first()
    if found is None:
        raise Http404
    return found


def products(of: ConnectorConfig) -> services.Products:
    """What the demo shop has to wear."""
    skus = [
        sku for sku, article in wearables.BY_SKU.items()
        if settings.TRYON_TOPS or article.category != "Tops"
    ]  # fmt: skip
    return PlatformProduct.objects.present().filter(connector=of, merchant_sku__in=skus)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Choose a photo and products, and see how they look."""
    shop = store()
    rows = {str(one.merchant_sku): one for one in products(shop)}
    found = [
        {
            "sku": rows[sku].sku, "article": article,
            "price": _price(rows[sku], str(shop.currency)),
        }
        for sku, article in wearables.BY_SKU.items() if sku in rows
    ]  # fmt: skip
    data = {
        "products": found, "hours": settings.TRYON_KEEP_HOURS,
        "version": settings.TRYON_CONSENT_VERSION, "most": settings.TRYON_MOST_PRODUCTS,
    }  # fmt: skip
    return TemplateResponse(request, "tryon/demo.html", data, headers=HEADERS)


def _price(product: PlatformProduct, currency: str) -> str:
    amount = product.exact_price
    return "" if amount is None else f"{currency} {currencies.written(amount, currency)}"


@require_safe
def product_picture(request: HttpRequest, sku: str) -> HttpResponse:
    """A picture of the demo shop: a phone reaches it here, but not at the sandbox store."""
    if sku not in wearables.BY_SKU:
        raise Http404
    kind = "image/jpeg" if wearables.BY_SKU[sku].on_white else "image/png"
    return HttpResponse(
        wearables.picture(sku), content_type=kind, headers={"Cache-Control": "max-age=86400"}
    )


class DemoView(APIView):
    """For anybody; counted by their address, as requests to the API are."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.store = store()
        bodies.measured(request._request)

    def session(self) -> TryOnSession:
        """The session of the token in the header; raises ``Http404``."""
        token = self.request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            rows = TryOnSession.objects.filter(pk=links.session_id(token), customer_id=None)
        except links.LinkError:
            raise Http404 from None
        found = rows.first()
        if found is None:
            raise Http404
        return found

    def shown(self, session: TryOnSession, **more: Any) -> Response:
        session.refresh_from_db()
        data = {**api.shown(session, self.request), **more}
        return Response(data, headers={"Cache-Control": "no-store"})


class SessionsView(DemoView):
    parser_classes = (api.PhotoForm,)

    def post(self, request: Request) -> Response:
        asked = reading.body(request, PhotoBody)
        with api.refusing():
            session = services.start(
                platform=str(self.store.platform), photo=asked["selfie"].read(),
                skus=asked["skus"], consent_version=asked["consent_version"],
                among=products(self.store),
            )  # fmt: skip
        return self.shown(session, token=links.session_token(session))


class SessionView(DemoView):
    parser_classes = (rendering.JSONParser,)

    def get(self, request: Request) -> Response:
        return self.shown(self.session())

    def post(self, request: Request) -> Response:
        session, asked = self.session(), reading.body(request, api.ProductsBody)
        with api.refusing():
            services.add_products(session, skus=asked["skus"], among=products(self.store))
        return self.shown(session)

    def delete(self, request: Request) -> Response:
        services.end(self.session())
        return Response(status=204)
