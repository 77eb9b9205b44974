"""Customers' baskets as flat arrays, one entry for each SKU of a basket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

Array = np.ndarray[Any, Any]
Matrix = Any  # a scipy.sparse.csr_matrix, which has no types


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """What customers bought, before some moment.

    Entry n says that customer ``row[n]`` bought SKU ``col[n]`` ``back[n]`` baskets ago (0: in the
    newest); ``orders`` is the number of baskets of each customer, ``skus`` that of SKUs there are.
    """

    row: Array
    col: Array
    back: Array
    orders: Array
    skus: int

    @property
    def size(self) -> int:
        return len(self.orders)

    def matrix(self, weights: Array | float) -> Matrix:
        """Customers × SKUs: the sum of the entries' weights."""
        data = np.broadcast_to(np.asarray(weights, np.float32), self.row.shape)
        shape = (self.size, self.skus)
        return sparse.csr_matrix((data, (self.row, self.col)), shape=shape, dtype=np.float32)

    def counts(self) -> Matrix:
        """How many baskets had the SKU."""
        return self.matrix(1.0)

    def decayed(self, rate: float) -> Matrix:
        """The same, each basket worth ``rate`` of the one after it."""
        return self.matrix(np.power(np.float32(rate), self.back))

    def recent(self, most: int) -> Matrix:
        """In which share of the newest ``most`` baskets it was."""
        share = 1 / np.minimum(self.orders, most).clip(1)
        return self.matrix(np.where(self.back < most, share[self.row], 0))

    def gaps(self) -> Matrix:
        """How many baskets ago it was bought last, plus one, so that 0 is never."""
        order = np.lexsort((self.back, self.col, self.row))
        row, col, back = self.row[order], self.col[order], self.back[order]
        is_first = np.ones(len(row), bool)
        is_first[1:] = (row[1:] != row[:-1]) | (col[1:] != col[:-1])
        data = (back[is_first] + 1).astype(np.float32)
        shape = (self.size, self.skus)
        return sparse.csr_matrix((data, (row[is_first], col[is_first])), shape=shape)

    def of(self, rows: Array) -> Histories:
        """Those of some customers, in this order."""
        place = np.full(self.size, -1, np.int64)
        place[rows] = np.arange(len(rows))
        kept = place[self.row] >= 0
        return Histories(
            row=place[self.row[kept]], col=self.col[kept], back=self.back[kept],
            orders=self.orders[rows], skus=self.skus,
        )  # fmt: skip


def histories(baskets: Sequence[Sequence[Array]], skus: int) -> Histories:
    """Of each customer's baskets of SKU numbers, oldest first."""
    orders = np.array([len(own) for own in baskets], np.int64)
    sizes = np.array([len(basket) for own in baskets for basket in own], np.int64)
    flat = [basket for own in baskets for basket in own]
    col = np.concatenate(flat).astype(np.int64) if flat else np.empty(0, np.int64)
    row = np.repeat(np.repeat(np.arange(len(orders)), orders), sizes)
    back = np.repeat(_backwards(orders), sizes)
    return Histories(row=row, col=col, back=back, orders=orders, skus=skus)


def _backwards(orders: Array) -> Array:
    """For each basket of each customer, how many came after it."""
    ends = np.repeat(np.cumsum(orders), orders)
    return ends - 1 - np.arange(len(ends))


def basket_matrix(baskets: Sequence[Array], skus: int) -> Matrix:
    """Customers × SKUs: what is in each one's basket."""
    sizes = [len(basket) for basket in baskets]
    col = np.concatenate(baskets) if len(baskets) else np.empty(0, np.int64)
    row = np.repeat(np.arange(len(baskets)), sizes)
    data = np.ones(len(col), np.float32)
    found = sparse.csr_matrix((data, (row, col)), shape=(len(baskets), skus))
    found.data[:] = 1
    return found


def scaled(matrix: Matrix, *, rows: Array | None = None, cols: Array | None = None) -> Matrix:
    """The matrix with its rows and columns multiplied."""
    found = matrix.tocsr().astype(np.float32, copy=True)
    if rows is not None:
        found.data *= np.repeat(rows, np.diff(found.indptr)).astype(np.float32)
    if cols is not None:
        found.data *= cols[found.indices].astype(np.float32)
    return found


def sums(matrix: Matrix, axis: int) -> Array:
    """Of columns (0) or rows (1)."""
    return np.asarray(matrix.sum(axis), np.float64).ravel()


def best_of_rows(matrix: Matrix, most: int) -> Matrix:
    """The greatest ``most`` values of each row."""
    matrix = matrix.tocsr()
    matrix.sum_duplicates()
    lengths = np.diff(matrix.indptr)
    row = np.repeat(np.arange(matrix.shape[0]), lengths)
    order = np.lexsort((matrix.indices, -matrix.data, row))
    place = np.arange(len(order)) - np.repeat(matrix.indptr[:-1], lengths)
    kept = order[place < most]
    return sparse.csr_matrix(
        (matrix.data[kept], (row[kept], matrix.indices[kept])), shape=matrix.shape
    )


Progress = Callable[[str], None]
