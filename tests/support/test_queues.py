"""What somebody has to act on is found in lists and on the first page, by whoever may see it."""

from __future__ import annotations

import uuid

import pytest

from connectors import presenting
from support.console.deciding import ADDRESS_DECISIONS, DECISIONS
from support.models import AddressUpdateRequest, RefundRequest
from support.stages import ADDRESS_STATUS, REFUND_STATUS, AddressStage, RefundStage
from tests.factories import ConnectorFactory, OrderFactory
from tests.support import shops

pytestmark = pytest.mark.django_db

REFUNDS = "/admin/support/refundrequest/"
ADDRESSES = "/admin/support/addressupdaterequest/"
REFUND_QUEUES = {
    "approval": ["awaiting_approval"],
    "unknown": ["unknown"],
    "person": ["needs_human"],
    "failed": ["expired", "rejected"],
}
ADDRESS_QUEUES = {
    "approval": ["awaiting_approval"],
    "unknown": ["unknown"],
    "conflict": ["conflict"],
    "failed": ["expired", "not_applied", "rejected"],
}


@pytest.fixture
def order():
    shops.roles()
    return OrderFactory(connector=ConnectorFactory(writes_enabled=True), currency="GBP")


@pytest.fixture
def refunds(order):
    """One in each stage, and two that wait for approval."""
    return [refund(order, stage) for stage in (*RefundStage, RefundStage.AWAITING_APPROVAL)]


@pytest.fixture
def changes(order):
    """One in each stage."""
    return [
        AddressUpdateRequest.objects.create(
            order=order, stage=stage, status=ADDRESS_STATUS[stage], new_address={"city": "Leeds"}
        )
        for stage in AddressStage
    ]


def refund(order, stage, **values):
    return RefundRequest.objects.create(
        order=order, stage=stage, status=REFUND_STATUS[stage], amount=1, currency="GBP", **values
    )


def sign_in(client, *groups):
    client.force_login(shops.staff("sam", *groups))


def stages(client, page, queue):
    rows = client.get(page, {"queue": queue}).context["cl"].result_list
    return sorted({row.stage for row in rows})


def tiles(client):
    shown = client.get("/admin/").context.get("tiles", ())
    return {one.label: (one.figure, one.url) for one in shown if not one.label.startswith("Orders")}


class TestLists:
    @pytest.mark.parametrize("queue", REFUND_QUEUES)
    def test_a_queue_of_refunds_holds_its_stages_alone(self, client, refunds, queue):
        sign_in(client, "viewer")
        assert stages(client, REFUNDS, queue) == REFUND_QUEUES[queue]

    @pytest.mark.parametrize("queue", ADDRESS_QUEUES)
    def test_a_queue_of_address_changes_holds_its_stages_alone(self, client, changes, queue):
        sign_in(client, "viewer")
        assert stages(client, ADDRESSES, queue) == ADDRESS_QUEUES[queue]

    def test_what_was_made_in_the_store_waits_for_nobody(self, client, order):
        sign_in(client, "viewer")
        refund(order, RefundStage.NEEDS_HUMAN, is_external=True)
        assert stages(client, REFUNDS, "person") == []
        assert tiles(client) == {}

    def test_a_queue_that_there_is_not_shows_everything(self, client, refunds):
        sign_in(client, "viewer")
        assert len(stages(client, REFUNDS, "nonsense")) == len(RefundStage)


class TestTiles:
    def test_the_first_page_counts_what_waits_and_leads_to_it(self, client, refunds, changes):
        sign_in(client, "viewer")
        found = tiles(client)
        assert {label: figure for label, (figure, _) in found.items()} == {
            "Refunds: waiting for approval": "2",
            "Refunds: unknown": "1",
            "Refunds: needs a person": "1",
            "Address changes: waiting for approval": "1",
            "Address changes: unknown": "1",
        }
        for figure, url in found.values():
            assert client.get(url).context["cl"].result_count == int(figure)

    def test_nothing_that_waits_is_no_tile(self, client, order):
        sign_in(client, "viewer")
        refund(order, RefundStage.PROCESSED)
        refund(order, RefundStage.REJECTED)
        assert tiles(client) == {}

    def test_who_may_not_see_requests_sees_no_counts(self, client, refunds, changes):
        sign_in(client)
        assert tiles(client) == {}


def refund_pages(order, found):
    """Each address about refunds: what it is called, the method, and the address."""
    base = f"{REFUNDS}order/{order.platform}/{order.order_id}/"
    yield "ask", "get", base
    yield "send", "post", base
    yield "preview", "post", f"{base}preview/"
    yield "bulk", "post", f"{REFUNDS}bulk/"
    yield "edit", "get", f"{REFUNDS}{found.pk}/edit/"
    yield "save", "post", f"{REFUNDS}{found.pk}/edit/"
    for what in DECISIONS:
        yield what, "post", f"{REFUNDS}{found.pk}/{what}/decide/"


def address_pages(order, found):
    base = f"{ADDRESSES}order/{order.platform}/{order.order_id}/"
    yield "ask", "get", base
    yield "send", "post", base
    yield "undo", "get", f"{ADDRESSES}{found.pk}/undo/"
    yield "put back", "post", f"{ADDRESSES}{found.pk}/undo/"
    for what in ADDRESS_DECISIONS:
        yield what, "post", f"{ADDRESSES}{found.pk}/{what}/decide/"


def answers(client, pages):
    form = {"step": "send", "submit_key": str(uuid.uuid4()), "reason": "x", "verdict": "no",
            "goodwill": "1.00", "reason_code": "damaged"}  # fmt: skip
    return {
        name: client.get(url).status_code if method == "get" else client.post(url, form).status_code
        for name, method, url in pages
    }


class TestPermissions:
    @pytest.mark.parametrize("stage", ["awaiting_approval", "holding", "unknown", "needs_human"])
    @pytest.mark.parametrize("groups", [("viewer",), ()])
    def test_without_a_permission_every_page_of_refunds_refuses(self, client, order, groups, stage):
        sign_in(client, *groups)
        found = refund(order, RefundStage(stage))
        refused = answers(client, refund_pages(order, found))
        assert refused == dict.fromkeys(refused, 403)
        after = RefundRequest.objects.get()
        assert (after.stage, after.version) == (stage, found.version)

    @pytest.mark.parametrize("groups", [("viewer",), ()])
    def test_without_a_permission_every_page_of_address_changes_refuses(
        self, client, order, groups
    ):
        sign_in(client, *groups)
        found = AddressUpdateRequest.objects.create(
            order=order, stage="awaiting_approval", status="pending", new_address={"city": "Leeds"}
        )
        refused = answers(client, address_pages(order, found))
        assert refused == dict.fromkeys(refused, 403)
        assert AddressUpdateRequest.objects.get().stage == "awaiting_approval"

    def test_who_only_asks_may_not_approve_decline_or_settle(self, client, order):
        sign_in(client, "agent")
        for stage in ("awaiting_approval", "needs_human"):
            found = refund(order, RefundStage(stage), requested_by=shops.staff(stage, "agent"))
            refused = answers(client, list(refund_pages(order, found))[-len(DECISIONS) :])
            assert refused == dict.fromkeys(refused, 403)
            assert RefundRequest.objects.get(pk=found.pk).stage == stage

    def test_who_did_not_ask_for_a_refund_gets_no_form_to_edit_it(self, client, order):
        sign_in(client, "agent")
        found = refund(order, RefundStage.HOLDING, requested_by=shops.staff("another", "agent"))
        pages = [one for one in refund_pages(order, found) if one[0] in ("edit", "save")]
        assert answers(client, pages) == {"edit": 403, "save": 403}
        assert RefundRequest.objects.get().version == found.version

    def test_a_viewer_reads_what_others_may_not(self, client, order):
        found = refund(order, RefundStage.UNKNOWN)
        pages = [REFUNDS, f"{REFUNDS}{found.pk}/change/", f"{REFUNDS}{found.pk}/state/"]
        sign_in(client, "viewer")
        assert [client.get(page).status_code for page in pages] == [200] * 3
        client.force_login(shops.staff("nobody"))
        assert [client.get(page).status_code for page in pages] == [403] * 3

    @pytest.mark.parametrize(
        ("groups", "buttons"),
        [((), 0), (("viewer",), 0), (("agent",), 2), (("lead",), 2)],
    )
    def test_the_order_has_buttons_for_those_who_may(self, client, order, groups, buttons):
        sign_in(client, *groups)
        answer = client.get(presenting.page_of(order))
        body = answer.content.decode()
        assert answer.status_code == (200 if groups else 403)
        assert ("Refund…" in body) + ("Change address…" in body) == buttons

    @pytest.mark.parametrize(("groups", "is_offered"), [(("viewer",), False), (("agent",), True)])
    def test_the_list_offers_to_refund_whole_to_those_who_may(
        self, client, order, groups, is_offered
    ):
        sign_in(client, *groups)
        body = client.get("/admin/orders/platformorder/").content.decode()
        assert ("Refund whole…" in body) is is_offered
