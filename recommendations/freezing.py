"""The model and what it is about, to flat arrays and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommendations.ranking.calibration import Calibration
from recommendations.ranking.carts import Carts
from recommendations.ranking.histories import Array, Matrix
from recommendations.ranking.hybrid import Logistic, Model
from recommendations.ranking.statistics import Statistics
from recommendations.reading import Filed, RowKey

FLAT = ("popular", "popular_next", "popular_first", "again", "rarity", "who")
SPARSE = ("follows", "together", "alike", "next", "recent")
SEPARATOR = "\0"
Arrays = dict[str, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What the model's numbers stand for.

    ``names`` are the products' keys, sorted, in UTF-8. Rows of the stores' catalogues are sorted
    too: ``rows`` are “platform NUL SKU”, ``row_product`` the product of each. ``by_product`` lists
    rows product by product. ``filed`` is products × ``categories`` (sorted as well).
    """

    names: Array
    rows: Array
    row_product: Array
    by_product: Matrix
    categories: Array
    filed: Matrix

    def product(self, name: str) -> int | None:
        """The number of a product by its key."""
        return _place(self.names, name)

    def product_of(self, row: RowKey) -> int | None:
        """The number of the product that a row of a store's catalogue is."""
        place = _place(self.rows, SEPARATOR.join(row))
        return None if place is None else int(self.row_product[place])

    def rows_of(self, product: int, platform: str) -> list[str]:
        """Our SKUs of a product on a platform."""
        span = slice(self.by_product.indptr[product], self.by_product.indptr[product + 1])
        found = (self.rows[n].decode().split(SEPARATOR) for n in self.by_product.indices[span])
        return [sku for own, sku in found if own == platform]

    def under(self, category: str) -> Array:
        """Which products a category has: True or False for each."""
        place = _place(self.categories, category.strip().casefold())
        if place is None:
            return np.zeros(len(self.names), bool)
        return np.asarray(self.filed[:, place].toarray()).ravel() > 0


def _place(names: Array, name: str) -> int | None:
    wanted = name.encode()
    if len(wanted) > names.dtype.itemsize:
        return None
    place = int(np.searchsorted(names, np.array(wanted, names.dtype)))
    return place if place < len(names) and names[place] == wanted else None


def catalogue(
    products: Sequence[str], sold: Mapping[RowKey, int], rows: Iterable[Filed]
) -> Catalogue:
    """The catalogue of products by their names, sorted; ``sold`` says what rows were sold as."""
    number = {name: place for place, name in enumerate(products)}
    of_row = dict(sold)
    filed: list[tuple[int, str]] = []
    for one in rows:
        product = of_row.get(one.row, number.get(one.product))
        if product is not None:
            of_row[one.row] = product
            filed += [(product, name) for name in one.categories]
    keys = sorted(of_row, key=lambda row: SEPARATOR.join(row).encode())
    categories = sorted({name for _, name in filed}, key=str.encode)
    numbered = {name: n for n, name in enumerate(categories)}
    row_product = np.array([of_row[key] for key in keys], np.int64)
    return Catalogue(
        names=_texts(products), rows=_texts([SEPARATOR.join(key) for key in keys]),
        row_product=row_product,
        by_product=_matrix(
            row_product, np.arange(len(keys)), (len(products), len(keys))
        ),
        categories=_texts(categories),
        filed=_matrix(
            np.array([product for product, _ in filed], np.int64),
            np.array([numbered[name] for _, name in filed], np.int64),
            (len(products), len(categories)),
        ),
    )  # fmt: skip


def _texts(texts: Sequence[str]) -> Array:
    return np.array([one.encode() for one in texts] or [b""], "S")[: len(texts)]


def _matrix(row: Array, col: Array, shape: tuple[int, int]) -> Matrix:
    return sparse.csr_matrix((np.ones(len(row), np.int8), (row, col)), shape=shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thawed:
    """A model that can be asked; ``lately`` is the share of the latest orders with each product."""

    model: Model
    known: Catalogue
    carts: Carts
    lately: Array


def frozen(one: Thawed) -> Arrays:
    """Everything as flat arrays."""
    model, known = one.model, one.known
    learnt = model.learnt
    found = {name: getattr(learnt, name) for name in FLAT}
    matrices = {name: getattr(learnt, name) for name in SPARSE}
    matrices |= {
        "by_product": known.by_product, "filed": known.filed, "companions": one.carts.together,
    }  # fmt: skip
    for name, matrix in matrices.items():
        found |= {
            f"{name}_data": matrix.data, f"{name}_indices": matrix.indices,
            f"{name}_indptr": matrix.indptr, f"{name}_shape": np.array(matrix.shape),
        }  # fmt: skip
    for name, weights in (("known", model.known), ("new", model.new)):
        found |= {
            f"{name}_mean": weights.mean, f"{name}_spread": weights.spread,
            f"{name}_weights": weights.weights, f"{name}_bias": np.array([weights.bias]),
        }  # fmt: skip
    for name, steps in (("chance", model.calibration), ("cart", one.carts.calibration)):
        found |= {f"{name}_scores": steps.scores, f"{name}_chances": steps.chances}
    return found | {
        "names": known.names, "rows": known.rows, "row_product": known.row_product,
        "categories": known.categories, "lately": one.lately,
    }  # fmt: skip


def thawed(arrays: Mapping[str, Array]) -> Thawed:
    """The model of these arrays, which stay where they are; raises ``KeyError`` for a lack."""
    learnt = Statistics(
        **{name: arrays[name] for name in FLAT}, **{name: _csr(arrays, name) for name in SPARSE}
    )
    model = Model(
        learnt=learnt, known=_logistic(arrays, "known"), new=_logistic(arrays, "new"),
        calibration=_calibration(arrays, "chance"),
    )  # fmt: skip
    known = Catalogue(
        names=arrays["names"], rows=arrays["rows"], row_product=arrays["row_product"],
        by_product=_csr(arrays, "by_product"), categories=arrays["categories"],
        filed=_csr(arrays, "filed"),
    )  # fmt: skip
    return Thawed(
        model=model,
        known=known,
        carts=Carts(together=_csr(arrays, "companions"), calibration=_calibration(arrays, "cart")),
        lately=arrays["lately"],
    )


def _csr(arrays: Mapping[str, Array], name: str) -> Matrix:
    shape = tuple(int(one) for one in arrays[f"{name}_shape"])
    parts = (arrays[f"{name}_data"], arrays[f"{name}_indices"], arrays[f"{name}_indptr"])
    found = sparse.csr_matrix(parts, shape=shape, copy=False)
    # Said, so that nothing tries to sort what is read-only.
    found.has_sorted_indices = True
    found.has_canonical_format = True
    return found


def _logistic(arrays: Mapping[str, Array], name: str) -> Logistic:
    return Logistic(
        mean=arrays[f"{name}_mean"], spread=arrays[f"{name}_spread"],
        weights=arrays[f"{name}_weights"], bias=float(arrays[f"{name}_bias"][0]),
    )  # fmt: skip


def _calibration(arrays: Mapping[str, Array], name: str) -> Calibration:
    return Calibration(scores=arrays[f"{name}_scores"], chances=arrays[f"{name}_chances"])
