"""Forty mixed tickets of a day, worked through in a real browser."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from decimal import Decimal

import pytest
from playwright.sync_api import Error

from connectors.sandbox import people
from support import audit
from support.models import AddressUpdateRequest, RefundRequest
from tests.support import desk, shops
from tests.support.test_console_addresses import in_leeds
from tests.support.test_scenarios import sweep

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

D = Decimal
MOST_FOR_A_LINE = 6
DONE = {"timeout": 15_000}


class Operator(desk.Staff):
    """Somebody who answers tickets; what each took is kept by its kind."""

    def __init__(self, page, live_server, user):
        super().__init__(page, live_server, user)
        self.seconds, self.clicks = defaultdict(list), defaultdict(list)
        self.dead_ends = []
        page.set_default_timeout(DONE["timeout"])
        page.on("response", self.answered)
        page.on("pageerror", lambda error: self.dead_ends.append(str(error)))

    def answered(self, response):
        if response.status >= 400:
            self.dead_ends.append(f"{response.status} {response.url}")

    def work(self, kind, store, order):
        before, began = self.interactions, time.monotonic()
        try:
            getattr(self, kind)(store, order)
        except (Error, AssertionError) as error:
            self.dead_ends.append(f"{kind}, order #{order.number}: {error}")
        self.seconds[kind].append(time.monotonic() - began)
        self.clicks[kind].append(self.interactions - before)

    def find(self, order):
        """By half of the email address that the customer wrote."""
        self.open("/admin/orders/platformorder/")
        self.fill("#searchbar", order.email[: len(order.email) // 2 + 4])
        self.press("#searchbar", "Enter")
        self.click(f"a:has-text('#{order.number}')")

    def refund(self, *, units=0, goodwill="", reason="Arrived damaged"):
        self.click("text=Refund…")
        for _ in range(units):
            self.click("[data-one] >> nth=0")
        if goodwill:
            self.fill("[name=goodwill]", goodwill)
        self.click(f".sk-choices label:has-text('{reason}')")
        self.click("text=Continue")
        self.click("#send")

    def line(self, store, order):
        self.find(order)
        self.interactions, found = 0, self.interactions
        self.refund(units=1)
        self.page.wait_for_selector("text=The money was given back.")
        assert self.interactions <= MOST_FOR_A_LINE
        self.interactions += found

    def goodwill(self, store, order):
        self.find(order)
        self.refund(goodwill="3.00", reason="Goodwill")
        self.page.wait_for_selector("text=The money was given back.")

    def address(self, store, order):
        self.find(order)
        self.click("text=Change address…")
        in_leeds(self)
        self.interactions += 4
        self.click("text=Continue")
        self.click("#send")
        self.page.wait_for_selector("text=The store has the new address.")

    def unknown(self, store, order):
        self.find(order)
        store.knobs.lose_after = 1
        self.refund(units=1)
        self.page.wait_for_selector("text=Nobody knows yet whether the store made this refund")
        assert not self.page.locator("#state a:has-text('again')").count()

    def dispute(self, store, order):
        store.dispute(order)
        self.find(order)
        self.click("text=Refund…")
        self.page.wait_for_selector("text=The customer disputes this payment with their bank.")

    def too_late(self, store, order):
        store.ship(order)
        self.find(order)
        self.click("text=Change address…")
        self.page.wait_for_selector("text=Ask the carrier to redirect the parcel")

    def report(self):
        yield f"{'ticket':14}{'times':>7}{'seconds each':>14}{'clicks each':>13}"
        for kind, seconds in self.seconds.items():
            clicks = self.clicks[kind]
            each = sum(seconds) / len(seconds)
            yield f"{kind:14}{len(seconds):7}{each:14.1f}{sum(clicks) / len(clicks):13.1f}"
        total = sum(map(sum, self.seconds.values()))
        count = sum(map(len, self.seconds.values()))
        yield f"{count} tickets in {total:.0f} s, {len(self.dead_ends)} dead ends"


def tickets(store, number):
    """The kinds of a store's tickets, each with an order of its own."""
    last = "dispute" if store.platform == "shopify" else "too_late"
    kinds = ["line"] * 9 + ["goodwill"] * 4 + ["address"] * 4 + ["unknown"] + [last] * 2
    for at, kind in enumerate(kinds):
        address = people.address(number + at, "United Kingdom")
        yield kind, store, store.order((2, "10.00"), (1, "24.00"), address=address)


def test_forty_tickets_have_no_dead_end(page, live_server, transactional_db, settings, capsys):
    settings.REFUND_UNDO_SECONDS = 0
    shops.roles()
    agent = shops.staff("agent", "agent")
    with shops.shopify() as one, shops.woocommerce() as two:
        day = [*tickets(one, 1), *tickets(two, 101)]
        day = [day[at] for turn in range(7) for at in range(turn, len(day), 7)]
        operator = Operator(page, live_server, agent)
        with desk.worker():
            for ticket in day:
                operator.work(*ticket)
        with capsys.disabled():
            sys.stdout.write("\n".join(("", *operator.report(), "")))
        assert (len(day), operator.dead_ends) == (40, [])
        for request in RefundRequest.objects.filter(stage="unknown"):
            assert sweep(request).stage == "processed"
        for kind, store, order in day:
            given = {"line": [D(10)], "unknown": [D(10)], "goodwill": [D(3)]}.get(kind, [])
            assert store.paid_back(order) == given
    stages = set(AddressUpdateRequest.objects.values_list("stage", flat=True))
    assert stages == {"updated"}
    assert not list(audit.verify())
