from datetime import UTC, datetime

import pytest

from connectors.platforms import base
from connectors.platforms.woocommerce import customers


def test_a_customer_keeps_email_and_name_as_the_store_has_them(customer):
    assert customers.record(customer, []) == base.CustomerRecord(
        remote_id=23,
        email="Ida.Brandt@example.com",
        name="Ida Brandt",
        created_at=datetime(2025, 6, 1, 12, tzinfo=UTC),
        modified_at=None,
        metadata=customer,
    )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"billing.first_name": "Al", "billing.company": "Acme"}, "Al"),
        ({"billing.company": "Acme &amp; Co"}, "Acme & Co"),
        ({"shipping.last_name": "Berg"}, "Berg"),
        ({}, "ida"),
    ],
)
def test_a_customer_without_a_name_is_named_by_addresses_or_login(customer, changed, values, name):
    nameless = changed(customer, {"first_name": "", "last_name": "", **values})
    assert customers.record(nameless, []).name == name


def test_a_missing_email_is_empty(customer, changed):
    assert customers.record(changed(customer, {"email": None}), []).email == ""


def test_a_name_that_is_too_long_is_cut_with_a_note(customer, changed):
    notes = []
    found = customers.record(changed(customer, {"first_name": "n" * 300, "last_name": ""}), notes)
    assert found.name == "n" * 255
    assert [(n.remote_id, n.cause) for n in notes] == [(23, "text_cut")]
