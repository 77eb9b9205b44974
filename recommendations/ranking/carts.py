"""What goes with a cart: what the buyers of its SKUs bought too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommendations.ranking import calibration, statistics
from recommendations.ranking.calibration import Calibration
from recommendations.ranking.features import best
from recommendations.ranking.histories import Array, Matrix, basket_matrix, scaled, sums
from recommendations.ranking.hybrid import FEW, LONGEST, MOST_ASKED
from recommendations.ranking.purchases import MOST_EXAMPLES, Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Carts:
    """How much SKUs go together (the cosine over their buyers), and what such a score means: the
    chance that a SKU is in an order of which half is known."""

    together: Matrix
    calibration: Calibration

    def scored(self, cart: Array, most: int) -> tuple[Array, Array]:
        """The SKUs that go best with a cart, none of it, and their scores; best first."""
        return _scored(self.together, cart, most)


def fit(known: Known, *, seed: int = 0) -> Carts:
    """From everybody's baskets, those of customers with a single one too; the latest where there
    are very many."""
    last = np.array([one.days[-1] for one in known.persons])
    latest = np.sort(np.argsort(last, kind="stable")[-MOST_EXAMPLES:])
    return Carts(
        together=_together(known, latest, None), calibration=_calibrated(known, latest, seed)
    )


def _calibrated(known: Known, rows: Array, seed: int) -> Calibration:
    """Asked of half of each of the latest baskets, with what was learnt from earlier ones."""
    random = np.random.default_rng(seed)
    cut: float = known.asked_at
    asked = _large(known, rows, cut)
    if len(asked) < FEW:
        cut = float(np.median([known.persons[row].days[-1] for row in rows]))
        asked = _large(known, rows, cut)
    if len(asked) > MOST_ASKED:
        asked = [asked[n] for n in np.sort(random.choice(len(asked), MOST_ASKED, replace=False))]
    together = _together(known, rows, cut)
    scores, hits = [np.empty(0)], [np.empty(0)]
    for one in asked:
        basket = random.permutation(one)
        found, score = _scored(together, basket[: len(basket) // 2], LONGEST)
        scores.append(score)
        hits.append(np.isin(found, basket[len(basket) // 2 :]).astype(float))
    return calibration.fit(np.concatenate(scores), np.concatenate(hits))


def _large(known: Known, rows: Array, cut: float) -> list[Array]:
    """The newest baskets of several SKUs, bought from a day on."""
    persons = [known.persons[row] for row in rows]
    last = [one.baskets[one.before(known.day) - 1] for one in persons if one.days[-1] >= cut]
    return [_numbered(known, [one]) for one in last if len(one) > 1]


def _together(known: Known, rows: Array, cut: float | None) -> Matrix:
    """The cosines of SKUs over their buyers before a day."""
    own = []
    for row in rows:
        person = known.persons[row]
        count = person.before(known.day if cut is None else cut)
        if count:
            own.append(_numbered(known, person.baskets[:count]))
    buyers = basket_matrix(own, len(known.skus))
    return statistics.companions(buyers)


def _numbered(known: Known, baskets: Sequence[Array]) -> Array:
    return np.asarray(np.searchsorted(known.skus, np.unique(np.concatenate(baskets))))


def _scored(together: Matrix, cart: Array, most: int) -> tuple[Array, Array]:
    row = basket_matrix([cart], together.shape[0])
    table = scaled(row, rows=1 / sums(row, 1).clip(1)) @ together
    columns, values = best(table.tocsr(), 0, most + len(cart))
    is_new = ~np.isin(columns, cart)
    columns, values = columns[is_new], values[is_new]
    order = np.lexsort((columns, -values))[:most]
    return columns[order], values[order]
