"""Who may look at wearable products, and who may correct them."""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

MODELS = ("tryonsession", "tryonoverlay", "wearableproduct", "kindrule")
VIEW = [f"view_{model}" for model in MODELS]
# To change a session is to have it made again.
CORRECT = ["change_tryonsession", "change_wearableproduct"]
RULE = [f"{verb}_kindrule" for verb in ("add", "change", "delete")]
MAY = {
    "viewer": VIEW,
    "agent": [*VIEW, *CORRECT],
    "lead": [*VIEW, *CORRECT, *RULE],
    "admin": [*VIEW, *CORRECT, *RULE],
}


def grant(apps, schema_editor):
    create_permissions(all_apps.get_app_config("tryon"), apps=apps, verbosity=0)
    permissions = apps.get_model("auth", "Permission").objects
    for name, codes in MAY.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(
            *permissions.filter(content_type__app_label="tryon", codename__in=codes)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("tryon", "0003_kind_rules"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
