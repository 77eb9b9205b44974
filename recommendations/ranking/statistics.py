"""What is learnt from many customers' histories and the order that came after each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommendations.ranking.histories import (
    Array,
    Histories,
    Matrix,
    best_of_rows,
    scaled,
    sums,
)

# Followers and companions that are kept of a SKU, and of all SKUs together.
KEPT, KEPT_IN_ALL = 500, 20_000_000
# Customers with whom others are compared.
MOST_ALIKE = 30_000
# SKUs whose followers are counted at once: what bounds the memory.
BLOCK = 2_000
POPULAR = 100
RECENT = 10
# Orders that an unknown SKU is taken to have had, so that two of two say little.
PRIOR = 10.0
NEXT_POWERS = (0.7, 0.3)
TINY = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Of SKUs: ``popular`` in histories and in next orders (logs), ``popular_first`` the most of
    all in next orders, ``again`` the log of how often what was bought before is bought next;
    ``follows`` and ``together`` (SKUs × SKUs) what comes after it and with it. Of customers:
    ``alike`` (SKUs × customers, of unit length) what they bought before, ``next`` and ``recent``
    what then and lately; ``who`` tells which are the same person.
    """

    popular: Array
    popular_next: Array
    popular_first: Array
    again: Array
    rarity: Array
    follows: Matrix
    together: Matrix
    alike: Matrix
    next: Matrix
    recent: Matrix
    who: Array

    @property
    def skus(self) -> int:
        return len(self.popular)


def learn(past: Histories, after: Matrix, who: Array, others: Array) -> Statistics:
    """From histories and, row by row, the order that came next; ``who`` numbers the persons.

    ``others`` are the rows with which customers are compared.
    """
    counts = past.counts()
    bought = counts.copy()
    bought.sum_duplicates()
    bought.data[:] = 1
    in_past, in_next = sums(counts, 0), sums(after, 0)
    popular, popular_next = in_past / max(in_past.sum(), 1), in_next / max(in_next.sum(), 1)
    popular_next = 0.9 * popular_next + 0.1 * popular
    rarity = _rarity(bought, after)
    compared = past.of(others)
    return Statistics(
        popular=np.log(popular + TINY).astype(np.float32),
        popular_next=np.log(popular_next + TINY).astype(np.float32),
        popular_first=np.argsort(-popular_next, kind="stable")[:POPULAR],
        again=_again(bought, after), rarity=rarity, follows=_follows(counts, after),
        together=companions((bought + after).tocsr()),
        alike=profiles(compared.counts(), rarity).T.tocsr(), next=after[others],
        recent=compared.recent(RECENT), who=who[others],
    )  # fmt: skip


def profiles(counts: Matrix, rarity: Array) -> Matrix:
    """Customers as directions: what they bought, rare things more."""
    found = counts.tocsr().astype(np.float32, copy=True)
    found.data = np.log1p(found.data)
    found = scaled(found, cols=rarity.clip(0.1))
    length = np.sqrt(sums(found.multiply(found).tocsr(), 1))
    return scaled(found, rows=1 / length.clip(TINY))


def _rarity(bought: Matrix, after: Matrix) -> Array:
    buyers = np.asarray((bought + after).astype(bool).sum(0)).ravel()
    return np.asarray(np.log(max(bought.shape[0], 1) / (buyers + 1)), np.float32)


def _again(bought: Matrix, after: Matrix) -> Array:
    """The log of the share of its buyers who buy it in the next order, drawn towards all SKUs'."""
    buyers, repeated = sums(bought, 0), sums(bought.multiply(after).tocsr(), 0)
    usual = repeated.sum() / max(buyers.sum(), 1)
    share = (repeated + PRIOR * usual) / (buyers + PRIOR)
    return np.asarray(np.log(share + TINY), np.float32)


def _follows(counts: Matrix, after: Matrix) -> Matrix:
    """From what was bought to what came in the next order; popular SKUs count less."""
    before, then = NEXT_POWERS
    rows, cols = (sums(counts, 0) + 5) ** -before, (sums(after, 0) + 5) ** -then
    return _pairs(counts, after, rows, cols)


def companions(bought: Matrix) -> Matrix:
    """The cosine of SKUs over their buyers, from customers × SKUs."""
    buyers = bought.astype(bool).astype(np.float32)
    weight = (sums(buyers, 0) + PRIOR) ** -0.5
    return _pairs(buyers, buyers, weight, weight)


def _pairs(left: Matrix, right: Matrix, rows: Array, cols: Array) -> Matrix:
    """Of each SKU of the left the best of the right, counted over customers and weighed."""
    skus, turned = left.shape[1], left.T.tocsr()
    kept = max(1, min(KEPT, KEPT_IN_ALL // max(skus, 1)))
    parts = []
    for start in range(0, skus, BLOCK):
        span = slice(start, min(start + BLOCK, skus))
        found = scaled((turned[span] @ right).tocsr(), rows=rows[span], cols=cols)
        parts.append(best_of_rows(_without_self(found, start), kept))
    return sparse.vstack(parts, format="csr") if parts else left.T @ right


def _without_self(matrix: Matrix, first: int) -> Matrix:
    """Without each SKU itself; the rows begin at a SKU."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)) + first
    matrix.data[row == matrix.indices] = 0
    matrix.eliminate_zeros()
    return matrix
