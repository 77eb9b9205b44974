"""Address changes in a real browser."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors import presenting
from connectors import services as connected
from support import postal
from support.models import AddressUpdateRequest, RefundRequest
from tests.support import desk, shops
from tests.support.test_addresses import IN_LEEDS, IN_TORONTO, LEEDS

pytestmark = pytest.mark.browser

D = Decimal
SETTLED = {"timeout": 15_000}


def enter(staff, country="GB", **parts):
    """Fill in another address."""
    staff.choose("[name=country]", country)
    staff.page.wait_for_function("!document.querySelector('#fields[aria-busy]')")
    for name, text in parts.items():
        field = f"[name={name}]"
        if staff.page.locator(f"select{field}").count():
            staff.page.select_option(field, label=text)
        else:
            staff.page.fill(field, text)


def in_leeds(staff):
    enter(staff, address_1="7 Mill Street", city="Leeds", state="", postcode="LS1 1AA")


def opened(page, live_server, user, order):
    staff = desk.Staff(page, live_server, user)
    staff.open(presenting.page_of(order))
    staff.click("text=Change address…")
    return staff


def test_8_another_country_has_its_own_form_and_is_read_back(page, live_server, store, agent):
    order = store.order((1, "12.00"))
    staff = opened(page, live_server, agent, order)
    enter(
        staff, "CA", address_1="1 Main Street", city="Toronto", state="Ontario", postcode="m5v2t6"
    )
    staff.click("text=Continue")
    assert page.locator("tr:has-text('Province') strong").inner_text() == "Ontario"
    assert "The tax may change." in page.inner_text(".sk-warning")
    with desk.worker():
        staff.click("#send")
        page.wait_for_selector("text=The store has the new address.", **SETTLED)
    assert store.address(order) == IN_TORONTO
    staff.open(presenting.page_of(order))
    assert "Toronto, ON M5V 2T6" in page.inner_text("#content-main")


def test_what_is_missing_is_said_at_its_field(page, live_server, store, agent):
    order = store.order((1, "12.00"))
    staff = opened(page, live_server, agent, order)
    enter(staff, "US", address_1="1 Main Street", city="Austin", state="Texas", postcode="1")
    staff.click("text=Continue")
    assert "ZIP code like" in page.inner_text("#problem-postcode")
    assert page.input_value("[name=city]") == "Austin"
    assert page.input_value("[name=state]") == "TX"
    assert not AddressUpdateRequest.objects.exists()


def test_9_a_partly_sent_order_waits_for_somebody_else(page, live_server, store, agent, lead):
    order = store.order((2, "12.00"))
    store.ship(order, 1)
    staff = opened(page, live_server, agent, order)
    in_leeds(staff)
    staff.click("text=Continue")
    staff.click("text=Ask for approval")
    page.wait_for_selector("text=Somebody else has to approve this change")
    page.context.clear_cookies()
    boss = desk.Staff(page, live_server, lead)
    boss.click("text=Address changes: waiting for approval")
    boss.click("text=Approve…")
    with desk.worker():
        boss.click("text=Approve this address")
        page.wait_for_selector("text=The store has the new address.", **SETTLED)
    assert store.address(order) == IN_LEEDS


def test_9_a_sent_order_says_that_it_is_too_late(page, live_server, store, agent):
    order = store.order((2, "12.00"))
    store.ship(order)
    opened(page, live_server, agent, order)
    assert "Ask the carrier to redirect the parcel" in page.inner_text("[role=alert]")


def test_10_a_cheaper_order_offers_its_refund(page, live_server, store, agent):
    if store.platform == "shopify":
        store.shop.taxes_included = False
    order = store.order((2, "12.00"), shipping="6.00")
    owed = {"shopify": "GBP 6.00", "woocommerce": "GBP 5.00"}[store.platform]
    staff = opened(page, live_server, agent, order)
    enter(staff, "DE", address_1="Hauptstraße 5", city="Berlin", postcode="10115")
    staff.click("text=Continue")
    with desk.worker():
        staff.click("#send")
        page.wait_for_selector(f"text={owed} too much was paid.", **SETTLED)
        staff.click(f"text=Refund {owed}…")
        page.wait_for_selector("#amount")
        assert page.inner_text("#amount") == owed
        staff.click("label:has-text('Other')")
        staff.click("text=Continue")
        staff.click("#send")
        page.wait_for_selector("text=The money was given back.", **SETTLED)
    change = AddressUpdateRequest.objects.get()
    assert change.refund == RefundRequest.objects.get()
    assert store.paid_back(order) == [D(owed.split()[1])]
    staff.open(presenting.page_of(change))
    assert "too much was paid" not in page.inner_text("#state")


def test_10_a_customer_s_edit_meanwhile_is_shown_before_anything_is_overwritten(
    page, live_server, store, agent
):
    order = store.order((1, "12.00"))
    staff = opened(page, live_server, agent, order)
    with connected.opened(store.connector) as remote:
        remote.update_shipping_address(
            order.remote_id,
            postal.for_platform(store.platform, {**LEEDS, "address_1": "9 Hill Road"}),
        )
    in_leeds(staff)
    staff.click("text=Continue")
    assert "9 Hill Road" in page.inner_text("tr:has-text('7 Mill Street')")
    assert store.address(order)[0] == "9 Hill Road"
    staff.click("text=Use mine nevertheless…")
    with desk.worker():
        staff.click("#send")
        page.wait_for_selector("text=The store has the new address.", **SETTLED)
    assert store.address(order) == IN_LEEDS


def test_undoing_asks_first_and_puts_the_earlier_address_back(page, live_server, store, agent):
    order = store.order((1, "12.00"))
    before = store.address(order)
    staff = opened(page, live_server, agent, order)
    in_leeds(staff)
    staff.click("text=Continue")
    with desk.worker():
        staff.click("#send")
        page.wait_for_selector("text=Put the earlier address back…", **SETTLED)
        staff.click("text=Put the earlier address back…")
        assert store.address(order) == IN_LEEDS
        staff.click("#send")
        page.wait_for_selector("text=The store has the new address.", **SETTLED)
    assert store.address(order) == before


def test_a_viewer_sees_no_button_and_is_refused(page, live_server, store, agent):
    order = store.order((1, "12.00"))
    staff = desk.Staff(page, live_server, shops.staff("viewer", "viewer"))
    staff.open(presenting.page_of(order))
    assert not page.locator("text=Change address…").count()
    path = f"order/{order.platform}/{order.order_id}/"
    answer = page.request.get(f"{live_server.url}/admin/support/addressupdaterequest/{path}")
    assert answer.status == 403
