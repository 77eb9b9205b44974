"""What stops a refund, what becomes of one, and who may do what."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from connectors import services as stores
from connectors import writes
from connectors.models import ConnectorConfig, Verification
from connectors.sandbox import faults, paying_back
from connectors.sandbox.shopify import changing
from orders.models import PlatformOrder
from support import (
    amounts,
    audit,
    external,
    headroom,
    moving,
    payloads,
    policy,
    sending,
    services,
    settling,
    sweeping,
)
from support.models import RefundRequest, RequestEvent
from support.services import Wanted, WantedLine
from support.settling import Verdict
from tests.support import shops
from tests.support.test_scenarios import ask, sweep, work

D = Decimal
only_shopify = pytest.mark.parametrize("store", ["shopify"], indirect=True)
only_woocommerce = pytest.mark.parametrize("store", ["woocommerce"], indirect=True)


class TestStops:
    def test_a_store_in_which_writing_is_off_is_left_alone(self, store, agent):
        order = store.order((1, "10.00"))
        writes.disable(connector=store.connector)
        with pytest.raises(sending.StoppedError, match="switched off"):
            ask(order, agent, (0, 1))
        assert not RefundRequest.objects.exists()

    def test_writing_that_is_turned_off_meanwhile_stops_what_waits(self, store, agent):
        order = store.order((1, "10.00"))
        request = ask(order, agent, (0, 1))
        writes.disable(connector=store.connector)
        assert work(request).error_code == "writes_off"
        assert store.paid_back(order) == []

    @only_shopify
    def test_a_disputed_payment_is_not_given_back_as_well(self, store, agent):
        order = store.order((1, "10.00"))
        request = ask(order, agent, (0, 1))
        store.dispute(order)
        assert work(request).error_code == "disputed"
        with pytest.raises(sending.StoppedError, match="pay twice"):
            ask(order, agent, (0, 1))
        assert store.paid_back(order) == []

    @only_woocommerce
    def test_a_payment_that_gives_nothing_back_is_recorded_by_hand_by_a_lead(self, store, lead):
        order = store.order((1, "10.00"), gateway="cod")
        with pytest.raises(sending.StoppedError, match="only record it"):
            ask(order, lead, (0, 1))
        request = ask(order, lead, (0, 1), by_hand=True)
        other = shops.staff("second", "lead")
        content = payloads.content_hash(request)
        request = services.approve_refund(request=request, actor=other, content=content)
        assert work(request).stage == "processed"
        assert (store.paid_back(order), len(store.made(order))) == ([], 1)

    def test_a_reason_that_the_shop_does_not_offer_is_refused(self, store, agent):
        with pytest.raises(amounts.AmountError, match="Choose a reason"):
            ask(store.order((1, "10.00")), agent, (0, 1), reason_code="nonsense")

    @only_shopify
    def test_nobody_but_who_asked_or_a_lead_changes_a_refund(self, store, agent, lead):
        request = ask(store.order((5, "10.00")), agent, (0, 1))
        wanted = Wanted(goodwill=D("20.00"), reason_code="damaged")
        other = shops.staff("other", "agent")
        with pytest.raises(policy.NotAllowedError, match="Only who asked"):
            services.edit_refund(request=request, wanted=wanted, actor=other)
        edited = services.edit_refund(request=request, wanted=wanted, actor=lead)
        assert edited.amount == D("20.00")

    @only_shopify
    def test_a_form_of_another_order_is_refused(self, store, agent):
        key = uuid.uuid4()
        ask(store.order((1, "10.00")), agent, (0, 1), key=key)
        with pytest.raises(ValidationError, match="another order"):
            ask(store.order((1, "10.00")), agent, (0, 1), key=key)


class TestOutcomes:
    def test_what_was_not_sent_is_sent_later_and_once(self, store, agent):
        order = store.order((1, "10.00"))
        request = ask(order, agent, (0, 1))
        store.knobs.throttle = 100
        address = ConnectorConfig.objects.values_list("store_url", flat=True).get()
        ConnectorConfig.objects.update(store_url="http://127.0.0.1:9")
        assert work(request).stage == "approved"
        assert "refuses connections" in request.error
        store.knobs.throttle = 0
        ConnectorConfig.objects.update(store_url=address)
        assert sweep(request).stage == "processed"
        assert store.paid_back(order) == [D("10.00")]

    def test_a_dead_token_fails_the_refund_and_says_so_on_the_store(self, store, agent):
        order = store.order((1, "10.00"))
        request = ask(order, agent, (0, 1))
        ConnectorConfig.objects.update(secret="x" * 20, api_key="y" * 20, access_token=None,
                                       access_token_expires_at=None)  # fmt: skip
        assert (work(request).stage, request.outcome) == ("rejected", "stopped")
        assert ConnectorConfig.objects.get().disconnected_at is not None

    def test_an_answer_of_500_after_it_was_made_is_found_out(self, store, agent):
        order = store.order((1, "10.00"))
        request = ask(order, agent, (0, 1))
        store.knobs.fail_after = 1
        assert work(request).stage == "unknown"
        assert sweep(request).stage == "processed"
        assert store.paid_back(order) == [D("10.00")]

    @only_shopify
    @pytest.mark.parametrize(("end", "stage"), [("SUCCESS", "processed"), ("FAILURE", "rejected")])
    def test_money_on_its_way_is_looked_after_until_it_arrives_or_does_not(
        self, store, agent, end, stage
    ):
        order = store.order((1, "10.00"))
        request = ask(order, agent, (0, 1))
        store.knobs.refund_status = "PENDING"
        assert work(request).stage == "accepted"
        assert sweep(request).stage == "accepted"
        changing.settle_refund(store.shop, order.remote_id, request.remote_id, end)
        assert sweep(request, minutes=60).stage == stage

    @only_woocommerce
    def test_a_payment_provider_s_own_error_is_never_answered_by_sending_again(self, store, agent):
        order = store.order((1, "10.00"))
        request = ask(order, agent, (0, 1))
        store.knobs.gateway_fail = 1
        assert (work(request).stage, request.error_code) == ("unknown", "payment_unclear")
        assert (sweep(request).stage, request.error_code) == ("needs_human", "no_trace")
        assert store.paid_back(order) == []

    def test_a_worker_that_died_while_sending_leaves_it_unknown(self, store, agent):
        order = store.order((1, "10.00"))
        request = ask(order, agent, (0, 1))
        claimed = moving.claim(RefundRequest, request.pk, sending.SENDABLE)
        moving.move(claimed, "sending", audit.Entry(what="sending"), payload={}, attempts=1,
                    attempted_at=timezone.now(), first_attempted_at=timezone.now())  # fmt: skip
        assert sweeping.free_stale() == 0
        with shops.travelled(minutes=7):
            assert sweeping.free_stale() == 1
        request.refresh_from_db()
        assert (request.stage, request.error_code) == ("unknown", "worker_lost")

    @only_woocommerce
    def test_a_worker_that_slept_while_sending_and_goes_on_gives_back_once(self, store, agent):
        order = store.order((2, "10.00"))
        request = ask(order, agent, (0, 1))
        claimed = moving.claim(RefundRequest, request.pk, sending.SENDABLE)
        payload = payloads.payload_of(claimed, order)
        moving.move(claimed, "sending", audit.Entry(what="sending"), payload=payload, attempts=1,
                    attempted_at=timezone.now(), first_attempted_at=timezone.now())  # fmt: skip
        with shops.travelled(minutes=7):
            sweeping.free_stale()
        for _ in range(2):
            sweep(request, minutes=60)
        assert (request.stage, request.error_code) == ("needs_human", "no_trace")
        with stores.opened(order.connector) as opened:
            sending.deliver(opened, payload)
        assert store.paid_back(order) == [D("10.00")]

    @only_woocommerce
    def test_what_became_of_one_whose_order_is_gone_is_for_a_person_to_say(
        self, store, agent, lead
    ):
        order = store.order((1, "10.00"))
        request = ask(order, agent, (0, 1))
        store.knobs.lose_before = 1
        assert work(request).stage == "unknown"
        store.shop.remove("order", order.remote_id)
        assert (sweep(request).stage, request.error_code) == ("needs_human", "order_gone")
        verdict = Verdict(happened=False, remote_id=None, reason="Not at Stripe")
        done = settling.resolve_refund(request=request, verdict=verdict, actor=lead)
        assert done.stage == "rejected"

    def lost_and_to_be_sent_again(self, store, agent):
        """A refund of 10.00 whose first attempt the store seems not to have seen."""
        order = store.order((2, "10.00"))
        request = ask(order, agent, (0, 1))
        store.knobs.lose_before = 1
        assert work(request).stage == "unknown"
        assert (sweep(request).stage, request.resends) == ("approved", 1)
        return order, request

    @only_woocommerce
    def test_a_first_attempt_that_shows_up_late_is_not_sent_a_second_time(self, store, agent):
        order, request = self.lost_and_to_be_sent_again(store, agent)
        late = {"amount": "10.00", "reason": request.marker, "api_refund": True}
        made = paying_back.make(store.shop, store.shop.get("order", order.remote_id), late,
                                faults.Knobs())  # fmt: skip
        sweep(request, minutes=30)
        assert (request.stage, request.remote_id) == ("processed", made["id"])
        assert store.paid_back(order) == [D("10.00")]

    @only_woocommerce
    def test_what_stops_a_second_attempt_says_nothing_of_the_first(self, store, agent):
        order, request = self.lost_and_to_be_sent_again(store, agent)
        store.refund_elsewhere(order, 2)
        sweep(request, minutes=30)
        assert (request.stage, request.error_code) == ("needs_human", "in_the_way")

    @only_woocommerce
    def test_a_refusal_of_a_second_attempt_says_nothing_of_the_first(self, store, agent):
        order, request = self.lost_and_to_be_sent_again(store, agent)
        with shops.travelled(minutes=30):
            claimed = moving.claim(RefundRequest, request.pk, sending.SENDABLE)
        claimed = moving.move(claimed, "sending", audit.Entry(what="sending"))
        refused = sending.Outcome(kind="rejected", code="refused", words="Invalid refund amount.")
        sending.conclude(claimed, refused, connector=order.connector)
        request.refresh_from_db()
        assert (request.stage, request.status) == ("needs_human", "pending")

    def test_goods_still_to_be_sent_are_cancelled_when_that_was_asked(self, store, agent):
        order = store.order((1, "10.00"))
        request = work(ask(order, agent, (0, 1), cancel_unsent=True))
        assert (request.stage, request.cancelling) == ("processed", "waiting")
        assert sweep(request).cancelling == "done"
        assert PlatformOrder.objects.get(pk=order.pk).status in ("cancelled", "refunded")
        assert store.paid_back(order) == [D("10.00")]

    def test_nothing_is_cancelled_once_writing_is_turned_off(self, store, agent):
        order = store.order((2, "10.00"))
        request = work(ask(order, agent, (0, 1), cancel_unsent=True))
        writes.disable(connector=store.connector)
        assert sweep(request).cancelling == "failed"
        with stores.opened(order.connector) as opened:
            assert not opened.read_order(order.remote_id).is_cancelled

    def test_restocked_units_go_back_on_the_shelf(self, store, agent):
        order = store.order((2, "10.00"))
        lines = [WantedLine(remote_id=shops.line_ids(order)[0], quantity=1, restock=True)]
        request = services.request_refund(
            order=order, wanted=Wanted(lines=lines, reason_code="damaged"), actor=agent,
            submit_key=uuid.uuid4(),
        )  # fmt: skip
        assert work(request).stage == "processed"
        if store.platform == "woocommerce":
            assert store.shop.get("product", store.thing["id"])["stock_quantity"] == 11


class TestSettling:
    def lost(self, store, actor, amount="10.00"):
        order = store.order((1, amount))
        request = ask(order, actor, (0, 1))
        claimed = moving.claim(RefundRequest, request.pk, sending.SENDABLE)
        claimed = moving.move(claimed, "sending", audit.Entry(what="sending"), attempts=1)
        sending.need(claimed, "no_trace", "The store has no such refund.")
        return order, RefundRequest.objects.get(pk=request.pk)

    def test_a_person_says_that_it_did_not_happen(self, store, agent, lead):
        order, request = self.lost(store, agent)
        verdict = Verdict(happened=False, remote_id=None, reason="Not at Stripe")
        with pytest.raises(policy.NotAllowedError):
            settling.resolve_refund(request=request, verdict=verdict, actor=agent)
        done = settling.resolve_refund(request=request, verdict=verdict, actor=lead)
        assert (done.stage, done.error_code) == ("rejected", "did_not_happen")
        assert work(ask(order, agent, (0, 1))).stage == "processed"

    def test_a_large_one_takes_two_people_who_say_the_same(self, store, agent, lead):
        _, request = self.lost(store, agent, "200.00")
        yes = Verdict(happened=True, remote_id=None, reason="Seen at Stripe")
        no = Verdict(happened=False, remote_id=None, reason="Not at Stripe")
        request = settling.resolve_refund(request=request, verdict=yes, actor=lead)
        assert request.stage == "needs_human"
        with pytest.raises(policy.NotAllowedError, match="somebody else"):
            settling.resolve_refund(request=request, verdict=yes, actor=lead)
        other = shops.staff("other", "lead")
        request = settling.resolve_refund(request=request, verdict=no, actor=other)
        assert request.stage == "needs_human"
        request = settling.resolve_refund(request=request, verdict=no, actor=lead)
        assert request.stage == "rejected"
        assert not list(audit.verify())

    def test_the_store_s_refund_that_somebody_names_is_taken_from_the_row_made_for_it(
        self, store, agent, lead
    ):
        order, request = self.lost(store, agent)
        made = store.refund_elsewhere(order)
        services.read_live(order)
        verdict = Verdict(happened=True, remote_id=made["id"], reason="Same time, same amount")
        request = settling.resolve_refund(request=request, verdict=verdict, actor=lead)
        assert (request.stage, request.remote_id) == ("processed", made["id"])
        assert RefundRequest.objects.get(is_external=True).stage == "superseded"
        assert headroom.spoken_for(order).amount == D("10.00")

    def test_nobody_says_that_it_did_not_happen_while_the_store_has_it(self, store, agent, lead):
        order = store.order((2, "10.00"))
        request = ask(order, agent, (0, 1))
        store.knobs.lose_after = 1
        assert work(request).stage == "unknown"
        for happened in (False, True):
            verdict = Verdict(happened=happened, remote_id=None, reason="Not at Stripe")
            with pytest.raises(ValidationError, match="The store has it"):
                settling.resolve_refund(request=request, verdict=verdict, actor=lead)
        yes = Verdict(happened=True, remote_id=store.made(order)[0]["id"], reason="Seen")
        assert settling.resolve_refund(request=request, verdict=yes, actor=lead).is_final

    def test_nobody_says_so_while_the_store_or_a_worker_may_still_be_at_it(
        self, store, agent, lead
    ):
        order = store.order((2, "10.00"))
        request = ask(order, agent, (0, 1))
        store.knobs.lose_before = 1
        assert work(request).stage == "unknown"
        verdict = Verdict(happened=False, remote_id=None, reason="Not at Stripe")
        with pytest.raises(ValidationError, match="may still be at work"):
            settling.resolve_refund(request=request, verdict=verdict, actor=lead)
        with shops.travelled(hours=1):
            moving.claim(RefundRequest, request.pk, ("unknown",))
            with pytest.raises(ValidationError, match="just now"):
                settling.resolve_refund(request=request, verdict=verdict, actor=lead)
        with shops.travelled(hours=2):
            assert settling.resolve_refund(request=request, verdict=verdict, actor=lead).is_final

    def test_a_refund_of_another_amount_is_another_refund(self, store, agent, lead):
        order = store.order((3, "10.00"))
        other = store.refund_elsewhere(order)
        request = ask(order, agent, goodwill=D("14.00"))
        store.knobs.lose_before = 1
        assert work(request).stage == "unknown"
        verdict = Verdict(happened=True, remote_id=other["id"], reason="Seen")
        with pytest.raises(ValidationError, match=r"10\.00 GBP: it is not this one"):
            settling.resolve_refund(request=request, verdict=verdict, actor=lead)
        assert RefundRequest.objects.get(is_external=True).stage == "processed"

    @only_shopify
    def test_a_refund_that_the_payment_refused_is_no_proof(self, store, agent, lead):
        order = store.order((1, "10.00"))
        request = ask(order, agent, (0, 1))
        store.knobs.refund_status, store.knobs.lose_after = "FAILURE", 1
        assert work(request).stage == "unknown"
        verdict = Verdict(happened=True, remote_id=store.made(order)[0]["id"], reason="Seen")
        with pytest.raises(ValidationError, match="refused that refund"):
            settling.resolve_refund(request=request, verdict=verdict, actor=lead)

    def test_from_a_shell(self, store, agent, lead, capsys):
        _, request = self.lost(store, agent)
        call_command("requests", queue="person")
        assert str(request.pk) in capsys.readouterr().out
        with pytest.raises(CommandError, match="no member of staff"):
            call_command("resolve", str(request.pk), "--did-not-happen", "--because", "x",
                         "--as", "nobody")  # fmt: skip
        call_command("resolve", str(request.pk), "--did-not-happen", "--because", "Not there",
                     "--as", "lead")  # fmt: skip
        call_command("requests", str(request.pk))
        shown = capsys.readouterr().out
        assert "Settled by a person" in shown
        assert "Not there" in shown


class TestExternal:
    def test_refunds_of_copied_orders_become_rows_once(self, store, agent):
        order = store.order((3, "10.00"))
        store.refund_elsewhere(order)
        order = store.copy(order.remote_id)
        assert [external.record_copied() for _ in range(2)] == [1, 0]
        row = RefundRequest.objects.get()
        assert (row.is_external, row.amount, row.lines) == (True, D("10.00"), [])
        services.read_live(order)
        row.refresh_from_db()
        assert [line["quantity"] for line in row.lines] == [1]
        assert not list(audit.verify())

    def test_our_own_refund_is_not_taken_for_one_made_elsewhere(self, store, agent):
        order = store.order((1, "10.00"))
        request = ask(order, agent, (0, 1))
        store.knobs.lose_after = 1
        work(request)
        store.copy(order.remote_id)
        assert external.record_copied() == 0
        assert RefundRequest.objects.count() == 1

    @only_woocommerce
    def test_one_that_was_deleted_in_the_store_gives_nothing_back_any_more(self, store, agent):
        order = store.order((2, "10.00"))
        made = store.refund_elsewhere(order)
        services.read_live(order)
        store.shop.remove("refund", made["id"])
        desk = services.open_desk(order)
        assert desk.left == D("20.00")
        assert RefundRequest.objects.get().stage == "superseded"

    def test_what_the_store_said_of_a_refund_is_not_lost_when_another_is_copied(self, store, agent):
        order = store.order((3, "10.00"))
        store.refund_elsewhere(order)
        services.read_live(order)
        store.refund_elsewhere(order)
        store.copy(order.remote_id)
        external.record_copied()
        assert sorted(len(row.lines) for row in RefundRequest.objects.all()) == [0, 1]

    @only_shopify
    def test_a_payment_that_was_on_its_way_when_it_was_copied_counts(self, store, agent):
        order = store.order((2, "10.00"))
        changing.refund(
            store.shop, order.remote_id, {shops.line_ids(order)[0]: 1}, status="PENDING"
        )
        store.copy(order.remote_id)
        external.record_copied()
        assert services.open_desk(order).left == D("10.00")

    def test_an_answer_that_comes_late_does_not_undo_what_became_known_meanwhile(
        self, store, agent
    ):
        order = store.order((1, "10.00"), (1, "10.00"))
        read_at = timezone.now()
        with stores.opened(order.connector) as opened:
            before = opened.read_order(order.remote_id)
        store.refund_elsewhere(order)
        services.read_live(order)
        external.learn(order, before.refunds, read_at=read_at)
        assert RefundRequest.objects.get().stage == "processed"
        with pytest.raises(amounts.AmountError, match="All units"):
            ask(order, agent, (0, 1))


class TestAudit:
    def done(self, store, agent):
        return work(ask(store.order((1, "10.00")), agent, (0, 1)))

    @only_shopify
    def test_the_table_refuses_to_be_changed(self, store, agent):
        self.done(store, agent)
        for change in ("UPDATE request_event SET note = 'x'", "DELETE FROM request_event"):
            with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
                connection.cursor().execute(change)

    @only_shopify
    @pytest.mark.parametrize(
        ("tampering", "problem"),
        [
            ("UPDATE request_event SET note = 'x' WHERE number = 2", "Event 2 is not as it was"),
            ("DELETE FROM request_event WHERE number = 2", "Event 2 is missing"),
            ("DELETE FROM request_event WHERE number = 3", "was changed 3 times, its events say 2"),
            ("DELETE FROM request_event", "All of its events are gone"),
        ],
    )
    def test_whoever_gets_past_the_lock_is_found_out(self, store, agent, tampering, problem):
        self.done(store, agent)
        call_command("verify_audit")
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE request_event DISABLE TRIGGER request_event_locked")
            try:
                cursor.execute(tampering)
            finally:
                cursor.execute("ALTER TABLE request_event ENABLE TRIGGER request_event_locked")
        assert [problem in fault.problem for fault in audit.verify()] == [True]
        with pytest.raises(SystemExit):
            call_command("verify_audit")

    @only_shopify
    def test_events_name_no_person_and_no_secret(self, store, agent):
        request = ask(store.order((1, "10.00")), agent, (0, 1), reason="Call Hannah on 0123")
        work(request)
        text = " ".join(
            str(values) for values in RequestEvent.objects.values_list("sent", "answered", "note")
        )
        secrets = (store.running.client_secret, "Hannah", "0123", shops.ADDRESS["email"])
        assert not [secret for secret in secrets if secret in text]


class TestPolicy:
    @only_shopify
    def test_goodwill_above_a_share_old_orders_and_frequent_refunds_take_two(
        self, store, agent, settings
    ):
        order = store.order((10, "10.00"))
        assert ask(order, agent, goodwill=D("50.00")).stage == "holding"
        PlatformOrder.objects.update(created_at=timezone.now() - timedelta(days=200))
        reasons = ask(order, agent, goodwill=D("1.00")).approval_reasons
        assert reasons == ["The order is older than 180 days."]
        settings.REFUND_CUSTOMER_COUNT = 1
        PlatformOrder.objects.update(created_at=timezone.now())
        reasons = ask(order, agent, goodwill=D("1.00")).approval_reasons
        assert reasons == ["This customer got 1 refund in the last 30 days."]
        settings.REFUND_CUSTOMER_COUNT = 9
        other = store.order((10, "10.00"))
        reasons = ask(other, agent, goodwill=D("50.01")).approval_reasons
        assert reasons == ["The goodwill is more than 50 % of the order’s total."]

    @only_shopify
    def test_limits_are_per_currency_and_the_widest_group_counts(self, store, agent):
        assert policy.limit_of(agent, "GBP") == D(500)
        assert policy.limit_of(agent, "JPY") == D(75_000)
        boss = shops.staff("boss", "agent", "lead")
        assert policy.limit_of(boss, "GBP") == D(5000)
        assert policy.limit_of(shops.staff("viewer", "viewer"), "GBP") == 0

    @only_shopify
    def test_who_lacks_the_permission_can_ask_for_nothing(self, store, agent):
        order = store.order((1, "10.00"))
        with pytest.raises(policy.NotAllowedError):
            ask(order, shops.staff("viewer", "viewer"), (0, 1))
        with pytest.raises(policy.NotAllowedError):
            ask(order, agent, (0, 1), by_hand=True)

    @only_shopify
    def test_writing_is_turned_on_only_after_a_clean_verification(self, store):
        writes.disable(connector=store.connector)
        with pytest.raises(ValidationError, match="Verify the store first"):
            writes.enable(connector=store.connector)
        now = timezone.now()
        found = Verification.objects.create(
            connector=store.connector, is_whole=True, is_clean=False, counts={}, started_at=now,
            finished_at=now,
        )  # fmt: skip
        with pytest.raises(ValidationError, match="differences"):
            writes.enable(connector=store.connector)
        Verification.objects.filter(pk=found.pk).update(is_clean=True)
        writes.enable(connector=store.connector)
        assert ConnectorConfig.objects.get().writes_enabled


def all_at_once(*acts):
    """Run these beside each other, each in a thread with a connection of its own."""
    ready = threading.Barrier(len(acts))
    outcomes = [None] * len(acts)

    def run(number, act):
        try:
            ready.wait()
            outcomes[number] = act()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the outcome
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_fifty_agents_on_ten_orders_never_give_back_more_than_there_is(store, agent, settings):
    settings.REFUND_CUSTOMER_COUNT = 50
    orders = [store.order((5, "20.00")) for _ in range(10)]
    outcomes = all_at_once(*[lambda n=n: ask(orders[n % 10], agent, (0, 2)) for n in range(50)])
    made = [one for one in outcomes if isinstance(one, RefundRequest)]
    refused = [one for one in outcomes if isinstance(one, amounts.AmountError)]
    assert (len(made), len(refused)) == (20, 30)
    all_at_once(*[lambda one=one: work(one) for one in made * 2])
    for order in orders:
        assert store.paid_back(order) == [D("40.00"), D("40.00")]
    assert not list(audit.verify())


def test_the_same_refund_worked_on_by_ten_at_once_is_made_once(store, agent):
    order = store.order((2, "10.00"))
    request = ask(order, agent, (0, 1))
    all_at_once(*[lambda: work(request) for _ in range(10)])
    assert RefundRequest.objects.get().stage == "processed"
    assert store.paid_back(order) == [D("10.00")]


def test_the_same_form_sent_ten_times_at_once_is_one_request(store, agent):
    order, key = store.order((2, "10.00")), uuid.uuid4()
    outcomes = all_at_once(*[lambda: ask(order, agent, (0, 1), key=key) for _ in range(10)])
    assert {one.pk for one in outcomes} == {RefundRequest.objects.get().pk}


def test_a_worker_that_slept_through_its_lease_does_not_take_the_next_one_for_its_own(store, agent):
    request = ask(store.order((2, "10.00")), agent, (0, 1))
    others = []

    def sleep(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and not others:
            others.append(None)
            with shops.travelled(minutes=7):
                others[0] = moving.claim(RefundRequest, request.pk, sending.SENDABLE)
        return done

    with connection.execute_wrapper(sleep):
        late = moving.claim(RefundRequest, request.pk, sending.SENDABLE)
    assert [late.lease_token, others[0].lease_token] == [1, 2]
    with pytest.raises(moving.OvertakenError):
        moving.move(late, "sending", audit.Entry(what="sending"), attempts=1)
