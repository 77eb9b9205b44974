"""Recommendations over the API: learnt, asked for, and never an error for a shopper."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from catalog.models import PlatformProduct
from connectors import privacy, registry
from connectors.models import Scope
from orders.models import OrderItem, PlatformCustomer, PlatformOrder
from recommendations import attributing, fallback, persons, recording, serving, tasks, training
from recommendations.models import Blocked, RecommendationEvent, RecommendationLog, Training
from tests.factories import ConnectorFactory, CustomerFactory, ProductFactory
from tests.recommendations.conftest import bought_by, line_of, order_of, sku_of
from tests.storefront.conftest import Caller, key_of, shopper_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(client, shop):
    scopes = [Scope.RECOMMENDATIONS, Scope.TOKENS]
    return Caller(client, key_of(shop, scopes)[1])


def path_of(**query):
    return "/recommendations/?" + urlencode({"platform": "woocommerce", **query})


@pytest.fixture
def ask(server):
    def ask(**query):
        found = server.get(path_of(**query))
        assert found.status_code == 200, found.content
        return found.json()

    return ask


def skus(answer):
    return [one["sku"] for one in answer["results"]]


def codes(answer):
    return [one["reason"]["code"] for one in answer["results"]]


def test_a_customer_gets_what_they_buy_again(train, ask):
    done = train()
    assert done.state == "ready", done.failure
    answer = ask(customer_id="5")
    assert answer["strategy"] == "personal"
    assert answer["model_version"] == str(done.pk)
    assert set(bought_by("5")[:2]) <= set(skus(answer)[:4])
    assert len(skus(answer)) == len(set(skus(answer))) == 10
    first = answer["results"][0]
    assert first["reason"]["code"] == "bought_before"
    assert first["reason"]["text"].startswith("Bought ")
    assert 0.2 < first["confidence"] <= 1
    assert first["product"]["title"] == f"Product {first['sku']}"
    said = [one["confidence"] for one in answer["results"] if one["reason"]["code"] != "popular"]
    assert said == sorted(said, reverse=True)


def test_an_answer_is_kept_and_shown_again(train, ask, server):
    train()
    answer = ask(customer_id="5", n=3)
    log = RecommendationLog.objects.get(pk=answer["id"])
    assert log.recommendations == skus(answer)
    assert (log.customer_id, log.platform, log.strategy) == ("5", "woocommerce", "personal")
    mean = sum(one["confidence"] for one in answer["results"]) / 3 * 100
    assert float(log.confidence) == pytest.approx(mean, abs=0.01)
    again = server.get(f"/recommendations/{answer['id']}/")
    assert again.status_code == 200
    assert again.json() == answer
    PlatformProduct.objects.filter(sku=skus(answer)[0]).update(deleted_at=timezone.now())
    gone = server.get(f"/recommendations/{answer['id']}/").json()["results"][0]
    assert gone["product"]["is_deleted"]
    assert again.headers["Cache-Control"] == "no-store"


def test_a_cart_and_a_product_call_for_what_goes_with_them(shop, train, ask):
    # Whoever buys 0 and 1 buys 2 as well.
    orders = [order_of(shop, 50_000 + n, str(n + 1), days=20 + n / 9) for n in range(40)]
    PlatformOrder.objects.bulk_create(orders)
    OrderItem.objects.bulk_create([
        line_of(order, 900_000 + 3 * n + sku, sku_of(sku))
        for n, order in enumerate(orders) for sku in range(3)
    ])  # fmt: skip
    train()
    cart = ask(skus=f"{sku_of(0)},{sku_of(1)}")
    assert cart["strategy"] == "cart"
    assert skus(cart)[0] == sku_of(2)
    assert not {sku_of(0), sku_of(1)} & set(skus(cart))
    reason = cart["results"][0]["reason"]
    assert reason["code"] == "bought_with"
    assert reason["text"] in {f"Often bought with Product {sku_of(one)}" for one in (0, 1)}
    similar = ask(sku=sku_of(2))
    assert similar["strategy"] == "similar"
    assert set(skus(similar)[:2]) == {sku_of(0), sku_of(1)}
    assert sku_of(2) not in skus(similar)


def test_a_new_order_counts_at_once(shop, train, ask):
    train()
    new = next(sku_of(n) for n in range(60) if sku_of(n) not in bought_by("7"))
    order = order_of(shop, 60_000, "7", days=0)
    order.save()
    line_of(order, 990_000, new).save()
    answer = ask(customer_id="7")
    reasons = {one["sku"]: one["reason"]["text"] for one in answer["results"]}
    assert reasons[new] == "Bought today"
    assert new not in skus(ask(customer_id="7", exclude_purchased=True))


def test_what_was_given_back_or_cancelled_is_no_purchase(shop, train, ask):
    train()
    for number, more in ((61_000, {"status": "cancelled"}), (61_001, {"refunds": [
        {"lines": [{"remote_id": 991_001, "quantity": 1}]}
    ]})):  # fmt: skip
        order = order_of(shop, number, "99999", days=0, **more)
        CustomerFactory(connector=shop, remote_id=99_999) if number == 61_000 else None
        order.save()
        line_of(order, 930_000 + number, sku_of(3)).save()
    assert ask(customer_id="99999")["fallback"] == "no_history"


def test_without_a_model_what_sells_is_recommended(shop, ask):
    answer = ask(customer_id="5")
    assert (answer["strategy"], answer["fallback"]) == ("popular", "no_model")
    assert answer["model_version"] is None
    assert len(skus(answer)) == 10
    assert skus(ask(sku=sku_of(1)))


@pytest.mark.parametrize(("query", "fallback_"), [
    ({"customer_id": "nobody"}, "no_history"), ({"sku": "nothing"}, "unknown_sku"),
    ({"skus": "no,such"}, "unknown_sku"), ({}, ""),
])  # fmt: skip
def test_whoever_is_new_gets_what_sells(train, ask, query, fallback_):
    train()
    answer = ask(**query)
    assert (answer["strategy"], answer["fallback"]) == ("popular", fallback_)
    assert len(skus(answer)) == 10
    assert answer["customer_id"] is None


def test_a_shop_without_orders_shows_what_is_new(client):
    store = ConnectorFactory(key_prefix="")
    caller = Caller(client, key_of(store)[1])
    nothing = caller.get(path_of()).json()
    assert (nothing["strategy"], nothing["results"]) == ("none", [])
    fallback.forget()
    old = ProductFactory(connector=store, remote_created_at="2025-01-01T00:00Z")
    new = ProductFactory(connector=store, remote_created_at="2026-01-01T00:00Z")
    answer = caller.get(path_of()).json()
    assert (answer["strategy"], skus(answer)) == ("newest", [new.sku, old.sku])
    assert answer["results"][0]["confidence"] is None


def test_only_what_can_be_bought_is_shown(train, ask):
    train()
    first = skus(ask(customer_id="5"))[0]
    PlatformProduct.objects.filter(sku=first).update(available=False)
    assert first not in skus(ask(customer_id="5"))
    second = skus(ask(customer_id="5"))[0]
    PlatformProduct.objects.filter(sku=second).update(platform_status="draft")
    assert second not in skus(ask(customer_id="5"))
    PlatformProduct.objects.update(available=False)
    empty = ask(customer_id="5")
    assert (empty["strategy"], empty["fallback"], skus(empty)) == ("none", "nothing_found", [])


def test_categories_are_asked_for_and_blocked(train, ask):
    train()
    assert {int(sku[-3:]) % 2 for sku in skus(ask(customer_id="5", category="tea"))} == {1}
    assert skus(ask(customer_id="5", category="no such")) == []
    first = skus(ask(customer_id="5"))[0]
    Blocked.objects.create(what="sku", value=first.lower())
    Blocked.objects.create(what="category", value="Mugs")
    serving.look()
    left = skus(ask(customer_id="5"))
    assert left
    assert first not in left
    assert {int(sku[-3:]) % 2 for sku in left} == {1}
    Training.objects.all().delete()
    serving.forget()
    assert {int(sku[-3:]) % 2 for sku in skus(ask())} == {1}


def test_the_holdout_is_stable_and_gets_what_sells(train, ask, settings):
    train()
    settings.RECOMMENDATIONS_HOLDOUT = 50
    asked = {str(n): ask(customer_id=str(n)) for n in range(1, 31)}
    held = {key for key, one in asked.items() if one["strategy"] == "popular"}
    assert 5 <= len(held) <= 25
    assert {asked[key]["fallback"] for key in held} == {"holdout"}
    logs = RecommendationLog.objects.filter(is_holdout=True)
    assert set(logs.values_list("customer_id", flat=True)) == held
    again = {key for key in asked if ask(customer_id=key)["strategy"] == "popular"}
    assert again == held
    settings.RECOMMENDATIONS_HOLDOUT = 60
    assert held <= {key for key in asked if ask(customer_id=key)["strategy"] == "popular"}


def test_the_share_of_the_holdout_is_what_is_set():
    held = sum(persons.is_held_out(f"c{n}@example.com", 5) for n in range(20_000))
    assert held == pytest.approx(1_000, abs=150)


def test_a_shopper_sees_only_their_own(shop, train, ask, server):
    train()
    other = ask(customer_id="6")
    shopper = shopper_of(server, PlatformCustomer.objects.get(customer_id="5"))
    own = shopper.get("/recommendations/")
    assert own.json()["customer_id"] == "5"
    assert own.json()["strategy"] == "personal"
    for path in (f"/recommendations/{other['id']}/", "/recommendations/?customer_id=6",
                 "/recommendations/?platform=shopify"):  # fmt: skip
        assert shopper.get(path).status_code == 404, path
    click = {"kind": "click", "sku": skus(other)[0]}
    assert shopper.post(f"/recommendations/{other['id']}/events/", click).status_code == 404


def test_another_store_sees_neither_answers_nor_history(client, shop, train, ask):
    train()
    elsewhere = Caller(client, key_of(ConnectorFactory(key_prefix="b"))[1])
    found = elsewhere.get(path_of(customer_id="5")).json()
    assert found["customer_id"] is None
    assert found["results"] == []
    assert elsewhere.get(f"/recommendations/{ask(customer_id='5')['id']}/").status_code == 404


def test_a_click_counts_once_and_a_forged_one_not_at_all(train, ask, server):
    train()
    answer = ask(customer_id="5")
    path, click = (
        f"/recommendations/{answer['id']}/events/",
        {"kind": "click", "sku": skus(answer)[0]},
    )
    first = server.post(path, click)
    again = server.post(path, click)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert RecommendationEvent.objects.count() == 1
    forged = server.post(path, {"kind": "click", "sku": "SKU-none"})
    assert (forged.status_code, forged.json()["code"]) == (422, "not_recommended")
    assert server.post(f"/recommendations/{uuid.uuid4()}/events/", click).status_code == 404
    wrong = server.post(path, {"kind": "order", "sku": skus(answer)[0]})
    assert (wrong.status_code, wrong.json()["fields"][0]["field"]) == (400, "kind")
    RecommendationLog.objects.update(requested_at=timezone.now() - timedelta(days=8))
    late = server.post(path, {"kind": "click", "sku": skus(answer)[1]})
    assert (late.status_code, late.json()["code"]) == (422, "too_late")


def test_an_order_is_put_down_once_to_the_answer_clicked_on(shop, train, ask, server):
    train()
    clicked, later = ask(customer_id="5"), ask(customer_id="5")
    sku, other = skus(clicked)[:2]
    server.post(f"/recommendations/{clicked['id']}/events/", {"kind": "click", "sku": sku})
    order = order_of(shop, 70_000, "5", days=-0.01)
    order.save()
    for number, one in ((1, sku), (2, other), (3, "SKU-none")):
        line_of(order, 995_000 + number, one).save()
    assert attributing.attribute() == 2
    assert attributing.attribute() == 0
    found = dict(RecommendationEvent.objects.filter(kind="order").values_list("sku", "log_id"))
    assert {key: str(value) for key, value in found.items()} == {
        sku: clicked["id"], other: later["id"],
    }  # fmt: skip


def test_orders_before_the_answer_and_long_after_are_not_put_down(shop, train, ask):
    train()
    answer = ask(customer_id="5")
    for number, days in ((70_001, 0.1), (70_002, -8)):
        order = order_of(shop, number, "5", days=days)
        order.save()
        line_of(order, number + 900_000, skus(answer)[0]).save()
    assert attributing.attribute() == 0


def test_an_erased_customer_leaves_the_log_and_the_next_model(shop, train, ask):
    train()
    answer = ask(customer_id="5")
    customer = PlatformCustomer.objects.get(customer_id="5")
    before = serving.served().thawed.model.learnt.who
    assert persons.number("c5@example.com") in before
    person = registry.Person(customer_remote_ids=(customer.remote_id,), emails=("c5@example.com",))
    privacy.erase(connector=shop, person=person)
    assert not RecommendationLog.objects.filter(pk=answer["id"]).exists()
    train()
    assert persons.number("c5@example.com") not in serving.served().thawed.model.learnt.who
    assert len(serving.served().thawed.model.learnt.who) < len(before)


def test_old_answers_are_forgotten(train, ask, settings):
    train()
    old, young = ask(customer_id="5"), ask(customer_id="6")
    RecommendationLog.objects.filter(pk=old["id"]).update(
        requested_at=timezone.now() - timedelta(days=settings.RECOMMENDATIONS_KEEP_DAYS + 1)
    )
    assert recording.forget_old() == 1
    assert str(RecommendationLog.objects.get().pk) == young["id"]


def test_the_model_before_serves_where_one_is_damaged(train, ask, caplog):
    first, second = train(), train()
    assert ask(customer_id="5")["model_version"] == str(second.pk)
    path = Path(storages["private"].path(second.files["names"]["file"]))
    with path.open("r+b") as file:
        file.seek(200)
        file.write(b"damage")
    serving.forget()
    assert ask(customer_id="5")["model_version"] == str(first.pk)
    second.refresh_from_db()
    assert second.state == "broken"
    assert "names.npy" in second.failure
    assert f"model damaged version={second.pk}" in caplog.text


def test_two_models_are_kept_and_the_older_deleted(shop, train):
    first, _, third = train(), train(), train()
    first.refresh_from_db()
    assert first.state == "forgotten"
    assert not storages["private"].exists(first.files["names"]["file"])
    assert Training.objects.filter(state="ready").count() == 2
    assert serving.served().version == third.pk


def test_one_training_at_a_time(shop):
    asked = training.ask()
    with pytest.raises(training.BusyError) as refused:
        training.ask()
    assert refused.value.training == asked
    assert training.run(asked.pk).state == "ready"
    started = Training.objects.get(pk=asked.pk).started_at
    assert training.run(asked.pk).started_at == started


def test_a_training_whose_worker_was_killed_is_taken_over(shop):
    dead = training.ask()
    Training.objects.filter(pk=dead.pk).update(
        state="running", seen_at=timezone.now() - timedelta(minutes=6)
    )
    assert training.run(training.ask().pk).state == "ready"
    dead.refresh_from_db()
    assert (dead.state, dead.failure) == ("failed", "Its worker stopped in the middle of it.")


def test_the_first_model_neednt_wait_for_the_night(db, request):
    tasks.train_first()
    assert not Training.objects.exists()
    request.getfixturevalue("shop")
    tasks.train_first()
    assert Training.objects.get().state == "ready"
    tasks.train_first()
    assert Training.objects.count() == 1


def test_too_few_orders_are_said_to_be_too_few(db):
    store = ConnectorFactory()
    assert training.run(training.ask().pk).failure.startswith("There are no orders yet")
    order = order_of(store, 1, None, days=3, email="a@example.com")
    order.save()
    line_of(order, 1, "A").save()
    done = training.run(training.ask().pk)
    assert (done.state, done.failure[:20]) == ("failed", "Only 0 orders are a ")


def test_a_second_training_says_how_the_first_did_since(shop, train):
    first = train()
    Training.objects.filter(pk=first.pk).update(started_at=timezone.now() - timedelta(days=150))
    second = train()
    assert second.drift["version"] == str(first.pk)
    assert second.drift["customers"] >= 100
    assert 0 < second.drift["recall@10"] <= 1
    assert second.metrics["recall@10"] > second.metrics["baselines"]["popularity"]["recall@10"]


@pytest.mark.django_db(transaction=True)
def test_a_model_is_exchanged_while_it_is_asked(train, server):
    """Requests go on while another model is put in place; each answer is of one model whole."""
    first = train()
    versions, stop, failures = set(), threading.Event(), []
    authorization = server.authorization

    def go_on():
        from django.test import Client

        caller = Caller(Client(), authorization)
        number = 0
        while not stop.is_set():
            number = number % 100 + 1
            answer = caller.get(path_of(customer_id=str(number)))
            if answer.status_code != 200 or len(answer.json()["results"]) != 10:
                failures.append(answer.content)
            versions.add(answer.json()["model_version"])
        connection.close()

    threads = [threading.Thread(target=go_on) for _ in range(3)]
    for thread in threads:
        thread.start()
    second = train()
    third = train()
    stop.wait(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (
        {str(first.pk), str(third.pk)}
        <= versions
        <= {str(one.pk) for one in (first, second, third)}
    )


def test_the_queries_of_an_answer_are_counted(train, ask, django_assert_num_queries):
    """The key, the customer, their lines, the products, the log: and when the key was last used."""
    train()
    ask(customer_id="5")
    with django_assert_num_queries(5):
        ask(customer_id="5")
