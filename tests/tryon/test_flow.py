"""From a photo to pictures, at the level of what a shopper's request calls and a worker does."""

from __future__ import annotations

import io
import logging
import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image

from catalog.models import PlatformProduct
from connectors import registry
from connectors.registry import Person
from tests.factories import ConnectorFactory, CustomerFactory, ProductFactory
from tests.photos import hang, kept
from tryon import links, making, preparing, services, storing, tasks, words
from tryon.engine.errors import ProductError
from tryon.engine.pictures import PictureError
from tryon.models import KindRule, TryOnOverlay, TryOnSession, WearableProduct

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private")]


@pytest.fixture
def store(wardrobe):
    return wardrobe


@pytest.fixture
def shop(store):
    """A connected store with the demo's products to wear."""
    connector = ConnectorFactory(key_prefix="", store_url=store.url)
    hang(connector, store)
    return connector


def begin(photo_bytes, *skus, **more):
    return services.start(
        platform="woocommerce", photo=photo_bytes, skus=skus or ("WEAR-ROUND",),
        consent_version="1", **more,
    )  # fmt: skip


def made(session):
    making.make(session.pk)
    session.refresh_from_db()
    return session


def states(session):
    return dict(session.overlays.values_list("sku", "failure_code"))


def pixels(name):
    with Image.open(io.BytesIO(storing.read(name))) as found:
        return np.asarray(found.convert("RGB"), int)


# What a shopper does


def test_a_session_gets_a_picture_of_each_product(shop, photo_bytes, private):
    session = begin(photo_bytes, "WEAR-ROUND", "WEAR-SUN-BLACK", "WEAR-CAP", "WEAR-HOOPS")
    assert (session.status, session.consent_version) == ("created", "1")
    made(session)
    assert (session.status, session.failure_code) == ("complete", "")
    assert session.started_at <= session.finished_at
    assert set(states(session).values()) == {""}
    assert len(kept(private)) == 5
    selfie = pixels(session.selfie_url)
    for overlay in session.overlays.all():
        assert overlay.milliseconds > 0
        picture = pixels(overlay.overlay_url)
        same = picture[-200:] - selfie[-200:]
        assert np.abs(same).mean() < 2, "below the face nothing changes"
        assert picture.shape[0] > 512 or np.abs(picture - selfie).max() > 80


def test_without_consent_nothing_is_kept(shop, photo_bytes, private):
    for version in ("", "0", "2"):
        with pytest.raises(services.ConsentError):
            services.start(
                platform="woocommerce", photo=photo_bytes, skus=["WEAR-ROUND"],
                consent_version=version,
            )  # fmt: skip
    assert TryOnSession.objects.count() == 0
    assert kept(private) == []


@pytest.mark.parametrize(
    ("skus", "code"),
    [
        ((), "none"),
        (("NOPE", "WEAR-ROUND"), "unknown_sku"),
        (tuple(f"S{n}" for n in range(13)), "too_many"),
    ],
)
def test_products_that_cant_be_had_are_refused(shop, photo_bytes, private, skus, code):
    with pytest.raises(services.ProductsError) as refused:
        services.start(platform="woocommerce", photo=photo_bytes, skus=skus, consent_version="1")
    assert refused.value.code == code
    assert refused.value.skus == (["NOPE"] if code == "unknown_sku" else [])
    assert TryOnSession.objects.count() == 0
    assert kept(private) == []


def test_a_file_that_is_no_photo_leaves_nothing(shop, private):
    with pytest.raises(PictureError):
        begin(b"no photo")
    assert TryOnSession.objects.count() == 0
    assert kept(private) == []


def test_a_photo_without_a_face_fails_the_session_in_words(shop):
    written = io.BytesIO()
    Image.new("RGB", (600, 600), "grey").save(written, "JPEG")
    session = made(begin(written.getvalue(), "WEAR-ROUND", "WEAR-CAP"))
    assert (session.status, session.failure_code) == ("failed", "no_face")
    assert states(session) == {"WEAR-ROUND": "no_face", "WEAR-CAP": "no_face"}
    assert words.shopper("no_face").startswith("We see no face in this photo.")


def test_one_product_that_fails_leaves_the_others(shop, photo_bytes):
    PlatformProduct.objects.filter(sku="WEAR-CAP").update(image_url="")
    ProductFactory(connector=shop, sku="MUG", title="Mug", metadata={})
    session = made(begin(photo_bytes, "WEAR-ROUND", "WEAR-CAP", "MUG", "WEAR-TEE"))
    assert session.status == "complete"
    assert states(session) == {
        "WEAR-ROUND": "", "WEAR-CAP": "no_picture", "MUG": "kind_unknown", "WEAR-TEE": "kind_off",
    }  # fmt: skip


def test_tops_are_tried_on_where_the_setting_says_so(shop, photo_bytes, settings):
    settings.TRYON_TOPS = True
    assert states(made(begin(photo_bytes, "WEAR-TEE"))) == {"WEAR-TEE": ""}


def test_a_session_of_which_nothing_can_be_worn_fails(shop, photo_bytes):
    session = made(begin(photo_bytes, "WEAR-TEE"))
    assert (session.status, session.failure_code) == ("failed", "nothing_worn")


def test_more_products_can_be_added_with_the_same_photo(shop, photo_bytes, private):
    session = made(begin(photo_bytes, "WEAR-ROUND"))
    before = kept(private)
    services.add_products(session, skus=["WEAR-ROUND", "WEAR-SQUARE"])
    session.refresh_from_db()
    assert session.status == "created"
    made(session)
    assert session.status == "complete"
    assert set(states(session)) == {"WEAR-ROUND", "WEAR-SQUARE"}
    assert len(set(kept(private)) - set(before)) == 1


def test_products_that_are_there_already_start_nothing(shop, photo_bytes):
    session = made(begin(photo_bytes, "WEAR-ROUND"))
    services.add_products(session, skus=["WEAR-ROUND"])
    session.refresh_from_db()
    assert session.status == "complete"


def test_what_failed_can_be_tried_again(shop, photo_bytes, settings):
    session = made(begin(photo_bytes, "WEAR-TEE", "WEAR-ROUND"))
    first = session.overlays.get(sku="WEAR-ROUND").overlay_url
    settings.TRYON_TOPS = True
    services.retry(session)
    assert states(made(session)) == {"WEAR-TEE": "", "WEAR-ROUND": ""}
    assert session.overlays.get(sku="WEAR-ROUND").overlay_url == first


# The worker


def test_a_second_worker_does_nothing(shop, photo_bytes, private):
    session = begin(photo_bytes)
    TryOnSession.objects.update(status="in_progress", started_at=timezone.now())
    made(session)
    assert session.status == "in_progress"
    assert len(kept(private)) == 1


def test_a_session_of_a_dead_worker_is_taken_over(shop, photo_bytes):
    session = begin(photo_bytes)
    long_ago = timezone.now() - making.LEASE - timedelta(seconds=1)
    TryOnSession.objects.update(status="in_progress", started_at=long_ago)
    assert made(session).status == "complete"


def test_a_session_in_work_is_not_given_to_another(shop, photo_bytes):
    session = begin(photo_bytes)
    now = timezone.now()
    waiting = TryOnSession.objects.waiting
    assert not waiting(created=now - tasks.PATIENCE, started=now - making.LEASE).exists()
    TryOnSession.objects.update(status="in_progress", started_at=now)
    assert not waiting(created=now - tasks.PATIENCE, started=now - making.LEASE).exists()
    TryOnSession.objects.update(started_at=now - timedelta(minutes=6))
    found = waiting(created=now - tasks.PATIENCE, started=now - making.LEASE)
    assert list(found) == [session]


def test_a_product_added_in_the_last_moment_is_made_too(shop, photo_bytes):
    session = begin(photo_bytes)
    making._claim(session.pk)
    services.add_products(session, skus=["WEAR-CAP"])
    session.refresh_from_db()
    assert session.status == "in_progress"
    making._finish(session.pk)
    session.refresh_from_db()
    assert session.status == "complete"
    assert states(session) == {"WEAR-ROUND": "", "WEAR-CAP": ""}


def test_a_session_is_worked_on_by_the_queue_tryon():
    from config.celery import app

    assert app.amqp.router.route({}, tasks.make.name)["queue"].name == "tryon"


def test_a_session_that_is_gone_is_no_error():
    making.make(uuid.uuid4())


def test_a_picture_made_for_an_erased_session_is_erased(shop, photo_bytes, private):
    session = begin(photo_bytes)
    overlay = session.overlays.get()
    scene = making._scene(session)
    services.erase_expired(timezone.now() + timedelta(hours=25))
    making._worn(scene, session, overlay)
    assert kept(private) == []


# Erasing


def test_a_session_that_ends_takes_rows_and_bytes_along(
    shop, photo_bytes, private, django_capture_on_commit_callbacks
):
    session = made(begin(photo_bytes, "WEAR-ROUND", "WEAR-CAP"))
    other = made(begin(photo_bytes))
    assert len(kept(private)) == 5
    with django_capture_on_commit_callbacks(execute=True):
        services.end(session)
    assert list(TryOnSession.objects.all()) == [other]
    assert TryOnOverlay.objects.count() == 1
    names = [other.selfie_url, other.overlays.get().overlay_url]
    assert kept(private) == sorted(name.rpartition("/")[2] for name in names)


def test_pictures_are_erased_after_a_day_and_rows_stay(shop, photo_bytes, private):
    old, new = made(begin(photo_bytes)), made(begin(photo_bytes))
    TryOnSession.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
    old_names = [old.selfie_url, old.overlays.get().overlay_url]
    assert services.erase_expired() == 1
    assert not any(map(storing.exists, old_names))
    assert len(kept(private)) == 2
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.status, old.selfie_url, old.overlays.get().overlay_url) == ("complete", "", "")
    assert old.erased_at is not None
    assert new.erased_at is None
    for refused in (
        lambda: services.add_products(old, skus=["WEAR-CAP"]),
        lambda: services.retry(old),
    ):
        with pytest.raises(services.ErasedError):
            refused()


def test_a_session_that_was_never_worked_on_fails_once_its_photo_is_erased(shop, photo_bytes):
    session = begin(photo_bytes)
    services.erase_expired(timezone.now() + timedelta(hours=25))
    session.refresh_from_db()
    assert (session.status, session.failure_code) == ("failed", "expired")
    assert states(session) == {"WEAR-ROUND": "expired"}
    assert made(session).status == "failed"


def test_pictures_that_no_row_remembers_are_erased_too(shop, photo_bytes, private):
    begin(photo_bytes)
    TryOnSession.objects.all().delete()
    services.erase_expired(timezone.now() + timedelta(hours=23))
    assert len(kept(private)) == 1
    services.erase_expired(timezone.now() + timedelta(hours=25))
    assert kept(private) == []


def test_erasing_a_person_erases_their_pictures(
    shop, photo_bytes, private, django_capture_on_commit_callbacks
):
    customer = CustomerFactory(connector=shop)
    made(begin(photo_bytes, customer_id=customer.customer_id))
    other = made(begin(photo_bytes))
    person = Person(customer_remote_ids=(customer.remote_id,))
    [eraser] = [one for one in registry.ERASERS if type(one).__name__ == "TryOnEraser"]
    exported = eraser.export(shop, person)["try_on_sessions"]
    assert [row["consent_version"] for row in exported] == ["1"]
    with django_capture_on_commit_callbacks(execute=True):
        assert eraser.erase(shop, person) == 2
    assert list(TryOnSession.objects.all()) == [other]
    assert len(kept(private)) == 2


# Links


def test_a_signed_link_opens_a_picture_for_some_minutes(client, shop, photo_bytes, time_machine):
    session = made(begin(photo_bytes))
    link = links.picture(session.overlays.get().overlay_url)
    answer = client.get(link)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content)[:3] == b"\xff\xd8\xff"
    time_machine.move_to(timezone.now() + timedelta(minutes=10, seconds=2))
    assert client.get(link).status_code == 404


@pytest.mark.django_db
def test_a_signed_link_never_stands_in_the_log(client, private):
    handlers = logging.getLogger("django").handlers
    handler = next(one for one in handlers if one.get_name() == "stderr")
    before = handler.setStream(said := io.StringIO())
    try:
        link = links.picture("tryon/shoppers/none.jpg")
        assert client.get(link).status_code == 404
        assert client.post(link).status_code == 405
    finally:
        handler.setStream(before)
    assert said.getvalue().count("/try-on/pictures/…") == 2
    assert link.rpartition("/")[2] not in said.getvalue()


def test_other_links_open_nothing(client, shop, photo_bytes, private):
    session = begin(photo_bytes)
    link = links.picture(session.selfie_url)
    (private / "secret.txt").write_text("secret")
    for address in (
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        f"/try-on/pictures/{session.selfie_url}",
        "/try-on/pictures/" + "x" * 3_000,
        "/try-on/pictures/" + links.session_token(session),
    ):
        assert client.get(address).status_code == 404
    assert client.post(link).status_code == 405
    storing.erase([session.selfie_url])
    assert client.get(link).status_code == 404


def test_an_anonymous_shopper_finds_the_session_by_its_token(shop, photo_bytes, time_machine):
    session = begin(photo_bytes)
    token = links.session_token(session)
    assert links.session_id(token) == session.pk
    for wrong in ("", token[:-2], session.pk.hex, links.picture(session.selfie_url)):
        with pytest.raises(links.LinkError):
            links.session_id(wrong)
    time_machine.move_to(timezone.now() + timedelta(hours=25))
    with pytest.raises(links.LinkError):
        links.session_id(token)


# Products


@pytest.mark.parametrize(
    ("title", "category", "kind"),
    [
        ("Round wire glasses", "", "glasses"),
        ("Aviator Sunglasses", "Glasses", "glasses"),
        ("Aviator Sunglasses", "", "sunglasses"),
        ("Anything", "SUNGLASSES", "sunglasses"),
        ("Woolly Hat", "", "hat"),
        ("Gold hoop earrings", "Jewellery", "earrings"),
        ("Chain", "Necklaces", "necklace"),
        ("Set of 4 wine glasses", "", None),
        ("Hat box", "Hats", None),
        ("Chatty capsule", "", None),
        ("Spinning top", "", None),
        ("Mug", "Kitchen", None),
    ],
)
def test_a_product_is_of_the_kind_that_its_words_say(shop, title, category, kind):
    ProductFactory(
        connector=shop, sku="X", title=title, metadata={"categories": [{"name": category}]},
        image_url="https://elsewhere.example.com/x.png",
    )  # fmt: skip
    with pytest.raises(ProductError) as refused:
        preparing.wearable(sku="X", platform="woocommerce")
    assert refused.value.code == ("picture_unreachable" if kind else "kind_unknown")


def test_staff_teach_it_a_word(shop, store):
    PlatformProduct.objects.filter(sku="WEAR-ROUND").update(title="Nickelbrille", metadata={})
    with pytest.raises(ProductError, match="kind_unknown"):
        preparing.wearable(sku="WEAR-ROUND", platform="woocommerce")
    KindRule.objects.create(word="Nickelbrille", kind="glasses")
    assert preparing.wearable(sku="WEAR-ROUND", platform="woocommerce").kind == "glasses"


def test_a_variation_has_its_products_category_and_picture(shop):
    parent = PlatformProduct.objects.get(sku="WEAR-ROUND")
    ProductFactory(
        connector=shop, sku="CHILD", title="Gold", parent_remote_id=parent.remote_id, metadata={}
    )
    assert preparing.wearable(sku="CHILD", platform="woocommerce").kind == "glasses"


def test_shopify_files_products_under_types_and_tags():
    for payload in (
        {"product": {"productType": "Hats", "tags": []}},
        {"product": {"productType": "", "tags": ["winter", "hat"]}},
    ):
        labels = registry.LABELS["shopify"](payload)
        assert "hat" in " ".join((labels.product_type, *labels.tags)).lower()
    for odd in ({}, {"product": None}, {"product": {"productType": 7, "tags": "x"}}):
        assert registry.LABELS["shopify"](odd).tags == ()
    for odd in ({}, {"categories": "x"}, {"categories": [None, {"name": 3}, {}], "tags": 5}):
        assert registry.LABELS["woocommerce"](odd).categories == ()


def test_a_picture_is_fetched_and_cut_out_once(shop, store):
    asked = len(store.application.log)
    first = preparing.wearable(sku="WEAR-SQUARE", platform="woocommerce")
    again = preparing.wearable(sku="WEAR-SQUARE", platform="woocommerce")
    assert [one.path for one in store.application.log[asked:]] == ["/pictures/wear-square.jpg"]
    assert first.anchors == again.anchors
    row = WearableProduct.objects.get()
    assert (row.kind, row.problem, len(row.picture_hash)) == ("glasses", "", 64)
    preparing.forget(row)
    preparing.wearable(sku="WEAR-SQUARE", platform="woocommerce")
    assert len(store.application.log) == asked + 2
    row.refresh_from_db()
    assert row.cutout == f"tryon/cutouts/{row.picture_hash}-glasses.png"


def test_what_staff_set_stays(shop):
    preparing.wearable(sku="WEAR-ROUND", platform="woocommerce")
    row = WearableProduct.objects.get()
    points = {"left_x": 0.2, "left_y": 0.5, "right_x": 0.8, "right_y": 0.5}
    WearableProduct.objects.update(
        kind="glasses", kind_by_staff=True, anchors=points, anchors_by_staff=True
    )
    row.refresh_from_db()
    preparing.forget(row)
    PlatformProduct.objects.update(title="Mug", metadata={})
    assert preparing.wearable(sku="WEAR-ROUND", platform="woocommerce").anchors == points


def test_a_picture_with_a_busy_background_is_refused(shop, store):
    noise = io.BytesIO()
    Image.effect_noise((400, 400), 120).convert("RGB").save(noise, "PNG")
    row = WearableProduct.objects.create(sku="WEAR-ROUND", platform="woocommerce")
    with pytest.raises(ProductError) as refused:
        preparing._cut(row, "glasses", noise.getvalue(), "0" * 64)
    assert refused.value.code == "product_cutout_poor"


def test_a_problem_of_a_product_is_written_down(shop):
    PlatformProduct.objects.filter(sku="WEAR-CAP").update(image_url="")
    with pytest.raises(ProductError):
        preparing.wearable(sku="WEAR-CAP", platform="woocommerce")
    assert WearableProduct.objects.get().problem == "no_picture"


def test_every_code_has_its_words():
    for code, saying in words.SAYINGS.items():
        assert saying.shopper.endswith("."), code
        assert saying.staff.endswith("."), code
    assert words.shopper("") == ""
