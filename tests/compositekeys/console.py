"""An admin site over the tiny shop, and its address list."""

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect, ForeignKeyRawIdWidget
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import action
from unfold.sites import UnfoldAdminSite

from compositekeys.admin import (
    CompositeInlineMixin,
    CompositeKeyAdminMixin,
    CompositeKeySiteMixin,
    EstimatePaginator,
    KeyChoiceField,
)
from tests.compositekeys.models import Claim, Customer, Item, Order, Product, Visit


class Site(CompositeKeySiteMixin, UnfoldAdminSite):
    pass


site = Site(name="admin")


class Base(CompositeKeyAdminMixin, ModelAdmin):
    list_per_page = 50
    show_full_result_count = False
    paginator = EstimatePaginator


class ProductAdmin(Base):
    list_display = ["sku", "platform", "title", "stock"]
    list_editable = ["stock"]
    list_filter = ["platform"]
    search_fields = ["sku", "title"]


class CustomerAdmin(Base):
    list_display = ["customer_id", "platform", "email"]
    ordering = ["customer_id", "platform"]
    search_fields = ["customer_id", "orders__order_id"]


class ItemInline(CompositeInlineMixin, TabularInline):
    model = Item
    fk_name = "order"
    fields = ["sku", "quantity"]
    extra = 1
    per_page = 10


class OrderForm(forms.ModelForm):
    customer = KeyChoiceField(
        Customer.objects.all(),
        required=False,
        widget=AutocompleteSelect(Order._meta.get_field("customer"), site),
    )

    class Meta:
        model = Order
        exclude = ["customer_id"]


class OrderAdmin(Base):
    form = OrderForm
    list_display = ["order_id", "platform", "customer", "status", "created_at"]
    list_filter = ["customer__platform", "status"]
    list_select_related = ["customer"]
    search_fields = ["order_id", "customer__email"]
    ordering = ["-created_at", "-order_id", "-platform"]
    inlines = [ItemInline]
    actions = ["mark_shipped"]
    actions_row = ["hold"]
    actions_detail = ["ship"]

    def mark_shipped(self, request, queryset):
        count = queryset.update(status="shipped")
        self.message_user(request, f"{count} orders shipped.", messages.SUCCESS)

    @action(description="Hold", url_path="hold", permissions=["change"])
    def hold(self, request, object_id):
        self._set(request, object_id, "held")
        return HttpResponseRedirect(reverse("admin:keyed_order_changelist"))

    @action(description="Ship", url_path="ship", permissions=["change"])
    def ship(self, request, object_id):
        self._set(request, object_id, "shipped")
        return HttpResponseRedirect(reverse("admin:keyed_order_change", args=[object_id]))

    def _set(self, request, object_id, status):
        self.get_queryset(request).filter(pk=unquote(object_id)).update(status=status)


class VisitForm(forms.ModelForm):
    customer = KeyChoiceField(
        Customer.objects.all(),
        required=False,
        widget=ForeignKeyRawIdWidget(Visit._meta.get_field("customer").remote_field, site),
    )

    class Meta:
        model = Visit
        exclude = ["customer_id", "platform"]


class VisitAdmin(Base):
    form = VisitForm


class ClaimInline(StackedInline):
    model = Claim
    extra = 0


class ItemAdmin(Base):
    list_display = ["sku", "order", "product"]
    list_select_related = ["order", "product"]
    readonly_fields = ["order", "product"]
    fields = ["order", "product", "quantity"]
    inlines = [ClaimInline]


site.register(Product, ProductAdmin)
site.register(Customer, CustomerAdmin)
site.register(Order, OrderAdmin)
site.register(Item, ItemAdmin)
site.register(Visit, VisitAdmin)

urlpatterns = [path("admin/", site.urls)]
