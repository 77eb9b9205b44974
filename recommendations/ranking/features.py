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
BLOCK = 256

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tables:
    """Customers × SKUs, all sparse: what each bought, and four ways to score the others."""

    count: Matrix
    decayed: Matrix
    gap: Matrix
    follows: Matrix
    together: Matrix
    alike_next: Matrix
    alike_recent: Matrix

    @property
    def scores(self) -> tuple[Matrix, ...]:
        return self.follows, self.together, self.alike_next, self.alike_recent


def candidates(past: Histories, who: Array, learnt: Statistics) -> Iterator[Candidates]:
    """The candidates of all customers, block by block; ``who`` numbers the persons."""
    for start in range(0, past.size, BLOCK):
        rows = np.arange(start, min(start + BLOCK, past.size))
        own = past if past.size <= BLOCK else past.of(rows)
        found = _block(own, who[rows], learnt)
        yield Candidates(
            row=found.row + start, col=found.col, known=found.known, values=found.values
        )


def _block(past: Histories, who: Array, learnt: Statistics) -> Candidates:
    tables = _tables(past, who, learnt)
    columns = [_chosen(tables, row, learnt.popular_first) for row in range(past.size)]
    row = np.repeat(np.arange(past.size), [len(one) for one in columns])
    col = np.concatenate(columns)
    times, decayed, gap, *scores = (
        _read(table, columns)
        for table in (tables.count, tables.decayed, tables.gap, *tables.scores)
    )
    orders = past.orders[row].clip(1)
    skus_bought = np.diff(tables.count.indptr)[row]
    again, popular, popular_next = (
        one[col] for one in (learnt.again, learnt.popular, learnt.popular_next)
    )
    values = np.stack([
        np.log1p(times), times / orders, np.log(decayed + 0.05),
        np.where(times > 0, 1 / gap.clip(1), 0), times == 1, again, popular_next, popular,
        popular_next - popular, *(np.log(one + SMALL) for one in scores), np.log(orders),
        np.log1p(skus_bought), np.exp(again), np.exp(popular_next), np.exp(popular), *scores,
    ], axis=1).astype(np.float32)  # fmt: skip
    return Candidates(row=row, col=col, known=times > 0, values=values)


def _tables(past: Histories, who: Array, learnt: Statistics) -> _Tables:
    counts = past.counts()
    counts.sum_duplicates()
    share = scaled(counts, rows=1 / sums(counts, 1).clip(1))
    weights = _alike(counts, who, learnt)
    return _Tables(
        count=counts, decayed=past.decayed(DECAY), gap=past.gaps(),
        follows=share @ learnt.follows, together=share @ learnt.together,
        alike_next=weights @ learnt.next, alike_recent=weights @ learnt.recent,
    )  # fmt: skip


def _chosen(tables: _Tables, row: int, popular: Array) -> Array:
    """What a customer bought, what most buy, and the best by each score."""
    own = tables.count
    parts = [own.indices[own.indptr[row] : own.indptr[row + 1]], popular]
    parts += [best(table, row, CANDIDATES)[0] for table in tables.scores]
    return np.unique(np.concatenate(parts))


def best(table: Matrix, row: int, most: int) -> tuple[Array, Array]:
    """The columns of a row's greatest values, and these; in no order."""
    span = slice(table.indptr[row], table.indptr[row + 1])
    columns, values = table.indices[span], table.data[span]
    if len(values) > most:
        kept = np.argpartition(-values, most - 1)[:most]
        columns, values = columns[kept], values[kept]
    is_any = values > 0
    return columns[is_any], values[is_any]


def _read(table: Matrix, columns: list[Array]) -> Array:
    """Each row's values at its columns, one after the other."""
    dense = np.zeros(table.shape[1], np.float32)
    found = []
    for row, wanted in enumerate(columns):
        span = slice(table.indptr[row], table.indptr[row + 1])
        dense[table.indices[span]] = table.data[span]
        found.append(dense[wanted])
        dense[table.indices[span]] = 0
    return np.concatenate(found)


def _alike(counts: Matrix, who: Array, learnt: Statistics) -> Matrix:
    """Customers × learnt customers: the weights of the most alike, of each row 1 in all."""
    likeness = (profiles(counts, learnt.rarity) @ learnt.alike).tocsr()
    rows = np.repeat(np.arange(likeness.shape[0]), np.diff(likeness.indptr))
    likeness.data[who[rows] == learnt.who[likeness.indices]] = 0
    found = [best(likeness, row, NEIGHBOURS) for row in range(likeness.shape[0])]
    weights = [near.clip(0, 1) ** LIKENESS_POWER for _, near in found]
    weights = [one / max(float(one.sum()), 1e-12) for one in weights]
    return sparse.csr_matrix(
        (
            np.concatenate(weights).astype(np.float32),
            np.concatenate([columns for columns, _ in found]),
            np.concatenate([[0], np.cumsum([len(one) for one in weights])]),
        ),
        shape=likeness.shape,
    )
