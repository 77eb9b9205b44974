"""Stores whose orders can be refunded, and the staff who do it."""

from __future__ import annotations

import pytest

from tests.support import shops


@pytest.fixture(params=sorted(shops.STORES))
def store(request, transactional_db, settings):
    """A store of each platform in turn."""
    settings.REFUND_UNDO_SECONDS = 0
    shops.roles()
    with shops.STORES[request.param]() as found:
        yield found


@pytest.fixture
def agent(store):
    return shops.staff("agent", "agent")


@pytest.fixture
def lead(store):
    return shops.staff("lead", "lead")
