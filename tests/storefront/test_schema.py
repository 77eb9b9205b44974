"""What the schema says is what the API does, whatever it is sent."""

from __future__ import annotations

import os

import pytest
import schemathesis
from django.core.management import call_command
from hypothesis import HealthCheck, settings

from config.wsgi import application
from tests.storefront.conftest import Caller

EXAMPLES = int(os.environ.get("STOREKEEP_FUZZ_EXAMPLES", "15"))


schema = schemathesis.openapi.from_wsgi("/api/schema/", application)


@pytest.mark.django_db(transaction=True)
@schema.parametrize()
@pytest.mark.parametrize("who", ["server", "shopper", "guest"])
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_answers_are_as_the_schema_says(case, who, request, live_server):
    caller: Caller = request.getfixturevalue(who)
    case.call_and_validate(
        base_url=live_server.url, headers={"Authorization": caller.authorization}
    )


def test_the_schema_is_made_without_a_warning(capsys):
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", "/dev/null")
