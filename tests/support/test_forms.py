"""Forms that no page of ours sends: tampered with, cut off or full of what no text has."""

from __future__ import annotations

import uuid

import pytest

from support.models import AddressUpdateRequest, RefundRequest
from tests.support import shops
from tests.support.test_addresses import LEEDS

REFUND, ADDRESS = "refundrequest", "addressupdaterequest"
STEPS = ("", "confirm", "send", "country", "nonsense")
FORMS = {
    "empty": {},
    "garbage": {"line-x": "1", "line-": "2", "line-99": "1", "goodwill": "NaN", "shipping": "1e9",
                "reason_code": "\0", "reason": "\0" * 300, "submit_key": "x", "seen": "y",
                "change": "z", "undoes": "z", "country": "ZZ", "state": "\0"},
    "too much": {"line-1": "9" * 40, "goodwill": "9" * 400, "reason": "x" * 4000,
                 "address_1": "x" * 4000, "city": "<b>", "country": "GB" * 50,
                 "submit_key": str(uuid.uuid4()), "undoes": str(uuid.uuid4())},
    "an address": {**LEEDS, "submit_key": str(uuid.uuid4()), "seen": "forged"},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("kind", [REFUND, ADDRESS])
def test_a_form_that_is_wrong_is_answered_and_asks_for_nothing(store, agent, client, kind, form):
    order = store.order((1, "10.00"))
    client.force_login(agent)
    url = f"/admin/support/{kind}/order/{order.platform}/{order.order_id}/"
    for step in STEPS:
        answer = client.post(url, {**form, "step": step})
        assert answer.status_code in (200, 302, 404), step
        if answer.status_code == 302:
            page = client.get(answer["Location"]).content.decode()
            assert "Nothing was" in page
            assert "hexadecimal" not in page
    other = f"{url}preview/" if kind == REFUND else "/admin/support/addressupdaterequest/fields/"
    assert client.post(other, form).status_code == 200
    assert client.get(url, {"change": "x", "again": "y"}).status_code == 200
    assert not RefundRequest.objects.exists()
    assert not AddressUpdateRequest.objects.exists()


@pytest.mark.parametrize("store", ["shopify"], indirect=True)
def test_what_another_order_s_page_names_is_not_taken(store, agent, client):
    mine, other = store.order((1, "10.00")), store.order((1, "10.00"))
    change = AddressUpdateRequest.objects.create(
        order=other, status="updated", stage="updated", new_address=LEEDS, total_before=30,
        total_after=25,
    )  # fmt: skip
    client.force_login(agent)
    url = f"/admin/support/refundrequest/order/{mine.platform}/{mine.order_id}/"
    assert "became cheaper" not in client.get(url, {"change": change.pk}).content.decode()
    url = f"/admin/support/addressupdaterequest/order/{mine.platform}/{mine.order_id}/"
    assert "7 Mill Street" not in client.get(url, {"again": change.pk}).content.decode()
    form = {"step": "send", "undoes": change.pk, "submit_key": uuid.uuid4()}
    assert client.post(url, form).status_code == 404
    assert shops.line_ids(mine)
