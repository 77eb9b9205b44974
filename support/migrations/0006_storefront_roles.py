"""Who may make storefront keys, and which reasons customers may not choose."""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

NOT_FOR_CUSTOMERS = ("goodwill", "fraud")
KEYS = ("view_storefrontkey", "add_storefrontkey", "change_storefrontkey")


def fill(apps, schema_editor):
    create_permissions(all_apps.get_app_config("connectors"), apps=apps, verbosity=0)
    reasons = apps.get_model("support", "RefundReason").objects
    reasons.filter(code__in=NOT_FOR_CUSTOMERS).update(for_customers=False)
    keys = apps.get_model("auth", "Permission").objects.filter(codename__in=KEYS)
    groups = apps.get_model("auth", "Group").objects
    # A database that is new has given every group the right to look already.
    for group in groups.filter(name__in=("viewer", "agent", "lead")):
        group.permissions.remove(*keys)
    for group in groups.filter(name="admin"):
        group.permissions.add(*keys)


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0005_storefront"),
        ("connectors", "0008_storefront_keys"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
