"""Try-on sessions, as a storefront starts, follows and ends them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import api as catalog
from catalog.models import PlatformProduct
from connectors.models import ConnectorConfig, Platform, Scope
from connectors.storefront import callers, describing, reading, rendering, uploading, views
from connectors.storefront.callers import Caller, Kind
from connectors.storefront.errors import ConflictingError, RefusedError
from orders import api as orders
from tryon import links, services, words
from tryon.engine import pictures
from tryon.engine.errors import TryOnError
from tryon.models import TryOnOverlay, TryOnSession

UNSTORED = {"Cache-Control": "no-store"}
MESSAGES = {
    "none": "Choose a product.",
    "too_many": "These are more products than one photo is tried with: at most {most}.",
    "unknown_sku": "The shop does not sell all of these products.",
    "erased": "The photo was erased: start again with a new one.",
    "consent": "The shopper has to agree to version “{version}” of what is done with the photo.",
}


class PhotoForm(uploading.FormParser):
    largest = pictures.LARGEST + rendering.LARGEST_BODY
    shown = "10 MB"


@extend_schema_field({
    "type": "array", "minItems": 1, "maxItems": reading.MOST,
    "items": {"type": "string", "maxLength": 100, "pattern": describing.WORDS},
})  # fmt: skip
class SkusField(serializers.ListField):
    """Products by their keys; in a form several fields, or one with commas."""

    child = reading.TextField(max_length=100)

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=reading.MOST, **options)

    def to_internal_value(self, data: Any) -> Any:
        is_text = isinstance(data, str)
        return super().to_internal_value(list(filter(str.strip, data.split(","))) if is_text
                                         else data)  # fmt: skip


class ProductsBody(reading.StrictSerializer):
    """More products for the same photo."""

    skus = SkusField()


class StartBody(ProductsBody):
    consent_version = reading.TextField(
        max_length=50, help_text="The version of the text that the shopper has agreed to."
    )
    platform = serializers.ChoiceField(
        Platform.choices, required=False,
        help_text="Only needed with a key that is for all stores.",
    )  # fmt: skip
    customer_id = reading.TextField(
        max_length=100, required=False, help_text="Whose session it is; without it a visitor’s."
    )


class UploadedBody(StartBody):
    """A form with the photo."""

    selfie = serializers.FileField(
        allow_empty_file=True, help_text="JPEG, PNG or WebP of at most 10 MB and 40 megapixels."
    )


class FetchedBody(StartBody):
    """The photo’s address instead of the photo."""

    selfie_url = reading.TextField(
        max_length=2_000, help_text="https, on one of the hosts of `TRYON_SELFIE_HOSTS`."
    )


class OverlaySerializer(serializers.Serializer[Any]):
    """The photo with one product on it."""

    sku = serializers.CharField()
    status = serializers.ChoiceField(TryOnOverlay.Status.choices)
    code = serializers.CharField(help_text="Why it failed, e.g. `ear_not_visible`; else empty.")
    message = serializers.CharField(help_text="The same for the shopper.")
    picture = serializers.URLField(
        allow_null=True, help_text="Opens the picture for some minutes; null while there is none."
    )


class SessionSerializer(serializers.Serializer[Any]):
    """A photo and the products that are tried on with it."""

    id = serializers.UUIDField()
    platform = serializers.ChoiceField(Platform.choices)
    customer_id = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(TryOnSession.Status.choices)
    code = serializers.CharField(help_text="Why it failed, e.g. `no_face`; else empty.")
    message = serializers.CharField(help_text="The same for the shopper.")
    consent_version = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    kept_until = serializers.DateTimeField(help_text="Then photo and pictures are erased.")
    selfie = serializers.URLField(
        allow_null=True, help_text="Opens the photo for some minutes; null once it is erased."
    )
    overlays = OverlaySerializer(many=True)


class StartedSerializer(SessionSerializer):
    token = serializers.CharField(
        allow_null=True,
        help_text="For a visitor’s browser, as `Authorization: Bearer …`: opens this session alone "
        "and no longer than its photo is kept. Null where the session is a customer’s.",
    )


def visible(caller: Caller) -> QuerySet[TryOnSession]:
    """The sessions that a caller may see: of their store, their own, or the one."""
    rows = TryOnSession.objects.order_by()
    if caller.key.connector_id is not None:
        rows = rows.filter(_of_store(caller.key.connector_id))
    if caller.kind is Kind.SERVER:
        return rows
    if caller.kind is Kind.CUSTOMER:
        return rows.filter(platform=caller.platform, customer_id=caller.customer_id)
    return rows.filter(pk=caller.session_id, customer_id=None)


def _of_store(connector_id: UUID) -> Q:
    """Sessions of a store's customers, and those of nobody with the store's products."""
    overlays = TryOnOverlay.objects.filter(session=OuterRef("pk"))
    products = PlatformProduct.objects.filter(
        connector_id=connector_id, sku=OuterRef("sku"), platform=OuterRef("session__platform")
    )
    return Q(customer__connector_id=connector_id) | Q(
        Exists(overlays.filter(Exists(products))), customer_id=None
    )


def shown(session: TryOnSession, request: Request) -> dict[str, Any]:
    """A session as it is sent, with links that work for some minutes."""
    code = str(session.failure_code)
    overlays = session.overlays.order_by("created_at", "sku")
    return {
        "id": session.pk, "platform": session.platform, "customer_id": session.customer_id,
        "status": session.status, "code": code, "message": words.shopper(code),
        "consent_version": session.consent_version, "created_at": session.created_at,
        "finished_at": session.finished_at,
        "kept_until": session.created_at + timedelta(hours=settings.TRYON_KEEP_HOURS),
        "selfie": _link(request, session.selfie_url),
        "overlays": [_overlay(one, request) for one in overlays],
    }  # fmt: skip


def _overlay(overlay: TryOnOverlay, request: Request) -> dict[str, Any]:
    code = str(overlay.failure_code)
    return {
        "sku": overlay.sku, "status": overlay.status, "code": code,
        "message": words.shopper(code), "picture": _link(request, overlay.overlay_url),
    }  # fmt: skip


def _link(request: Request, name: str) -> str | None:
    path = links.picture(name)
    return request.build_absolute_uri(path) if path else None


class ConsentError(RefusedError):
    status_code = 403


@contextmanager
def refusing() -> Iterator[None]:
    """What a session is refused for, as errors of the API."""
    try:
        yield
    except services.ConsentError:
        version = settings.TRYON_CONSENT_VERSION
        message = MESSAGES["consent"].format(version=version)
        field = {"field": "consent_version", "code": "consent", "message": message}
        raise ConsentError(
            message, code="consent", fields=[{**field, "allowed": [version]}]
        ) from None
    except services.ProductsError as error:
        message = MESSAGES[error.code].format(most=settings.TRYON_MOST_PRODUCTS)
        raise RefusedError(message, code=error.code, fields=_unknown(error)) from None
    except services.ErasedError:
        raise ConflictingError(MESSAGES["erased"], code="erased") from None
    except TryOnError as error:
        raise RefusedError(words.shopper(error.code), code=error.code) from None


def _unknown(error: services.ProductsError) -> list[dict[str, Any]]:
    return [
        {"field": "skus", "code": error.code, "message": f"There is no product “{sku}”."}
        for sku in error.skus
    ]


class SessionsView(views.View):
    scope, kinds = Scope.TRYON, views.SHOPPERS
    parser_classes = (rendering.JSONParser, PhotoForm)

    @extend_schema(
        operation_id="start_try_on",
        request={"multipart/form-data": UploadedBody, "application/json": FetchedBody},
        responses=describing.answers(
            {201: StartedSerializer},
            _403="The key or token is not for this; or, with the code `consent`, the shopper has "
            "not agreed to the version in force, which `allowed` names.",
            _404="There is no such customer.",
            _413="The form is larger than the largest photo, or the JSON than 64 KiB.",
            _415="The body is neither a form nor JSON.",
            _422="The photo or the products can’t be used; `code` says why.",
        ),
    )
    def post(self, request: Request) -> Response:
        """Try products on a photo. It is queued: follow `status` until it is no longer open."""
        is_json = request.content_type.partition(";")[0].strip().lower() == "application/json"
        asked = reading.body(request, FetchedBody if is_json else UploadedBody)
        platform, customer_id = self._platform(asked), self._customer_id(asked)
        if customer_id is not None:
            whose = {"platform": platform, "customer_id": customer_id}
            views.first(orders.customers(self.caller).filter(**whose, deleted_at=None))
        photo = asked["selfie_url"] if is_json else asked["selfie"].read()
        with refusing():
            session = services.start(
                platform=platform, photo=photo, skus=asked["skus"], customer_id=customer_id,
                consent_version=asked["consent_version"], among=catalog.visible(self.caller),
            )  # fmt: skip
        session.refresh_from_db()
        data = {**shown(session, request), "token": self._token(session)}
        return Response(data, status=201, headers=UNSTORED)

    def _platform(self, asked: Mapping[str, Any]) -> str:
        """The one that is said, or the caller's, whose token or store has but one."""
        own, store = self.caller.platform, self.caller.key.connector_id
        if not own and store is not None:
            own = ConnectorConfig.objects.values_list("platform", flat=True).get(pk=store)
        found: str = asked.get("platform", own)
        if not found:
            problem = serializers.ErrorDetail("This key is for all stores: say which.", "required")
            raise serializers.ValidationError({"platform": problem})
        if own and found != own:
            raise Http404
        return found

    def _customer_id(self, asked: Mapping[str, Any]) -> str | None:
        """Who is said, or the shopper who asks; another is refused as nobody there is."""
        if self.caller.kind is Kind.SERVER:
            return asked.get("customer_id")
        return str(asked.get("customer_id", self.caller.customer_id))

    def _token(self, session: TryOnSession) -> str | None:
        if session.customer_id is not None:
            return None
        return callers.visitor_token(
            self.caller.key, platform=str(session.platform), session_id=session.pk.hex
        ).token


class SessionView(views.View):
    """Of one session that the caller may see."""

    scope, kinds = Scope.TRYON, views.SHOPPERS | {Kind.VISITOR}

    def session(self, session_id: UUID) -> TryOnSession:
        found: TryOnSession = views.first(visible(self.caller).filter(pk=session_id))
        return found


class OneSessionView(SessionView):
    @extend_schema(operation_id="get_try_on", responses=describing.answers(SessionSerializer))
    def get(self, request: Request, session_id: UUID) -> Response:
        """How the session stands, with its pictures."""
        reading.asked(request, reading.Query)
        return Response(shown(self.session(session_id), request), headers=UNSTORED)

    @extend_schema(operation_id="end_try_on", request=None, responses={204: None})
    def delete(self, request: Request, session_id: UUID) -> Response:
        """Erase the photo, its pictures and the session."""
        reading.asked(request, reading.Query)
        services.end(self.session(session_id))
        return Response(status=204)


class SessionProductsView(SessionView):
    @extend_schema(
        operation_id="add_try_on_products", request=ProductsBody,
        responses=describing.answers(
            SessionSerializer, _409="The photo was erased.",
            _422="The products can’t be tried on; `code` says why.",
        ),
    )  # fmt: skip
    def post(self, request: Request, session_id: UUID) -> Response:
        """Try more products on with the same photo; those that are there already change nothing."""
        session, asked = self.session(session_id), reading.body(request, ProductsBody)
        with refusing():
            services.add_products(session, skus=asked["skus"], among=catalog.visible(self.caller))
        session.refresh_from_db()
        return Response(shown(session, request), headers=UNSTORED)
