"""Who may look at models, train one, and block what isn't to be recommended."""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEW = ["view_recommendationlog", "view_training", "view_blocked"]
BLOCK = [f"{verb}_blocked" for verb in ("add", "change", "delete")]
# To add a training is to have a model trained now.
MAY = {
    "viewer": VIEW,
    "agent": VIEW,
    "lead": [*VIEW, *BLOCK, "add_training"],
    "admin": [*VIEW, *BLOCK, "add_training"],
}


def grant(apps, schema_editor):
    create_permissions(all_apps.get_app_config("recommendations"), apps=apps, verbosity=0)
    permissions = apps.get_model("auth", "Permission").objects
    for name, codes in MAY.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(
            *permissions.filter(content_type__app_label="recommendations", codename__in=codes)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0002_serving"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
