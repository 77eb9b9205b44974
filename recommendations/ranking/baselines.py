"""The single methods that the hybrid has to beat. Each gives every customer a list of SKUs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

import numpy as np
from scipy import sparse

from recommendations.ranking.histories import Array, Histories, Matrix, sums
from recommendations.ranking.hybrid import Examples

BLOCK = 500
TIFU_GROUP, TIFU_WITHIN, TIFU_BETWEEN, TIFU_OWN = 7, 0.9, 0.7, 0.7
TIFU_NEIGHBOURS = 300
FACTORS = 128


def popularity(examples: Examples, past: Histories, most: int) -> list[Array]:
    """What most bought."""
    total = sums(examples.past.counts(), 0) + sums(examples.after, 0)
    return [np.argsort(-total, kind="stable")[:most]] * past.size


def personal(examples: Examples, past: Histories, most: int) -> list[Array]:
    """What the customer bought most often, then what most bought."""
    total = sums(examples.past.counts(), 0) + sums(examples.after, 0)
    ties = total / (total.max(initial=0) + 1) / 2
    return _lists(past, most, lambda part: part.counts().toarray() + ties)


def item_knn(examples: Examples, past: Histories, most: int) -> list[Array]:
    """What goes with what the customer bought (BM25)."""
    from implicit.nearest_neighbours import BM25Recommender

    bought = _all(examples)
    bought.data[:] = 1
    model = BM25Recommender(K=200, num_threads=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of what its own weighting hands on
        model.fit(bought, show_progress=False)
    similar = model.similarity.tocsr()
    return _lists(past, most, lambda part: (part.counts() @ similar).toarray())


def factors(examples: Examples, past: Histories, most: int) -> list[Array]:
    """Alternating least squares."""
    from implicit.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=FACTORS, iterations=15, regularization=0.01, alpha=1.0, random_state=0,
            num_threads=2,
        )  # fmt: skip
        model.fit(_all(examples), show_progress=False)
        skus, _ = model.recommend(
            np.arange(past.size), past.counts(), N=min(most, past.skus), recalculate_user=True,
            filter_already_liked_items=False,
        )  # fmt: skip
    return list(skus)


def tifuknn(examples: Examples, past: Histories, most: int) -> list[Array]:
    """Decayed personal frequency, mixed with that of the most alike (Hu et al., 2020)."""
    own, others = _tifu(past), _tifu(_whole(examples))
    lengths = sums(others.multiply(others).tocsr(), 1)
    near = min(TIFU_NEIGHBOURS, others.shape[0])

    def scores(start: int, stop: int) -> Array:
        asked = own[start:stop]
        closeness = 2 * (asked @ others.T).toarray() - lengths
        best = np.argpartition(-closeness, near - 1, axis=1)[:, :near]
        rows = np.repeat(np.arange(stop - start), near)
        share = np.full(best.size, 1 / near, np.float32)
        votes = sparse.csr_matrix((share, (rows, best.ravel())), shape=closeness.shape) @ others
        return np.asarray((asked * TIFU_OWN + votes * (1 - TIFU_OWN)).toarray())

    return [
        top
        for start in range(0, past.size, BLOCK)
        for top in _best(scores(start, min(start + BLOCK, past.size)), most)
    ]


Method = Callable[[Examples, Histories, int], list[Array]]
METHODS: Mapping[str, Method] = {
    "popularity": popularity, "personal": personal, "item-knn": item_knn, "als": factors,
    "tifuknn": tifuknn,
}  # fmt: skip


def _all(examples: Examples) -> Matrix:
    return sparse.csr_matrix(examples.past.counts() + examples.after)


def _whole(examples: Examples) -> Histories:
    """The histories with the order that came next as their newest."""
    past, after = examples.past, examples.after.tocoo()
    return Histories(
        row=np.concatenate([past.row, after.row]), col=np.concatenate([past.col, after.col]),
        back=np.concatenate([past.back + 1, np.zeros(after.nnz, np.int64)]),
        orders=past.orders + 1, skus=past.skus,
    )  # fmt: skip


def _tifu(past: Histories) -> Matrix:
    """Weights that fall within groups of baskets, and between groups."""
    orders = past.orders[past.row]
    size = np.maximum(np.ceil(orders / TIFU_GROUP), 1)
    group = (past.back // size).astype(np.int64)
    groups = np.ceil(orders / size)
    inside = np.minimum(orders - group * size, size)
    within = TIFU_WITHIN ** (past.back - group * size)
    return past.matrix(within * TIFU_BETWEEN**group / inside / groups)


def _lists(past: Histories, most: int, scores: Callable[[Histories], Array]) -> list[Array]:
    found: list[Array] = []
    for start in range(0, past.size, BLOCK):
        rows = np.arange(start, min(start + BLOCK, past.size))
        found += _best(np.asarray(scores(past.of(rows))), most)
    return found


def _best(scores: Array, most: int) -> list[Array]:
    most = min(most, scores.shape[1])
    best = np.argpartition(-scores, most - 1, axis=1)[:, :most]
    values = np.take_along_axis(scores, best, 1)
    order = np.lexsort((best, -values), axis=1)
    return list(np.take_along_axis(best, order, 1))
