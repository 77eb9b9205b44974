"""Refunds in a real browser."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors import presenting
from support.models import RefundRequest
from tests.support import desk, shops
from tests.support.test_scenarios import ask, work

pytestmark = pytest.mark.browser

D = Decimal


@pytest.fixture(autouse=True)
def _undo(settings):
    settings.REFUND_UNDO_SECONDS = 1


def test_an_ordinary_refund_takes_at_most_six_interactions(
    page, live_server, store, agent, settings
):
    settings.REFUND_UNDO_SECONDS = 1
    order = store.order((2, "10.00"), (1, "5.00"))
    staff = desk.Staff(page, live_server, agent)
    staff.open(presenting.page_of(order))
    with desk.worker():
        staff.click("text=Refund…")
        staff.click("[data-one] >> nth=0")
        page.wait_for_selector("#amount")
        assert page.inner_text("#amount") == "GBP 10.00"
        staff.click("text=Arrived damaged")
        staff.click("text=Continue")
        assert "Ten pounds sterling, zero pence" in page.inner_text(".sk-words")
        staff.click("#send")
        page.wait_for_selector("text=The money was given back.", timeout=15_000)
    assert staff.interactions <= 6
    assert store.paid_back(order) == [D("10.00")]
    assert page.locator("tr:has-text('Answered: made')").count() == 1


def test_undo_while_it_holds_sends_nothing(page, live_server, store, agent, settings):
    settings.REFUND_UNDO_SECONDS = 10
    order = store.order((1, "10.00"))
    staff = desk.Staff(page, live_server, agent)
    staff.open(presenting.page_of(order))
    with desk.worker():
        staff.click("text=Refund…")
        staff.click("[data-all]")
        staff.click("text=Arrived damaged")
        staff.click("text=Continue")
        staff.click("#send")
        page.wait_for_selector("#undo")
        staff.click("#undo")
        page.wait_for_selector("text=It was taken back before anything was sent")
    assert RefundRequest.objects.get().stage == "cancelled"
    assert store.paid_back(order) == []


def test_what_is_wrong_is_said_beside_what_was_entered(page, live_server, store, agent):
    order = store.order((1, "10.00"))
    staff = desk.Staff(page, live_server, agent)
    staff.open(presenting.page_of(order))
    staff.click("text=Refund…")
    staff.fill("[name=goodwill]", "10.01")
    page.wait_for_selector("#preview .sk-problem")
    assert "10.00 GBP left" in page.inner_text("#preview")
    staff.click("text=Goodwill")
    staff.click("text=Continue")
    assert "10.00 GBP left" in page.inner_text("[role=alert]")
    assert page.input_value("[name=goodwill]") == "10.01"
    assert not RefundRequest.objects.exists()


def test_somebody_else_approves_a_large_refund(page, live_server, store, agent, lead):
    order = store.order((2, "400.00"))
    staff = desk.Staff(page, live_server, agent)
    staff.open(presenting.page_of(order))
    staff.click("text=Refund…")
    staff.click("[data-all]")
    staff.click("text=Arrived damaged")
    staff.click("text=Continue")
    assert "Somebody else has to approve it" in page.inner_text(".sk-warning")
    staff.click("#send")
    page.wait_for_selector("text=Somebody else has to approve this refund")
    assert not page.locator("text=Approve GBP").count()
    page.context.clear_cookies()
    boss = desk.Staff(page, live_server, lead)
    boss.open(f"{presenting.list_of('support.refundrequest')}?queue=approval")
    boss.click("text=Approve…")
    with desk.worker():
        boss.click("text=Approve GBP 800.00")
        page.wait_for_selector("text=The money was given back.", timeout=15_000)
    assert store.paid_back(order) == [D("800.00")]


def test_a_viewer_sees_no_button_and_is_refused(page, live_server, store, agent):
    order = store.order((1, "10.00"))
    staff = desk.Staff(page, live_server, shops.staff("viewer", "viewer"))
    staff.open(presenting.page_of(order))
    assert not page.locator("text=Refund…").count()
    answer = page.request.get(
        f"{live_server.url}/admin/support/refundrequest/order/{order.platform}/{order.order_id}/"
    )
    assert answer.status == 403


def test_on_a_phone_the_record_is_whole_and_has_its_evidence(page, live_server, store, agent):
    done = work(ask(store.order((1, "10.00")), agent, (0, 1)))
    page.set_viewport_size({"width": 390, "height": 800})
    desk.Staff(page, live_server, agent).open(presenting.page_of(done))
    page.click("text=what was sent")
    assert page.is_visible("text=order_remote_id")
    widths = "[...document.querySelectorAll('.sk-scroll')].map(e => e.scrollWidth - e.clientWidth)"
    assert set(page.evaluate(widths)) == {0}
