"""The demo comes and goes without touching a shop's own rows."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from connectors import sandbox
from connectors.models import ConnectorConfig
from connectors.sandbox import auth, faults, server
from connectors.sandbox.shop import Shop
from orders.models import OrderItem, PlatformCustomer, PlatformOrder
from support.models import RefundRequest
from tests.connectors.conftest import shop  # noqa: F401
from tests.factories import ConnectorFactory, ItemFactory, OrderFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_var(tmp_path, monkeypatch):
    monkeypatch.setenv("STOREKEEP_VAR", str(tmp_path / "var"))


@pytest.fixture
def served(tmp_path, shop: Shop):  # noqa: F811
    folder = tmp_path / "sandbox"
    key, secret = sandbox.credentials(folder)
    with server.running(shop) as running:
        running.application.doorkeeper = auth.Doorkeeper(
            {key: auth.Credentials(key=key, secret=secret)}
        )
        yield running.url, folder


def demo(*words):
    out = StringIO()
    call_command("demo", *words, stdout=out)
    return out.getvalue()


def test_setup_connects_the_sandbox_and_again_only_renews_it(served):
    url, folder = served
    demo("setup", "--url", url, "--data", str(folder))
    first = ConnectorConfig.objects.get()
    assert (first.is_demo, first.key_prefix) == (True, "demo")
    demo("setup", "--url", url, "--data", str(folder))
    assert ConnectorConfig.objects.get().pk == first.pk


def test_the_demo_leaves_the_empty_prefix_to_a_store_of_ones_own(served):
    url, folder = served
    demo("setup", "--url", url, "--data", str(folder))
    ConnectorFactory(key_prefix="").full_clean(validate_unique=False)
    assert ConnectorConfig.objects.count() == 2


def test_remove_takes_out_the_demo_and_nothing_else():
    own = ItemFactory(order__connector=ConnectorFactory(key_prefix=""))
    theirs = ItemFactory(order__connector=ConnectorFactory(key_prefix="demo", is_demo=True))
    RefundRequest.objects.create(order=theirs.order, status="pending")
    assert "The demo was removed: 4 rows" in demo("remove", "--yes")
    assert list(OrderItem.objects.all()) == [own]
    assert list(PlatformOrder.objects.all()) == [own.order]
    assert list(PlatformCustomer.objects.all()) == [own.order.customer]
    assert not ConnectorConfig.objects.filter(is_demo=True).exists()


def test_remove_asks_first():
    OrderFactory(connector=ConnectorFactory(is_demo=True))
    with pytest.raises(CommandError, match="--yes"):
        demo("remove")
    assert PlatformOrder.objects.count() == 1


def test_a_sandbox_that_is_down_is_a_plain_error(tmp_path):
    with pytest.raises(CommandError, match="sandbox store can't be connected"):
        demo("setup", "--url", "http://127.0.0.1:9", "--data", str(tmp_path))


def test_pause_leaves_the_rows():
    OrderFactory(connector=ConnectorFactory(is_demo=True))
    demo("pause")
    assert not ConnectorConfig.objects.get().sync_enabled
    assert PlatformOrder.objects.count() == 1


def test_the_sandbox_refuses_a_knob_that_there_is_not():
    with pytest.raises(ValueError, match="no knob"):
        faults.Knobs().turn({"explode": 1})
