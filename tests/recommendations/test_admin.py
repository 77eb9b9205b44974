"""Recommendations in the console."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from orders.models import PlatformCustomer, PlatformOrder
from recommendations import attributing, health, proof, recording, training
from recommendations.models import Blocked, RecommendationLog, Training
from tests.factories import CustomerFactory, ProductFactory
from tests.recommendations.conftest import NOW, bought_by, line_of, order_of

pytestmark = pytest.mark.django_db


def test_products_stand_in_their_order_and_unknown_ones_are_called_so(admin_client):
    customer = CustomerFactory(name="Ann")
    ProductFactory(connector=customer.connector, sku="B", title="Bowl")
    log = RecommendationLog.objects.create(customer=customer, recommendations=["B", "<b>gone</b>"])
    body = admin_client.get(
        f"/admin/recommendations/recommendationlog/{log.pk}/change/"
    ).content.decode()
    assert body.index("Bowl (B)") < body.index("&lt;b&gt;gone&lt;/b&gt; (not in the catalogue)")
    assert "Ann" in admin_client.get("/admin/recommendations/recommendationlog/").content.decode()


MODELS = "/admin/recommendations/training/"
LOGS = "/admin/recommendations/recommendationlog/"


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def member(client, group):
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)


def test_a_model_shows_what_it_was_trained_on_and_how_good_it_is(admin_client, shop, train):
    assert "No model is in place yet" in page(admin_client, MODELS)
    done = train()
    body = page(admin_client, f"{MODELS}{done.pk}/change/")
    for words in ("Beside simpler methods", "personal", "tifuknn", "Do the chances hold?",
                  "expected calibration error", "160"):  # fmt: skip
        assert words in body
    assert "is in place" in page(admin_client, MODELS)


def test_a_training_is_asked_for_and_followed(admin_client, shop, monkeypatch):
    sent = []
    monkeypatch.setattr("recommendations.tasks.train_soon", sent.append)
    first = admin_client.post(f"{MODELS}train/")
    asked = Training.objects.get()
    assert sent == [asked.pk]
    assert first.url == f"{MODELS}{asked.pk}/change/"
    assert "A worker takes it" in page(admin_client, f"{MODELS}{asked.pk}/progress/")
    assert admin_client.post(f"{MODELS}train/").url == first.url
    assert sent == [asked.pk]
    training.run(asked.pk)
    assert "A worker" not in page(admin_client, f"{MODELS}{asked.pk}/progress/")
    assert Training.objects.get().asked_by.username == "admin"


def test_who_may_only_look_can_neither_train_nor_block(client, db):
    member(client, "agent")
    assert "Train now" not in page(client, MODELS)
    assert client.post(f"{MODELS}train/").status_code == 403
    assert client.get("/admin/recommendations/blocked/add/").status_code == 403
    assert not Training.objects.exists()


def test_a_lead_blocks_a_sku_once(client, db):
    member(client, "lead")
    assert "Train now" in page(client, MODELS)
    values = {"what": "sku", "value": "ABC-1", "note": "recalled"}
    assert client.post("/admin/recommendations/blocked/add/", values).status_code == 302
    again = client.post("/admin/recommendations/blocked/add/", {**values, "value": "abc-1"})
    assert again.status_code == 200
    assert Blocked.objects.count() == 1


def test_what_is_wrong_with_models_is_said(shop, train):
    assert health.now().problems == []
    done = train()
    Training.objects.filter(pk=done.pk).update(
        finished_at=timezone.now() - timedelta(days=4), drift={"ece@10": 0.2}
    )
    Training.objects.create(state="failed", failure="It stopped.")
    problems = " ".join(health.now().problems)
    for words in ("It stopped.", "older than three days", "the shop has changed"):
        assert words in problems


def test_a_customers_recommendations_show_their_reasons(admin_client, shop, train):
    train()
    customer = PlatformCustomer.objects.get(customer_id="5")
    own = page(admin_client, f"/admin/orders/platformcustomer/{customer.pk}/change/")
    address = f"{LOGS}of/woocommerce/5/"
    assert address in own
    body = page(admin_client, address)
    assert f"Product {bought_by('5')[0]}" in body
    assert "Bought " in body
    assert not RecommendationLog.objects.exists()
    assert admin_client.get(f"{LOGS}of/woocommerce/none/").status_code == 404


def a_log(customer_id, *, days, is_holdout=False, sku="SKU-001"):
    return RecommendationLog.objects.create(
        customer_id=customer_id, platform="woocommerce", recommendations=[sku],
        requested_at=NOW - timedelta(days=days), strategy="personal", is_holdout=is_holdout,
        answer={"results": [{"sku": sku, "score": 1.0, "confidence": 0.25,
                             "reason": {"code": "popular", "text": "Popular at the moment"}}]},
    )  # fmt: skip


def test_a_report_counts_answers_clicks_and_lines_once(admin_client, shop):
    log = a_log("5", days=20)
    a_log("5", days=19)
    recording.window()
    order = order_of(shop, 80_000, "5", days=18)
    order.save()
    line_of(order, 999_001, "SKU-001").save()
    log.events.create(kind="click", sku="SKU-001", platform="woocommerce",
                      occurred_at=NOW - timedelta(days=20))  # fmt: skip
    attributing.attribute()
    found = proof.report(NOW - timedelta(days=90))
    assert (found.answers, found.clicked) == (2, 1)
    assert [(one[0], one[1], str(one[2])) for one in found.lines] == [("GBP", 1, "5.000000")]
    assert found.compared[0].shown.customers == 1
    assert found.compared[0].lift.verdict == "too_few"
    body = page(admin_client, f"{LOGS}worth/")
    assert "Nothing can be said yet." in body
    assert "GBP 5.00" in body
    detail = page(admin_client, f"{LOGS}{log.pk}/change/")
    assert "25.0 % · Popular at the moment" in detail
    assert "Order" in detail


def test_a_lift_is_claimed_only_with_enough_customers_and_narrow_bounds():
    random = np.random.default_rng(0)
    usual = random.gamma(4, 10, 5_000)
    assert proof.lift(usual[:50], usual).verdict == "too_few"
    assert proof.lift(usual, np.zeros(500)).verdict == "too_few"
    assert proof.lift(usual, random.gamma(4, 10, 5_000)).verdict == "undecided"
    more = proof.lift(random.gamma(4, 12, 5_000), usual)
    assert more.verdict == "more"
    assert more.low < 0.2 < more.high
    assert proof.lift(usual, random.gamma(4, 12, 5_000)).verdict == "less"
    wild = random.pareto(1.1, 150) * 100
    assert proof.lift(wild, random.pareto(1.1, 150)).verdict == "too_wide"


def test_customers_are_compared_by_what_they_spent_in_their_window(shop):
    shop.currency = "GBP"
    shop.save()
    for number in range(1, 11):
        a_log(str(number), days=10, is_holdout=number > 5)
    PlatformOrder.objects.all().delete()
    for number, (customer, days, status) in enumerate([
        ("1", 9, "completed"), ("1", 2, "completed"), ("2", 9, "cancelled"), ("6", 8, "processing"),
    ]):  # fmt: skip
        order_of(shop, 90_000 + number, customer, days=days, status=status).save()
    (found,) = proof.report(NOW - timedelta(days=90)).compared
    assert (found.shown.customers, str(found.shown.revenue)) == (5, "18.000000")
    assert (found.holdout.customers, str(found.holdout.revenue)) == (5, "18.000000")
