import copy
import pickle

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Count, Prefetch
from django.test.utils import CaptureQueriesContext, isolate_apps

from compositekeys.fields import CompositeForeignKey, CompositeKey, Key, set_null_of
from tests.compositekeys import rows
from tests.compositekeys.models import Basket, Customer, Item, Order, Product, Visit

pytestmark = pytest.mark.django_db


def queries(function):
    with CaptureQueriesContext(connection) as captured:
        result = function()
    return len(captured), result


def test_a_parent_is_reached_in_one_query_in_each_way():
    order = rows.order(customer=rows.customer())
    assert queries(lambda: Order.objects.select_related("customer").get().customer) == (
        1,
        order.customer,
    )
    assert queries(lambda: Order.objects.prefetch_related("customer").get().customer)[0] == 2
    assert queries(lambda: Order.objects.get().customer) == (2, order.customer)
    assert queries(lambda: Order.objects.get().customer_key) == (1, Key(("C1", "shop")))


def test_children_are_prefetched_in_one_query():
    for number in ("1", "2"):
        rows.item(rows.order(number), sku=number)
    orders = Order.objects.order_by("pk").prefetch_related(Prefetch("items", Item.objects.all()))
    count, skus = queries(lambda: [[item.sku for item in order.items.all()] for order in orders])
    assert (count, skus) == (2, [["1"], ["2"]])


def test_relations_are_filtered_and_counted_through():
    order = rows.order(customer=rows.customer(email="zed@example.com"))
    for sku in "ab":
        rows.item(order, sku=sku)
    rows.order("1002")
    assert Item.objects.filter(order__customer__email="zed@example.com").count() == 2
    assert Item.objects.filter(order=order).count() == 2
    assert Item.objects.filter(order=order.pk).count() == 2
    assert Item.objects.filter(order__in=[order]).count() == 2
    assert Item.objects.filter(order__in=Order.objects.filter(status="paid")).count() == 2
    assert Item.objects.filter(order__pk=str(order.pk)).count() == 2
    assert Order.objects.annotate(n=Count("items")).get(pk=order.pk).n == 2
    assert Order.objects.filter(items__isnull=True).get().order_id == "1002"
    assert Order.objects.filter(customer=None).get().order_id == "1002"
    assert Order.objects.filter(customer__isnull=False).get() == order
    assert Order.objects.exclude(customer=None).get() == order
    assert Order.objects.order_by("customer", "pk").first() == order


def test_children_are_made_through_their_parent():
    order = rows.order()
    order.items.create(sku="made")
    order.items.add(Item(sku="added"), bulk=False)
    Item.objects.bulk_create([Item(order=order, sku="bulk")])
    assert [(item.sku, item.order_key) for item in order.items.all()] == [
        ("added", order.pk),
        ("bulk", order.pk),
        ("made", order.pk),
    ]


def test_a_parent_that_is_gone_reads_as_none_in_every_way():
    item = rows.item(sku="gone")
    assert queries(lambda: Item.objects.get().product) == (2, None)
    assert queries(lambda: Item.objects.select_related("product").get().product) == (1, None)
    assert queries(lambda: Item.objects.prefetch_related("product").get().product) == (2, None)
    assert Item.objects.get().product_key == ("gone", "shop")
    assert (item.sku, item.platform) == ("gone", "shop")
    product = rows.product("gone")
    assert Item.objects.get().product == product


def test_a_page_of_items_whose_products_are_gone_needs_no_query_for_each():
    order = rows.order()
    for number in range(5):
        rows.item(order, sku=str(number))
    rows.product("3")

    def products(items):
        return [item.product and item.product.sku for item in items]

    expected = [None, None, None, "3", None]
    assert queries(lambda: products(Item.objects.select_related("product"))) == (1, expected)
    assert queries(lambda: products(Item.objects.prefetch_related("product"))) == (2, expected)


def test_deleting_a_sold_product_leaves_its_items():
    product = rows.product()
    item = rows.item()
    product.delete()
    connection.check_constraints()
    item.refresh_from_db()
    assert (item.sku, item.product) == ("S1", None)


def test_a_relation_without_a_row_for_it_says_so():
    item = rows.item()
    Item.objects.update(order_id="none")
    with pytest.raises(Order.DoesNotExist, match=r"Item\.order refers to a missing row"):
        _ = Item.objects.get().order
    with pytest.raises(Order.DoesNotExist, match=r"Item has no order"):
        _ = Item(order_id=None).order
    Item.objects.update(order_id=item.order_id)


def test_a_prefetched_or_selected_none_is_looked_up_again_when_the_key_changes():
    rows.item(sku="gone")
    product = rows.product("there")
    for items in (Item.objects.select_related("product"), Item.objects.prefetch_related("product")):
        item = items.get()
        item.sku = "there"
        assert item.product == product


def test_deferred_columns_stay_deferred_when_a_parent_is_cached():
    rows.order(customer=rows.customer())
    order = Order.objects.defer("customer_id").prefetch_related("customer").get()
    assert order.customer.customer_id == "C1"
    order = Order.objects.select_related("customer").only("status", "customer").get()
    count, customer = queries(lambda: order.customer)
    assert (count, customer.customer_id) == (0, "C1")


def test_instances_with_a_cached_parent_can_be_pickled_and_copied():
    rows.order(customer=rows.customer())
    order = Order.objects.select_related("customer").get()
    for twin in (pickle.loads(pickle.dumps(order)), copy.deepcopy(order), copy.copy(order)):
        assert queries(lambda twin=twin: twin.customer) == (0, order.customer)


def test_clearing_a_parent_keeps_the_part_that_is_the_rows_own():
    order = rows.order(customer=rows.customer())
    order.customer = None
    assert order.customer is None
    order.save()
    order.refresh_from_db()
    assert (order.customer_id, order.platform) == (None, "shop")


def test_the_parents_key_can_be_set_without_its_row():
    rows.customer()
    order = Order(order_id="1", platform="shop", customer_key=("C1", "shop"))
    assert order.customer.customer_id == "C1"
    order.customer_key = None
    assert (order.customer_id, order.platform, order.customer) == (None, "shop", None)
    with pytest.raises(ValueError, match="zip"):
        order.customer_key = ("C1",)


def test_full_clean_reaches_for_no_parent_and_names_a_missing_one():
    order = rows.order()
    count, _ = queries(lambda: Item(order=order).clean_fields())
    assert count == 0
    with pytest.raises(ValidationError) as error:
        Item(order_id="none", platform="shop").full_clean()
    assert error.value.messages == ["There is no order with this order id and platform."]
    with pytest.raises(ValidationError) as error:
        Item(order_id=None).clean_fields()
    assert error.value.message_dict["order"] == ["This field cannot be null."]
    Visit().full_clean()


def test_deleting_a_parent_cascades_and_protects():
    order = rows.order(customer=rows.customer())
    rows.item(order)
    with pytest.raises(models.ProtectedError, match=r"Order\.customer"):
        order.customer.delete()
    order.delete()
    assert not Item.objects.exists()


def test_forgetting_several_fields_forgets_all_of_them():
    one, other = rows.customer("1"), rows.customer("2")
    for customer in (one, other):
        Basket.objects.create(customer=customer)
        Visit.objects.create(customer=customer)
    Customer.objects.all().delete()
    connection.check_constraints()
    assert set(Basket.objects.values_list("customer_id", "platform")) == {(None, None)}
    assert set(Visit.objects.values_list("customer_id", "platform")) == {(None, "shop")}


def test_set_null_of_is_equal_to_its_like_and_can_be_written_into_a_migration():
    assert set_null_of("a", "b") == set_null_of("a", "b")
    assert hash(set_null_of("a")) == hash(set_null_of("a"))
    assert set_null_of("a") != set_null_of("b")
    assert pickle.loads(pickle.dumps(set_null_of("a"))) == set_null_of("a")
    assert set_null_of("a").deconstruct() == ("compositekeys.fields.SetNullOf", ("a",), {})


def mistakes(to_fields=("sku", "platform"), on_delete=models.CASCADE, *, null=False, holes=False):
    """The ids of the checks that a relation with these options fails."""
    with isolate_apps("tests.compositekeys"):

        class Parent(models.Model):
            pk = CompositeKey("sku", "platform")
            sku = models.CharField(max_length=10)
            platform = models.CharField(max_length=10)

            class Meta:
                app_label = "keyed"

        class Child(models.Model):
            a = models.CharField(max_length=10, null=holes)
            b = models.CharField(max_length=10)
            parent = CompositeForeignKey(
                Parent, on_delete, from_fields=["a", "b"], to_fields=to_fields, null=null
            )

            class Meta:
                app_label = "keyed"

        return [error.id for error in Child._meta.get_field("parent").check()]


def test_mistakes_in_a_relation_are_found_by_the_checks():
    assert mistakes() == []
    assert mistakes(("platform", "sku")) == ["compositekeys.E001"]
    assert mistakes(on_delete=models.SET_NULL) == ["compositekeys.E002"]
    assert mistakes(null=True) == ["compositekeys.E003"]
    assert mistakes(null=True, holes=True, on_delete=set_null_of("a")) == []
    assert mistakes(null=True, holes=True, on_delete=set_null_of("b")) == ["compositekeys.E004"]
    assert mistakes(("none", "sku")) == ["fields.E312"]


def test_every_relation_of_the_shop_passes_the_checks():
    for model in (Product, Order, Item, Visit, Basket):
        assert model.check(databases=["default"]) == []
