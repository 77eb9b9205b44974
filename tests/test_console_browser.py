"""The console in a real browser."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from connectors.models import StorefrontKey
from tests.factories import ConnectorFactory, ItemFactory, OrderFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 800}


def sign_in(page, live_server):
    User.objects.create_superuser("sam", password="sam")
    page.goto(f"{live_server.url}/admin/")
    page.fill("[name=username]", "sam")
    page.fill("[name=password]", "sam")
    page.click("button[type=submit]")
    page.wait_for_url(f"{live_server.url}/admin/")


def test_staff_find_an_order_by_the_start_of_its_number(page, live_server):
    store = ConnectorFactory()
    order = OrderFactory(connector=store, number="4711-A", exact_total="1234.5")
    OrderFactory(connector=store, number="900")
    ItemFactory(order=order, title="Mug <script>alert(1)</script>")
    sign_in(page, live_server)
    page.click("text=All orders")
    page.fill("#searchbar", "4711")
    page.press("#searchbar", "Enter")
    page.wait_for_url("**q=4711**")
    assert page.locator("#result_list tbody tr").count() == 1
    page.click("text=#4711-A")
    page.wait_for_url("**/change/**")
    assert page.inner_text(".sk-title") == "Order #4711-A"
    assert "GBP 1,234.50" in page.inner_text(".sk-totals")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_sidebars_search_opens_an_order(page, live_server):
    OrderFactory(number="4711")
    sign_in(page, live_server)
    page.click("#nav-filter")
    page.type("#nav-filter", "471")
    page.click("#search-results a")
    page.wait_for_url("**/platformorder/**")
    assert page.inner_text(".sk-title") == "Order #4711"


@pytest.mark.parametrize("size", [{"width": 1400, "height": 900}, PHONE], ids=["desk", "phone"])
def test_a_key_is_made_copied_and_revoked(page, live_server, size):
    sign_in(page, live_server)
    page.set_viewport_size(size)
    page.goto(f"{live_server.url}/admin/connectors/storefrontkey/add/")
    page.fill("[name=name]", "Account pages")
    page.check("[name=scopes][value=catalog]")
    page.fill("[name=origins]", "https://shop.example.com")
    page.click("[name=_save]")
    text = page.input_value("#key")
    page.click("text=Copy")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("getSelection().toString()") == text
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    page.click("text=I have put it away")
    page.click("text=Account pages")
    assert text not in page.content()
    page.click("text=Revoke…")
    page.click("text=Revoke it")
    page.wait_for_selector("text=is revoked")
    assert StorefrontKey.objects.get().revoked
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
