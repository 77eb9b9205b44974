"""Orders, their lines and customers in the console."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from connectors import lists, presenting, privacy_admin, records, registry
from connectors.models import SyncNote
from connectors.platforms import base
from orders import addresses, panels, persons, related
from orders import presenting as order_page
from orders.models import OrderItem, PlatformCustomer, PlatformOrder

OTHER_ORDERS = 5
LATEST_ORDERS = 20

records.register(base.Resource.CUSTOMERS, PlatformCustomer)
records.register(base.Resource.ORDERS, PlatformOrder)


def customer_link(order: PlatformOrder) -> SafeString:
    """Who bought, linked to the account; a guest is called so."""
    name = order.customer_name or order.email
    if not order.customer_id:
        return presenting.link("", f"{name} (guest)" if name else "Guest")
    key: Any = order.customer_key  # type: ignore[attr-defined]
    url = presenting.address_of(PlatformCustomer._meta.label_lower, str(key))
    return presenting.link(url, name or f"Customer {order.customer_id}")


@admin.register(PlatformOrder)
class OrderAdmin(lists.ViewAdmin):
    list_display = (
        "shown_number", "placed", "buyer", "state", "payment", "fulfilment", "total", "store",
    )  # fmt: skip
    list_filter = (
        ("status", lists.ChoicesDropdownFilter),
        ("platform", lists.PlatformFilter),
        lists.StoreFilter,
        ("created_at", lists.DaysFilter),
    )
    search_fields = ("^number", "^order_id", "^email")
    search_help_text = "Starts with: number, id or email"
    search_strip = "#"
    sortable_by = ("placed",)
    list_defer = related.HEAVY
    list_stores = True

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """What other apps can do to chosen orders."""
        return {
            one.name: (
                lambda _, asked, chosen, one=one: one.run(asked, chosen),
                one.name,
                one.label,
            )
            for one in panels.ACTIONS
            if request.user.has_perm(one.permission)
        }

    @display(description="order")
    def shown_number(self, order: PlatformOrder) -> str:
        return f"#{order.number}"

    @display(description="placed", ordering="created_at")
    def placed(self, order: PlatformOrder) -> SafeString:
        return presenting.when(order.created_at)

    @display(description="customer")
    def buyer(self, order: PlatformOrder) -> SafeString:
        return customer_link(order)

    @display(description="status")
    def state(self, order: PlatformOrder) -> SafeString | str:
        return presenting.pill_of(order.get_status_display())

    @display(description="payment")
    def payment(self, order: PlatformOrder) -> SafeString | str:
        return presenting.pill_of(presenting.words(order.payment_status))

    @display(description="fulfilment")
    def fulfilment(self, order: PlatformOrder) -> SafeString | str:
        return presenting.pill_of(presenting.words(order.fulfilment_status))

    @display(description="total")
    def total(self, order: PlatformOrder) -> str:
        return presenting.money(order.exact_total, order.currency)

    @display(description="store")
    def store(self, order: PlatformOrder) -> str:
        return str(order.connector)

    def page_context(self, request: HttpRequest, obj: PlatformOrder) -> dict[str, Any]:
        items = related.lines_of(obj)
        others = list(related.others_of_buyer(obj)[: OTHER_ORDERS + 1])
        return {
            "title": f"Order #{obj.number}",
            "subtitle": None,
            "order": obj,
            "items": items,
            "buyer": customer_link(obj),
            "totals": order_page.totals(obj, items),
            "billing": addresses.address(obj.billing_address),
            "shipping": addresses.address(obj.shipping_address),
            "parcels": order_page.parcels(obj),
            "refunds": order_page.refunds(obj),
            "history": order_page.history(obj),
            "buttons": [one(request, obj) for one in panels.BUTTONS],
            "panels": [one(request, obj) for one in panels.PANELS],
            "others": others[:OTHER_ORDERS],
            "has_more_others": len(others) > OTHER_ORDERS,
            "notes": notes_about(obj, base.Resource.ORDERS),
        }


def notes_about(row: PlatformOrder | PlatformCustomer, resource: base.Resource) -> Any:
    """The sync notes about this row."""
    return SyncNote.objects.filter(
        connector_id=row.connector_id, resource=resource, remote_id=row.remote_id
    )


@admin.register(PlatformCustomer)
class CustomerAdmin(persons.PersonViews, lists.ViewAdmin):
    list_display = ("shown_name", "email", "customer_id", "store", "registered")
    list_filter = (
        ("platform", lists.PlatformFilter),
        lists.StoreFilter,
        ("remote_created_at", lists.DaysFilter),
    )
    search_fields = ("^email", "^name", "^customer_id")
    search_help_text = "Starts with: email, name or id"
    list_defer = ("metadata",)
    list_stores = True

    @display(description="customer")
    def shown_name(self, customer: PlatformCustomer) -> str:
        return str(customer)

    @display(description="store")
    def store(self, customer: PlatformCustomer) -> str:
        return str(customer.connector)

    @display(description="registered")
    def registered(self, customer: PlatformCustomer) -> SafeString:
        return presenting.when(customer.remote_created_at)

    def page_context(self, request: HttpRequest, obj: PlatformCustomer) -> dict[str, Any]:
        latest = list(related.orders_of(obj)[: LATEST_ORDERS + 1])
        metadata = obj.metadata if isinstance(obj.metadata, dict) else {}
        return {
            "title": str(obj),
            "subtitle": None,
            "customer": obj,
            "orders": latest[:LATEST_ORDERS],
            "has_more_orders": len(latest) > LATEST_ORDERS,
            "spending": related.spending(obj),
            "addresses": {
                title: addresses.address(parts)
                for title, parts in registry.CUSTOMER_ADDRESSES[obj.platform](metadata).items()
            },
            "notes": notes_about(obj, base.Resource.CUSTOMERS),
            "may_export": request.user.has_perm(privacy_admin.MAY_EXPORT),
            "may_erase": request.user.has_perm(privacy_admin.MAY_ERASE),
            "recommended": presenting.named(
                "recommendations_of_customer", obj.platform, obj.customer_id
            ) if request.user.has_perm("recommendations.view_recommendationlog") else "",
        }  # fmt: skip

    def get_urls(self) -> list[Any]:
        return self.person_urls() + super().get_urls()


@admin.register(OrderItem)
class ItemAdmin(lists.ViewAdmin):
    list_display = ("title", "sku", "quantity", "price", "shown_total", "order_link")
    list_display_links = ("title",)
    list_filter = (("platform", lists.PlatformFilter),)
    search_fields = ("^sku", "=order_id")
    search_help_text = "SKU from its start, or a whole order id"
    fields = (
        "order_link", "title", "sku", "merchant_sku", "quantity", "price", "subtotal",
        "subtotal_tax", "total", "total_tax", "remote_id", "product_remote_id",
    )  # fmt: skip
    readonly_fields = ("order_link",)

    def get_list_prefetch(self) -> list[Any]:
        return [Prefetch("order", queryset=related.light())]

    @display(description="line total")
    def shown_total(self, item: OrderItem) -> str:
        return presenting.money(item.total, item.order.currency)

    @display(description="order")
    def order_link(self, item: OrderItem) -> SafeString:
        return presenting.link(presenting.page_of(item.order), item.order)
