import copy
import logging
import pickle

import pytest
from django import forms
from django.core.exceptions import FieldError, ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.core.serializers.base import DeserializationError
from django.db import connection, transaction
from django.views.debug import ExceptionReporter

from connectors import encryption
from connectors.models import ConnectorConfig
from tests.compositekeys.models import Vault

pytestmark = pytest.mark.django_db

OLD, NEW, LOST = ("old-" * 10, "new-" * 10, "lost-" * 10)
UNREADABLE = "unreadable: encrypted with a key that is not in FIELD_KEYS"


@pytest.fixture(autouse=True)
def _ring(settings):
    settings.FIELD_KEYS = [OLD]


def connect(**values):
    return ConnectorConfig.objects.create(
        platform="woocommerce",
        store_url="https://shop.example.com",
        **{"api_key": "ck_plain_text_1234", "secret": "cs_plain_text_5678", **values},
    )


def stored(column="secret", table="connector_config"):
    """What stands in the column, as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return bytes(cursor.fetchone()[0])


def unreadable(settings, **values):
    """A store as a process sees it whose ring lacks the key of its credentials."""
    settings.FIELD_KEYS = [LOST]
    connect(**values)
    settings.FIELD_KEYS = [OLD]
    return ConnectorConfig.objects.get()


# At rest


def test_the_database_holds_bytes_in_which_no_text_can_be_found():
    connect(secret="cs_plain_text_5678 ✓")
    assert b"plain" not in stored()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_name = 'connector_config' AND column_name IN ('api_key', 'secret')"
        )
        assert dict(cursor.fetchall()) == {"api_key": "bytea", "secret": "bytea"}
    connector = ConnectorConfig.objects.get()
    assert (connector.api_key, connector.secret) == ("ck_plain_text_1234", "cs_plain_text_5678 ✓")


def test_the_same_text_is_never_stored_as_the_same_bytes():
    connector = connect(api_key="same", secret="same")
    first = stored()
    assert stored("api_key") != first
    connector.save()
    assert stored() != first


def test_every_way_of_writing_encrypts():
    connector = connect()
    ConnectorConfig.objects.update(secret="updated")
    assert (b"updated" in stored(), ConnectorConfig.objects.get().secret) == (False, "updated")
    connector.secret = "in bulk"
    ConnectorConfig.objects.bulk_update([connector], ["secret"])
    assert (b"in bulk" in stored(), ConnectorConfig.objects.get().secret) == (False, "in bulk")
    Vault.objects.bulk_create([Vault(name="a", platform="p", password="by the dozen")])
    assert b"by the dozen" not in stored("password", "keyed_vault")
    ConnectorConfig.objects.update_or_create(
        platform="woocommerce", defaults={"secret": "once more"}
    )
    assert ConnectorConfig.objects.values_list("secret", flat=True).get() == "once more"


def test_nothing_and_the_empty_text_are_told_apart():
    Vault.objects.create(name="a", platform="p", token=None, password="")
    vault = Vault.objects.get()
    assert (vault.token, vault.password) == (None, "")
    assert Vault.objects.filter(token__isnull=True, password__isnull=False).get() == vault


def test_a_column_of_secrets_cannot_be_searched():
    with pytest.raises(FieldError, match="Unsupported lookup"):
        ConnectorConfig.objects.filter(secret="cs_plain_text_5678")
    with pytest.raises(FieldError, match="Unsupported lookup"):
        ConnectorConfig.objects.filter(secret__contains="cs")


# Keys


def test_the_first_key_encrypts_and_every_key_decrypts(settings):
    connector = connect()
    settings.FIELD_KEYS = [NEW, OLD]
    assert ConnectorConfig.objects.get().secret == "cs_plain_text_5678"
    connector.save()
    settings.FIELD_KEYS = [NEW]
    assert ConnectorConfig.objects.get().secret == "cs_plain_text_5678"
    settings.FIELD_KEYS = [OLD]
    assert encryption.is_unreadable(ConnectorConfig.objects.get().secret)


def test_the_secret_key_may_change(settings):
    connect()
    settings.SECRET_KEY = "an entirely different one"
    assert ConnectorConfig.objects.get().secret == "cs_plain_text_5678"
    settings.SECRET_KEY_FALLBACKS = []
    settings.CRYPTOGRAPHY_KEY = b"x" * 32
    assert ConnectorConfig.objects.get().api_key == "ck_plain_text_1234"


def test_an_empty_ring_writes_nothing_and_reads_nothing(settings):
    connector = connect()
    before = stored()
    settings.FIELD_KEYS = []
    with pytest.raises(ImproperlyConfigured, match="Set FIELD_KEYS"), transaction.atomic():
        connector.save()
    assert stored() == before
    assert str(ConnectorConfig.objects.get().secret) == UNREADABLE


def test_weak_keys_are_named_before_going_live(settings):
    assert encryption.check_field_keys() == []
    for weak in ([], ["short"], [OLD, "short"]):
        settings.FIELD_KEYS = weak
        assert [warning.id for warning in encryption.check_field_keys()] == ["connectors.W001"]


# Values that no key opens


def test_an_unreadable_value_says_so_and_stops_no_query(settings):
    connector = unreadable(settings)
    for value in (connector.secret, ConnectorConfig.objects.values_list("secret", flat=True)[0]):
        assert encryption.is_unreadable(value)
        assert str(value) == UNREADABLE
        assert repr(value) == f"<{UNREADABLE}>"
        assert not value
        assert not isinstance(value, str)
    assert pickle.loads(pickle.dumps(connector)).secret.stored == stored()
    assert copy.deepcopy(connector).secret.stored == stored()


@pytest.mark.parametrize("damage", [b"", b"\x80", b"short", b"x" * 200])
def test_damaged_bytes_are_unreadable(damage):
    connect()
    whole = stored()
    for broken in (damage, whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), b"\x81" + whole[1:]):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE connector_config SET secret = %s", [broken])
        assert encryption.is_unreadable(ConnectorConfig.objects.get().secret)


def test_saving_other_fields_leaves_unreadable_bytes_alone(settings):
    connector = unreadable(settings)
    before = stored()
    connector.name = "renamed"
    connector.save()
    assert (stored(), ConnectorConfig.objects.get().name) == (before, "renamed")
    connector.save(update_fields=["name", "secret"])
    assert stored() == before
    connector.full_clean()
    connector.save(force_update=True)
    assert stored() == before
    settings.FIELD_KEYS = [OLD, LOST]
    assert ConnectorConfig.objects.get().secret == "cs_plain_text_5678"


def test_saving_an_instance_keeps_what_another_process_stored_meanwhile(settings):
    connector = unreadable(settings)
    ConnectorConfig.objects.update(secret="entered anew")
    connector.name = "renamed"
    connector.save()
    assert ConnectorConfig.objects.get().secret == "entered anew"


def test_an_unreadable_value_is_never_written(settings):
    connector = unreadable(settings)
    before = stored()
    twin = ConnectorConfig(
        platform="shopify", store_url="https://a.example.com", api_key="k", secret=connector.secret
    )
    stores = ConnectorConfig.objects
    for write in (
        lambda: stores.bulk_update([connector], ["secret"]),
        lambda: stores.update(secret=connector.secret),
        lambda: stores.bulk_create([twin]),
        twin.save,
    ):
        with (
            pytest.raises(encryption.UnreadableValueError, match=r"Config\.secret is unreadable"),
            transaction.atomic(),
        ):
            write()
    assert (stored(), stores.count()) == (before, 1)


def test_bulk_updates_of_other_fields_pass(settings):
    connector = unreadable(settings)
    before = stored()
    connector.name = "renamed"
    ConnectorConfig.objects.bulk_update([connector], ["name"])
    assert (stored(), ConnectorConfig.objects.get().name) == (before, "renamed")


def test_a_value_entered_anew_replaces_the_unreadable_one(settings):
    connector = unreadable(settings)
    connector.secret = "entered anew"
    connector.save()
    found = ConnectorConfig.objects.get()
    assert (found.secret, str(found.api_key)) == ("entered anew", UNREADABLE)


# Showing


def test_no_repr_and_no_log_shows_the_text(caplog):
    connector = connect()
    for instance in (connector, ConnectorConfig.objects.get(), copy.copy(connector)):
        with caplog.at_level(logging.INFO):
            logging.getLogger(__name__).info("%r %s %r", instance, vars(instance), instance.secret)
        assert repr(instance.secret) == "<secret>"
    assert "plain" not in caplog.text
    assert str(connector.secret) == f"{connector.secret}" == "cs_plain_text_5678"
    connector.secret = "assigned"
    assert repr(connector.secret) == "<secret>"


def test_an_error_page_shows_no_text(settings, rf):
    hidden = "".join(["hid", "den", "-", "text"])
    connector = connect(secret=hidden)
    settings.FIELD_KEYS = []
    with pytest.raises(ImproperlyConfigured) as error, transaction.atomic():
        connector.save()
    report = ExceptionReporter(rf.get("/"), error.type, error.value, error.tb)
    page = report.get_traceback_html()
    assert "seal" in page
    assert page.count(hidden) == 1  # this test's own variable


def test_only_the_last_four_characters_are_for_showing():
    assert encryption.last_four(connect().secret) == "…5678"
    assert encryption.last_four("12345678") == "…5678"
    assert encryption.last_four("1234567") == "…"
    assert encryption.last_four("") == ""
    assert encryption.last_four(None) == ""
    assert encryption.last_four(encryption.Unreadable(b"")) == "unreadable"


# Fixtures


@pytest.mark.parametrize("form", ["json", "xml", "jsonl"])
def test_dumped_data_holds_no_text_and_loads_again(tmp_path, form):
    connect()
    Vault.objects.create(name="a", platform="p", token=None, password="plain as well")
    dump = tmp_path / f"dump.{form}"
    models = ("connectors.ConnectorConfig", "keyed.Vault")
    call_command("dumpdata", *models, format=form, output=str(dump))
    assert "plain" not in dump.read_text()
    ConnectorConfig.objects.all().delete()
    Vault.objects.all().delete()
    call_command("loaddata", str(dump), verbosity=0)
    assert ConnectorConfig.objects.get().secret == "cs_plain_text_5678"
    assert (Vault.objects.get().token, Vault.objects.get().password) == (None, "plain as well")


def test_dumped_data_keeps_an_unreadable_value_for_whoever_has_its_key(settings, tmp_path):
    unreadable(settings)
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "connectors.ConnectorConfig", output=str(dump))
    with pytest.raises(DeserializationError, match="a key that is not in FIELD_KEYS"):
        call_command("loaddata", str(dump), verbosity=0)
    ConnectorConfig.objects.all().delete()
    settings.FIELD_KEYS = [OLD, LOST]
    call_command("loaddata", str(dump), verbosity=0)
    assert ConnectorConfig.objects.get().secret == "cs_plain_text_5678"


def test_a_text_that_only_looks_like_a_dumped_one_is_refused():
    with pytest.raises(ValidationError, match="a key that is not in FIELD_KEYS"):
        ConnectorConfig._meta.get_field("secret").to_python("encrypted:%%%")


# Forms


def form_for(*args, **kwargs):
    widgets = {"secret": forms.Textarea, "api_key": forms.PasswordInput({"class": "own"}, True)}
    made = forms.modelform_factory(
        ConnectorConfig, fields=["name", "api_key", "secret"], widgets=widgets
    )
    return made(*args, **kwargs)


def test_a_form_never_shows_what_is_stored():
    page = form_for(instance=connect()).as_p()
    assert "plain" not in page
    assert page.count('type="password"') == 2
    assert 'class="own"' in page
    assert "textarea" not in page


def test_a_secret_that_is_left_empty_stays():
    connector = connect()
    before = stored("api_key")
    form = form_for({"name": "renamed", "api_key": "", "secret": "another"}, instance=connector)
    assert form.is_valid()
    assert form.changed_data == ["name", "secret"]
    form.save()
    found = ConnectorConfig.objects.get()
    assert (found.name, found.api_key) == ("renamed", "ck_plain_text_1234")
    assert found.secret == "another"
    assert before != b""


def test_an_unreadable_secret_that_is_left_empty_stays(settings):
    connector = unreadable(settings)
    before = stored()
    form = form_for({"name": "renamed", "api_key": "", "secret": ""}, instance=connector)
    assert form.is_valid(), form.errors
    form.save()
    assert (stored(), ConnectorConfig.objects.get().name) == (before, "renamed")


def test_a_new_store_needs_its_api_key():
    form = form_for({"name": "new", "api_key": "", "secret": ""})
    assert form.errors == {"api_key": ["This field is required."]}


def test_migrations_name_the_field_itself():
    field = Vault._meta.get_field("token")
    assert field.deconstruct()[1:] == (
        "connectors.encryption.EncryptedTextField",
        [],
        {"null": True, "blank": True},
    )
    assert type(field.clone()) is encryption.EncryptedTextField
    assert field.db_type(connection) == "bytea"
