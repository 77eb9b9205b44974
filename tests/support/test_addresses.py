"""The scenarios of address changes, each on both platforms and over HTTP."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from connectors import privacy, registry
from connectors import services as connected
from connectors.models import ConnectorConfig
from orders.models import PlatformOrder
from support import (
    addressing,
    audit,
    destinations,
    moving,
    policy,
    postal,
    readdressing,
    sending,
    services,
    sweeping,
    tasks,
)
from support.models import AddressUpdateRequest, RequestEvent
from tests.support import shops

D = Decimal
BERLIN = {
    "first_name": "Ada", "last_name": "Byron", "address_1": "Hauptstraße 5", "city": "Berlin",
    "postcode": "10115", "country": "DE", "phone": "+49 30 1234",
}  # fmt: skip
TORONTO = {
    "first_name": "Ada", "last_name": "Byron", "address_1": "1 Main Street", "city": "Toronto",
    "state": "Ontario", "postcode": "m5v2t6", "country": "CA",
}  # fmt: skip
LEEDS = {
    "first_name": "Ada", "last_name": "Byron", "address_1": "7 Mill Street", "city": "Leeds",
    "postcode": "LS1 1AA", "country": "GB",
}  # fmt: skip
IN_LEEDS = ("7 Mill Street", "Leeds", "", "LS1 1AA", "GB")
IN_TORONTO = ("1 Main Street", "Toronto", "ON", "M5V 2T6", "CA")


@pytest.fixture
def order(store):
    return store.order((2, "12.00"), shipping="6.00")


def ask(order, actor, address=LEEDS, *, seen=None, key=None):
    """Ask for another address, having seen the one of our copy."""
    return addressing.request_address(
        order=order, address=address, actor=actor, submit_key=key or uuid.uuid4(),
        seen=order.shipping_address if seen is None else seen,
    )  # fmt: skip


def work(request, times=1):
    """What the worker does with a request, as often as it is told to."""
    for _ in range(times):
        tasks.advance_address(str(request.pk))
    request.refresh_from_db()
    return request


def later(request, times=1):
    """What beat does later, when the request is due again."""
    for _ in range(times):
        with shops.travelled(minutes=15):
            sweeping.free_stale()
            work(request)
    return request


def edit(store, order, address):
    """Somebody else changes the address in the store itself."""
    with connected.opened(store.connector) as remote:
        remote.update_shipping_address(
            order.remote_id, postal.for_platform(store.platform, address)
        )


def writes(request):
    """How often the store was told of the new address."""
    return RequestEvent.objects.filter(request_id=request.pk, what="sending").count()


def test_8_a_province_by_its_name_is_sent_as_its_code_and_read_back(store, agent, order):
    billing = order.billing_address
    request = work(ask(order, agent, TORONTO))
    assert (request.status, request.stage, request.error) == ("updated", "updated", "")
    assert request.new_address["state"] == "ON"
    assert store.address(order) == IN_TORONTO
    copied = PlatformOrder.objects.get(pk=order.pk)
    assert copied.shipping_address["state"] == "ON"
    assert copied.billing_address == billing
    assert not list(audit.verify())


def test_9_a_partly_sent_order_takes_a_second_person(store, agent, lead):
    order = store.order((2, "12.00"))
    store.ship(order, 1)
    before = store.address(order)
    request = work(ask(order, agent))
    assert (request.stage, request.approval_reasons) == (
        "awaiting_approval",
        [destinations.PART_SENT],
    )
    content = destinations.content_hash(request)
    with pytest.raises(policy.NotAllowedError):
        addressing.approve_address(request=request, actor=agent, content=content)
    with pytest.raises(ValidationError, match="was changed while you looked"):
        addressing.approve_address(request=request, actor=lead, content="another")
    assert store.address(order) == before
    request = work(addressing.approve_address(request=request, actor=lead, content=content))
    assert (request.stage, request.approved_by) == ("updated", lead)
    assert store.address(order) == IN_LEEDS


def test_9_nobody_approves_what_they_asked_for_themselves(store, lead):
    order = store.order((2, "12.00"))
    store.ship(order, 1)
    request = ask(order, lead)
    content = destinations.content_hash(request)
    with pytest.raises(policy.NotAllowedError, match="somebody else has to approve"):
        addressing.approve_address(request=request, actor=lead, content=content)
    assert work(request).stage == "awaiting_approval"


def test_9_a_declined_change_is_never_sent(store, agent, lead):
    order = store.order((2, "12.00"))
    store.ship(order, 1)
    before = store.address(order)
    request = addressing.decline_address(
        request=ask(order, agent), actor=lead, reason="Ask them first."
    )
    assert (work(request).stage, request.error) == ("rejected", "Ask them first.")
    assert store.address(order) == before


def test_9_a_sent_order_is_refused_before_anything_is_written(store, agent, order):
    store.ship(order)
    before = store.address(order)
    with pytest.raises(sending.StoppedError, match="was sent already") as caught:
        ask(order, agent)
    assert caught.value.code == "fulfilled"
    assert (store.address(order), AddressUpdateRequest.objects.count()) == (before, 0)


def test_9_an_order_that_is_sent_between_asking_and_sending_is_caught(store, agent, order):
    before = store.address(order)
    request = ask(order, agent)
    store.ship(order)
    work(request)
    assert (request.status, request.stage) == ("failed", "rejected")
    assert request.error_code == "fulfilled"
    assert (store.address(order), writes(request)) == (before, 0)


def test_9_an_order_that_is_partly_sent_between_asking_and_sending_waits(store, agent, lead):
    order = store.order((2, "12.00"))
    request = ask(order, agent)
    store.ship(order, 1)
    assert work(request).stage == "awaiting_approval"
    content = destinations.content_hash(request)
    request = work(addressing.approve_address(request=request, actor=lead, content=content))
    assert (request.stage, store.address(order)) == ("updated", IN_LEEDS)


def test_9_a_cancelled_order_is_refused(store, agent, order):
    with connected.opened(store.connector) as remote:
        remote.cancel_order(order.remote_id, restock=False, note="")
    with pytest.raises(sending.StoppedError) as caught:
        ask(order, agent)
    assert caught.value.code == "cancelled"
    assert not AddressUpdateRequest.objects.exists()


@pytest.fixture
def net(store):
    """An order whose total falls with its tax: on Shopify the tax comes on top of the prices."""
    if store.platform == "shopify":
        store.shop.taxes_included = False
    return store.order((2, "12.00"), shipping="6.00")


def test_10_a_move_that_lowers_the_tax_leaves_a_refund_owed(store, agent, net):
    request = work(ask(net, agent, BERLIN))
    tax, total = {"shopify": (D(6), D(36)), "woocommerce": (D(5), D(30))}[store.platform]
    assert request.stage == "updated"
    assert (request.tax_before, request.tax_after) == (tax, D(0))
    assert (request.total_before, request.total_after) == (total, total - tax)
    assert addressing.refund_owed(request) == tax


@pytest.mark.parametrize("store", ["shopify"], indirect=True)
def test_10_a_price_that_stays_the_same_with_less_tax_owes_nothing(store, agent, order):
    request = work(ask(order, agent, BERLIN))
    assert (request.tax_after, request.total_after) == (D(0), request.total_before)
    assert addressing.refund_owed(request) == 0


def test_10_what_is_owed_is_owed_until_its_refund_is_asked_for(store, agent, net):
    request = work(ask(net, agent, BERLIN))
    owed = addressing.refund_owed(request)
    wanted = services.Wanted(goodwill=owed, reason_code="other")
    refund = services.request_refund(
        order=PlatformOrder.objects.get(pk=net.pk), wanted=wanted, actor=agent,
        submit_key=uuid.uuid4(),
    )  # fmt: skip
    request = addressing.link_refund(request, refund)
    assert (request.refund, addressing.refund_owed(request)) == (refund, D(0))
    assert addressing.link_refund(request, refund).version == request.version
    another = services.request_refund(
        order=net, wanted=services.Wanted(goodwill=D(1), reason_code="other"), actor=agent,
        submit_key=uuid.uuid4(),
    )  # fmt: skip
    with pytest.raises(ValidationError, match="Nothing is owed"):
        addressing.link_refund(request, another)
    tasks.advance_refund(str(refund.pk))
    assert store.paid_back(net) == [owed]
    assert not list(audit.verify())


def test_10_a_move_within_the_country_owes_nothing(store, agent, order):
    request = work(ask(order, agent))
    assert (request.total_before, request.total_after) == (D(30), D(30))
    assert addressing.refund_owed(request) == 0


def test_10_a_customer_s_edit_before_asking_is_shown_and_kept(store, agent, order):
    edit(store, order, BERLIN)
    with pytest.raises(addressing.ConflictError) as caught:
        ask(order, agent)
    city = next(one for one in caught.value.conflicts if one.name == "city")
    assert (city.seen, city.live, city.wanted) == (
        order.shipping_address["city"], "Berlin", "Leeds"
    )  # fmt: skip
    assert caught.value.live["city"] == "Berlin"
    assert store.address(order)[1] == "Berlin"
    assert not AddressUpdateRequest.objects.exists()


def test_10_a_customer_s_edit_before_sending_is_not_overwritten(store, agent, order):
    request = ask(order, agent)
    edit(store, order, BERLIN)
    work(request)
    assert (request.status, request.stage) == ("failed", "conflict")
    assert destinations.unpacked(request.live_address)["city"] == "Berlin"
    assert (store.address(order)[1], writes(request)) == ("Berlin", 0)


def test_10_a_success_without_a_change_is_a_failure(store, agent, order):
    before = store.address(order)
    request = ask(order, agent)
    store.knobs.ignore_updates = 1
    work(request)
    assert (request.status, request.stage) == ("failed", "not_applied")
    assert store.address(order) == before
    assert destinations.unpacked(request.live_address)["address_1"] == before[0]


def test_an_answer_that_is_lost_is_found_by_reading_back(store, agent, order):
    request = ask(order, agent)
    store.knobs.lose_after = 1
    assert work(request).stage == "unknown"
    later(request)
    assert (request.stage, writes(request)) == ("updated", 1)
    assert store.address(order) == IN_LEEDS


def test_a_change_that_never_arrived_is_sent_again(store, agent, order):
    request = ask(order, agent)
    store.knobs.lose_before = 1
    assert work(request).stage == "unknown"
    assert later(request).stage == "checking"
    later(request)
    assert (request.stage, writes(request)) == ("updated", 2)
    assert store.address(order) == IN_LEEDS


def test_a_change_is_not_sent_again_while_the_first_may_still_be_at_work(store, agent, order):
    request = ask(order, agent)
    store.knobs.lose_before = 1
    work(request)
    with shops.travelled(seconds=90):
        work(request)
    assert (request.stage, writes(request)) == ("unknown", 1)


def test_a_change_that_never_arrives_ends_after_three_attempts(store, agent, order):
    before = store.address(order)
    request = ask(order, agent)
    store.knobs.lose_before = 3
    for minutes in range(0, 150, 15):
        with shops.travelled(minutes=minutes):
            work(request)
    assert (request.stage, request.error_code) == ("not_applied", "no_trace")
    assert (store.address(order), writes(request)) == (before, 3)


def test_a_third_address_after_a_lost_answer_is_a_conflict(store, agent, order):
    request = ask(order, agent)
    store.knobs.lose_after = 1
    work(request)
    edit(store, order, BERLIN)
    later(request)
    assert (request.stage, store.address(order)[1]) == ("conflict", "Berlin")
    assert writes(request) == 1


def test_a_worker_that_died_leaves_a_change_that_is_found(store, agent, order, monkeypatch):
    request = ask(order, agent)
    with monkeypatch.context() as patched:
        patched.setattr(readdressing, "_conclude", _die)
        with pytest.raises(SystemExit):
            work(request)
    request.refresh_from_db()
    assert (request.stage, work(request).stage) == ("sending", "sending")
    later(request)
    assert (request.stage, writes(request)) == ("updated", 1)
    assert not list(audit.verify())


def _die(*args):
    raise SystemExit


def test_a_worker_that_died_reading_back_is_followed_by_another(store, agent, order, monkeypatch):
    request = ask(order, agent)
    with monkeypatch.context() as patched:
        patched.setattr(readdressing, "_verified", _die)
        with pytest.raises(SystemExit):
            work(request)
    request.refresh_from_db()
    assert (request.stage, work(request).stage) == ("verifying", "verifying")
    assert (later(request).stage, writes(request)) == ("updated", 1)


def test_a_task_that_is_delivered_three_times_sends_once(store, agent, order):
    request = work(ask(order, agent), times=3)
    assert (request.stage, writes(request)) == ("updated", 1)


def test_a_throttled_change_is_sent_later(store, agent, order):
    request = ask(order, agent)
    store.knobs.throttle = 1
    assert (work(request).stage, writes(request)) in (("checking", 0), ("updated", 1))
    assert later(request).stage == "updated"
    assert store.address(order) == IN_LEEDS


def test_a_double_submit_is_one_request(store, agent, order):
    key = uuid.uuid4()
    assert ask(order, agent, key=key) == ask(order, agent, key=key)
    assert AddressUpdateRequest.objects.count() == 1


def test_a_newer_change_replaces_one_that_waits(store, agent, order):
    older = ask(order, agent, BERLIN)
    newer = ask(order, agent)
    assert (work(older).status, older.stage) == ("failed", "superseded")
    assert work(newer).stage == "updated"
    assert (store.address(order), writes(older)) == (IN_LEEDS, 0)


def test_a_newer_change_waits_for_one_that_was_sent(store, agent, order):
    older = ask(order, agent, BERLIN)
    store.knobs.lose_after = 1
    work(older)
    with pytest.raises(sending.StoppedError, match="still under way"):
        ask(order, agent)
    assert AddressUpdateRequest.objects.count() == 1
    assert work(older).stage in ("unknown", "updated")


def test_undoing_puts_the_earlier_address_back(store, agent, order):
    request = work(ask(order, agent))
    undo = addressing.undo_address(request=request, actor=agent, submit_key=uuid.uuid4())
    assert work(undo).stage == "updated"
    copied = PlatformOrder.objects.get(pk=order.pk)
    assert (undo.undoes, copied.shipping_address) == (request, order.shipping_address)


def test_undoing_what_the_customer_changed_since_is_a_conflict(store, agent, order):
    request = work(ask(order, agent))
    edit(store, order, BERLIN)
    with pytest.raises(addressing.ConflictError):
        addressing.undo_address(request=request, actor=agent, submit_key=uuid.uuid4())
    assert store.address(order)[1] == "Berlin"


def test_only_what_was_changed_can_be_undone(store, agent, order):
    with pytest.raises(ValidationError, match="no earlier address"):
        addressing.undo_address(request=ask(order, agent), actor=agent, submit_key=uuid.uuid4())


def test_a_change_that_was_not_sent_yet_can_be_taken_back(store, agent, order):
    before = store.address(order)
    request = addressing.cancel_address(request=ask(order, agent), actor=agent)
    assert (work(request).stage, store.address(order)) == ("cancelled", before)
    with pytest.raises(ValidationError, match="Too late"):
        addressing.cancel_address(request=request, actor=agent)


def test_somebody_else_s_change_is_taken_back_by_a_lead_only(store, agent, lead, order):
    request = ask(order, agent)
    with pytest.raises(policy.NotAllowedError):
        addressing.cancel_address(request=request, actor=shops.staff("other", "agent"))
    assert addressing.cancel_address(request=request, actor=lead).stage == "cancelled"


def test_the_same_address_again_is_nothing_to_do(store, agent, order):
    with pytest.raises(ValidationError, match="already"):
        ask(order, agent, order.shipping_address)
    assert not AddressUpdateRequest.objects.exists()


def test_an_address_that_its_country_would_not_take_is_refused(store, agent, order):
    with pytest.raises(postal.AddressError) as caught:
        ask(order, agent, {**TORONTO, "state": "Bavaria", "postcode": "1"})
    assert set(caught.value.errors) == {"state", "postcode"}
    assert not AddressUpdateRequest.objects.exists()


def test_somebody_without_the_permission_changes_nothing(store, order):
    with pytest.raises(policy.NotAllowedError):
        ask(order, shops.staff("viewer"))
    assert not AddressUpdateRequest.objects.exists()


def test_a_store_whose_writes_are_off_is_never_written_to(store, agent, order):
    before = store.address(order)
    request = ask(order, agent)
    ConnectorConfig.objects.update(writes_enabled=False)
    assert (work(request).stage, request.error_code) == ("rejected", "writes_off")
    with pytest.raises(sending.StoppedError, match="switched off"):
        ask(order, agent)
    assert store.address(order) == before


def test_what_was_made_by_somebody_else_meanwhile_is_done(store, agent, order):
    request = ask(order, agent)
    edit(store, order, LEEDS)
    assert (work(request).stage, writes(request)) == ("updated", 0)
    assert addressing.refund_owed(request) == 0


def test_what_nobody_approves_expires(store, agent, order, settings):
    store.ship(order, 1)
    request = ask(order, agent)
    with shops.travelled(days=settings.REFUND_APPROVAL_DAYS + 1):
        assert sweeping.expire() == 1
    request.refresh_from_db()
    assert (request.status, request.stage) == ("failed", "expired")


def test_what_is_due_is_queued_by_its_own_task(store, agent, order):
    request = ask(order, agent)
    assert sweeping.due() == [request]
    assert tasks.task_of(request) is tasks.advance_address


def test_events_and_logs_hold_no_address(store, agent, order, caplog):
    caplog.set_level("DEBUG", logger="support")
    request = work(ask(order, agent, BERLIN))
    events = [
        (one.note, one.sent, one.answered) for one in RequestEvent.objects.filter(
            request_id=request.pk
        )
    ]  # fmt: skip
    for text in (json.dumps(events), caplog.text):
        assert not any(part in text for part in ("Haupt", "Berlin", "10115", "Byron", "1234"))


def erase(store, order):
    person = registry.Person(order_remote_ids=(order.remote_id,))
    found = privacy.export(connector=store.connector, person=person)
    privacy.erase(connector=store.connector, person=person)
    return found


def test_erasing_a_person_blanks_the_addresses_of_what_is_over(store, agent, order):
    request = work(ask(order, agent))
    before = destinations.unpacked(request.previous_address)
    exported = erase(store, order)["address_update_requests"][0]
    assert exported["new_address"]["city"] == "Leeds"
    assert exported["previous_address"] == before
    request.refresh_from_db()
    assert (request.stage, request.new_address, request.response) == ("updated", {}, None)
    kept = (request.seen_address, request.previous_address, request.live_address)
    assert kept == (None, None, None)
    assert not list(audit.verify())


@pytest.mark.parametrize("knob", ["", "lose_before"])
def test_erasing_a_person_ends_what_is_pending(store, agent, order, knob):
    before = store.address(order)
    request = ask(order, agent)
    if knob:
        setattr(store.knobs, knob, 1)
        work(request)
    erase(store, order)
    later(request)
    assert (request.stage, request.error_code) == ("cancelled", "erased")
    assert (request.new_address, request.seen_address) == ({}, None)
    assert store.address(order) == before
    assert not list(audit.verify())


def test_a_worker_whose_request_was_erased_meanwhile_writes_nothing_back(store, agent, order):
    request = ask(order, agent)
    held = moving.claim(AddressUpdateRequest, request.pk, ("checking",))
    erase(store, order)
    with pytest.raises(moving.OvertakenError):
        moving.move(held, "sending", audit.Entry(what="sending"), attempts=1)
    request.refresh_from_db()
    assert (request.stage, request.new_address) == ("cancelled", {})


def test_erasing_a_person_keeps_a_refund_s_money_and_its_approval(store, agent, lead):
    order = store.order((4, "200.00"))
    wanted = services.Wanted(
        lines=[services.WantedLine(remote_id=shops.line_ids(order)[0], quantity=4)],
        reason_code="damaged", reason="Ada called",
    )  # fmt: skip
    refund = services.request_refund(
        order=order, wanted=wanted, actor=agent, submit_key=uuid.uuid4()
    )
    content = services.payloads.content_hash(refund)
    services.approve_refund(request=refund, actor=lead, content=content)
    erase(store, order)
    tasks.advance_refund(str(refund.pk))
    refund.refresh_from_db()
    assert (refund.stage, refund.reason, refund.amount) == ("processed", "", D(800))
    assert not list(audit.verify())


def test_a_row_from_before_ends_by_what_the_store_has(store, order):
    rows = [
        AddressUpdateRequest.objects.create(
            order=order, status="pending", stage="unknown", new_address=address,
            requested_at=timezone.now() - timedelta(days=1),
        )
        for address in (dict(order.shipping_address), LEEDS)
    ]  # fmt: skip
    assert [work(one).stage for one in rows] == ["updated", "not_applied"]


def test_from_a_shell_they_are_listed_without_the_address(store, agent, order, capsys):
    request = work(ask(order, agent, BERLIN))
    call_command("requests", "--addresses", order=order.number)
    listed = capsys.readouterr().out
    assert f"{request.pk}  order #{order.number}  address  Changed" in listed
    call_command("requests", str(request.pk))
    shown = capsys.readouterr().out
    assert "The store has the new address." in shown
    assert "Read back" in shown
    assert "Berlin" not in listed + shown
    with pytest.raises(CommandError, match="settle by themselves"):
        call_command("resolve", str(request.pk), "--did-not-happen", "--because", "x",
                     "--as", "agent")  # fmt: skip
