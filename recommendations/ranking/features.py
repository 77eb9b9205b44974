"""What is known of a customer and each SKU that could be in their next order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommendations.ranking.histories import Array, Histories, Matrix, scaled, sums
from recommendations.ranking.statistics import Statistics, profiles

CANDIDATES = 100
NEIGHBOURS = 100
LIKENESS_POWER = 4
DECAY = 0.7
SMALL = 1e-3
# Cells of a block's dense tables: a hundred megabytes each at most.
CELLS = 12_000_000

NAMES = (
    "count", "rate", "decayed", "gap", "once", "again", "popular_next", "popular", "trend",
    "follows", "together", "alike_next", "alike_recent", "orders", "skus_bought",
    "again_raw", "popular_next_raw", "popular_raw", "follows_raw", "together_raw",
    "alike_next_raw", "alike_recent_raw",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Row by row: customer ``row`` might buy SKU ``col``; ``known`` says bought before."""

    row: Array
    col: Array
    known: Array
    values: Array


def candidates(past: Histories, who: Array, learnt: Statistics) -> Iterator[Candidates]:
    """The candidates of all customers, block by block; ``who`` numbers the persons."""
    step = max(1, min(800, CELLS // max(learnt.skus, 1)))
    for start in range(0, past.size, step):
        rows = np.arange(start, min(start + step, past.size))
        found = _block(past.of(rows), who[rows], learnt)
        yield Candidates(
            row=found.row + start, col=found.col, known=found.known, values=found.values
        )


def _block(past: Histories, who: Array, learnt: Statistics) -> Candidates:
    counts = past.counts()
    share = scaled(counts, rows=1 / sums(counts, 1).clip(1))
    follows, together = _dense(share @ learnt.follows), _dense(share @ learnt.together)
    weights = _alike(counts, who, learnt)
    alike_next, alike_recent = _dense(weights @ learnt.next), _dense(weights @ learnt.recent)
    bought = _dense(counts)
    chosen = bought > 0
    for scores in (follows, together, alike_next, alike_recent):
        _choose(chosen, scores)
    chosen[:, np.argsort(-learnt.popular_next)[:CANDIDATES]] = True
    row, col = np.nonzero(chosen)
    times, orders = bought[row, col], past.orders[row].clip(1)
    gap = _dense(past.gaps())[row, col]
    skus_bought = (bought > 0).sum(1)[row]
    tables = [one[row, col] for one in (follows, together, alike_next, alike_recent)]
    again, popular, popular_next = (
        one[col] for one in (learnt.again, learnt.popular, learnt.popular_next)
    )
    values = np.stack([
        np.log1p(times), times / orders, np.log(_dense(past.decayed(DECAY))[row, col] + 0.05),
        np.where(times > 0, 1 / gap.clip(1), 0), times == 1, again, popular_next, popular,
        popular_next - popular, *(np.log(one + SMALL) for one in tables), np.log(orders),
        np.log1p(skus_bought), np.exp(again), np.exp(popular_next), np.exp(popular), *tables,
    ], axis=1).astype(np.float32)  # fmt: skip
    return Candidates(row=row, col=col, known=times > 0, values=values)


def _dense(matrix: Matrix) -> Array:
    return np.asarray(matrix.toarray(), np.float32)


def _choose(chosen: Array, scores: Array) -> None:
    """Mark the best SKUs of each customer, those with a score at all."""
    most = min(CANDIDATES, scores.shape[1] - 1)
    if most <= 0:
        chosen |= scores > 0
        return
    best = np.argpartition(-scores, most, axis=1)[:, :most]
    is_any = np.take_along_axis(scores, best, 1) > 0
    rows = np.repeat(np.arange(len(scores)), is_any.sum(1))
    chosen[rows, best[is_any]] = True


def _alike(counts: Matrix, who: Array, learnt: Statistics) -> Matrix:
    """Customers × learnt customers: the weights of the most alike, of each row 1 in all."""
    size = learnt.profiles.shape[0]
    likeness = np.asarray((profiles(counts, learnt.rarity) @ learnt.profiles.T).toarray())
    likeness[who[:, None] == learnt.who[None, :]] = 0
    most = min(NEIGHBOURS, size)
    best = np.argpartition(-likeness, most - 1, axis=1)[:, :most] if most < size else (
        np.tile(np.arange(size), (len(likeness), 1))
    )  # fmt: skip
    weights = np.take_along_axis(likeness, best, 1).clip(0, 1) ** LIKENESS_POWER
    weights /= weights.sum(1, keepdims=True).clip(1e-12)
    rows = np.repeat(np.arange(len(best)), best.shape[1])
    return sparse.csr_matrix(
        (weights.ravel().astype(np.float32), (rows, best.ravel())), shape=(len(best), size)
    )
