"""The money scenarios, each on both platforms and over HTTP."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from support import amounts, audit, payloads, policy, services, sweeping, tasks
from support.models import RefundRequest
from support.services import Wanted, WantedLine
from tests.support import shops

D = Decimal


def ask(order, actor, *lines, key=None, **wanted):
    """Ask for units of lines by their position: (position, units)."""
    ids = shops.line_ids(order)
    return services.request_refund(
        order=order,
        wanted=Wanted(
            lines=[WantedLine(remote_id=ids[n], quantity=units) for n, units in lines],
            **{"reason_code": "damaged", **wanted},
        ),
        actor=actor,
        submit_key=key or uuid.uuid4(),
    )


def work(request, times=1):
    """What the worker does with a request, as often as it is told to."""
    for _ in range(times):
        tasks.advance_refund(str(request.pk))
    request.refresh_from_db()
    return request


def test_1_parts_come_to_exactly_what_was_paid(store, agent):
    order = store.order((10, "23.90"), discount=25)
    assert order.exact_total == D("179.25")
    first = work(ask(order, agent, (0, 3)))
    second = work(ask(order, agent, (0, 7)))
    assert [first.stage, second.stage] == ["processed", "processed"]
    assert first.amount + second.amount == D("179.25")
    assert store.paid_back(order) == [first.amount, second.amount]
    with pytest.raises(amounts.AmountError, match="All units"):
        ask(order, agent, (0, 1))
    assert not list(audit.verify())


def test_2_a_double_click_and_a_task_delivered_three_times_are_one_refund(store, agent):
    order, key = store.order((2, "10.00")), uuid.uuid4()
    first, second = (ask(order, agent, (0, 1), key=key) for _ in range(2))
    assert first == second
    assert work(first, times=3).stage == "processed"
    assert store.paid_back(order) == [D("10.00")]
    assert RefundRequest.objects.count() == 1


def test_3_an_answer_that_is_lost_leaves_the_money_spoken_for_until_it_is_found(store, agent):
    order = store.order((2, "10.00"))
    request = ask(order, agent, (0, 2))
    store.knobs.lose_after = 1
    work(request)
    assert (request.status, request.stage) == ("pending", "unknown")
    with pytest.raises(amounts.AmountError, match=r"All units|0\.00 GBP left"):
        ask(order, agent, (0, 1))
    sweep(request)
    assert request.stage == "processed"
    assert request.remote_id == store.made(order)[0]["id"]
    assert store.paid_back(order) == [D("20.00")]


def test_3_a_request_that_never_arrived_is_made_once_after_all(store, agent):
    order = store.order((2, "10.00"))
    request = ask(order, agent, (0, 2))
    store.knobs.lose_before = 1
    work(request)
    assert request.stage == "unknown"
    sweep(request, times=3)
    assert request.stage == "processed"
    assert store.paid_back(order) == [D("20.00")]


@pytest.mark.parametrize("moment", ["lose_saved", "lose_paid"])
@pytest.mark.parametrize("store", ["woocommerce"], indirect=True)
def test_3_a_store_that_died_around_the_payment_is_never_asked_again(store, agent, moment):
    order = store.order((2, "10.00"))
    request = ask(order, agent, (0, 2))
    setattr(store.knobs, moment, 1)
    work(request, times=3)
    assert request.stage == "unknown"
    sweep(request, times=3)
    assert (request.stage, request.error_code) == ("needs_human", "not_paid")
    assert store.paid_back(order) == [D("20.00")] * (moment == "lose_paid")
    with pytest.raises(amounts.AmountError):
        ask(order, agent, (0, 1))


def sweep(request, times=1, *, minutes=15):
    """What beat does later, when the request is due again."""
    for _ in range(times):
        with shops.travelled(minutes=minutes):
            sweeping.free_stale()
            work(request)
    return request


def test_4_nobody_approves_what_they_asked_for_and_an_edit_voids_an_approval(
    store, agent, lead, settings
):
    settings.REFUND_UNDO_SECONDS = 10
    order = store.order((4, "200.00"))
    request = ask(order, agent, (0, 4))
    assert request.stage == "awaiting_approval"
    assert request.approval_reasons == ["It is more than your limit of 500.00 GBP."]
    agent.groups.set(lead.groups.all())
    agent = again(agent)
    content = payloads.content_hash(request)
    with pytest.raises(policy.NotAllowedError, match="somebody else has to approve"):
        services.approve_refund(request=request, actor=agent, content=content)
    request = services.approve_refund(request=request, actor=lead, content=content)
    assert (request.stage, request.approved_by) == ("holding", lead)
    wanted = Wanted(lines=[WantedLine(remote_id=shops.line_ids(order)[0], quantity=3)],
                    reason_code="damaged")  # fmt: skip
    request = services.edit_refund(request=request, wanted=wanted, actor=agent)
    assert (request.stage, request.amount) == ("awaiting_approval", D(600))
    assert (request.approved_by, request.approval_hash) == (None, "")
    with pytest.raises(ValidationError, match="was changed while you looked"):
        services.approve_refund(request=request, actor=lead, content=content)
    assert work(request).stage == "awaiting_approval"
    assert store.paid_back(order) == []


def again(user):
    """The user as the next request of theirs finds them: permissions are cached."""
    return type(user).objects.get(pk=user.pk)


def test_4_a_superuser_needs_a_second_person_too(store):
    boss = shops.staff("boss", "admin")
    boss.is_superuser = True
    boss.save()
    order = store.order((1, "60000.00"))
    request = ask(order, boss, (0, 1))
    assert request.stage == "awaiting_approval"
    with pytest.raises(policy.NotAllowedError, match="somebody else"):
        services.approve_refund(request=request, actor=boss, content=payloads.content_hash(request))


def test_5_of_two_refunds_that_exceed_the_order_together_one_is_made(store, agent, lead):
    order = store.order((5, "20.00"))
    first = ask(order, agent, (0, 3))
    with pytest.raises(amounts.AmountError, match=r"40\.00 GBP left"):
        ask(order, lead, goodwill=D("60.00"))
    work(first)
    assert store.paid_back(order) == [D("60.00")]


def test_6_a_refund_made_in_the_store_meanwhile_stops_one_that_waits(store, agent):
    order = store.order((10, "10.00"))
    request = ask(order, agent, (0, 8))
    store.refund_elsewhere(order, units=3)
    work(request)
    assert (request.status, request.stage) == ("failed", "rejected")
    assert "70.00 GBP left" in request.error or "7 of 10 units" in request.error
    assert store.paid_back(order) == [D("30.00")]
    external = RefundRequest.objects.get(is_external=True)
    assert (external.amount, external.status) == (D(30), "processed")


def test_7_amounts_are_exact_in_the_order_s_own_currency_or_refused(store, agent):
    yen = store.order((2, "1000"), currency="JPY", taxed=False)
    with pytest.raises(amounts.AmountError, match="JPY have no decimals"):
        ask(yen, agent, goodwill=D("0.5"))
    rupees = store.order((1, "100.00"), currency="INR", taxed=False)
    assert work(ask(rupees, agent, (0, 1))).currency == "INR"
    assert [store.paid_back(order) for order in (yen, rupees)] == [[], [D("100.00")]]


def test_7_a_third_decimal_is_paid_exactly_or_refused(store, agent):
    order = store.order((2, "10.25"), currency="KWD", taxed=False)
    request = work(ask(order, agent, goodwill=D("1.255")))
    if store.platform == "shopify":
        assert (request.stage, store.paid_back(order)) == ("processed", [D("1.255")])
    else:
        assert (request.stage, store.paid_back(order)) == ("rejected", [])
        assert "1.255 KWD can't be given back exactly" in request.error
