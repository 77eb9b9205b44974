import re

import pytest
from django.contrib import admin
from django.contrib.admin.exceptions import AlreadyRegistered
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, models, transaction
from django.urls import reverse
from unfold.admin import TabularInline

from compositekeys.admin import CompositeInlineMixin, EstimatePaginator
from tests.compositekeys import console as shop
from tests.compositekeys import rows
from tests.compositekeys.models import Claim, Customer, Item, Order, Product, Visit

pytestmark = pytest.mark.django_db

PRODUCTS, ORDERS = "/admin/keyed/product/", "/admin/keyed/order/"


def page(model, name, *keys):
    return reverse(f"admin:keyed_{model}_{name}", args=[quote(key) for key in keys])


# Addresses


@pytest.mark.parametrize("value", rows.NASTY)
def test_a_row_with_any_key_is_reached_from_its_list(console, value):
    product = rows.product(value)
    body = console.get(PRODUCTS).content.decode()
    (link,) = set(re.findall(r'href="([^"?]*/change/)', body))
    assert console.get(link).context["original"] == product
    assert console.get(page("product", "change", product.pk)).context["original"] == product
    assert console.get(page("product", "delete", product.pk)).status_code == 200
    assert console.get(page("product", "history", product.pk)).status_code == 200


@pytest.mark.parametrize("bad", ["x", "a_-b_-c", "_xff_xfe_-shop", "_x00_-shop", "[1", "1_-shop"])
def test_a_key_that_is_none_leads_back_to_the_index(console, bad):
    response = console.get(f"{ORDERS}{bad}/change/")
    assert (response.status_code, response.url) == (302, "/admin/")


# Lists


def test_a_list_searches_filters_orders_and_pages(console):
    customer = rows.customer(email="zed@example.com")
    for number in range(60):
        rows.order(str(number))
    order = rows.order("A_2FB", customer=customer)
    listed = console.get(ORDERS).context["cl"]
    assert (len(listed.result_list), listed.result_count) == (50, 61)
    assert len(console.get(ORDERS, {"p": 2}).context["cl"].result_list) == 11
    for query in (
        {"q": "zed@"}, {"customer__platform": "shop"}, {"q": "A_2FB"},
    ):  # fmt: skip
        assert list(console.get(ORDERS, query).context["cl"].result_list) == [order]
    by_customer = console.get(ORDERS, {"o": "3"}).context["cl"].result_list
    assert by_customer[0] == order
    found = console.get("/admin/keyed/customer/", {"q": "A_2FB"}).context["cl"].result_list
    assert list(found) == [customer]


def test_a_list_needs_no_query_for_each_row(console, django_assert_max_num_queries):
    order = rows.order(customer=rows.customer())
    for number in range(20):
        rows.order(f"o{number}", customer=order.customer)
        rows.item(order, sku=str(number))
    with django_assert_max_num_queries(10):
        assert console.get(ORDERS).content.decode().count("customer C1") == 21
    with django_assert_max_num_queries(10):
        console.get("/admin/keyed/item/")


def test_a_relation_whose_parent_is_gone_is_shown_as_empty(console):
    item = rows.item(sku="gone")
    listed = console.get("/admin/keyed/item/").content.decode()
    assert "order 1001" in listed
    shown = console.get(page("item", "change", item.pk)).content.decode()
    assert f'href="{page("order", "change", item.order.pk)}"' in shown
    assert "A product" not in listed + shown
    rows.product("gone", title="A product")
    shown = console.get(page("item", "change", item.pk)).content.decode()
    assert f'href="{page("product", "change", item.product_key)}"' in shown


def test_actions_reach_the_selected_rows_and_all(console):
    one, two, _ = rows.order("A_2FB"), rows.order("b:1"), rows.order("c")
    data = {"action": "mark_shipped", "_selected_action": [str(one.pk), str(two.pk)]}
    assert "2 orders shipped" in console.post(ORDERS, data, follow=True).content.decode()
    assert set(Order.objects.filter(status="shipped")) == {one, two}
    data |= {"select_across": "1", "_selected_action": [str(one.pk)]}
    assert "3 orders shipped" in console.post(ORDERS, data, follow=True).content.decode()


def test_the_selected_rows_are_deleted_with_their_children(console):
    gone, kept = rows.order("A_2FB"), rows.order("b")
    rows.item(gone)
    data = {"action": "delete_selected", "_selected_action": [str(gone.pk)]}
    assert "1 x S1" in console.post(ORDERS, data).content.decode()
    assert console.post(ORDERS, data | {"post": "yes"}).status_code == 302
    assert (list(Order.objects.all()), Item.objects.count()) == ([kept], 0)
    assert LogEntry.objects.get().object_id == str(gone.pk)


def test_cells_are_edited_in_the_list(console, posted):
    one, two = rows.product("A_2FB", stock=1), rows.product("b", stock=1)
    listed = console.get(PRODUCTS)
    place = [form.instance.pk for form in listed.context["cl"].formset.forms].index(one.pk)
    data = posted(listed) | {"action": ""}
    data |= {f"form-{place}-stock": "77", "_save": "Save"}
    assert console.post(PRODUCTS, data).status_code == 302
    assert dict(Product.objects.values_list("sku", "stock")) == {"A_2FB": 77, "b": 1}
    assert two.pk == ("b", "shop")


# Pages


def test_a_row_is_added_and_found_again_in_its_history(console, posted):
    customer = rows.customer()
    url = page("order", "add")
    data = posted(console.get(url)) | {
        "order_id": "n/1", "platform": "shop", "customer": str(customer.pk), "_continue": "1",
    }  # fmt: skip
    response = console.post(url, data, follow=True)
    assert response.context["original"].pk == ("n/1", "shop")
    assert Order.objects.get().customer == customer
    log = LogEntry.objects.get()
    assert log.get_edited_object() == Order.objects.get()
    assert console.get(log.get_admin_url()).context["original"].pk == ("n/1", "shop")
    history = console.get(page("order", "history", Order.objects.get().pk))
    assert list(history.context["action_list"]) == [log]


def test_a_key_that_another_process_took_meanwhile_is_not_overwritten(rf):
    """The form found no duplicate; the row came between its check and its save."""
    rows.product("S1", title="theirs")
    mine = Product(sku="S1", platform="shop", title="mine")
    products = shop.ProductAdmin(Product, shop.site)
    with pytest.raises(IntegrityError, match="keyed_product_pkey"), transaction.atomic():
        products.save_model(rf.post("/"), mine, form=None, change=False)
    assert Product.objects.get().title == "theirs"
    mine.save()  # what the stock admin does
    assert Product.objects.get().title == "mine"


def test_a_customer_is_cleared_and_the_platform_stays(console, posted):
    order = rows.order(customer=rows.customer())
    url = page("order", "change", order.pk)
    assert posted(console.get(url))["customer"] == "C1_-shop"
    assert console.post(url, posted(console.get(url)) | {"customer": ""}).status_code == 302
    order.refresh_from_db()
    assert (order.customer_id, order.platform) == (None, "shop")


def test_an_untouched_form_changes_nothing(console, posted):
    order = rows.order(customer=rows.customer())
    rows.item(order)
    url = page("order", "change", order.pk)
    assert console.post(url, posted(console.get(url))).status_code == 302
    assert LogEntry.objects.get().get_change_message() == "No fields changed."


def test_a_protected_row_says_what_needs_it(console):
    order = rows.order(customer=rows.customer())
    response = console.get(page("customer", "delete", order.customer.pk))
    assert [str(row) for row in response.context["protected"]] != []
    assert "order 1001" in response.content.decode()
    assert console.post(page("order", "delete", order.pk), {"post": "yes"}).status_code == 302
    assert not Order.objects.exists()


def test_a_popup_gives_the_token_of_the_new_row(console):
    data = {"customer_id": "z", "platform": "shop", "email": "", "_popup": "1"}
    response = console.post(page("customer", "add") + "?_popup=1", data)
    assert "z_-shop" in response.content.decode()
    rows.order("A_2FB")
    popup = console.get(ORDERS, {"_popup": 1}).content.decode()
    assert 'data-popup-opener="A_x5f2FB_-shop"' in popup


# Choosing a parent


def test_a_parent_is_found_by_autocompletion(console, posted):
    order, customer = rows.order("7"), rows.customer("A_2FB")
    query = {"app_label": "keyed", "model_name": "order", "field_name": "customer", "term": "A_2"}
    results = console.get(reverse("admin:autocomplete"), query).json()["results"]
    assert results == [{"id": str(customer.pk), "text": "customer A_2FB"}]
    url = page("order", "change", order.pk)
    data = posted(console.get(url)) | {"customer": results[0]["id"]}
    assert console.post(url, data).status_code == 302
    assert f'<option value="{customer.pk}" selected' in console.get(url).content.decode()


def test_a_parent_is_given_by_its_raw_key(console):
    customer = rows.customer("A_2FB")
    url = page("visit", "add")
    assert "related-lookup" in console.get(url).content.decode()
    assert console.post(url, {"customer": str(customer.pk)}).status_code == 302
    shown = console.get(page("visit", "change", Visit.objects.get().pk)).content.decode()
    assert f'value="{customer.pk}"' in shown
    assert "customer A_2FB" in shown


@pytest.mark.parametrize(
    ("text", "message"),
    [("nope", "is not a valid key"), ("no_-shop", "not one of the available choices")],
)
def test_a_parent_that_is_none_is_refused(console, text, message):
    response = console.post(page("visit", "add"), {"customer": text})
    assert message in str(response.context["errors"])
    assert not Visit.objects.exists()


# Inlines


def test_children_are_changed_added_and_deleted_on_their_parents_page(console, posted):
    order = rows.order("A_2FB")
    rows.item(order, sku="one")
    url = page("order", "change", order.pk)
    data = posted(console.get(url)) | {"items-0-sku": "edited", "items-1-sku": "new"}
    assert console.post(url, data | {"items-1-quantity": "3"}).status_code == 302
    assert set(order.items.values_list("sku", "quantity")) == {("edited", 1), ("new", 3)}
    data = posted(console.get(url))
    assert console.post(url, data | {"items-0-DELETE": "on"}).status_code == 302
    assert list(order.items.values_list("sku", flat=True)) == ["new"]


def test_a_parent_is_added_together_with_its_children(console, posted):
    url = page("order", "add")
    data = posted(console.get(url))
    assert data.get("items-0-order", "") == ""  # its key is not known yet
    data |= {
        "order_id": "n/2", "platform": "shop", "items-0-sku": "x", "items-0-quantity": "2",
    }  # fmt: skip
    assert console.post(url, data).status_code == 302
    assert Order.objects.get().items.values_list("sku", "quantity").get() == ("x", 2)


def test_another_parents_child_is_refused(console, posted):
    mine, theirs = rows.order("mine"), rows.order("theirs")
    item = rows.item(theirs, sku="kept")
    url = page("order", "change", mine.pk)
    data = posted(console.get(url)) | {
        "items-INITIAL_FORMS": "1", "items-TOTAL_FORMS": "1", "items-0-id": str(item.pk),
        "items-0-sku": "stolen", "items-0-quantity": "1", "items-0-order": str(theirs.pk),
    }  # fmt: skip
    assert console.post(url, data).status_code == 200
    item.refresh_from_db()
    assert (item.sku, item.order) == ("kept", theirs)


def test_a_child_that_something_needs_is_not_deleted(console, posted):
    item = rows.item()
    claim = Claim.objects.create(item=item)
    url = page("order", "change", item.order.pk)
    response = console.post(url, posted(console.get(url)) | {"items-0-DELETE": "on"})
    (message,) = response.context["inline_admin_formsets"][0].formset.errors[0]["__all__"]
    assert message == f"“1 x S1” can't be deleted: claim “{claim}” need it."
    assert Item.objects.count() == 1


def test_a_long_list_of_children_is_paged(console, posted):
    order = rows.order()
    for number in range(25):
        rows.item(order, sku=f"{number:02}")
    url = page("order", "change", order.pk)
    formset = console.get(f"{url}?items-page=3").context["inline_admin_formsets"][0].formset
    assert [form.instance.sku for form in formset.initial_forms] == ["20", "21", "22", "23", "24"]
    data = posted(console.get(f"{url}?items-page=3")) | {"items-0-sku": "edited"}
    assert console.post(f"{url}?items-page=3", data).status_code == 302
    assert order.items.filter(sku="edited").count() == 1
    assert order.items.count() == 25


def test_staff_who_may_only_view_change_nothing(staff, posted, django_user_model):
    viewer = django_user_model.objects.get(username="staff")
    viewer.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    item = rows.item()
    url = page("order", "change", item.order.pk)
    response = staff.get(url)
    assert response.status_code == 200
    assert 'name="_save"' not in response.content.decode()
    assert staff.post(url, {}).status_code == 403


def test_staff_who_may_change_a_parent_only_leave_its_children_alone(
    staff, posted, django_user_model
):
    clerk = django_user_model.objects.get(username="staff")
    allowed = ["change_order", "view_item"]
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=allowed))
    item = rows.item()
    url = page("order", "change", item.order.pk)
    data = posted(staff.get(url)) | {"status": "held", "items-0-sku": "edited"}
    data |= {"items-1-sku": "new", "items-0-DELETE": "on"}
    assert staff.post(url, data).status_code == 302
    assert Order.objects.get().status == "held"
    assert Item.objects.values_list("sku").get() == ("S1",)


# Registration and checks


def test_the_tiny_shops_admin_passes_its_checks():
    assert shop.site.check(None) == []


def test_models_are_registered_one_by_one_and_with_options():
    site = shop.Site(name="other")
    site.register([Product, Visit], list_display=["pk"])
    site.register(Order)
    assert site.get_model_admin(Product).list_display == ["pk"]
    assert site.get_model_admin(Visit).list_display == ["pk"]
    assert site.is_registered(Order)
    with pytest.raises(AlreadyRegistered, match="Product is already registered"):
        site.register(Product)
    site.unregister(Product)
    assert not site.is_registered(Product)


def test_an_inline_over_anything_else_is_refused():
    class Wrong(CompositeInlineMixin, TabularInline):
        model = Item
        fk_name = "product"

    class Nameless(CompositeInlineMixin, TabularInline):
        model = Item

    for inline in (Wrong, Nameless):
        owner = type("Owner", (admin.ModelAdmin,), {"inlines": [inline]})(Order, shop.site)
        assert [error.id for error in owner.check()] == ["compositekeys.E012"]
    Wrong.fk_name = "quantity"
    with pytest.raises(ImproperlyConfigured, match="names no composite key"):
        Wrong(Order, shop.site).get_formset(None)


# Counting


class SmallPaginator(EstimatePaginator):
    exact_below = 5


def test_few_rows_are_counted_and_many_are_estimated(django_assert_num_queries):
    for number in range(30):
        rows.order(str(number))
    orders = Order.objects.order_by("-created_at")
    with django_assert_num_queries(2):
        assert EstimatePaginator(orders, 10).count == 30
    assert EstimatePaginator(orders.none(), 10).count == 0
    assert EstimatePaginator([1, 2, 3], 2).num_pages == 2
    with django_assert_num_queries(2):
        assert SmallPaginator(orders, 10).count >= 6
    assert SmallPaginator(orders.filter(customer__email="x"), 10).count == 0
    joined = orders.annotate(n=models.Count("items")).select_related("customer")
    assert SmallPaginator(joined, 10).count >= 6
    assert EstimatePaginator(joined, 10).count == 30


def test_rows_that_share_a_part_of_their_key_are_counted_apart():
    for platform in ("one", "two"):
        rows.product("S1", platform=platform)
    products = Product.objects.order_by("sku", "platform")
    assert EstimatePaginator(products.distinct(), 10).count == 2
    assert EstimatePaginator(products.values_list("title"), 10).count == 2


def test_an_estimate_is_near_the_truth_after_analyze(django_assert_num_queries):
    Order.objects.bulk_create(Order(order_id=str(n), platform="shop") for n in range(500))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE keyed_order")
    assert SmallPaginator(Order.objects.order_by("pk"), 50).count == 500
    paginator = EstimatePaginator(Order.objects.order_by("pk"), 50)
    paginator.sure_from = 500
    with django_assert_num_queries(1):
        assert paginator.count == 500
    assert Customer.objects.count() == 0
