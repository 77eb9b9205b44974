"""manage.py evaluate_recommendations, as somebody at a shell or a script uses it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from recommendations import reading
from tests import factories

TOP = {"recall@10", "ndcg@10", "phr@10", "ece@10"}


def baskets(customers=120, seed=1):
    random = np.random.default_rng(seed)
    found = {}
    for number in range(customers):
        own = random.choice(40, 4, replace=False)
        found[f"c{number}"] = [
            [f"sku-{one}" for one in own if random.uniform() < 0.7] or ["sku-0"]
            for _ in range(int(random.integers(3, 7)))
        ]
    keys = list(found)
    return {"customers": found, "split": {
        "train": keys[:80], "validate": keys[80:90], "test": keys[90:],
    }}  # fmt: skip


@pytest.fixture
def run(capsys):
    def run(*arguments):
        call_command("evaluate_recommendations", *arguments)
        return capsys.readouterr()

    return run


def test_a_file_of_baskets_gives_one_object(run, tmp_path):
    file = tmp_path / "baskets.json"
    file.write_text(json.dumps(baskets()))
    printed = run("--baskets", str(file), "--json", "--plots", str(tmp_path / "plots"))
    found = json.loads(printed.out)
    assert set(found) >= TOP
    assert found["customers"] == 30
    assert set(found["baselines"]) == {"popularity", "personal", "item-knn", "als", "tifuknn"}
    assert found["recall@10"] > found["baselines"]["popularity"]["recall@10"]
    assert found["recall@10"] == json.loads(run("--baskets", str(file), "--json").out)["recall@10"]
    for name in ("baskets-methods.png", "baskets-reliability.png"):
        assert (tmp_path / "plots" / name).read_bytes().startswith(b"\x89PNG")


def test_what_the_test_customers_bought_last_is_not_looked_at(run, tmp_path):
    """With other targets the lists stay the same: only how many hits they have changes."""
    content = baskets()
    file = tmp_path / "baskets.json"
    file.write_text(json.dumps(content))
    first = json.loads(run("--baskets", str(file), "--json").out)
    for key in content["split"]["validate"]:
        content["customers"][key][-1] = ["sku-1"]
    file.write_text(json.dumps(content))
    second = json.loads(run("--baskets", str(file), "--json").out)
    assert first["recall@10"] == second["recall@10"]
    for key in content["split"]["test"]:
        content["customers"][key][-1] = ["sku-39"]
    file.write_text(json.dumps(content))
    third = json.loads(run("--baskets", str(file), "--json").out)
    assert third["coverage@10"] == first["coverage@10"]
    assert third["novelty@10"] == pytest.approx(first["novelty@10"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON"),
        ("[]", "has to be"),
        ('{"customers": {}, "split": {}}', "has to be"),
        ('{"customers": {"a": 5}, "split": {"train": [], "test": []}}', "has to be"),
        (
            '{"customers": {}, "split": {"train": ["x"], "test": []}}',
            "there isn't: x",
        ),
        ('{"customers": {"a": [["b"]]}, "split": {"train": ["a"], "test": ["a"]}}', "two baskets"),
    ],
)
def test_a_file_that_is_none_says_why(run, tmp_path, text, says):
    file = tmp_path / "baskets.json"
    file.write_text(text)
    with pytest.raises(CommandError, match=says):
        run("--baskets", str(file))
    with pytest.raises(CommandError, match="can't be read"):
        run("--baskets", str(tmp_path / "none.json"))


def test_a_shop_without_orders_is_told_what_to_do(run, db):
    with pytest.raises(CommandError, match="copy a store first"):
        run()


def test_the_shops_own_orders(run, db):
    connector = factories.ConnectorFactory()
    random = np.random.default_rng(2)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for customer in factories.CustomerFactory.create_batch(40, connector=connector):
        own = random.choice(15, 3, replace=False)
        for week in range(6):
            order = factories.OrderFactory(
                connector=connector, customer=customer,
                created_at=start + timedelta(days=int(week * 20 + random.integers(0, 15))),
            )  # fmt: skip
            for sku in own[random.uniform(size=3) < 0.8]:
                factories.ItemFactory(order=order, merchant_sku=f"SKU-{sku}")
    printed = run("--cut", "2026-03-20").out
    assert "2026-03-20: " in printed
    assert "By how much the hybrid is ahead" in printed
    with pytest.raises(CommandError, match="choose another"):
        run("--cut", "2026-01-02")


def test_what_counts_as_bought(db):
    shop, other = factories.ConnectorFactory(), factories.ConnectorFactory(key_prefix="eu")
    customer = factories.CustomerFactory(connector=shop, email="Ada@example.com")

    def sold(connector=shop, merchant_sku="A", refunds=(), quantity=2, **order):
        order.setdefault("customer", customer)
        made = factories.OrderFactory(connector=connector, **order)
        item = factories.ItemFactory(order=made, merchant_sku=merchant_sku, quantity=quantity)
        made.refunds = [
            {"remote_id": 1, "lines": [{"remote_id": item.remote_id, "quantity": one}]}
            for one in refunds
        ]
        made.save(update_fields=["refunds"])

    sold()
    sold(connector=other, merchant_sku=" a ", customer=None, email="ada@example.com")
    sold(merchant_sku="B", refunds=(1,))
    sold(merchant_sku="C", refunds=(1, 1))
    sold(merchant_sku="D", status="cancelled")
    sold(merchant_sku="E", status="refunded")
    sold(merchant_sku="F", customer=None, email="")
    found = reading.read()
    bought = [found.skus[number] for number in found.purchases.sku]
    assert sorted(bought) == ["a", "a", "b"]
    assert found.customers == ["ada@example.com"]
