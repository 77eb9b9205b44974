"""The demo page: for anybody, but only where the demo stores are connected."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from connectors.models import ConnectorConfig, StorefrontKey
from tests import factories
from tests.photos import FACES, hang, kept
from tests.storefront.trying import photo_of
from tryon import links, making
from tryon.models import TryOnSession

PAGE, SESSIONS, SESSION = (f"/try-on/demo/{name}" for name in ("", "sessions/", "session/"))
PHONE = {"width": 390, "height": 800}


@pytest.fixture
def demo(db, wardrobe, private):
    connector = factories.ConnectorFactory(
        key_prefix="", store_url=wardrobe.url, is_demo=True, currency="GBP"
    )
    hang(connector, wardrobe)
    return connector


def begin(client, content, *skus, version="1"):
    form = {"selfie": photo_of(content), "skus": skus or ("WEAR-ROUND",),
            "consent_version": version}  # fmt: skip
    return client.post(SESSIONS, form)


def as_visitor(answer):
    return {"authorization": f"Bearer {answer.json()['token']}"}


def test_the_page_shows_what_can_be_worn_and_no_key(client, demo):
    StorefrontKey.objects.create_key(name="shop", connector=demo, scopes=["tryon"])
    factories.ProductFactory(connector=demo, sku="MUG", title="Mug")
    page = client.get(PAGE)
    text = page.content.decode()
    assert 'value="WEAR-ROUND"' in text
    assert "GBP 9.99" in text
    assert "WEAR-TEE" not in text
    assert "Mug" not in text
    assert "Api-Key" not in text
    assert StorefrontKey.objects.get().prefix not in text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert client.get("/try-on/demo/pictures/WEAR-ROUND").headers["Content-Type"] == "image/png"
    assert client.get("/try-on/demo/pictures/MUG").status_code == 404


@pytest.mark.parametrize("change", [{"is_demo": False}, {"sync_enabled": False}])
def test_without_a_demo_store_there_is_no_demo(client, demo, photo_bytes, private, change):
    begun = begin(client, photo_bytes)
    ConnectorConfig.objects.update(**change)
    assert client.get(PAGE).status_code == 404
    assert begin(client, photo_bytes).status_code == 404
    assert client.get(SESSION, headers=as_visitor(begun)).status_code == 404
    assert TryOnSession.objects.count() == 1


def test_a_session_of_the_demo_is_followed_and_ended(client, demo, photo_bytes, private):
    begun = begin(client, photo_bytes)
    assert (begun.status_code, begun.headers["Cache-Control"]) == (200, "no-store")
    who = as_visitor(begun)
    making.make(begun.json()["id"])
    found = client.get(SESSION, headers=who).json()
    assert (found["status"], found["overlays"][0]["status"]) == ("complete", "complete")
    picture = client.get(found["overlays"][0]["picture"])
    assert b"".join(picture.streaming_content)[:3] == b"\xff\xd8\xff"
    more = client.post(
        SESSION, {"skus": ["WEAR-CAP"]}, content_type="application/json", headers=who
    )
    assert {one["sku"] for one in more.json()["overlays"]} == {"WEAR-ROUND", "WEAR-CAP"}
    assert client.delete(SESSION, headers=who).status_code == 204
    assert client.get(SESSION, headers=who).status_code == 404


def test_a_session_is_found_by_its_own_token_alone(client, demo, photo_bytes, time_machine):
    begun = begin(client, photo_bytes)
    token = begun.json()["token"]
    customers = factories.CustomerFactory(connector=demo)
    other = TryOnSession.objects.create(
        platform=customers.platform, customer_id=customers.customer_id, selfie_url=""
    )
    tokens = ("", token[:-1], "x" * 3_000, begun.json()["id"], links.session_token(other))
    for wrong in tokens:
        headers = {"authorization": f"Bearer {wrong}"}
        assert client.get(SESSION, headers=headers).status_code == 404
    time_machine.move_to(timezone.now() + timedelta(hours=24, seconds=1))
    assert client.get(SESSION, headers=as_visitor(begun)).status_code == 404


def test_what_the_demo_refuses_is_said_in_words(client, demo, photo_bytes, private):
    factories.ProductFactory(connector=demo, sku="MUG", title="Mug")
    for answer, status, code in (
        (begin(client, photo_bytes, version="0"), 403, "consent"),
        (begin(client, b"no photo"), 422, "not_a_picture"),
        (begin(client, photo_bytes, "MUG"), 422, "unknown_sku"),
        (begin(client, b"\0" * 11_000_000), 413, "too_large"),
        (client.post(SESSIONS, {}), 400, "invalid"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["message"]
    assert not TryOnSession.objects.exists()
    assert kept(private) == []


# In a browser


@pytest.mark.browser
@pytest.mark.parametrize("size", [{"width": 1400, "height": 900}, PHONE], ids=["desk", "phone"])
def test_a_shopper_sees_how_it_looks(
    transactional_db, demo, tryon_worker, page, live_server, private, size
):
    page.set_viewport_size(size)
    page.goto(live_server.url + PAGE)
    problem = page.locator("#problem")
    for missing, then in (
        ("Take or choose a photo first.", choose_photo),
        ("Choose something to try on.", lambda page: page.check("[value=WEAR-ROUND]")),
        ("Agree to what is done with your photo first.", lambda page: page.check("[name=consent]")),
    ):
        page.click("[type=submit]")
        expect(problem).to_have_text(missing)
        expect(problem).to_be_focused()
        then(page)
    assert not TryOnSession.objects.exists()
    page.check("[value=WEAR-BEANIE]")
    page.click("[type=submit]")
    expect(page.locator("#state")).to_have_text("Done.", timeout=30_000)
    expect(page.locator("#pictures img")).to_have_count(2)
    shown = page.locator("#pictures img").evaluate_all("all => all.map(one => one.naturalWidth)")
    assert min(shown) > 300
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    page.check("[value=WEAR-HOOPS]")
    page.click("[type=submit]")
    expect(page.locator("#pictures img")).to_have_count(3, timeout=30_000)
    assert TryOnSession.objects.count() == 1
    page.click("text=Erase my photo now")
    expect(page.locator("#chosen")).to_have_text("Your photo and its pictures are erased.")
    assert not TryOnSession.objects.exists()
    assert kept(private) == []


def choose_photo(page):
    page.set_input_files("[type=file] >> nth=1", FACES / "astronaut.jpg")


@pytest.mark.browser
def test_a_file_that_is_no_photo_is_said(transactional_db, demo, page, live_server, tmp_path):
    file = tmp_path / "me.jpg"
    file.write_text("no photo")
    page.goto(live_server.url + PAGE)
    page.set_input_files("[type=file] >> nth=0", file)
    page.check("[value=WEAR-ROUND]")
    page.check("[name=consent]")
    page.click("[type=submit]")
    expect(page.locator("#problem")).to_have_text(
        "This file is no photo. Choose a JPEG, PNG or WebP picture."
    )
