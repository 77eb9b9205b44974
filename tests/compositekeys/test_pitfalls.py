"""What goes wrong with composite keys in plain Django, each in a test of its own."""

import uuid

import pytest
from django import forms
from django.contrib import admin
from django.core import checks
from django.core.exceptions import FieldError
from django.db import DatabaseError, connection, transaction
from django.db.models import SET_NULL, Count, Max
from django.urls import reverse
from unfold.decorators import action

from compositekeys.admin import CompositeKeyFormMixin, KeyChoiceField, keys_of
from compositekeys.fields import Key
from tests.compositekeys import console as shop
from tests.compositekeys import rows
from tests.compositekeys.models import Customer, Item, Order, Product, Visit

pytestmark = pytest.mark.django_db


def test_1_adding_a_key_that_exists_is_refused_and_updates_nothing(console, posted):
    rows.product("S1", title="first")
    url = reverse("admin:keyed_product_add")
    data = posted(console.get(url)) | {"sku": "S1", "platform": "shop", "title": "second"}
    response = console.post(url, data)
    assert "Product with this Sku and Platform already exists." in str(response.context["errors"])
    assert Product.objects.values_list("title").get() == ("first",)


def test_1_a_plain_form_would_update_the_row_that_exists():
    rows.product("S1", title="first")
    plain = forms.modelform_factory(Product, fields=["sku", "platform", "title", "stock"])
    data = {"sku": "S1", "platform": "shop", "title": "second", "stock": "0"}
    assert plain(data).is_valid()
    guarded = type("Guarded", (CompositeKeyFormMixin, plain), {})
    assert not guarded(data).is_valid()
    plain(data).save()
    assert Product.objects.values_list("title").get() == ("second",)


def test_1_a_key_cannot_be_edited(console, posted):
    product = rows.product("S1")
    url = reverse("admin:keyed_product_change", args=[product.pk])
    response = console.get(url)
    assert not {"sku", "platform"} & set(response.context["adminform"].form.fields)
    console.post(url, posted(response) | {"sku": "other", "title": "new"})
    assert Product.objects.values_list("sku", "title").get() == ("S1", "new")


def test_2_a_uuid_key_has_a_default_in_python_and_in_the_database(console, posted):
    field = Item._meta.get_field("id")
    assert field.has_default()
    assert field.has_db_default()
    order = rows.order()
    url = reverse("admin:keyed_order_change", args=[order.pk])
    data = posted(console.get(url)) | {"items-0-sku": "x", "items-0-quantity": "1"}
    assert console.post(url, data).status_code == 302
    assert isinstance(Item.objects.get().pk, uuid.UUID)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO keyed_item (order_id, platform, quantity)"
            " VALUES ('1001', 'shop', 1) RETURNING id"
        )
        assert isinstance(cursor.fetchone()[0], uuid.UUID)


def test_3_set_null_crashes_and_set_null_of_forgets_the_named_column_alone():
    relation = Visit._meta.get_field("customer").remote_field
    ours, relation.on_delete = relation.on_delete, SET_NULL
    try:
        visit = Visit.objects.create(customer=rows.customer())
        with pytest.raises(AttributeError, match="startswith"), transaction.atomic():
            visit.customer.delete()
    finally:
        relation.on_delete = ours
    Visit.objects.get().customer.delete()
    connection.check_constraints()
    assert Visit.objects.values_list("customer_id", "platform").get() == (None, "shop")


def test_4_a_customer_of_another_platform_is_refused(console, posted):
    other = rows.customer("C1", platform="elsewhere")
    order = rows.order()
    url = reverse("admin:keyed_order_change", args=[order.pk])
    response = console.post(url, posted(console.get(url)) | {"customer": str(other.pk)})
    message = "This customer has another platform than this order."
    assert message in str(response.context["errors"])
    url = reverse("admin:keyed_order_add")
    data = posted(console.get(url)) | {"order_id": "2", "platform": "shop"}
    response = console.post(url, data | {"customer": str(other.pk)})
    assert message in str(response.context["errors"])
    assert Order.objects.values_list("pk", "customer_id").get() == (("1001", "shop"), None)


def test_4_without_the_form_the_customers_platform_wins():
    other = Customer(customer_id="C1", platform="elsewhere")
    assert Order(order_id="1", platform="shop", customer=other).platform == "elsewhere"


def test_5_a_cached_parent_goes_when_its_key_changes():
    one, two = rows.customer("1"), rows.customer("2")
    order = rows.order(customer=one)
    assert order.customer == one
    order.customer_id = "2"
    assert order.customer == two
    order.customer_id = None
    assert order.customer is None
    order.customer_id = "1"
    assert order.customer == one
    Order.objects.update(customer_id="2")
    order.refresh_from_db()
    assert order.customer == two


def test_6_what_the_admin_refuses_for_such_a_relation_works_another_way(console):
    refused = type(
        "Refused",
        (admin.ModelAdmin,),
        {"autocomplete_fields": ["customer"], "raw_id_fields": ["customer"]},
    )
    assert {error.id for error in refused(Order, shop.site).check()} == {"admin.E003", "admin.E038"}
    order = rows.order(customer=rows.customer(platform="elsewhere"))
    rows.order("1002")
    for name, choice in (("order", shop.OrderForm), ("visit", shop.VisitForm)):
        assert isinstance(choice.base_fields["customer"], KeyChoiceField)
        assert console.get(reverse(f"admin:keyed_{name}_add")).status_code == 200
    listed = console.get("/admin/keyed/order/", {"customer__platform": "elsewhere"}).context["cl"]
    assert list(listed.result_list) == [order]


def test_7_values_list_gives_plain_tuples_and_keys_of_gives_keys():
    order = rows.order("a b")
    plain = Order.objects.values_list("pk", flat=True).get()
    assert (type(plain), plain) == (tuple, ("a b", "shop"))
    (key,) = keys_of(Order.objects.all())
    assert (type(key), str(key)) == (Key, "a_x20b_-shop")
    assert key == order.pk


def test_7_a_key_is_neither_searched_as_text_nor_aggregated():
    rows.item()
    with pytest.raises(DatabaseError), transaction.atomic():
        Order.objects.filter(pk__icontains="1").exists()
    with pytest.raises(ValueError, match="Max expression does not support composite"):
        Order.objects.aggregate(Max("pk"))
    with pytest.raises(FieldError, match="multicolumn fields"):
        list(Order.objects.annotate(n=Count("items__order")))
    assert Order.objects.aggregate(n=Count("*"))["n"] == 1
    assert Order.objects.annotate(n=Count("items")).get().n == 1


def test_8_an_upsert_names_the_fields_of_the_key():
    product = rows.product("a", title="old", stock=1)
    upsert = {"update_conflicts": True, "update_fields": ["title", "updated_at"]}
    new = [Product(sku=sku, platform="shop", title="new", stock=9) for sku in "ab"]
    Product.objects.bulk_create(new, unique_fields=["sku", "platform"], **upsert)
    assert set(Product.objects.values_list("sku", "title", "stock")) == {
        ("a", "new", 1),
        ("b", "new", 9),
    }
    assert Product.objects.get(sku="a").updated_at > product.updated_at
    with pytest.raises(ValueError, match="only be used with concrete fields in unique_fields"):
        Product.objects.bulk_create(new, unique_fields=["pk"], **upsert)


def test_10_a_moment_by_default_is_its_transactions():
    one, two = rows.order("1"), rows.order("2")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.01), now()")
        now = cursor.fetchone()[1]
        cursor.execute(
            "SELECT column_default FROM information_schema.columns"
            " WHERE table_name = 'keyed_order' AND column_name = 'created_at'"
        )
        assert cursor.fetchone() == ("CURRENT_TIMESTAMP",)
    assert one.created_at == two.created_at == now


def test_12_an_action_of_unfold_without_permissions_is_an_error():
    class Open(shop.Base):
        actions_row = ["hold"]
        actions_list = ["sync", {"title": "More", "items": ["ship"]}]

        @action(description="Hold")
        def hold(self, request, object_id):
            """Anybody can run it by following a link."""

        @action(description="Sync", permissions=[])
        def sync(self, request):
            """As good as none."""

        @action(description="Ship", permissions=["change"])
        def ship(self, request):
            """Well guarded."""

    errors = Open(Order, shop.site).check()
    assert [(error.id, error.level) for error in errors] == [
        ("compositekeys.E011", checks.ERROR),
        ("compositekeys.E011", checks.ERROR),
    ]
    assert {error.msg.split("'")[1] for error in errors} == {"hold", "sync"}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ["hold", "ship"])
def test_12_staff_without_permission_run_no_action(staff, method, name):
    order = rows.order("A_2FB")
    response = getattr(staff, method)(f"/admin/keyed/order/{order.pk}/{name}/")
    assert response.status_code == 403
    order.refresh_from_db()
    assert order.status == "paid"


def test_12_actions_of_rows_and_pages_reach_their_row(console):
    order = rows.order("A_2FB")
    listed = console.get("/admin/keyed/order/").content.decode()
    assert f"/admin/keyed/order/{order.pk}/hold/" in listed
    assert console.get(f"/admin/keyed/order/{order.pk}/hold/").status_code == 302
    order.refresh_from_db()
    assert order.status == "held"
    change = reverse("admin:keyed_order_change", args=[order.pk])
    assert f"/admin/keyed/order/{order.pk}/ship/" in console.get(change).content.decode()
    assert console.get(f"/admin/keyed/order/{order.pk}/ship/").url == change
    order.refresh_from_db()
    assert order.status == "shipped"
