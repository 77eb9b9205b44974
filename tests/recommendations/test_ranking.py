"""What is reckoned from baskets: exact on small ones, ahead of simpler methods on others."""

from __future__ import annotations

import numpy as np
import pytest

from recommendations.ranking import baselines, calibration, evaluating, hybrid, measures, purchases
from recommendations.ranking.histories import basket_matrix, best_of_rows, histories
from recommendations.ranking.purchases import Purchases


def arrays(*baskets):
    return [np.array(one) for one in baskets]


@pytest.fixture
def past():
    """Two customers: one with three baskets, one with one."""
    return histories([arrays([0, 1], [1], [0, 2]), arrays([3])], 4)


def test_histories_count_decay_and_remember(past):
    assert past.counts().toarray().tolist() == [[2, 2, 1, 0], [0, 0, 0, 1]]
    assert past.decayed(0.5).toarray().tolist() == [[1.25, 0.75, 1, 0], [0, 0, 0, 1]]
    assert past.gaps().toarray().tolist() == [[1, 2, 1, 0], [0, 0, 0, 1]]
    assert past.recent(2).toarray().tolist() == [[0.5, 0.5, 0.5, 0], [0, 0, 0, 1]]
    assert past.of(np.array([1])).counts().toarray().tolist() == [[0, 0, 0, 1]]


def test_the_best_of_each_row_are_kept():
    matrix = basket_matrix(arrays([0, 1, 2], [3]), 4)
    matrix.data = np.array([1.0, 3.0, 2.0, 5.0])
    assert best_of_rows(matrix, 2).toarray().tolist() == [[0, 3, 2, 0], [0, 0, 0, 5]]


def test_measures_are_exact():
    found = measures.of_each(arrays([7, 1, 2], [5]), arrays([1, 9], [4]))
    first = (1 / np.log2(3)) / (1 + 1 / np.log2(3))
    assert found["recall@10"].tolist() == [0.5, 0]
    assert found["ndcg@10"].tolist() == pytest.approx([first, 0])
    assert found["phr@10"].tolist() == [1, 0]


def test_the_ideal_of_a_large_basket_is_ten_hits():
    found = measures.of_each([np.arange(10)], [np.arange(40)])
    assert found["ndcg@10"].tolist() == pytest.approx([1])
    assert found["recall@10"].tolist() == [0.25]


def test_chances_rise_with_scores_and_hold():
    random = np.random.default_rng(0)
    score = random.uniform(-3, 3, 20_000)
    hits = (random.uniform(size=20_000) < 1 / (1 + np.exp(-score))).astype(float)
    found = calibration.fit(score, hits)
    chance = found.chance(np.linspace(-3, 3, 50))
    assert (np.diff(chance) >= 0).all()
    assert calibration.error(found.chance(score), hits) < 0.01
    assert found.chance(np.array([0.0]))[0] == pytest.approx(0.5, abs=0.05)


def test_a_day_is_one_basket_and_a_sku_counts_once_in_it():
    found = purchases.persons(Purchases(
        customer=np.array([1, 0, 0, 0, 0]), day=np.array([5, 9, 3, 3, 3]),
        sku=np.array([8, 1, 2, 2, 7]),
    ))  # fmt: skip
    assert [(one.customer, one.days) for one in found] == [(0, [3, 9]), (1, [5])]
    assert [basket.tolist() for basket in found[0].baskets] == [[2, 7], [1]]
    assert found[0].before(9) == 1


def shop(customers=300, seed=0):
    """Customers with a few SKUs of their own that they buy again, and one that follows another."""
    random = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        own = random.choice(60, 3, replace=False)
        day = int(random.integers(0, 60))
        for _ in range(int(random.integers(4, 9))):
            bought = {int(one) for one in own if random.uniform() < 0.6}
            bought |= {int(random.integers(0, 60))}
            rows += [(customer, day, sku) for sku in bought]
            # Whoever buys an even SKU comes back for the odd one after it.
            rows += [(customer, day + 7, sku + 60) for sku in bought if sku % 2 == 0]
            day += int(random.integers(8, 20))
    customer, day, sku = np.array(rows).T
    return purchases.persons(Purchases(customer=customer, day=day, sku=sku))


def test_the_hybrid_is_ahead_of_every_single_method():
    found = evaluating.evaluate(evaluating.at_day(shop(600), 100))
    for name, one in found.others.items():
        assert found.hybrid.means["ndcg@10"] > one.means["ndcg@10"], name
    assert set(found.others) == set(baselines.METHODS)


def test_nothing_of_what_comes_after_the_day_is_known():
    everybody = shop()
    known = purchases.known_at(everybody, 80)
    cut = [
        purchases.Person(
            customer=one.customer, days=one.days[: one.before(80)],
            baskets=one.baskets[: one.before(80)],
        )
        for one in everybody
    ]  # fmt: skip
    alone = purchases.known_at(cut, 80)
    one, other = (
        hybrid.fit(of.examples, latest=of.latest, asked_at=of.asked_at)
        .scored(of.past, np.arange(of.past.size)).top(10)
        for of in (known, alone)
    )  # fmt: skip
    assert [a.tolist() for a in one[0]] == [b.tolist() for b in other[0]]
    assert np.concatenate(one[1]) == pytest.approx(np.concatenate(other[1]))


def test_a_model_is_the_same_twice():
    task = evaluating.at_day(shop(), 80)
    first, second = (
        hybrid.fit(task.examples, latest=task.latest, asked_at=task.asked_at) for _ in range(2)
    )
    assert first.known.weights.tolist() == second.known.weights.tolist()
