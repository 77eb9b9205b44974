"""What `manage.py doctor` finds."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from config import health
from connectors.models import ConnectorConfig, SyncCursor, SyncNote
from tests.factories import ConnectorFactory

pytestmark = pytest.mark.django_db


def problems():
    return {finding.subject: finding.text for finding in health.examine() if finding.remedy}


def test_an_installation_without_staff_or_stores_is_told_what_to_do():
    found = problems()
    assert found["stores"] == "No store is connected."
    assert found["staff"] == "0 account(s) can sign in to the console"
    assert "queue" in found


def test_a_store_that_does_not_answer_is_named_with_since_when_and_why():
    ConnectorFactory(
        name="Shop", disconnected_at=timezone.now(), disconnected_reason="Wrong secret."
    )
    assert problems()["store Shop"].endswith("Wrong secret.")


def test_set_aside_records_are_counted():
    store = ConnectorFactory(name="Shop")
    SyncNote.objects.create(
        connector=store, resource="orders", remote_id=1, cause="x", detail="y", set_aside=True
    )
    assert problems()["store Shop"] == "1 record(s) were set aside."


def test_credentials_that_no_key_opens_are_found(settings):
    ConnectorFactory(name="Shop")
    settings.FIELD_KEYS = ["another key of more than thirty-two characters"]
    assert "can't be read" in problems()["store Shop"]


def test_overdue_copies_are_found():
    store = ConnectorFactory()
    SyncCursor.objects.create(
        connector=store, resource="orders", due_at=timezone.now() - timedelta(hours=1)
    )
    assert "overdue" in problems()["schedule"]


def test_the_doctor_exits_with_an_error_when_something_is_wrong():
    out = StringIO()
    with pytest.raises(CommandError, match="problem"):
        call_command("doctor", stdout=out)
    assert "manage.py connect" in out.getvalue()
    assert not ConnectorConfig.objects.exists()


def test_a_broker_that_is_down_is_a_problem_and_no_traceback(settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert problems()["queue"] == "Redis does not answer."
