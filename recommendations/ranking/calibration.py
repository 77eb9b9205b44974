"""From scores to chances that hold: isotonic regression, and how far off it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommendations.ranking.histories import Array

GROUPS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The chance at some scores, rising; in between it is read off the line."""

    scores: Array
    chances: Array

    def chance(self, score: Array) -> Array:
        """The chance that a SKU of this score is in the next order (0 to 1)."""
        return np.interp(score, self.scores, self.chances)


def fit(score: Array, hits: Array) -> Calibration:
    """The rising steps nearest to what happened (pool adjacent violators)."""
    if not len(score):
        return Calibration(scores=np.zeros(1), chances=np.zeros(1))
    order = np.argsort(score, kind="stable")
    groups = np.array_split(order, min(GROUPS, len(order)))
    steps: list[list[float]] = []  # first score, last score, chance, weight
    for group in groups:
        middle = float(score[group].mean())
        steps.append([middle, middle, float(hits[group].mean()), len(group)])
        while len(steps) > 1 and steps[-2][2] >= steps[-1][2]:
            _, last, chance, weight = steps.pop()
            before = steps[-1]
            both = before[3] + weight
            before[1:] = [last, (before[2] * before[3] + chance * weight) / both, both]
    ends = np.array([[step[0], step[1]] for step in steps]).ravel()
    return Calibration(scores=ends, chances=np.repeat([step[2] for step in steps], 2))


def best(row: Array, col: Array, score: Array, most: int) -> Array:
    """The places of each row's highest scores."""
    order = np.lexsort((col, -score, row))
    ordered = row[order]
    starts = np.searchsorted(ordered, ordered)
    return np.asarray(order[np.arange(len(order)) - starts < most])


def error(chance: Array, hits: Array, groups: int = 10) -> float:
    """The expected calibration error over groups of equal size."""
    parts = np.array_split(np.argsort(chance, kind="stable"), groups)
    off = [len(part) * abs(chance[part].mean() - hits[part].mean()) for part in parts if len(part)]
    return float(sum(off) / max(len(chance), 1))
