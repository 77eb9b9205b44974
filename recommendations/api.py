"""Recommendations, as a storefront asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import api as catalog
from connectors.models import Platform, Scope
from connectors.storefront import callers, describing, reading, views
from connectors.storefront.callers import Caller, Kind
from connectors.storefront.errors import RefusedError
from connectors.storefront.prepared import Prepared
from orders.api import customers
from recommendations import answering, recording
from recommendations.answering import Customer, Rows, Wanted
from recommendations.models import RecommendationEvent, RecommendationLog

MOST = 50
# SKUs are looked up so many at once: a query for each of few sizes is worked out once.
SIZES = (16, 64, 256)
FIELDS = tuple(catalog.FIELDS)


class WhySerializer(serializers.Serializer[Any]):
    code = serializers.CharField(
        help_text="For programs: `bought_before`, `bought_with`, `bought_after`, `popular`, "
        "`similar_customers` or `new`."
    )
    text = serializers.CharField(help_text="For people, e.g. “Bought 3 times, last 40 days ago”.")


class RecommendedSerializer(serializers.Serializer[Any]):
    """A product that is recommended."""

    sku = serializers.CharField()
    score = serializers.FloatField(
        allow_null=True, help_text="What it was ranked by; only compares within an answer."
    )
    confidence = serializers.FloatField(
        allow_null=True,
        help_text="The chance, 0 to 1, that it is in the customer’s next order (or, for a cart or "
        "a product, in the same one), as such chances turned out. Null where nothing is known.",
    )
    reason = WhySerializer()
    product = catalog.ProductSerializer(
        allow_null=True, help_text="As it is now; null once it is gone."
    )


class AnswerSerializer(serializers.Serializer[Any]):
    """What is recommended, best first."""

    id = serializers.UUIDField(help_text="Names this answer, e.g. for clicks on it.")
    platform = serializers.ChoiceField(Platform.choices)
    customer_id = serializers.CharField(allow_null=True)
    strategy = serializers.ChoiceField(
        RecommendationLog.Strategy.choices, help_text="How the first products were found."
    )
    fallback = serializers.CharField(
        help_text="Empty, or why it isn’t what was asked for: "
        + "; ".join(f"`{code}`: {words}" for code, words in answering.FALLBACKS.items()) + "."
    )  # fmt: skip
    model_version = serializers.UUIDField(allow_null=True)
    requested_at = serializers.DateTimeField()
    results = RecommendedSerializer(many=True)


class RecommendationQuery(reading.Query):
    platform = serializers.ChoiceField(
        Platform.choices, required=False,
        help_text="Whose products; needed with a key that isn’t bound to a store.",
    )  # fmt: skip
    customer_id = serializers.CharField(
        required=False, max_length=100, help_text="For whom; with a shopper’s token themselves."
    )
    skus = reading.TextsField(required=False, help_text="What is in the cart: what goes with it?")
    sku = serializers.CharField(
        required=False, max_length=100, help_text="A product: what is bought by the same people?"
    )
    n = serializers.IntegerField(
        required=False, default=10, min_value=1, max_value=MOST, help_text="How many."
    )
    exclude_purchased = serializers.BooleanField(
        required=False, default=False, help_text="Leave out what the customer has bought before."
    )
    category = serializers.CharField(
        required=False, max_length=255,
        help_text="Only products that the store has under this category or product type.",
    )  # fmt: skip


class EventBody(reading.StrictSerializer):
    kind = serializers.ChoiceField([RecommendationEvent.Kind.CLICK.value])
    sku = reading.TextField(max_length=100)


class EventSerializer(serializers.Serializer[Any]):
    """A click as it was counted."""

    kind = serializers.CharField()
    sku = serializers.CharField()
    occurred_at = serializers.DateTimeField()


def logs(caller: Caller) -> QuerySet[RecommendationLog]:
    """The answers that a caller may see: a shopper those to themselves."""
    rows = RecommendationLog.objects.order_by()
    if caller.key.connector_id is not None:
        rows = rows.filter(connector_id=caller.key.connector_id)
    if caller.kind is Kind.SERVER:
        return rows
    return rows.filter(platform=caller.platform, customer_id=caller.customer_id)


def _customer(kind: Kind, /, *, platform: str, customer_id: str, **who: Any) -> QuerySet[Any, Any]:
    rows = customers(callers.identified(kind, **who))
    return rows.filter(platform=platform, customer_id=customer_id).values("connector_id", "email")


def _products(kind: Kind, size: int, /, *, platform: str, **more: Any) -> QuerySet[Any, Any]:
    skus = [more.pop(f"sku_{number}") for number in range(size)]
    rows = catalog.visible(callers.identified(kind, **more))
    rows = rows.filter(platform=platform, sku__in=skus)
    return catalog.values(rows, FIELDS, ("connector_id",))


CUSTOMERS, PRODUCTS = Prepared(_customer), Prepared(_products)


class RecommendationView(views.View):
    scope, kinds = Scope.RECOMMENDATIONS, views.SHOPPERS

    def products(self, platform: str, connector_id: UUID | None) -> Rows:
        """Looks up products that the caller may see, of one store where it is known."""

        def rows(skus: Sequence[str]) -> dict[str, Mapping[str, Any]]:
            found: dict[str, Mapping[str, Any]] = {}
            for start in range(0, len(skus), SIZES[-1]):
                part = skus[start : start + SIZES[-1]]
                size = next(size for size in SIZES if size >= len(part))
                # A place that is over asks for the last once more.
                named = {f"sku_{n}": part[min(n, len(part) - 1)] for n in range(size)}
                for row in self.rows(PRODUCTS, size, platform=platform, **named):
                    if connector_id in (None, row["connector_id"]):
                        found[row["sku"]] = row
            return found

        return rows

    def shown(self, log: RecommendationLog, said: Mapping[str, Any], rows: Any) -> Response:
        results = [
            {**one, "product": catalog.shown(rows[one["sku"]], FIELDS) if one["sku"] in rows
             else None} for one in said.get("results", ())
        ]  # fmt: skip
        return Response(
            {
                "id": log.pk, "platform": log.platform, "customer_id": log.customer_id,
                "strategy": log.strategy, "fallback": said.get("fallback", ""),
                "model_version": log.model_version, "requested_at": log.requested_at,
                "results": results,
            },
            headers={"Cache-Control": "no-store"},
        )  # fmt: skip


class RecommendationsView(RecommendationView):
    @extend_schema(
        operation_id="recommend", parameters=[RecommendationQuery],
        responses=describing.answers(
            AnswerSerializer, _404="A shopper’s token asks for somebody else."
        ),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """What a customer, a cart or a product calls for: only what can be bought now.

        There is always an answer: `strategy` says how it was found, `fallback` why not otherwise.
        """
        wanted = self._wanted(reading.asked(request, RecommendationQuery))
        known: dict[str, Mapping[str, Any]] = {}
        look_up = self.products(*wanted.place)

        def rows(skus: Sequence[str]) -> dict[str, Mapping[str, Any]]:
            missing = [sku for sku in skus if sku not in known]
            known.update(look_up(missing))
            return {sku: known[sku] for sku in skus if sku in known}

        log = recording.keep(wanted, answering.answer(wanted, rows))
        return self.shown(log, log.answer, known)

    def _wanted(self, asked: Mapping[str, Any]) -> Wanted:
        caller = self.caller
        platform, customer_id = asked.get("platform"), asked.get("customer_id")
        if caller.kind is Kind.CUSTOMER:
            if platform not in (None, caller.platform):
                raise Http404
            if customer_id not in (None, caller.customer_id):
                raise Http404
            platform, customer_id = caller.platform, caller.customer_id
        elif platform is None:
            platform = self._platform()
        connector_id, customer = caller.key.connector_id, None
        if customer_id is not None:
            for row in self.rows(CUSTOMERS, platform=platform, customer_id=customer_id):
                connector_id = row["connector_id"]
                customer = Customer(customer_id=customer_id, email=row["email"])
        return Wanted(
            place=(platform, connector_id), customer=customer,
            is_stranger=customer_id is not None and customer is None, cart=asked.get("skus", ()),
            sku=asked.get("sku", ""), n=asked["n"], exclude_purchased=asked["exclude_purchased"],
            category=asked.get("category", ""),
        )  # fmt: skip

    def _platform(self) -> str:
        store = self.caller.key.connector
        if store is None:
            raise serializers.ValidationError(
                {"platform": serializers.ErrorDetail("Say which platform’s products.", "required")}
            )
        return str(store.platform)


class OneRecommendationView(RecommendationView):
    @extend_schema(
        operation_id="get_recommendation", responses=describing.answers(AnswerSerializer)
    )
    def get(self, request: Request, recommendation_id: UUID) -> Response:
        """An answer as it was given; the products as they are now."""
        reading.asked(request, reading.Query)
        log = views.first(logs(self.caller).filter(pk=recommendation_id))
        rows = self.products(log.platform, log.connector_id)(log.recommendations)
        return self.shown(log, log.answer, rows)


class RecommendationEventsView(RecommendationView):
    @extend_schema(
        operation_id="create_recommendation_event", request=EventBody,
        responses=describing.answers(
            {201: EventSerializer, 200: EventSerializer},
            _422="It doesn’t count; `code` says why: `not_recommended` or `too_late`.",
        ),
    )  # fmt: skip
    def post(self, request: Request, recommendation_id: UUID) -> Response:
        """Tell of a click on a recommended product; the same again (200) counts once."""
        log = views.first(logs(self.caller).filter(pk=recommendation_id))
        asked = reading.body(request, EventBody)
        try:
            event, is_new = recording.click(log, asked["sku"])
        except recording.NotRecommendedError:
            raise RefusedError(
                "This answer doesn’t recommend that product.", code="not_recommended"
            ) from None
        except recording.TooLateError:
            raise RefusedError(
                "The answer is too old for clicks on it to count.", code="too_late"
            ) from None
        said = {"kind": event.kind, "sku": event.sku, "occurred_at": event.occurred_at}
        return Response(said, status=201 if is_new else 200)
