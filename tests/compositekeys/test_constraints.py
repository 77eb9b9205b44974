import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter
from django.test.utils import isolate_apps

from compositekeys.constraints import ForeignKeyConstraint
from compositekeys.fields import CompositeKey
from tests.compositekeys import rows
from tests.compositekeys.models import Customer, Item, Order, Visit

CONSTRAINT = Visit._meta.constraints[0]


def definition(name):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
        )
        found = cursor.fetchone()
    return found and found[0]


@pytest.mark.django_db
def test_the_database_refuses_a_child_without_its_parent():
    with pytest.raises(IntegrityError, match="keyed_item_order"), transaction.atomic():
        Item.objects.create(order_id="none", platform="shop")
        connection.check_constraints()


@pytest.mark.django_db
def test_the_database_refuses_to_lose_a_parent():
    rows.item()
    with (
        pytest.raises(IntegrityError, match="keyed_item_order"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM keyed_order")
        connection.check_constraints()


@pytest.mark.django_db
def test_a_child_may_come_before_its_parent_within_a_transaction():
    Item.objects.create(order_id="later", platform="shop")
    rows.order("later")
    connection.check_constraints()


@pytest.mark.django_db
def test_the_database_itself_forgets_a_customer_and_keeps_the_platform():
    Visit.objects.create(customer=rows.customer())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM keyed_customer")
    connection.check_constraints()
    assert Visit.objects.values_list("customer_id", "platform").get() == (None, "shop")


@pytest.mark.django_db
def test_the_catalogue_holds_the_constraint_as_written():
    assert definition("keyed_visit_customer") == (
        "FOREIGN KEY (customer_id, platform) REFERENCES keyed_customer(customer_id, platform) "
        "ON DELETE SET NULL (customer_id) DEFERRABLE INITIALLY DEFERRED"
    )
    assert definition("keyed_item_order") == (
        "FOREIGN KEY (order_id, platform) REFERENCES keyed_order(order_id, platform) "
        "DEFERRABLE INITIALLY DEFERRED"
    )


@pytest.mark.django_db
def test_a_constraint_can_be_removed_and_added_again():
    with connection.schema_editor() as editor:
        editor.remove_constraint(Visit, CONSTRAINT)
    assert definition(CONSTRAINT.name) is None
    with connection.schema_editor() as editor:
        editor.add_constraint(Visit, CONSTRAINT)
    assert "SET NULL (customer_id)" in definition(CONSTRAINT.name)


@pytest.mark.django_db
@isolate_apps("tests.compositekeys")
def test_a_new_table_may_be_created_before_its_parents_and_renamed_columns_are_followed():
    class Child(models.Model):
        a = models.CharField(max_length=10, db_column="column a")
        b = models.CharField(max_length=10)

        class Meta:
            app_label = "keyed"
            constraints = [
                ForeignKeyConstraint(
                    name="keyed_child_parent",
                    fields=["a", "b"],
                    to="keyed.Parent",
                    to_fields=["x", "y"],
                    on_delete="CASCADE",
                )
            ]

    class Parent(models.Model):
        pk = CompositeKey("x", "y")
        x = models.CharField(max_length=10)
        y = models.CharField(max_length=10)

        class Meta:
            app_label = "keyed"

    with connection.schema_editor() as editor:
        editor.create_model(Child)
        editor.create_model(Parent)
    assert definition("keyed_child_parent") == (
        'FOREIGN KEY ("column a", b) REFERENCES keyed_parent(x, y) '
        "ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"
    )
    with connection.schema_editor() as editor:
        editor.delete_model(Child)
        editor.delete_model(Parent)


@pytest.mark.django_db
def test_makemigrations_finds_no_change():
    loader = MigrationLoader(connection)
    now = ProjectState.from_apps(apps)
    detector = MigrationAutodetector(loader.project_state(), now)
    changes = detector.changes(graph=loader.graph, trim_to_apps={"keyed"})
    assert changes == {}
    again = MigrationAutodetector(now.clone(), ProjectState.from_apps(apps))
    assert again._detect_changes() == {}


def test_migrations_name_djangos_own_fields():
    assert Order._meta.pk.deconstruct()[1] == "django.db.models.CompositePrimaryKey"
    assert Order._meta.get_field("customer").deconstruct()[1] == "django.db.models.ForeignObject"
    assert Order._meta.get_field("customer").clone().deconstruct() == (
        None,
        *Order._meta.get_field("customer").deconstruct()[1:],
    )


def test_a_constraint_survives_deconstruction_and_the_migration_writer():
    path, args, kwargs = CONSTRAINT.deconstruct()
    assert (path, args) == ("compositekeys.constraints.ForeignKeyConstraint", ())
    assert kwargs == {
        "name": "keyed_visit_customer",
        "fields": ("customer_id", "platform"),
        "to": "keyed.customer",
        "to_fields": ("customer_id", "platform"),
        "on_delete": "SET NULL (customer_id)",
    }
    assert ForeignKeyConstraint(**kwargs) == CONSTRAINT == CONSTRAINT.clone()
    assert hash(CONSTRAINT) == hash(CONSTRAINT.clone())
    assert ForeignKeyConstraint(**{**kwargs, "on_delete": ""}) != CONSTRAINT
    assert CONSTRAINT != "keyed_visit_customer"
    source, imports = MigrationWriter.serialize(CONSTRAINT)
    scope = {}
    exec("\n".join(imports), scope)
    assert eval(source, scope) == CONSTRAINT


def test_a_constraint_that_makes_no_sense_is_refused():
    options = {"name": "c", "fields": ["a"], "to": "keyed.Customer", "to_fields": ["a"]}
    with pytest.raises(ValueError, match="as many to_fields as fields"):
        ForeignKeyConstraint(**{**options, "to_fields": ["a", "b"]})
    with pytest.raises(ValueError, match="on_delete can't be 'EXPLODE'"):
        ForeignKeyConstraint(**options, on_delete="EXPLODE")
    wrong = ForeignKeyConstraint(**options)
    assert [error.id for error in wrong._check(Visit, connection)] == ["models.E012"]


@pytest.mark.django_db
def test_validation_asks_for_the_parent_only_where_it_can_know():
    visit = Visit(customer_id="C1", platform="shop")
    with pytest.raises(ValidationError) as error:
        visit.full_clean()
    assert error.value.messages == ["There is no customer with this customer id and platform."]
    CONSTRAINT.validate(Visit, visit, exclude={"platform"})
    CONSTRAINT.validate(Visit, Visit(customer_id="C1"))
    Customer.objects.create(customer_id="C1", platform="shop")
    visit.full_clean()


@pytest.mark.django_db
def test_a_constraints_own_message_is_used():
    kwargs = CONSTRAINT.deconstruct()[2]
    own = ForeignKeyConstraint(
        **kwargs, violation_error_message="Gone.", violation_error_code="gone"
    )
    with pytest.raises(ValidationError) as error:
        own.validate(Visit, Visit(customer_id="C1", platform="shop"))
    assert (error.value.messages, error.value.code) == (["Gone."], "gone")
    assert own.deconstruct()[2] == {
        **kwargs,
        "violation_error_message": "Gone.",
        "violation_error_code": "gone",
    }
