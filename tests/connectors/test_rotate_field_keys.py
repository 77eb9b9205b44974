import io
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from connectors import encryption
from connectors.management.commands import rotate_field_keys
from connectors.models import ConnectorConfig
from tests.compositekeys.models import Vault

OLD, NEW, LOST = ("old-" * 10, "new-" * 10, "lost-" * 10)


@pytest.fixture(autouse=True)
def _ring(settings):
    settings.FIELD_KEYS = [OLD]


def fill(count):
    for number in range(count):
        ConnectorConfig.objects.create(
            platform="woocommerce",
            store_url=f"https://{number}.example.com",
            key_prefix=f"k{number}" if number else "",
            api_key=f"key {number}",
            secret=f"secret {number}",
        )
        Vault.objects.create(name=str(number), platform="p", password=f"password {number}")


def rotate(**options):
    out, err = io.StringIO(), io.StringIO()
    call_command("rotate_field_keys", stdout=out, stderr=err, **options)
    return out.getvalue()


def positions():
    """The places in the ring of the keys under which the values stand."""
    found = set()
    for model, names in rotate_field_keys.encrypted_models():
        for _, *columns in rotate_field_keys.stored_rows(model, names):
            opened = [encryption.opened_by(bytes(c)) for c in columns if c is not None]
            found |= {None if entry is None else entry[0] for entry in opened}
    return found


def test_every_model_with_encrypted_columns_is_found():
    found = {model.__name__: names for model, names in rotate_field_keys.encrypted_models()}
    assert found["ConnectorConfig"] == [
        "api_key",
        "secret",
        "webhook_secret",
        "access_token",
        "privacy_key",
    ]
    assert found["Vault"] == ["token", "password"]
    assert "SyncRun" not in found


@pytest.mark.django_db
def test_rotation_moves_every_value_to_the_newest_key(settings):
    fill(5)
    settings.FIELD_KEYS = [NEW, OLD]
    assert positions() == {1}
    output = rotate(batch_size=2)
    assert "connectors.ConnectorConfig: 2 of 5 rows" in output
    assert (
        "connectors.ConnectorConfig: 5 rows; 10 values rotated, 0 current, 0 unreadable" in output
    )
    assert "keyed.Vault: 5 rows; 5 values rotated, 0 current, 0 unreadable" in output
    settings.FIELD_KEYS = [NEW]
    assert positions() == {0}
    assert [c.secret for c in ConnectorConfig.objects.order_by("store_url")] == [
        f"secret {number}" for number in range(5)
    ]
    assert set(Vault.objects.values_list("name", "token", "password")) == {
        (str(number), None, f"password {number}") for number in range(5)
    }


@pytest.mark.django_db
def test_a_second_rotation_changes_nothing(settings):
    fill(2)
    settings.FIELD_KEYS = [NEW, OLD]
    rotate()
    before = set(ConnectorConfig.objects.values_list("pk", "updated_at"))
    stored = list(rotate_field_keys.stored_rows(Vault, ["password"]))
    output = rotate()
    assert "connectors.ConnectorConfig: 2 rows; 0 values rotated, 4 current" in output
    assert list(rotate_field_keys.stored_rows(Vault, ["password"])) == stored
    assert set(ConnectorConfig.objects.values_list("pk", "updated_at")) == before


@pytest.mark.django_db
def test_a_dry_run_counts_and_changes_nothing(settings):
    fill(2)
    settings.FIELD_KEYS = [NEW, OLD]
    output = rotate(dry_run=True)
    assert "connectors.ConnectorConfig: 2 rows; 4 values to rotate, 0 current" in output
    assert positions() == {1}


@pytest.mark.django_db
@pytest.mark.parametrize("dry_run", [True, False])
def test_values_that_no_key_opens_are_reported_and_left(settings, dry_run):
    fill(2)
    settings.FIELD_KEYS = [LOST]
    lost = Vault.objects.create(name="lost", platform="p", token="t", password="p")
    stored = rotate_field_keys.stored_rows(Vault, ["token", "password"]).filter(pk=lost.pk).get()
    settings.FIELD_KEYS = [NEW, OLD]
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError, match="No key of FIELD_KEYS opens 2 of the values") as error:
        call_command("rotate_field_keys", dry_run=dry_run, stdout=out, stderr=err)
    assert error.value.returncode == 1
    assert err.getvalue().splitlines() == [
        "keyed.Vault ('lost', 'p'): token can't be opened by any key",
        "keyed.Vault ('lost', 'p'): password can't be opened by any key",
    ]
    rows = rotate_field_keys.stored_rows(Vault, ["token", "password"])
    assert rows.filter(pk=lost.pk).get() == stored
    assert positions() == ({None, 1} if dry_run else {None, 0})


@pytest.mark.django_db
def test_an_empty_ring_and_an_empty_batch_are_refused(settings):
    with pytest.raises(CommandError, match="batch-size must be 1 or more"):
        rotate(batch_size=0)
    settings.FIELD_KEYS = []
    with pytest.raises(CommandError, match="Set FIELD_KEYS"):
        rotate()


class Interrupted(io.StringIO):
    """A terminal at which somebody presses Ctrl-C when the first line appears."""

    def write(self, text):
        raise KeyboardInterrupt


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_rotation_goes_on_where_it_stopped(settings):
    fill(5)
    settings.FIELD_KEYS = [NEW, OLD]
    with pytest.raises(KeyboardInterrupt):
        call_command("rotate_field_keys", batch_size=2, stdout=Interrupted())
    assert positions() == {0, 1}
    assert "5 rows; 6 values rotated, 4 current, 0 unreadable" in rotate()
    assert positions() == {0}


# Beside other processes


@contextmanager
def another_process(keys):
    """``manage.py rotate_field_keys`` in a process of its own, with another SECRET_KEY."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = os.environ | {
        "DATABASE_URL": url.geturl(), "FIELD_KEYS": ",".join(keys), "SECRET_KEY": "another " * 8,
    }  # fmt: skip
    command = [sys.executable, "-m", "django", "rotate_field_keys", "--batch-size", "1"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until_blocked():
    """Return when another connection to this database waits for a lock."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        for _ in range(300):
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else one look lasts a transaction
            cursor.execute(sql, [connection.settings_dict["NAME"]])
            if cursor.fetchone()[0]:
                return
            time.sleep(0.1)
    pytest.fail("No other process waits.")


@pytest.mark.django_db(transaction=True)
def test_a_secret_that_is_entered_while_another_process_rotates_is_kept(settings):
    fill(2)
    settings.FIELD_KEYS = [NEW, OLD]
    with another_process([NEW, OLD]) as process:
        with transaction.atomic():
            ConnectorConfig.objects.update(secret="entered meanwhile")
            wait_until_blocked()
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert positions() == {0}
    assert set(ConnectorConfig.objects.values_list("secret", flat=True)) == {"entered meanwhile"}
    assert "keyed.Vault: 2 rows; 2 values rotated" in output


@pytest.mark.django_db(transaction=True)
def test_two_processes_rotate_every_value_once(settings):
    fill(4)
    settings.FIELD_KEYS = [NEW, OLD]
    with another_process([NEW, OLD]) as one, another_process([NEW, OLD]) as two:
        outputs = [process.communicate(timeout=60)[0] for process in (one, two)]
    assert [one.returncode, two.returncode] == [0, 0], outputs
    rotated = [
        int(line.split("; ")[1].split()[0])
        for output in outputs
        for line in output.splitlines()
        if "rotated" in line
    ]
    assert sum(rotated) == 4 * 3
    assert positions() == {0}


@pytest.mark.django_db
def test_without_the_lock_a_secret_entered_meanwhile_would_be_lost(settings):
    fill(1)
    settings.FIELD_KEYS = [NEW, OLD]
    ((pk, stored),) = rotate_field_keys.stored_rows(ConnectorConfig, ["secret"])
    changed = rotate_field_keys.changes(pk, {"secret": stored}, rotate_field_keys.Tally())
    ConnectorConfig.objects.update(secret="entered meanwhile")
    ConnectorConfig.objects.filter(pk=pk).update(**changed)
    assert ConnectorConfig.objects.get().secret == "secret 0"
