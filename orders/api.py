"""Customers and orders, as a storefront reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connectors import currencies, presenting
from connectors.models import Platform, Scope
from connectors.storefront import callers, describing, paging, reading, views
from connectors.storefront.callers import Caller, Kind
from connectors.storefront.prepared import Prepared
from orders.models import OrderItem, PlatformCustomer, PlatformOrder
from orders.presenting import parcels_of, snapshots

# A shopper has no use for orders that the store itself no longer shows them.
HIDDEN = ("draft", "trashed", "deleted")
MONEY = ("total_amount", "discount_total", "shipping_total", "tax_total", "refunded_total")
PLACED: Mapping[str, Any] = {"created_at": datetime, "order_id": str, "platform": str}
PLAIN = {"ordering", "cursor", "limit"}
ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state",
           "postcode", "country", "phone")  # fmt: skip


class AddressSerializer(serializers.Serializer[Any]):
    """A postal address; parts that it lacks are empty."""

    first_name = serializers.CharField()
    last_name = serializers.CharField()
    company = serializers.CharField()
    address_1 = serializers.CharField()
    address_2 = serializers.CharField()
    city = serializers.CharField()
    state = serializers.CharField(help_text="The code of the country’s state or province.")
    postcode = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2, e.g. `GB`.")
    phone = serializers.CharField()


class CustomerSerializer(serializers.Serializer[Any]):
    """Somebody with an account in a store."""

    customer_id = serializers.CharField(help_text="The key, with `platform`.")
    platform = serializers.ChoiceField(Platform.choices)
    remote_id = serializers.IntegerField(help_text="The id in the store.")
    email = serializers.CharField(help_text="Empty where the store has none.")
    name = serializers.CharField(allow_null=True)
    registered_at = serializers.DateTimeField(allow_null=True, source="remote_created_at")
    is_deleted = serializers.BooleanField(help_text="The store no longer has the account.")
    synced_at = serializers.DateTimeField(allow_null=True)


class CustomersSerializer(serializers.Serializer[Any]):
    results = CustomerSerializer(many=True)


class ItemSerializer(serializers.Serializer[Any]):
    """A line item. Totals are of the whole line, after discount."""

    id = serializers.UUIDField()
    remote_id = serializers.IntegerField(help_text="What refund requests name the line by.")
    sku = serializers.CharField(allow_null=True, help_text="Of the product, where it is known.")
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    price = serializers.CharField(help_text="Of one unit before tax, for display.")
    total = serializers.CharField(help_text="Exact, before tax.")
    total_tax = serializers.CharField()


class FulfilmentSerializer(serializers.Serializer[Any]):
    """A parcel; texts are empty where the store doesn’t say."""

    status = serializers.CharField()
    company = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.CharField()
    shipped_at = serializers.DateTimeField(allow_null=True)


class RefundSerializer(serializers.Serializer[Any]):
    """Money that the store gave back."""

    remote_id = serializers.CharField()
    amount = serializers.CharField()
    created_at = serializers.DateTimeField(allow_null=True)


class OrderSerializer(serializers.Serializer[Any]):
    """An order, in the currency that the customer was charged in; amounts are exact."""

    order_id = serializers.CharField(help_text="The key, with `platform`.")
    platform = serializers.ChoiceField(Platform.choices)
    remote_id = serializers.IntegerField(help_text="The id in the store.")
    number = serializers.CharField(help_text="What the customer knows the order by.")
    customer_id = serializers.CharField(allow_null=True, help_text="Null for guests.")
    email = serializers.CharField()
    status = serializers.ChoiceField(PlatformOrder.Status.choices)
    payment_status = serializers.CharField(help_text="The store’s word; may be empty.")
    fulfilment_status = serializers.CharField(help_text="The store’s word; may be empty.")
    currency = serializers.CharField()
    total_amount = serializers.CharField(source="exact_total")
    discount_total = serializers.CharField()
    shipping_total = serializers.CharField()
    tax_total = serializers.CharField()
    refunded_total = serializers.CharField()
    prices_include_tax = serializers.BooleanField()
    created_at = serializers.DateTimeField(help_text="When it was placed.")
    paid_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    synced_at = serializers.DateTimeField(allow_null=True)


class OrderDetailSerializer(OrderSerializer):
    """An order with all that belongs to it."""

    shipping_address = AddressSerializer()
    billing_address = AddressSerializer()
    items = ItemSerializer(many=True)
    fulfilments = FulfilmentSerializer(many=True)
    refunds = RefundSerializer(many=True)


class OrderPageSerializer(serializers.Serializer[Any]):
    results = OrderSerializer(many=True)
    next = serializers.URLField(allow_null=True, help_text="The next page; null on the last.")


CUSTOMER = {name: field.source or name for name, field in CustomerSerializer().fields.items()}
ORDER = {name: field.source or name for name, field in OrderSerializer().fields.items()}
ACCOUNT = {*CUSTOMER.values(), "deleted_at"} - {"is_deleted"}
ITEM = tuple(ItemSerializer().fields)
SNAPSHOTS = ("shipping_address", "billing_address", "fulfilments", "refunds")


class CustomerQuery(reading.Query):
    email = serializers.EmailField(max_length=255, help_text="Whose accounts are looked for.")


class CustomerOrderListing(reading.Listing):
    number = serializers.CharField(required=False, max_length=100)
    status = serializers.ChoiceField(PlatformOrder.Status.choices, required=False)
    created_since = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)
    ordering = serializers.ChoiceField(
        ["-created_at", "created_at"], required=False, default="-created_at"
    )


class OrderListing(CustomerOrderListing):
    platform = serializers.ChoiceField(Platform.choices, required=False)
    customer_id = serializers.CharField(required=False, max_length=100)
    email = serializers.EmailField(required=False, max_length=255)


def customers(caller: Caller) -> QuerySet[PlatformCustomer]:
    """The accounts that a caller may see: a shopper their own."""
    rows = PlatformCustomer.objects.order_by()
    if caller.key.connector_id is not None:
        rows = rows.filter(connector_id=caller.key.connector_id)
    if caller.kind is Kind.SERVER:
        return rows
    return rows.filter(platform=caller.platform, customer_id=caller.customer_id)


def visible(caller: Caller) -> QuerySet[PlatformOrder]:
    """The orders that a caller may see, whatever is asked for."""
    rows = PlatformOrder.objects.order_by()
    if caller.key.connector_id is not None:
        rows = rows.filter(connector_id=caller.key.connector_id)
    if caller.kind is Kind.SERVER:
        return rows
    rows = rows.filter(platform=caller.platform).exclude(status__in=HIDDEN)
    if caller.kind is Kind.CUSTOMER:
        return rows.filter(customer_id=caller.customer_id)
    return rows.filter(order_id=caller.order_id)


class CustomersView(views.View):
    scope, kinds = Scope.CUSTOMERS, views.SERVERS

    @extend_schema(
        operation_id="find_customers",
        parameters=[CustomerQuery],
        responses=describing.answers(CustomersSerializer),
    )
    def get(self, request: Request) -> Response:
        """Accounts with this email, in any letters’ case."""
        email = reading.asked(request, CustomerQuery)["email"]
        rows = customers(self.caller).filter(email__iexact=email)
        found = rows.order_by("platform", "customer_id").values(*ACCOUNT)[: reading.MOST]
        return Response({"results": [_customer(row) for row in found]})


class OneCustomerView(views.View):
    scope, kinds = Scope.CUSTOMERS, views.SHOPPERS

    @extend_schema(operation_id="get_customer", responses=describing.answers(CustomerSerializer))
    def get(self, request: Request, platform: str, customer_id: str) -> Response:
        """A customer by their key; a shopper only themselves."""
        reading.asked(request, reading.Query)
        rows = customers(self.caller).filter(platform=platform, customer_id=customer_id)
        return Response(_customer(views.first(rows.values(*ACCOUNT))))


def _customer(row: Mapping[str, Any]) -> dict[str, Any]:
    gone = {"is_deleted": row["deleted_at"] is not None}
    return {name: row[column] for name, column in CUSTOMER.items() if column in row} | gone


class OrderListView(views.View):
    scope, kinds = Scope.ORDERS, views.SHOPPERS

    def page(self, asked: Mapping[str, Any], **whose: str) -> Response:
        """A page of the caller's orders, of one customer if it is said whose."""
        page, following = paging.page(
            self.request, lambda after: self._part(asked, whose, after),
            _sorting(asked["ordering"]), name=asked["ordering"], cursor=asked.get("cursor"),
            limit=asked["limit"],
        )  # fmt: skip
        return Response({"results": [_order(row) for row in page], "next": following})

    def _part(
        self, asked: Mapping[str, Any], whose: Mapping[str, str], after: Sequence[Any]
    ) -> Sequence[Any]:
        if asked.keys() <= PLAIN:
            marks = {f"after_{number}": value for number, value in enumerate(after)}
            return self.rows(PAGES, asked["ordering"], asked["limit"], **whose, **marks)
        rows = _filtered(visible(self.caller).filter(**whose), asked).values(*ORDER.values())
        return list(paging.part(rows, _sorting(asked["ordering"]), after, asked["limit"]))


def _sorting(ordering: str) -> paging.Order:
    return paging.Order(columns=PLACED, descending=ordering.startswith("-"))


def _page(kind: Kind, ordering: str, limit: int, /, **marks: Any) -> QuerySet[Any, Any]:
    after = [marks.pop(name) for name in sorted(marks) if name.startswith("after_")]
    whose = {name: marks.pop(name) for name in ("platform", "customer_id") if name in marks}
    rows = visible(callers.identified(kind, **marks)).filter(**whose)
    return paging.part(rows.values(*ORDER.values()), _sorting(ordering), after, limit)


PAGES = Prepared(_page)


class OrdersView(OrderListView):
    @extend_schema(
        operation_id="list_orders",
        parameters=[OrderListing],
        responses=describing.answers(OrderPageSerializer),
    )
    def get(self, request: Request) -> Response:
        """Orders, newest first, page by page: follow `next` until it is null."""
        return self.page(reading.asked(request, OrderListing))


class CustomerOrdersView(OrderListView):
    @extend_schema(
        operation_id="list_customer_orders",
        parameters=[CustomerOrderListing],
        responses=describing.answers(OrderPageSerializer),
    )
    def get(self, request: Request, platform: str, customer_id: str) -> Response:
        """A customer's orders, as `/orders/` lists them; a shopper only sees their own."""
        asked = reading.asked(request, CustomerOrderListing)
        views.first(customers(self.caller).filter(platform=platform, customer_id=customer_id))
        return self.page(asked, platform=platform, customer_id=customer_id)


def _filtered(rows: QuerySet[PlatformOrder], asked: Mapping[str, Any]) -> QuerySet[PlatformOrder]:
    lookups = {
        "platform": "platform", "customer_id": "customer_id", "email": "email__iexact",
        "number": "number__iexact", "status": "status", "created_since": "created_at__gte",
        "created_before": "created_at__lt",
    }  # fmt: skip
    return rows.filter(**{lookups[name]: asked[name] for name in lookups if name in asked})


class OneOrderView(views.View):
    scope = Scope.ORDERS

    @extend_schema(operation_id="get_order", responses=describing.answers(OrderDetailSerializer))
    def get(self, request: Request, platform: str, order_id: str) -> Response:
        """An order with its line items, parcels, refunds and addresses."""
        reading.asked(request, reading.Query)
        row = views.only(self.rows(ORDERS, platform=platform, order_id=order_id))
        items = ITEMS.rows(platform=platform, order_id=order_id)
        return Response({**_order(row), **_parts(row), "items": _items(items, row["currency"])})


def _one(kind: Kind, /, *, platform: str, order_id: str, **who: Any) -> QuerySet[Any, Any]:
    rows = visible(callers.identified(kind, **who)).filter(platform=platform, order_id=order_id)
    found: QuerySet[Any, Any] = rows.values(*ORDER.values(), *SNAPSHOTS)
    return found


def _items_of(*, platform: str, order_id: str) -> QuerySet[Any, Any]:
    items = OrderItem.objects.filter(platform=platform, order_id=order_id)
    found: QuerySet[Any, Any] = items.order_by("position").values(*ITEM)
    return found


ORDERS, ITEMS = Prepared(_one), Prepared(_items_of)


def _order(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: row[column] for name, column in ORDER.items()}
    for name in MONEY:
        found[name] = currencies.written(found[name], row["currency"])
    return found


def _items(rows: Iterable[Mapping[str, Any]], currency: str) -> list[dict[str, Any]]:
    exact = ("total", "total_tax")
    return [
        {**row, **{name: currencies.written(row[name], currency) for name in exact}} for row in rows
    ]


def _parts(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "shipping_address": _address(row["shipping_address"]),
        "billing_address": _address(row["billing_address"]),
        "fulfilments": [
            {"status": one.status, "company": one.company, "tracking_number": one.number,
             "tracking_url": one.url, "shipped_at": one.at}
            for one in parcels_of(row["fulfilments"])
        ],
        "refunds": [_refund(one, row["currency"]) for one in snapshots(row["refunds"])],
    }  # fmt: skip


def _address(kept: Any) -> dict[str, str]:
    parts = kept if isinstance(kept, dict) else {}
    return {name: str(parts.get(name) or "") for name in ADDRESS}


def _refund(one: Mapping[str, Any], currency: str) -> dict[str, Any]:
    amount = presenting.decimal(one.get("amount")) or Decimal(0)
    return {
        "remote_id": str(one.get("remote_id", "")),
        "amount": currencies.written(amount, currency),
        "created_at": presenting.moment_of(one.get("created_at")),
    }


class CustomerTokenBody(reading.StrictSerializer):
    platform = serializers.ChoiceField(Platform.choices)
    customer_id = reading.TextField(max_length=100)


class GuestLinkBody(reading.StrictSerializer):
    platform = serializers.ChoiceField(Platform.choices)
    order_id = reading.TextField(max_length=100)


class TokenSerializer(serializers.Serializer[Any]):
    """To be sent as `Authorization: Bearer …` until it expires."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class CustomerTokensView(views.View):
    scope, kinds = Scope.TOKENS, views.SERVERS

    @extend_schema(
        operation_id="create_customer_token",
        request=CustomerTokenBody,
        responses=describing.answers({201: TokenSerializer}, _404="There is no such customer."),
    )
    def post(self, request: Request) -> Response:
        """A short-lived token for the browser of a shopper whom your own shop has signed in."""
        asked = reading.body(request, CustomerTokenBody)
        views.first(customers(self.caller).filter(**asked, deleted_at=None).values("customer_id"))
        return _minted(callers.customer_token(self.caller.key, **asked))


class GuestLinksView(views.View):
    scope, kinds = Scope.TOKENS, views.SERVERS

    @extend_schema(
        operation_id="create_guest_link",
        request=GuestLinkBody,
        responses=describing.answers({201: TokenSerializer}, _404="There is no such order."),
    )
    def post(self, request: Request) -> Response:
        """A token for a link to one order: put it behind the link’s `#`."""
        asked = reading.body(request, GuestLinkBody)
        views.first(visible(self.caller).filter(**asked).values("order_id"))
        return _minted(callers.guest_token(self.caller.key, **asked))


def _minted(minted: callers.Minted) -> Response:
    data = {"token": minted.token, "expires_at": minted.expires_at}
    return Response(data, status=201, headers={"Cache-Control": "no-store"})
