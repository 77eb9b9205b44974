"""Many orders are refunded whole: a dry run first, then one request for each."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from connectors import writes
from orders.models import PlatformOrder
from support.models import RefundRequest
from tests.support import shops
from tests.support.test_scenarios import ask, work

D = Decimal
ORDERS = "/admin/orders/platformorder/"
BULK = "/admin/support/refundrequest/bulk/"
NO_ORDER = {
    "shopify": "Shopify has no such order.", "woocommerce": "The store no longer has this order."
}  # fmt: skip
only_shopify = pytest.mark.parametrize("store", ["shopify"], indirect=True)


@pytest.fixture
def desk(client, agent):
    client.force_login(agent)
    return client


def dry_run(client, *orders):
    """What the list's action shows of the chosen orders."""
    chosen = [str(order.pk) for order in orders]
    answer = client.post(ORDERS, {"action": "refund_whole", "_selected_action": chosen})
    assert answer.status_code == 200
    return answer


def confirm(client, dry, **changes):
    """Send the form of a dry run, as the page has it."""
    keys = [row.key for row in shown(dry) if not row.problem]
    form = {"step": "send", "batch": dry.context["batch"], "order": keys, "reason_code": "damaged"}
    for value in (form["step"], form["batch"], *keys, form["reason_code"]):
        assert f'value="{value}"' in dry.content.decode()
    return client.post(BULK, {**form, **changes})


def shown(answer):
    return answer.context["rows"]


def written(store):
    """Requests to the store that change something."""
    log = store.running.application.log
    if store.platform == "woocommerce":
        return [seen for seen in log if seen.method != "GET"]
    return [seen for seen in log if seen.operation == "RefundCreate"]


def test_a_dry_run_says_what_it_would_come_to_and_asks_for_nothing(store, desk):
    orders = [store.order((2, "10.00"), shipping="3.00"), store.order((1, "7.50"))]
    answer = dry_run(desk, *orders)
    assert {row.order: row.amount for row in shown(answer)} == dict(
        zip(orders, (D("23.00"), D("7.50")), strict=True)
    )
    assert answer.context["totals"] == [("GBP", D("30.50"))]
    assert "This is a dry run: nothing was sent." in answer.content.decode()
    assert "Refund 2 orders: GBP 30.50" in answer.content.decode()
    assert not RefundRequest.objects.exists()
    assert written(store) == []


def test_confirmed_it_asks_once_for_each_order_and_that_is_what_is_paid(store, desk, agent):
    orders = [store.order((2, "10.00"), shipping="3.00"), store.order((1, "7.50"))]
    answer = confirm(desk, dry_run(desk, *orders))
    made = {row.order: row.made for row in shown(answer)}
    assert {order: one.amount for order, one in made.items()} == dict(
        zip(orders, (D("23.00"), D("7.50")), strict=True)
    )
    assert {(one.requested_by, one.reason_code) for one in made.values()} == {(agent, "damaged")}
    assert written(store) == []
    assert [work(one, times=2).stage for one in made.values()] == ["processed"] * 2
    assert [store.paid_back(order) for order in orders] == [[D("23.00")], [D("7.50")]]
    assert RefundRequest.objects.count() == 2


@pytest.mark.parametrize("is_worked_on", [False, True])
def test_the_same_form_sent_twice_asks_for_nothing_more(store, desk, is_worked_on):
    orders = [store.order((2, "10.00")), store.order((1, "7.50"))]
    dry = dry_run(desk, *orders)
    first = [row.made for row in shown(confirm(desk, dry))]
    for one in first * is_worked_on:
        assert work(one).stage == "processed"
    heard = len(store.running.application.log)
    assert [row.made for row in shown(confirm(desk, dry))] == first
    assert len(store.running.application.log) == heard
    assert RefundRequest.objects.count() == 2
    for one in first:
        work(one)
    assert [len(store.paid_back(order)) for order in orders] == [1, 1]


def test_an_order_that_is_named_twice_is_asked_for_once(store, desk):
    order = store.order((1, "10.00"))
    dry = dry_run(desk, order)
    answer = confirm(desk, dry, order=[shown(dry)[0].key] * 2)
    assert len(shown(answer)) == RefundRequest.objects.count() == 1


def test_two_dry_runs_of_the_same_order_give_it_back_once(store, desk):
    order = store.order((1, "10.00"))
    dry = [dry_run(desk, order) for _ in range(2)]
    first, second = (shown(confirm(desk, one))[0] for one in dry)
    assert (first.problem, first.amount) == ("", D("10.00"))
    assert (second.made, second.problem) == (None, "0.00 GBP left to give back.")
    assert RefundRequest.objects.count() == 1


def test_an_order_that_can_not_be_refunded_says_why_and_the_others_go_on(store, desk, agent):
    whole, given, gone = (store.order((1, "10.00")) for _ in range(3))
    work(ask(given, agent, (0, 1)))
    PlatformOrder.objects.filter(pk=gone.pk).update(remote_id=1)
    answer = dry_run(desk, whole, given, gone)
    problems = {row.order: row.problem for row in shown(answer)}
    assert problems[whole] == ""
    assert problems[given] == "0.00 GBP left to give back."
    assert problems[gone].startswith(NO_ORDER[store.platform])
    body = answer.content.decode()
    assert f"Not possible: {NO_ORDER[store.platform]}" in body
    assert "Refund 1 order: GBP 10.00" in body
    assert f'value="{gone.platform} {gone.order_id}"' not in body
    assert [row.order for row in shown(confirm(desk, answer))] == [whole]


def test_only_what_is_left_is_given_back(store, desk, agent):
    order = store.order((3, "10.00"), shipping="3.00")
    work(ask(order, agent, (0, 1)))
    row = shown(confirm(desk, dry_run(desk, order)))[0]
    assert (row.amount, row.made.goodwill) == (D("23.00"), D(0))
    assert work(row.made).stage == "processed"
    assert store.paid_back(order) == [D("10.00"), D("23.00")]


def test_what_goodwill_took_from_the_lines_makes_the_rest_an_amount(store, desk, agent):
    order = store.order((3, "10.00"), shipping="3.00")
    work(ask(order, agent, goodwill=D("1.50")))
    row = shown(confirm(desk, dry_run(desk, order)))[0]
    assert (row.amount, row.made.goodwill, row.made.lines) == (D("31.50"), D("31.50"), [])
    assert "The goodwill is more than" in row.made.approval_reasons[0]


def test_a_large_one_waits_for_somebody_else(store, desk):
    answer = dry_run(desk, store.order((2, "400.00")))
    assert "Somebody else has to approve it." in answer.content.decode()
    (row,) = shown(confirm(desk, answer))
    assert row.made.stage == "awaiting_approval"


def test_a_store_in_which_writing_is_off_refuses_both_times(store, desk):
    order = store.order((1, "10.00"))
    allowed = dry_run(desk, order)
    writes.disable(connector=store.connector)
    assert "switched off" in shown(dry_run(desk, order))[0].problem
    assert "switched off" in shown(confirm(desk, allowed))[0].problem
    assert not RefundRequest.objects.exists()


@only_shopify
@pytest.mark.parametrize(
    "changes", [{"reason_code": "nonsense"}, {"reason_code": ""}, {"step": ""}]
)
def test_without_a_reason_and_a_confirmation_it_stays_a_dry_run(store, desk, changes):
    order = store.order((1, "10.00"))
    answer = confirm(desk, dry_run(desk, order), **changes)
    assert (answer.context["is_done"], answer.context["possible"]) == (False, 1)
    assert not RefundRequest.objects.exists()


@only_shopify
def test_more_than_fifty_are_not_refunded_at_once(store, desk):
    order = store.order((1, "10.00"))
    keys = [f"{order.platform} {order.order_id}", *(f"{order.platform} x{n}" for n in range(50))]
    answer = confirm(desk, dry_run(desk, order), order=keys)
    assert answer.context["left_out"] == 1
    assert "1 order was left out" in answer.content.decode()


@only_shopify
@pytest.mark.parametrize("groups", [("viewer",), ()])
def test_without_the_permission_there_is_no_action_and_no_page(store, client, groups):
    order = store.order((1, "10.00"))
    user = shops.staff("other", *groups)
    client.force_login(user)
    form = {"action": "refund_whole", "_selected_action": [str(order.pk)]}
    answer = client.post(ORDERS, form)
    assert "dry run" not in answer.content.decode()
    form = {"step": "send", "order": [f"{order.platform} {order.order_id}"],
            "reason_code": "damaged"}  # fmt: skip
    assert client.post(BULK, form).status_code == 403
    assert client.post(reverse("admin:support_refundrequest_bulk"), {}).status_code == 403
    assert not RefundRequest.objects.exists()
    assert written(store) == []


@only_shopify
def test_the_page_is_not_opened_by_an_address(store, desk):
    assert desk.get(BULK).status_code == 405


def test_an_order_that_changed_since_the_dry_run_is_left_alone(store, desk):
    order, other = store.order((2, "10.00")), store.order((1, "5.00"))
    dry = dry_run(desk, order, other)
    store.refund_elsewhere(order)
    rows = {row.order: row for row in shown(confirm(desk, dry))}
    assert "changed since the dry run, 10.00 GBP would go back" in rows[order].problem
    assert rows[other].made.amount == D("5.00")
    assert RefundRequest.objects.filter(is_external=False).count() == 1


def test_an_amount_that_no_dry_run_named_is_not_refunded(store, desk):
    order = store.order((1, "10.00"))
    form = {"step": "send", "order": [f"{order.platform} {order.order_id}", "x", "\0 \0 \0"],
            "reason_code": "damaged"}  # fmt: skip
    (row,) = shown(desk.post(BULK, form))
    assert "changed since the dry run" in row.problem
    assert not RefundRequest.objects.exists()
