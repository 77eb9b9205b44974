"""What is learnt from many customers' histories and the order that came after each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommendations.ranking.histories import (
    Array,
    Histories,
    Matrix,
    best_of_rows,
    scaled,
    sums,
)

# Followers and companions that are kept of a SKU.
KEPT = 500
RECENT = 10
# Orders that an unknown SKU is taken to have had, so that two of two say little.
PRIOR = 10.0
NEXT_POWERS = (0.7, 0.3)
TINY = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Of SKUs: ``popular`` in histories and in next orders (logs), ``again`` the log of how often
    what was bought before is bought next; ``follows`` and ``together`` (SKUs × SKUs) what comes
    after it and with it. Of customers: ``profiles`` (unit length), ``next`` and ``recent`` what
    each bought then and lately; ``who`` tells which are the same person.
    """

    popular: Array
    popular_next: Array
    again: Array
    rarity: Array
    follows: Matrix
    together: Matrix
    profiles: Matrix
    next: Matrix
    recent: Matrix
    who: Array

    @property
    def skus(self) -> int:
        return len(self.popular)


def learn(past: Histories, after: Matrix, who: Array) -> Statistics:
    """From histories and, row by row, the order that came next; ``who`` numbers the persons."""
    counts, decayed = past.counts(), past.decayed(1.0)
    bought = counts.copy()
    bought.data[:] = 1
    in_past, in_next = sums(counts, 0), sums(after, 0)
    popular, popular_next = in_past / max(in_past.sum(), 1), in_next / max(in_next.sum(), 1)
    rarity = _rarity(bought, after)
    return Statistics(
        popular=np.log(popular + TINY).astype(np.float32),
        popular_next=np.log(0.9 * popular_next + 0.1 * popular + TINY).astype(np.float32),
        again=_again(bought, after), rarity=rarity, follows=_follows(decayed, after),
        together=_together(bought, after), profiles=profiles(counts, rarity), next=after,
        recent=past.recent(RECENT), who=who,
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


def _follows(decayed: Matrix, after: Matrix) -> Matrix:
    """From what was bought to what came in the next order; popular SKUs count less."""
    found = (decayed.T @ after).tocsr()
    before, then = NEXT_POWERS
    found = scaled(
        found, rows=(sums(decayed, 0) + 5) ** -before, cols=(sums(after, 0) + 5) ** -then
    )
    return best_of_rows(_without_self(found), KEPT)


def _together(bought: Matrix, after: Matrix) -> Matrix:
    """The cosine of SKUs over their buyers."""
    buyers = (bought + after).tocsr()
    buyers.data[:] = 1
    weight = (sums(buyers, 0) + PRIOR) ** -0.5
    found = scaled((buyers.T @ buyers).tocsr(), rows=weight, cols=weight)
    return best_of_rows(_without_self(found), KEPT)


def _without_self(matrix: Matrix) -> Matrix:
    found = matrix.tocoo()
    found.data[found.row == found.col] = 0
    found = found.tocsr()
    found.eliminate_zeros()
    return found
