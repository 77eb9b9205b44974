"""Stages of requests that were there before, the event table's lock, roles, limits and reasons."""

from django.apps import apps as all_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

STAGES = """
UPDATE refund_request SET stage = CASE status
    WHEN 'pending' THEN 'needs_human' WHEN 'processed' THEN 'processed' ELSE 'rejected' END;
UPDATE address_update_request SET stage = CASE status
    WHEN 'pending' THEN 'unknown' WHEN 'updated' THEN 'updated' ELSE 'rejected' END;
"""
LOCK = """
CREATE FUNCTION request_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of request_event are never changed or deleted.'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER request_event_locked BEFORE UPDATE OR DELETE ON request_event
    FOR EACH ROW EXECUTE FUNCTION request_event_refuse();
"""
UNLOCK = """
DROP TRIGGER request_event_locked ON request_event;
DROP FUNCTION request_event_refuse();
"""
REASONS = (
    ("damaged", "Arrived damaged"),
    ("wrong_item", "Wrong item sent"),
    ("not_as_described", "Not as described"),
    ("never_arrived", "Never arrived"),
    ("late", "Arrived too late"),
    ("changed_mind", "Changed their mind"),
    ("goodwill", "Goodwill"),
    ("duplicate", "Ordered or charged twice"),
    ("fraud", "Fraud"),
    ("other", "Other"),
)
# Amounts of about the same worth, for currencies whose unit is a small one.
AGENT = {"": 500, "JPY": 75_000, "KRW": 650_000, "VND": 12_000_000, "CLP": 450_000,
         "HUF": 175_000, "IDR": 8_000_000, "INR": 40_000, "ISK": 65_000}  # fmt: skip
LIMITS = {"agent": 1, "lead": 10, "admin": 100}
VIEWED = (
    "connectors", "catalog", "orders", "support", "recommendations", "tryon",
)  # fmt: skip
AGENT_MAY = ("request_refund", "request_address")
LEAD_MAY = ("approve_refund", "resolve_refund", "record_refund", "approve_address")
ADMIN_CHANGES = ("refundreason", "refundlimit", "connectorconfig")


def fill(apps, schema_editor):
    for name in (*VIEWED, "auth"):
        create_permissions(all_apps.get_app_config(name), apps=apps, verbosity=0)
    for position, (code, label) in enumerate(REASONS):
        reasons = apps.get_model("support", "RefundReason").objects
        reasons.get_or_create(code=code, defaults={"label": label, "position": position})
    _roles(apps)


def _roles(apps):
    groups = apps.get_model("auth", "Group").objects
    permissions = apps.get_model("auth", "Permission").objects
    viewing = permissions.filter(codename__startswith="view_", content_type__app_label__in=VIEWED)
    money = permissions.filter(content_type__app_label="support")
    persons = permissions.filter(codename__in=("export_person", "erase_person"))
    models = [f"{verb}_{one}" for one in ADMIN_CHANGES for verb in ("add", "change", "delete")]
    staff = permissions.filter(content_type__app_label="auth").exclude(codename="delete_user")
    allowed = {"viewer": [*viewing]}
    allowed["agent"] = [*allowed["viewer"], *money.filter(codename__in=AGENT_MAY)]
    allowed["lead"] = [*allowed["agent"], *money.filter(codename__in=LEAD_MAY)]
    allowed["admin"] = [
        *allowed["lead"], *permissions.filter(codename__in=models), *persons, *staff,
    ]  # fmt: skip
    for name, given in allowed.items():
        group, _ = groups.get_or_create(name=name)
        group.permissions.add(*given)
        for currency, amount in AGENT.items() if name in LIMITS else ():
            apps.get_model("support", "RefundLimit").objects.get_or_create(
                group=group, currency=currency, defaults={"amount": amount * LIMITS[name]}
            )


class Migration(migrations.Migration):

    dependencies = [
        ("support", "0002_money"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("connectors", "0006_writes_enabled"),
        ("catalog", "0001_initial"),
        ("orders", "0002_shop_money"),
        ("recommendations", "0001_initial"),
        ("tryon", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(STAGES, migrations.RunSQL.noop),
        migrations.RunSQL(LOCK, UNLOCK),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
