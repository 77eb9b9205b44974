"""How good lists of SKUs are, against the order that came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommendations.ranking.histories import Array

AT = 10
DISCOUNT = 1 / np.log2(np.arange(2, 2 + 1_000))


def of_each(lists: Sequence[Array], truths: Sequence[Array], at: int = AT) -> dict[str, Array]:
    """Recall, NDCG and whether there was a hit, for each customer."""
    found = np.array([_one(top[:at], truth, at) for top, truth in zip(lists, truths, strict=True)])
    found = found.reshape(-1, 3)
    return {f"recall@{at}": found[:, 0], f"ndcg@{at}": found[:, 1], f"phr@{at}": found[:, 2]}


def _one(top: Array, truth: Array, at: int) -> tuple[float, float, float]:
    hit = np.isin(top, truth)
    ideal = DISCOUNT[: min(at, len(truth))].sum()
    gain = float(DISCOUNT[: len(top)][hit].sum())
    return hit.sum() / max(len(truth), 1), gain / max(ideal, 1e-12), float(hit.any())


def interval(values: Array, *, turns: int = 2_000, seed: int = 0) -> tuple[float, float]:
    """The bootstrap's 95 % bounds of a mean over customers."""
    if not len(values):
        return 0.0, 0.0
    random = np.random.default_rng(seed)
    draws = [values[random.integers(0, len(values), len(values))].mean() for _ in range(turns)]
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(low), float(high)
