"""Requests in the console."""

from __future__ import annotations

import pytest

from support.models import AddressUpdateRequest, RefundRequest
from tests.factories import OrderFactory

pytestmark = pytest.mark.django_db


def test_a_refund_request_leads_to_its_order_and_is_not_changed_here(admin_client):
    order = OrderFactory(number="1001")
    asked = RefundRequest.objects.create(order=order, status="pending", reason="<b>")
    page = f"/admin/support/refundrequest/{asked.pk}/change/"
    body = admin_client.get(page).content.decode()
    assert "#1001" in body
    assert "&lt;b&gt;" in body
    assert admin_client.post(page, {"status": "processed"}).status_code == 403
    asked.refresh_from_db()
    assert asked.status == "pending"


def test_a_new_address_reads_as_the_post_writes_it(admin_client):
    address = {
        "city": "Leeds",
        "postcode": "LS1 1AA",
        "country": "GB",
        "address_1": "<i>1 Road</i>",
    }
    asked = AddressUpdateRequest.objects.create(
        order=OrderFactory(), status="updated", stage="updated", new_address=address
    )
    body = admin_client.get(
        f"/admin/support/addressupdaterequest/{asked.pk}/change/"
    ).content.decode()
    assert "&lt;i&gt;1 Road&lt;/i&gt;<br>Leeds<br>LS1 1AA<br>GB" in body


@pytest.mark.parametrize("term", ["100", "1001"])
def test_requests_are_found_by_the_whole_order_id(admin_client, term):
    RefundRequest.objects.create(order=OrderFactory(order_id="1001"), status="pending")
    found = admin_client.get("/admin/support/refundrequest/", {"q": term}).context["cl"]
    assert found.result_count == (1 if term == "1001" else 0)
