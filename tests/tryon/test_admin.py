"""Try-on in the console."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from connectors.sandbox import server, wearables
from connectors.sandbox.shop import Shop
from tests.factories import (
    ConnectorFactory,
    CustomerFactory,
    ItemFactory,
    OrderFactory,
    ProductFactory,
)
from tests.photos import kept
from tryon import funnel, preparing, storing
from tryon.models import TryOnOverlay, TryOnSession, WearableProduct

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private")]
LIST = "/admin/tryon/tryonsession/"


@pytest.fixture
def row():
    """The round glasses, ready to be worn."""
    with server.running(Shop()) as store:
        connector = ConnectorFactory(key_prefix="", store_url=store.url)
        address = wearables.address("WEAR-ROUND").replace("https://shop.example.com", store.url)
        ProductFactory(connector=connector, sku="WEAR-ROUND", title="Glasses", image_url=address)
        preparing.wearable(sku="WEAR-ROUND", platform="woocommerce")
        yield WearableProduct.objects.get()


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def member(client, group):
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)


def a_session(**more):
    return TryOnSession.objects.create(platform="woocommerce", **more)


def test_a_session_shows_before_and_after_and_advice(admin_client, photo_bytes):
    session = a_session(selfie_url=storing.keep(photo_bytes), status="complete")
    TryOnOverlay.objects.create(
        session=session, sku="WEAR-CAP", status="complete", milliseconds=41,
        overlay_url=storing.keep(photo_bytes),
    )  # fmt: skip
    TryOnOverlay.objects.create(
        session=session, sku="MUG", status="failed", failure_code="product_cutout_poor",
        overlay_url="",
    )  # fmt: skip
    body = page(admin_client, f"{LIST}{session.pk}/change/")
    assert body.count('<img src="/try-on/pictures/') == 2
    assert session.selfie_url not in body
    assert "WEAR-CAP: complete, 41 ms" in body
    assert "Give it a PNG with a transparent one." in body
    assert f'formaction="{LIST}{session.pk}/retry/"' in body
    assert admin_client.get(LIST).status_code == 200


def test_an_erased_session_shows_no_pictures(admin_client):
    session = a_session(selfie_url="", erased_at=timezone.now(), status="failed")
    body = page(admin_client, f"{LIST}{session.pk}/change/")
    assert "/try-on/pictures/" not in body
    assert "Erased" in body
    assert "/retry/" not in body


def test_what_failed_is_made_again(admin_client):
    session = a_session(selfie_url="x", status="failed", failure_code="internal")
    TryOnOverlay.objects.create(session=session, sku="A", status="failed", overlay_url="")
    admin_client.post(f"{LIST}{session.pk}/retry/")
    session.refresh_from_db()
    assert (session.status, session.failure_code) == ("created", "")
    assert session.overlays.get().status == "waiting"


def test_a_viewer_makes_nothing_again(client):
    session = a_session(selfie_url="x", status="failed", failure_code="internal")
    TryOnOverlay.objects.create(session=session, sku="A", status="failed", overlay_url="")
    member(client, "viewer")
    assert client.post(f"{LIST}{session.pk}/retry/").status_code == 403
    assert client.get(f"{LIST}{session.pk}/retry/").status_code == 405
    session.refresh_from_db()
    assert session.status == "failed"


def test_the_funnel_counts_orders_of_what_was_tried_on(admin_client):
    customer = CustomerFactory()
    shop, now = customer.connector, timezone.now()

    def tried(days_ago, sku, **more):
        more = {"customer": customer, "status": "complete", "selfie_url": "", **more}
        session = TryOnSession.objects.create(**more)
        TryOnSession.objects.filter(pk=session.pk).update(created_at=now - timedelta(days=days_ago))
        TryOnOverlay.objects.create(session=session, sku=sku, status="complete", overlay_url="")

    tried(3, "HAT")
    tried(2, "CAP")
    tried(40, "HAT")
    tried(1, "HAT", customer=None, platform="woocommerce")
    tried(1, "HAT", status="failed", failure_code="no_face")
    order = OrderFactory(
        connector=shop, customer=customer, created_at=now - timedelta(days=1, hours=1)
    )
    ItemFactory(order=order, sku="HAT")
    found = funnel.since(now - timedelta(days=30))
    assert (found.started, found.complete, found.failed) == (4, 3, 1)
    assert (found.known, found.ordered) == (2, 1)
    assert found.failures == (("no_face", 1),)
    body = page(admin_client, f"{LIST}funnel/")
    assert "The shopper needs another photo." in body


def test_staff_see_the_cut_out_with_its_points(admin_client, row):
    body = page(admin_client, f"/admin/tryon/wearableproduct/{row.pk}/change/")
    assert body.count('class="sk-mark"') == 2
    assert '<img src="/try-on/pictures/' in body
    assert "WEAR-ROUND" in page(admin_client, "/admin/tryon/wearableproduct/")


def save(client, row, **values):
    given = {"kind": row.kind, "anchors": row.anchors, "millimetres": "", **values}
    return client.post(f"/admin/tryon/wearableproduct/{row.pk}/change/", given)


def test_staff_correct_points_and_kind(admin_client, row):
    points = '{"left_x": 0.2, "left_y": 0.5, "right_x": 0.8, "right_y": 0.5}'
    assert save(admin_client, row, anchors=points, millimetres="138").status_code == 302
    row.refresh_from_db()
    assert row.anchors["left_x"] == 0.2
    assert (row.anchors_by_staff, row.kind_by_staff, row.millimetres) == (True, False, 138)
    again = preparing.wearable(sku=row.sku, platform=row.platform)
    assert (again.anchors["left_x"], again.millimetres) == (0.2, 138.0)
    answer = save(admin_client, row, anchors=points, kind="sunglasses")
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row.refresh_from_db()
    assert (row.kind, row.kind_by_staff, row.cutout) == ("sunglasses", True, "")
    assert preparing.wearable(sku=row.sku, platform=row.platform).kind == "sunglasses"


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ('{"left_x": 2, "left_y": 0.5, "right_x": 0.8, "right_y": 0.5}', "number from 0 to 1"),
        ('{"left_x": 0.9, "left_y": 0.5, "right_x": 0.8, "right_y": 0.5}', "has to be below"),
        ('{"left_x": 0.2}', "is missing"),
        ('{"left_x": true, "left_y": 0.5, "right_x": 0.8, "right_y": 0.5}', "number from 0"),
        ('{"a": 1, "left_x": 0.2, "left_y": 0.5, "right_x": 0.8, "right_y": 0.5}', "is none of"),
        ("[1, 2]", "Write points as"),
    ],
)
def test_points_that_make_no_sense_are_refused(admin_client, row, points, words):
    answer = save(admin_client, row, anchors=points)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    before = row.anchors
    row.refresh_from_db()
    assert (row.anchors, row.anchors_by_staff) == (before, False)


def test_staff_preview_a_product_on_a_photo_that_is_not_kept(
    admin_client, row, photo_bytes, private
):
    address = f"/admin/tryon/wearableproduct/{row.pk}/preview/"
    page(admin_client, address)
    answer = admin_client.post(address, {"photo": SimpleUploadedFile("me.jpg", photo_bytes)})
    assert "data:image/jpeg;base64,/9j/" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert kept(private) == []
    refused = admin_client.post(address, {"photo": SimpleUploadedFile("me.jpg", b"no photo")})
    assert "This file is no photo." in refused.content.decode()


def test_a_picture_is_fetched_again_where_staff_ask_for_it(admin_client, row):
    first = row.prepared_at
    admin_client.post(f"/admin/tryon/wearableproduct/{row.pk}/anew/")
    row.refresh_from_db()
    assert row.prepared_at > first
    assert row.problem == ""


def test_a_viewer_corrects_nothing(client, row):
    member(client, "viewer")
    assert save(client, row, millimetres="138").status_code == 403
    assert client.post(f"/admin/tryon/wearableproduct/{row.pk}/anew/").status_code == 403
    row.refresh_from_db()
    assert row.millimetres is None


def test_a_lead_adds_rules_and_an_agent_does_not(client):
    member(client, "agent")
    assert client.get("/admin/tryon/kindrule/add/").status_code == 403
    member(client, "lead")
    assert client.get("/admin/tryon/kindrule/add/").status_code == 200
