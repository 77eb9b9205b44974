"""Try-on sessions, from a shop's form to its pictures."""

from __future__ import annotations

import io
import json
import socket
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from catalog.models import PlatformProduct
from connectors.models import StorefrontKey
from tests import factories
from tests.photos import hang, kept
from tests.storefront.conftest import Caller, key_of, shopper_of
from tests.storefront.trying import made, photo_of, start
from tests.tryon.test_pictures import REFUSED
from tryon import services, words
from tryon.models import TryOnOverlay, TryOnSession

SHOWN = {"id", "platform", "customer_id", "status", "code", "message", "consent_version",
         "created_at", "finished_at", "kept_until", "selfie", "overlays"}  # fmt: skip
NOBODYS = {"code": "not_found", "message": "There is nothing here that this caller may see.",
           "fields": []}  # fmt: skip


@pytest.fixture(autouse=True)
def _wearing(shop, wardrobe, private):
    shop.store_url = wardrobe.url
    shop.save()
    hang(shop, wardrobe)


def path_of(answer, name=""):
    return f"/try-on/sessions/{answer.json()['id']}/{name}"


def visitor_of(answer, client):
    return Caller(client, f"Bearer {answer.json()['token']}")


def nothing_is_kept(folder):
    return not TryOnSession.objects.exists() and kept(folder) == []


def refused(answer):
    body = answer.json()
    assert set(body) == {"code", "message", "fields"}
    return answer.status_code, body["code"]


# The whole way


def test_a_visitor_gets_a_picture_of_each_product(server, client, photo_bytes, private):
    begun = start(server, photo_bytes, "WEAR-ROUND", "WEAR-CAP", "WEAR-TEE")
    assert (begun.status_code, begun.headers["Cache-Control"]) == (201, "no-store")
    assert begun.json().keys() == SHOWN | {"token"}
    assert (begun.json()["status"], begun.json()["customer_id"]) == ("created", None)
    assert [one["status"] for one in begun.json()["overlays"]] == ["waiting"] * 3
    visitor = visitor_of(begun, client)
    assert visitor.get(path_of(begun)).json()["status"] == "created"
    made(begun)
    answer = visitor.get(path_of(begun))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    found = answer.json()
    assert found.keys() == SHOWN
    assert (found["status"], found["code"], found["message"]) == ("complete", "", "")
    kept_for = timedelta(hours=24).total_seconds()
    assert moment(found["kept_until"]) - moment(found["created_at"]) == kept_for
    overlays = {one["sku"]: one for one in found["overlays"]}
    assert overlays.keys() == {"WEAR-ROUND", "WEAR-CAP", "WEAR-TEE"}
    assert overlays["WEAR-TEE"] == {
        "sku": "WEAR-TEE", "status": "failed", "code": "kind_off", "picture": None,
        "message": "This product can’t be tried on.",
    }  # fmt: skip
    for link in (
        found["selfie"],
        overlays["WEAR-ROUND"]["picture"],
        overlays["WEAR-CAP"]["picture"],
    ):
        assert link.startswith("http://testserver/try-on/pictures/")
        picture = client.get(link)
        assert picture.headers["Cache-Control"] == "no-store, private"
        with Image.open(io.BytesIO(b"".join(picture.streaming_content))) as opened:
            assert opened.format == "JPEG"


def moment(text):
    return timezone.datetime.fromisoformat(text).timestamp()


def test_a_photo_without_a_face_is_said_in_words(server, photo_bytes):
    written = io.BytesIO()
    Image.new("RGB", (600, 600), "grey").save(written, "JPEG")
    begun = start(server, written.getvalue())
    made(begun)
    found = server.get(path_of(begun)).json()
    assert (found["status"], found["code"]) == ("failed", "no_face")
    assert found["message"] == words.shopper("no_face")
    assert found["overlays"][0]["code"] == "no_face"


def test_products_are_several_fields_or_one_with_commas(server, photo_bytes):
    for given in (("WEAR-ROUND", "WEAR-CAP"), "WEAR-ROUND, WEAR-CAP,"):
        begun = start(server, photo_bytes, skus=given)
        assert {one["sku"] for one in begun.json()["overlays"]} == {"WEAR-ROUND", "WEAR-CAP"}


def test_more_products_are_added_once(server, client, photo_bytes):
    begun = start(server, photo_bytes)
    visitor = visitor_of(begun, client)
    made(begun)
    for _ in range(2):
        more = visitor.post(path_of(begun, "products/"), {"skus": ["WEAR-ROUND", "WEAR-CAP"]})
        assert (more.status_code, more.headers["Cache-Control"]) == (200, "no-store")
        states = {one["sku"]: one["status"] for one in more.json()["overlays"]}
        assert states == {"WEAR-ROUND": "complete", "WEAR-CAP": "waiting"}
        assert more.json()["status"] == "created"
    made(begun)
    assert server.get(path_of(begun)).json()["status"] == "complete"


def test_ending_a_session_erases_bytes_and_rows(
    server, client, photo_bytes, private, django_capture_on_commit_callbacks
):
    begun = start(server, photo_bytes)
    visitor, link = visitor_of(begun, client), begun.json()["selfie"]
    made(begun)
    assert len(kept(private)) == 2
    with django_capture_on_commit_callbacks(execute=True):
        answer = visitor("DELETE", path_of(begun))
    assert (answer.status_code, answer.content) == (204, b"")
    assert nothing_is_kept(private)
    assert not TryOnOverlay.objects.exists()
    assert client.get(link).status_code == 404
    for method, name in (("GET", ""), ("DELETE", ""), ("POST", "products/")):
        for who in (visitor, server):
            again = who(method, path_of(begun, name), {"skus": ["WEAR-CAP"]} if name else None)
            assert (again.status_code, again.json()) == (404, NOBODYS)


# Whose it is


def test_a_customers_session_is_theirs_alone(server, shopper, client, customer, shop, photo_bytes):
    begun = start(shopper, photo_bytes)
    assert (begun.json()["customer_id"], begun.json()["token"]) == (customer.customer_id, None)
    other = shopper_of(server, factories.CustomerFactory(connector=shop))
    stranger = visitor_of(start(server, photo_bytes), client)
    elsewhere = Caller(client, key_of(factories.ConnectorFactory(key_prefix="eu"))[1])
    for who in (shopper, server):
        assert who.get(path_of(begun)).status_code == 200
    for who in (other, stranger, elsewhere):
        for method, name in (("GET", ""), ("DELETE", ""), ("POST", "products/")):
            answer = who(method, path_of(begun, name), {"skus": ["WEAR-CAP"]} if name else None)
            assert (answer.status_code, answer.json()) == (404, NOBODYS)
    assert TryOnOverlay.objects.filter(session=begun.json()["id"]).count() == 1
    nobody = shopper.get(f"/try-on/sessions/{uuid.uuid4()}/")
    assert (nobody.status_code, nobody.json()) == (404, NOBODYS)


def test_a_server_starts_a_session_for_a_customer(server, shopper, customer, photo_bytes):
    begun = start(server, photo_bytes, customer_id=customer.customer_id)
    assert begun.status_code == 201
    assert begun.json()["token"] is None
    assert shopper.get(path_of(begun)).status_code == 200


def test_nobody_starts_a_session_for_another(server, shopper, client, shop, photo_bytes, private):
    other = factories.CustomerFactory(connector=shop)
    foreign = factories.CustomerFactory(connector=factories.ConnectorFactory(key_prefix="eu"))
    for who, fields in (
        (shopper, {"customer_id": other.customer_id}), (shopper, {"platform": "shopify"}),
        (server, {"customer_id": foreign.customer_id}), (server, {"customer_id": "none"}),
        (server, {"platform": "shopify"}),
    ):  # fmt: skip
        answer = start(who, photo_bytes, **fields)
        assert (answer.status_code, answer.json()) == (404, NOBODYS)
    assert nothing_is_kept(private)


def test_an_erased_customer_starts_none(shopper, customer, photo_bytes, private):
    customer.deleted_at = timezone.now()
    customer.save()
    assert start(shopper, photo_bytes).status_code == 404
    assert nothing_is_kept(private)


def test_a_key_for_all_stores_says_which(client, photo_bytes, private):
    everywhere = Caller(client, key_of()[1])
    answer = start(everywhere, photo_bytes)
    assert refused(answer) == (400, "invalid")
    assert answer.json()["fields"][0]["field"] == "platform"
    assert nothing_is_kept(private)
    assert start(everywhere, photo_bytes, platform="woocommerce").status_code == 201


def test_another_stores_products_are_none(client, photo_bytes, private):
    factories.ProductFactory(connector=factories.ConnectorFactory(key_prefix="eu"), sku="eu-CAP")
    bound = Caller(client, key_of(PlatformProduct.objects.get(sku="WEAR-CAP").connector)[1])
    answer = start(bound, photo_bytes, "eu-CAP")
    assert refused(answer) == (422, "unknown_sku")
    assert nothing_is_kept(private)


def test_a_shopper_tries_on_what_is_offered(server, shopper, photo_bytes):
    PlatformProduct.objects.filter(sku="WEAR-CAP").update(platform_status="draft")
    assert start(server, photo_bytes, "WEAR-CAP").status_code == 201
    assert refused(start(shopper, photo_bytes, "WEAR-CAP")) == (422, "unknown_sku")


def test_a_guest_with_an_order_tries_nothing_on(guest, server, photo_bytes, private):
    assert refused(start(guest, photo_bytes)) == (403, "not_for_shoppers")
    assert nothing_is_kept(private)
    begun = start(server, photo_bytes)
    assert refused(guest.get(path_of(begun))) == (403, "not_for_shoppers")


# A visitor's token


def test_a_visitors_token_opens_nothing_else(server, client, order, customer, photo_bytes):
    begun, other = start(server, photo_bytes), start(server, photo_bytes)
    visitor = visitor_of(begun, client)
    assert visitor.get(path_of(other)).json() == NOBODYS
    assert start(visitor, photo_bytes).status_code == 403
    for path in ("/products/", "/orders/", f"/orders/{order.platform}/{order.order_id}/",
                 f"/customers/{order.platform}/{customer.customer_id}/"):  # fmt: skip
        assert refused(visitor.get(path)) == (403, "not_for_shoppers")


def test_a_forged_token_opens_nothing(server, client, photo_bytes):
    begun = start(server, photo_bytes)
    token = begun.json()["token"]
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), token[::-1], "x" * 2_000, "x"):
        for method, name in (("GET", ""), ("DELETE", ""), ("POST", "products/")):
            answer = Caller(client, f"Bearer {wrong}")(method, path_of(begun, name))
            assert refused(answer) == (401, "invalid_token")
    link = begun.json()["selfie"].rpartition("/")[2]
    assert Caller(client, f"Bearer {link}").get(path_of(begun)).status_code == 401
    assert TryOnSession.objects.count() == 1


def test_a_token_ends_with_what_it_opens(server, client, photo_bytes, time_machine):
    begun = start(server, photo_bytes)
    time_machine.move_to(timezone.now() + timedelta(hours=24, seconds=1))
    assert refused(visitor_of(begun, client).get(path_of(begun))) == (401, "expired_token")


def test_a_token_ends_with_its_key(server, client, photo_bytes):
    begun = start(server, photo_bytes)
    StorefrontKey.objects.update(revoked=True)
    assert refused(visitor_of(begun, client).get(path_of(begun))) == (401, "invalid_token")


# What is refused


@pytest.mark.parametrize("version", ["0", "2", "yes", "1.0"])
def test_without_the_consent_in_force_nothing_is_kept(server, photo_bytes, private, version):
    answer = start(server, photo_bytes, consent_version=version)
    assert refused(answer) == (403, "consent")
    field = answer.json()["fields"][0]
    assert (field["field"], field["allowed"]) == ("consent_version", ["1"])
    assert "“1”" in answer.json()["message"]
    assert nothing_is_kept(private)


@pytest.mark.parametrize("name", ["consent_version", "skus", "selfie"])
def test_what_is_missing_is_named(server, photo_bytes, private, name):
    answer = start(server, photo_bytes, **{name: None})
    assert refused(answer) == (400, "invalid")
    assert [(one["field"], one["code"]) for one in answer.json()["fields"]] == [(name, "required")]
    assert nothing_is_kept(private)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_photo_is_refused_with_its_code(server, private, name):
    content, code = REFUSED[name]
    answer = start(server, content)
    if name == "11 MB":
        assert refused(answer) == (413, "too_large")
    else:
        assert refused(answer) == (422, code)
        assert answer.json()["message"] == words.shopper(code)
    assert nothing_is_kept(private)


def test_a_photo_just_over_its_limit_has_its_code(server, photo_bytes, private):
    answer = start(server, photo_bytes + b"\0" * (10 * 1024 * 1024 - len(photo_bytes) + 1))
    assert refused(answer) == (422, "picture_too_large")
    assert nothing_is_kept(private)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("me.exe", "application/x-msdownload"), ("../../etc/passwd", "text/html"), ("x", "x")],
)
def test_what_a_file_is_called_makes_no_difference(server, photo_bytes, private, name, kind):
    begun = start(server, photo_bytes, selfie=photo_of(photo_bytes, name, kind))
    assert begun.status_code == 201
    assert len(kept(private)) == 1


@pytest.mark.parametrize(
    ("skus", "status", "code"),
    [
        ([], 422, "none"), (["NOPE", "WEAR-CAP"], 422, "unknown_sku"),
        ([f"S{n}" for n in range(13)], 422, "too_many"), (["x" * 101], 400, "invalid"),
        ([f"S{n}" for n in range(101)], 400, "invalid"), (["\0"], 400, "invalid"),
        ([""], 400, "invalid"), ([1], 400, "invalid"), ([None], 400, "invalid"),
        ([["a"]], 400, "invalid"), (1, 400, "invalid"), ({}, 400, "invalid"),
        (None, 400, "invalid"),
    ],
)  # fmt: skip
def test_products_that_cant_be_had_are_refused(server, client, photo_bytes, skus, status, code):
    begun = start(server, photo_bytes)
    answer = visitor_of(begun, client).post(path_of(begun, "products/"), {"skus": skus})
    assert refused(answer) == (status, code)
    if code == "unknown_sku":
        assert [one["message"] for one in answer.json()["fields"]] == [
            "There is no product “NOPE”."
        ]
    assert TryOnOverlay.objects.count() == 1


def test_an_erased_photo_takes_no_more_products(server, photo_bytes, private):
    begun = start(server, photo_bytes)
    services.erase_expired(timezone.now() + timedelta(hours=25))
    answer = server.post(path_of(begun, "products/"), {"skus": ["WEAR-CAP"]})
    assert refused(answer) == (409, "erased")
    found = server.get(path_of(begun)).json()
    assert (found["selfie"], found["code"]) == (None, "expired")
    assert kept(private) == []


# A photo's address


def by_address(caller, address, **fields):
    body = {"selfie_url": address, "skus": ["WEAR-ROUND"], "consent_version": "1", **fields}
    return caller.post("/try-on/sessions/", body)


@pytest.mark.parametrize("address", [
    "http://127.0.0.1/me.jpg", "https://127.0.0.1/me.jpg", "https://[::1]/me.jpg",
    "https://elsewhere.example.com/me.jpg", "http://photos.example.com/me.jpg",
    "https://photos.example.com:8443/me.jpg", "https://me@photos.example.com/me.jpg",
    "file:///etc/passwd", "x", "https://", "//photos.example.com/me.jpg", "\u202e",
    "https://photos.example.com.evil.com/me.jpg", "https://2130706433/me.jpg",
])  # fmt: skip
def test_only_known_addresses_are_fetched(server, private, settings, address):
    settings.TRYON_SELFIE_HOSTS = ["photos.example.com"]
    answer = by_address(server, address)
    assert refused(answer) == (422, "address_refused")
    assert nothing_is_kept(private)


@pytest.mark.parametrize("found", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1"])
def test_a_known_name_with_a_private_address_is_refused(
    server, private, settings, monkeypatch, found
):
    settings.TRYON_SELFIE_HOSTS = ["photos.example.com"]
    resolve_to(monkeypatch, found)
    answer = by_address(server, "https://photos.example.com/me.jpg")
    assert refused(answer) == (422, "address_refused")
    assert nothing_is_kept(private)


def resolve_to(monkeypatch, address):
    usual = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        if host != "photos.example.com":
            return usual(host, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_nothing_is_fetched_without_consent_and_products(server, private, settings):
    settings.TRYON_SELFIE_HOSTS = ["photos.example.com"]
    # Would be refused by its address if it were looked at.
    address = "https://127.0.0.1/me.jpg"
    assert refused(by_address(server, address, consent_version="0")) == (403, "consent")
    assert refused(by_address(server, address, skus=["NOPE"])) == (422, "unknown_sku")


# Forms that are none

PART = b'--b\r\nContent-Disposition: form-data; name="skus"'
MANY_FIELDS = (PART + b"\r\n\r\n1\r\n") * 1_001 + b"--b--"
LONG_FIELD = PART + b"\r\n\r\n" + b"x" * 3_000_000 + b"\r\n--b--"
HALF_BASE64 = PART + b'; filename="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--b--'


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("multipart/form-data", b"x", 400, "parse_error"),
        ("multipart/form-data; boundary=", b"x", 400, "parse_error"),
        ("multipart/form-data; boundary=b", b"", 400, "invalid"),
        ("multipart/form-data; boundary=b", b"nothing", 400, "invalid"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\n\r\n--b", 400, "invalid"),
        ("multipart/form-data; boundary=" + "b" * 300, b"x", 415, "unsupported_media_type"),
        ("multipart/form-data; boundary=b; charset=no-such", b"--b--", 400, "invalid"),
        ("multipart/form-data; boundary=b", MANY_FIELDS, 400, "parse_error"),
        ("multipart/form-data; boundary=b", LONG_FIELD, 413, "too_large"),
        ("multipart/form-data; boundary=b", HALF_BASE64, 400, "parse_error"),
        ("application/x-www-form-urlencoded", b"skus=x", 415, "unsupported_media_type"),
        ("image/jpeg", b"\xff\xd8\xff", 415, "unsupported_media_type"),
        ("application/json", b"{", 400, "parse_error"),
        ("application/json", b"{}" + b" " * 70_000, 413, "too_large"),
        ("application/json; charset=utf-8", b"{}", 400, "invalid"),
    ],
)  # fmt: skip
def test_a_form_that_is_none_is_refused(server, private, kind, body, status, code):
    answer = server.send("POST", "/try-on/sessions/", body, kind)
    assert refused(answer) == (status, code)
    assert nothing_is_kept(private)


def test_a_field_that_is_none_is_named(server, photo_bytes, private):
    for name, value in (("colour", "red"), ("selfie_url", "https://photos.example.com/me.jpg")):
        answer = start(server, photo_bytes, **{name: value})
        assert answer.status_code == 400
        assert [one["field"] for one in answer.json()["fields"]] == [name]
    twice = start(server, photo_bytes, selfie=[photo_of(photo_bytes), photo_of(photo_bytes)])
    assert [one["field"] for one in twice.json()["fields"]] == ["selfie"]
    for name in ("consent_version", "platform", "customer_id"):
        answer = start(server, photo_bytes, **{name: ["1", "1"]})
        assert [one["field"] for one in answer.json()["fields"]] == [name], answer.content
    text = start(server, photo_bytes, selfie="a text")
    assert [one["field"] for one in text.json()["fields"]] == ["selfie"]
    assert nothing_is_kept(private)


def test_a_body_of_unknown_length_is_refused(server, private):
    answer = server.client.post(
        "/api/v1/try-on/sessions/", CONTENT_LENGTH="",
        content_type="multipart/form-data; boundary=b",
        headers={"authorization": server.authorization, "transfer-encoding": "chunked"},
    )  # fmt: skip
    assert refused(answer) == (411, "length_required")
    assert nothing_is_kept(private)


def test_photos_never_touch_a_disk_on_their_way(server, photo_bytes, settings, tmp_path):
    """Django's own form reader would write what is larger than 2.5 MB into this folder."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "none")
    large = photo_bytes + b"\0" * 5_000_000
    assert start(server, large).status_code == 201
    assert json.loads(start(server, large).content)["status"] == "created"
