"""Keys of storefronts in the console."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.urls import reverse

from connectors.models import StorefrontKey
from connectors.storefront import origins
from tests import factories

ADD = "/admin/connectors/storefrontkey/add/"
FORM = {"name": "Account pages", "scopes": ["catalog", "orders"],
        "origins": "https://Shop.example.com/\n\nhttps://shop.example.com:8443"}  # fmt: skip


@pytest.fixture
def console(client, admin_user):
    client.force_login(admin_user)
    return client


def made(console, **changes):
    answer = console.post(ADD, {**FORM, **changes})
    assert answer.status_code == 200
    found = re.search(r'id="key" value="([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()
    return answer, found[1]


def get(client, text, path="/api/v1/products/"):
    return client.get(path, headers={"authorization": f"Api-Key {text}"})


def test_a_key_is_shown_once_and_opens_what_it_is_for(console, client, caplog):
    answer, text = made(console)
    key = StorefrontKey.objects.get()
    assert "no-store" in answer.headers["Cache-Control"]
    assert (key.scopes, key.origins) == (
        ["catalog", "orders"], ["https://shop.example.com", "https://shop.example.com:8443"],
    )  # fmt: skip
    assert get(client, text).status_code == 200
    assert get(client, text, "/api/v1/customers/?email=a@b.cd").json()["code"] == "missing_scope"
    page = console.get(reverse("admin:connectors_storefrontkey_change", args=[key.pk]))
    secret = text.partition(".")[2]
    kept = [page.content.decode(), caplog.text, str(dict(console.session))]
    kept += [
        f"{one.change_message}{one.object_repr}{one.object_id}" for one in LogEntry.objects.all()
    ]
    for one in kept:
        assert secret not in one
        assert key.hashed_key not in one


def test_a_revoked_key_is_refused_at_once_and_for_good(console, client):
    _, text = made(console)
    key = StorefrontKey.objects.get()
    path = reverse("admin:connectors_storefrontkey_revoke", args=[key.pk])
    page = console.get(path)
    assert b"undone" in page.content
    assert get(client, text).status_code == 200
    console.post(path)
    assert get(client, text).json()["code"] == "invalid_key"
    assert LogEntry.objects.latest("id").change_message == "Revoked."
    change = reverse("admin:connectors_storefrontkey_change", args=[key.pk])
    console.post(change, {**FORM, "name": "Again"})
    key.refresh_from_db()
    assert (key.revoked, key.name) == (True, "Account pages")
    assert b"Revoke\xe2\x80\xa6" not in console.get(change).content


def test_a_form_that_is_sent_twice_makes_one_key(console):
    made(console)
    again = console.post(ADD, FORM)
    assert b"There is a live key of this name" in again.content
    assert StorefrontKey.objects.count() == 1


def test_what_a_key_may_can_be_changed_and_its_text_cannot(console, client):
    _, text = made(console)
    key = StorefrontKey.objects.get()
    change = reverse("admin:connectors_storefrontkey_change", args=[key.pk])
    console.post(change, {**FORM, "scopes": ["orders"], "origins": "", "hashed_key": "x"})
    key.refresh_from_db()
    assert (key.scopes, key.origins) == (["orders"], [])
    assert get(client, text).json()["code"] == "missing_scope"
    assert get(client, text, "/api/v1/orders/").status_code == 200


def test_a_key_of_a_store_is_offered_and_kept(console):
    store = factories.ConnectorFactory(name="Teapots")
    made(console, connector=str(store.pk))
    assert StorefrontKey.objects.get().connector == store


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"origins": "https://shop.example.com\nshop.example.com"},
            "“shop.example.com” has to begin",
        ),
        ({"origins": "https://shop.example.com/account"}, "leave out what stands behind"),
        ({"origins": "http://shop.example.com"}, "http is for localhost alone"),
        ({"origins": "https://*.example.com"}, "no host that there could be"),
        ({"origins": "javascript:alert(1)"}, "has to begin with https://"),
        ({"origins": "https://a:b@shop.example.com"}, "leave out"),
        ({"origins": "https://shop.example.com:99999"}, "no address"),
        ({"scopes": []}, "This field is required"),
        ({"scopes": ["everything"]}, "Select a valid choice"),
        ({"name": " "}, "This field is required"),
        ({"expiry_date_0": "2020-01-01", "expiry_date_1": "12:00"}, "a moment in the future"),
    ],
)
def test_what_makes_no_sense_makes_no_key(console, changes, says):
    answer = console.post(ADD, {**FORM, **changes})
    assert says in answer.content.decode()
    assert not StorefrontKey.objects.exists()


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://SHOP.example.com:443/", "https://shop.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:5173", "http://127.0.0.1:5173"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://müller.example", "https://xn--mller-kva.example"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(text, origin):
    assert origins.origin_of(text) == origin


@pytest.mark.parametrize("group", ["viewer", "agent", "lead"])
def test_only_administrators_see_keys(client, group, db):
    user = User.objects.create_user("sam", password="pass-word-1", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    assert client.get("/admin/connectors/storefrontkey/").status_code == 403
    assert client.post(ADD, FORM).status_code == 403
    assert "storefrontkey" not in client.get("/admin/").content.decode()
    assert not StorefrontKey.objects.exists()


def test_an_administrator_makes_and_revokes(client, db):
    user = User.objects.create_user("sam", password="pass-word-1", is_staff=True)
    user.groups.add(Group.objects.get(name="admin"))
    client.force_login(user)
    made(client)
    key = StorefrontKey.objects.get()
    client.post(reverse("admin:connectors_storefrontkey_revoke", args=[key.pk]))
    assert StorefrontKey.objects.usable().count() == 0
    delete = reverse("admin:connectors_storefrontkey_delete", args=[key.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert client.get("/admin/rest_framework_api_key/apikey/").status_code == 404
