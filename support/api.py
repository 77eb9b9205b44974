"""Refund and address requests, as a storefront makes and follows them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, cast
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connectors import currencies
from connectors.models import Platform, Scope
from connectors.storefront import callers, describing, reading, rendering, views
from connectors.storefront.errors import ConflictingError, RefusedError
from orders.api import AddressSerializer, visible
from orders.models import PlatformOrder
from support import amounts, postal, storefront
from support.models import AddressUpdateRequest, RefundRequest, StorefrontAnswer
from support.postal import names, rules
from support.services import WantedLine

KEYS = r"^[!-~]{1,255}$"
KEY = OpenApiParameter(
    "Idempotency-Key", {"type": "string", "pattern": KEYS}, OpenApiParameter.HEADER, required=True,
    description="A text of your own for this one request, e.g. a UUID. Sent again with the same "
    "body it gives the first answer again, with the header `Idempotency-Replayed: true`.",
)  # fmt: skip


class WantedLineBody(reading.StrictSerializer):
    remote_id = reading.NumberField(min_value=0, max_value=2**63 - 1)
    quantity = reading.NumberField(min_value=1, max_value=1_000_000)


class RefundBody(reading.StrictSerializer):
    """What a customer wants back; staff decide."""

    lines = serializers.ListField(child=WantedLineBody(), required=False, max_length=500)
    shipping = reading.AmountField(required=False, help_text="Of the shipping, tax included.")
    reason_code = reading.TextField(max_length=50, help_text="One that eligibility offers.")
    reason = reading.TextField(
        max_length=200, required=False, allow_blank=True, help_text="The customer’s own words."
    )


class PartField(reading.TextField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=255, allow_blank=True, required=False, **options)


class NewAddressBody(reading.StrictSerializer):
    """The parts of an address, as orders have them; which ones it needs is for its country."""

    first_name = PartField()
    last_name = PartField()
    company = PartField()
    address_1 = PartField()
    address_2 = PartField()
    city = PartField()
    state = PartField(help_text="The code of the country’s state or province.")
    postcode = PartField()
    country = PartField(help_text="ISO 3166-1 alpha-2, e.g. `GB`.")
    phone = PartField()


class AddressBody(reading.StrictSerializer):
    """Where an order shall go instead."""

    new_address = NewAddressBody()


class LineLeftSerializer(serializers.Serializer[Any]):
    remote_id = serializers.IntegerField()
    title = serializers.CharField()
    quantity = serializers.IntegerField(help_text="Units that can still be given back.")
    amount = serializers.CharField(help_text="What all of these are worth, tax included.")


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class RefundEligibilitySerializer(serializers.Serializer[Any]):
    """The most that can be asked for now; staff may still decline."""

    eligible = serializers.BooleanField()
    code = serializers.CharField(help_text="Why not, e.g. `too_late`; empty when it is eligible.")
    message = serializers.CharField()
    deadline = serializers.DateTimeField()
    currency = serializers.CharField()
    amount = serializers.CharField(help_text="In all.")
    shipping = serializers.CharField(help_text="Of the shipping, tax included.")
    lines = LineLeftSerializer(many=True)
    reasons = ReasonSerializer(many=True)


class AddressEligibilitySerializer(serializers.Serializer[Any]):
    eligible = serializers.BooleanField()
    code = serializers.CharField(help_text="Why not, e.g. `fulfilled`; empty when it is eligible.")
    message = serializers.CharField()


class RefundLineSerializer(serializers.Serializer[Any]):
    remote_id = serializers.IntegerField()
    quantity = serializers.IntegerField()
    total = serializers.CharField(help_text="Before tax.")
    tax = serializers.CharField()


class RequestSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    order_id = serializers.CharField()
    platform = serializers.ChoiceField(Platform.choices)
    asked_by_customer = serializers.BooleanField()
    requested_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class RefundRequestSerializer(RequestSerializer):
    """A refund that was asked for, here or by staff, or made in the store itself."""

    status = serializers.ChoiceField(RefundRequest.Status.choices)
    amount = serializers.CharField()
    currency = serializers.CharField()
    shipping = serializers.CharField(help_text="Before tax.")
    shipping_tax = serializers.CharField()
    reason_code = serializers.CharField()
    lines = RefundLineSerializer(many=True)


class AddressRequestSerializer(RequestSerializer):
    status = serializers.ChoiceField(AddressUpdateRequest.Status.choices)
    new_address = AddressSerializer()


class RefundRequestsSerializer(serializers.Serializer[Any]):
    results = RefundRequestSerializer(many=True)


class AddressRequestsSerializer(serializers.Serializer[Any]):
    results = AddressRequestSerializer(many=True)


def refund_shown(request: RefundRequest) -> dict[str, Any]:
    """A refund request as it is sent: nothing of staff's notes."""
    currency = request.currency
    amounts_ = {
        name: currencies.written(getattr(request, name), currency)
        for name in ("amount", "shipping", "shipping_tax")
    }
    lines = [{name: line[name] for name in ("remote_id", "quantity", "total", "tax")}
             for line in request.lines]  # fmt: skip
    return {**_common(request), **amounts_, "currency": currency, "lines": lines,
            "reason_code": request.reason_code}  # fmt: skip


def address_shown(request: AddressUpdateRequest) -> dict[str, Any]:
    """An address request as it is sent; one of an erased person has empty parts."""
    found = {name: request.new_address.get(name, "") for name in AddressSerializer().fields}
    return {**_common(request), "new_address": found}


def _common(request: Any) -> dict[str, Any]:
    own = [*RequestSerializer().fields, "status"]
    return {name: getattr(request, name) for name in own}


class OrderView(views.View):
    """Of one order that the caller may see."""

    scope = Scope.ORDERS

    def order(self, platform: str, order_id: str) -> PlatformOrder:
        rows = visible(self.caller).filter(platform=platform, order_id=order_id)
        found: PlatformOrder = views.first(rows)
        return found

    def check_permissions(self, request: Request) -> None:
        self.__dict__["scope"] = Scope.REQUESTS if request.method == "POST" else Scope.ORDERS
        super().check_permissions(request)


class RefundEligibilityView(OrderView):
    @extend_schema(
        operation_id="get_refund_eligibility",
        responses=describing.answers(RefundEligibilitySerializer),
    )
    def get(self, request: Request, platform: str, order_id: str) -> Response:
        """What of the order can be asked back, and until when."""
        reading.asked(request, reading.Query)
        order = self.order(platform, order_id)
        found = storefront.refund_eligibility(order)
        lines = [
            {"remote_id": one.remote_id, "title": one.title, "quantity": one.quantity,
             "amount": currencies.written(one.amount, order.currency)}
            for one in found.lines
        ]  # fmt: skip
        return Response({
            "eligible": not found.reason, "code": found.reason, "message": found.words,
            "deadline": found.deadline, "currency": order.currency,
            "amount": currencies.written(found.amount, order.currency),
            "shipping": currencies.written(found.shipping, order.currency), "lines": lines,
            "reasons": [{"code": code, "label": label} for code, label in found.reasons],
        })  # fmt: skip


class AddressEligibilityView(OrderView):
    @extend_schema(
        operation_id="get_address_eligibility",
        responses=describing.answers(AddressEligibilitySerializer),
    )
    def get(self, request: Request, platform: str, order_id: str) -> Response:
        """Whether the order may still be sent elsewhere."""
        reading.asked(request, reading.Query)
        code, words = storefront.address_refusal(self.order(platform, order_id))
        return Response({"eligible": not code, "code": code, "message": words})


class RefundRequestsView(OrderView):
    @extend_schema(
        operation_id="list_refund_requests",
        responses=describing.answers(RefundRequestsSerializer),
    )
    def get(self, request: Request, platform: str, order_id: str) -> Response:
        """The order's refunds, newest first."""
        reading.asked(request, reading.Query)
        rows = _of(RefundRequest, self.order(platform, order_id))[: reading.MOST]
        return Response({"results": [refund_shown(one) for one in rows]})

    @extend_schema(
        operation_id="create_refund_request", request=RefundBody, parameters=[KEY],
        responses=describing.answers(
            {201: RefundRequestSerializer},
            _409="The key was used for something else.",
            _422="It can’t be asked for; `code` says why.",
        ),
    )  # fmt: skip
    def post(self, request: Request, platform: str, order_id: str) -> Response:
        """Ask for a refund in the customer's name. Staff decide: follow `status`."""
        order, asked = self.order(platform, order_id), reading.body(request, RefundBody)

        def ask() -> dict[str, Any]:
            lines = [WantedLine(**line) for line in asked.get("lines", ())]
            made = storefront.ask_refund(
                order=order, lines=lines, shipping=asked.get("shipping", storefront.ZERO),
                reason=asked["reason_code"], note=asked.get("reason", ""),
            )  # fmt: skip
            return refund_shown(made)

        return _once(request, order, ask)


class OneRefundRequestView(OrderView):
    @extend_schema(
        operation_id="get_refund_request",
        responses=describing.answers(RefundRequestSerializer),
    )
    def get(self, request: Request, platform: str, order_id: str, request_id: UUID) -> Response:
        """How a refund stands: `status` and `changed_at`."""
        reading.asked(request, reading.Query)
        rows = _of(RefundRequest, self.order(platform, order_id))
        return Response(refund_shown(views.first(rows.filter(pk=request_id))))


class AddressRequestsView(OrderView):
    @extend_schema(
        operation_id="list_address_requests",
        responses=describing.answers(AddressRequestsSerializer),
    )
    def get(self, request: Request, platform: str, order_id: str) -> Response:
        """The order's address changes, newest first."""
        reading.asked(request, reading.Query)
        rows = _of(AddressUpdateRequest, self.order(platform, order_id))[: reading.MOST]
        return Response({"results": [address_shown(one) for one in rows]})

    @extend_schema(
        operation_id="create_address_request", request=AddressBody, parameters=[KEY],
        responses=describing.answers(
            {201: AddressRequestSerializer},
            _409="The key was used for something else.",
            _422="It can’t be changed; `code` says why, `fields` what is wrong with the address.",
        ),
    )  # fmt: skip
    def post(self, request: Request, platform: str, order_id: str) -> Response:
        """Ask for another address in the customer's name. Staff decide: follow `status`."""
        order, asked = self.order(platform, order_id), reading.body(request, AddressBody)

        def ask() -> dict[str, Any]:
            made = storefront.ask_address(order=order, address=asked["new_address"])
            return address_shown(made)

        return _once(request, order, ask)


class OneAddressRequestView(OrderView):
    @extend_schema(
        operation_id="get_address_request",
        responses=describing.answers(AddressRequestSerializer),
    )
    def get(self, request: Request, platform: str, order_id: str, request_id: UUID) -> Response:
        """How a change of address stands: `status` and `changed_at`."""
        reading.asked(request, reading.Query)
        rows = _of(AddressUpdateRequest, self.order(platform, order_id))
        return Response(address_shown(views.first(rows.filter(pk=request_id))))


def _of(model: Any, order: PlatformOrder) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.objects.filter(order_id=order.order_id, platform=order.platform)
    return rows


def _once(request: Request, order: PlatformOrder, ask: Callable[[], dict[str, Any]]) -> Response:
    """What ``ask`` makes, made once under the caller's key and answered again as it was."""
    body = cast("dict[str, Any]", request.data)
    key, digest = _key(request), _digest(request.path, body)
    caller = hashlib.sha256(callers.of(request).ident.encode()).hexdigest()
    with transaction.atomic():
        kept, is_new = StorefrontAnswer.objects.get_or_create(
            caller=caller, key=key,
            defaults={"digest": digest, "order_id": order.order_id, "platform": order.platform,
                      "body": ""},
        )  # fmt: skip
        if is_new:
            made = _asked(ask, body.get("new_address") or {})
            kept.body = rendering.dumped(made).decode()
            kept.save(update_fields=["body"])
    if kept.digest != digest:
        raise ConflictingError(
            "This Idempotency-Key was used for another request: take a new one.", code="key_reused"
        )
    headers = {} if is_new else {"Idempotency-Replayed": "true"}
    return Response(orjson.loads(str(kept.body)), status=201, headers=headers)


def _asked(ask: Callable[[], dict[str, Any]], address: Mapping[str, str]) -> dict[str, Any]:
    """What is refused for a reason of the business is 422 with its code."""
    try:
        return ask()
    except storefront.RefusedError as error:
        raise RefusedError(str(error), code=error.code) from None
    except amounts.AmountError as error:
        raise RefusedError(str(error), code="amount") from None
    except postal.AddressError as error:
        raise RefusedError(
            "The country would not take this address.", code="address",
            fields=[_wrong_part(name, words, address) for name, words in error.errors.items()],
        ) from None  # fmt: skip


def _wrong_part(name: str, message: str, address: Mapping[str, str]) -> dict[str, Any]:
    """What is wrong with a part of an address, and the codes that are taken where it is one."""
    found = {"field": f"new_address.{name}", "code": "invalid", "message": message}
    country = address.get("country", "").strip().upper()
    if name == "country":
        return {**found, "allowed": sorted(names.by_code())}
    if name == "state" and country in names.by_code():
        return {**found, "allowed": [code for code, _ in rules.of(country).choices]}
    return found


def _key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not re.fullmatch(KEYS, key):
        problem = serializers.ErrorDetail(
            "Send a text of your own in this header: up to 255 letters, digits and signs of ASCII, "
            "without spaces.", "invalid" if key else "required",
        )  # fmt: skip
        raise exceptions.ValidationError({"Idempotency-Key": problem})
    return key


def _digest(path: str, body: Mapping[str, Any]) -> str:
    text = json.dumps([path, body], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
