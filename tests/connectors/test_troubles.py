"""Every page says which stores need attention, and stops when they don't."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from connectors import engine, troubles
from connectors.models import ConnectorConfig, SyncCursor, Verification
from connectors.platforms import base
from tests.connectors.memory import MemoryStore
from tests.factories import ConnectorFactory

PAGES = ["/admin/", "/admin/orders/platformorder/", "/admin/connectors/syncrun/"]


@pytest.fixture
def connector(db):
    found = ConnectorFactory(name="Hearth")
    for resource in base.Resource:
        SyncCursor.objects.create(connector=found, resource=resource, changed_until=timezone.now())
    return found


def text(client, page):
    return " ".join(client.get(page).content.decode().split())


@pytest.mark.parametrize("page", PAGES)
def test_a_disconnected_store_is_named_with_since_when_why_and_what_to_do(
    admin_client, connector, page
):
    engine.keep_disconnected(connector, "The secret is wrong for this API key.")
    said = text(admin_client, page)
    assert "Hearth</strong></a> is disconnected since" in said
    assert "The secret is wrong for this API key." in said
    assert "enter new credentials" in said


@pytest.mark.parametrize("page", PAGES)
def test_a_store_that_is_behind_is_named(admin_client, connector, page):
    connector.cursors.update(changed_until=timezone.now() - timedelta(hours=2))
    assert "is behind by 2 h" in text(admin_client, page)


@pytest.mark.parametrize("page", PAGES)
def test_stores_that_are_well_are_not_spoken_of(admin_client, connector, page):
    assert "sk-troubles" not in text(admin_client, page)


def test_a_store_that_is_switched_off_is_not_in_trouble(admin_client, connector):
    engine.keep_disconnected(connector, "Gone.")
    ConnectorConfig.objects.update(sync_enabled=False)
    assert "sk-troubles" not in text(admin_client, "/admin/")


def test_whoever_may_not_see_stores_is_not_told(client, connector, django_user_model):
    engine.keep_disconnected(connector, "Gone.")
    client.force_login(django_user_model.objects.create_user("s", is_staff=True))
    assert "Hearth" not in text(client, "/admin/")


def test_it_is_looked_up_once_in_a_while(connector, django_assert_num_queries):
    cache.clear()
    with django_assert_num_queries(2):
        troubles.current()
    with django_assert_num_queries(0):
        troubles.current()


@pytest.mark.django_db(transaction=True)
class TestPartsOfAStore:
    @pytest.fixture
    def memory(self):
        return MemoryStore()

    def run(self, connector, resource, memory, *, fails=False):
        memory.fail_after = 0 if fails else None
        engine.sync(connector=connector, resource=resource, store=memory)

    def test_a_resource_that_fails_is_not_forgotten_for_another_that_works(self, memory):
        connector = ConnectorFactory()
        self.run(connector, base.Resource.ORDERS, memory, fails=True)
        since = ConnectorConfig.objects.get().disconnected_at
        self.run(connector, base.Resource.PRODUCTS, memory)
        assert ConnectorConfig.objects.get().disconnected_at == since
        self.run(connector, base.Resource.ORDERS, memory)
        assert ConnectorConfig.objects.get().disconnected_at is None


def test_the_page_of_a_store_shows_the_last_verification(admin_client, connector):
    page = f"/admin/connectors/connectorconfig/{connector.pk}/change/"
    assert "Never verified" in text(admin_client, page)
    now = timezone.now()
    counts = dict.fromkeys(("here", "missing", "extra", "stale", "set_aside", "pending"), 0)
    Verification.objects.create(
        connector=connector, is_whole=True, is_clean=True, started_at=now, finished_at=now,
        counts={"orders": {"in_store": 4_321, **counts}},
    )  # fmt: skip
    said = text(admin_client, page)
    assert "Nothing was missing, extra or stale" in said
    assert "4,321" in said
