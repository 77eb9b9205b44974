"""The model: the chance that a SKU is in a customer's next order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from scipy.optimize import minimize

from recommendations.ranking import calibration, features, statistics
from recommendations.ranking.calibration import Calibration
from recommendations.ranking.histories import Array, Histories, Matrix, Progress
from recommendations.ranking.statistics import Statistics

FOLDS = 4
PERIODS = 4
# Examples that are asked of each part: twenty weights need no more.
MOST_ASKED = 6_000
ORDER_POWER = 0.5
RIDGE = 1.0
LONGEST = 20
# Fewer customers say too little to calibrate on.
FEW = 100
# The log of the odds of what never happened.
NEVER = -20.0


def silent(text: str) -> None:
    """Says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Histories with the order that came next; ``who`` tells which are the same person.

    ``at`` are the moments of these orders, any rising numbers; None where they aren't known.
    """

    past: Histories
    after: Matrix
    who: Array
    at: Array | None = None

    def of(self, rows: Array) -> Examples:
        at = None if self.at is None else self.at[rows]
        return Examples(past=self.past.of(rows), after=self.after[rows], who=self.who[rows], at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """Weights of features, on what they are usually."""

    mean: Array
    spread: Array
    weights: Array
    bias: float

    def scores(self, values: Array) -> Array:
        """The log of the odds."""
        return np.asarray(((values - self.mean) / self.spread) @ self.weights + self.bias)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What ranks: ``known`` weighs SKUs that the customer bought before, ``new`` the others."""

    learnt: Statistics
    known: Logistic
    new: Logistic
    calibration: Calibration

    def scored(self, past: Histories, who: Array) -> Scored:
        """Every candidate of these customers with its score."""
        parts = [
            (one.row, one.col, _scores(self.known, self.new, one), one.known)
            for one in features.candidates(past, who, self.learnt)
        ]
        row, col, score, known = (np.concatenate(one) for one in zip(*parts, strict=True))
        return Scored(row=row, col=col, score=score, known=known, size=past.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Candidates of ``size`` customers: each one's SKU, score and whether it was bought before."""

    row: Array
    col: Array
    score: Array
    known: Array
    size: int

    def top(self, most: int) -> tuple[list[Array], list[Array]]:
        """Each customer's best SKUs, best first, and their scores."""
        order = np.lexsort((self.col, -self.score, self.row))
        starts = np.searchsorted(self.row[order], np.arange(self.size + 1))
        parts = [order[a : min(b, a + most)] for a, b in pairwise(starts)]
        return [self.col[part] for part in parts], [self.score[part] for part in parts]


def fit(
    examples: Examples,
    *,
    latest: Examples | None = None,
    asked_at: float = 0,
    seed: int = 0,
    say: Progress = silent,
) -> Model:
    """The model of these examples, weighed and calibrated on some that it was not learnt from.

    ``latest`` are examples as they were asked at the moment ``asked_at``, shortly before now: what
    is calibrated on them holds in a shop that changes. Without them it is done on all.
    """
    seen = _unseen(examples, seed, say)
    say("Weighing what is known")
    old, new = (_fitted(seen, is_known=one) for one in (True, False))
    if latest is not None and latest.past.size >= FEW:
        say("Calibrating on the latest orders")
        learnt = _learn(examples.of(np.flatnonzero(_moments(examples) < asked_at)))
        seen = _joined(_seen(latest, _some(np.arange(latest.past.size), seed), learnt))
    say("Learning from all")
    return Model(
        learnt=_learn(examples), known=old, new=new, calibration=_calibrated(seen, old, new)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Candidates of examples, and which of them were in the order that came."""

    row: Array
    col: Array
    known: Array
    values: Array
    hits: Array
    weights: Array


def _calibrated(seen: _Seen, old: Logistic, new: Logistic) -> Calibration:
    score = np.where(seen.known, old.scores(seen.values), new.scores(seen.values))
    best = calibration.best(seen.row, seen.col, score, LONGEST)
    return calibration.fit(score[best], seen.hits[best])


def _unseen(examples: Examples, seed: int, say: Progress) -> _Seen:
    """Candidates of examples, each known by what was learnt from others."""
    splits = list(_by_person(examples, seed) if examples.at is None else _by_time(examples))
    parts: list[_Seen] = []
    for number, (asked, from_) in enumerate(splits, start=1):
        say(f"Learning what tells the next order, part {number} of {len(splits)}")
        parts += _seen(examples, _some(asked, seed), _learn(examples.of(from_)))
    return _joined(parts)


def _seen(examples: Examples, asked: Array, learnt: Statistics) -> list[_Seen]:
    past, who = examples.past.of(asked), examples.who[asked]
    return [_rows(one, examples, asked) for one in features.candidates(past, who, learnt)]


def _rows(found: features.Candidates, examples: Examples, asked: Array) -> _Seen:
    row = asked[found.row]
    sizes = np.diff(examples.after.indptr)[row].clip(1)
    hits = np.asarray(examples.after[row, found.col], np.float32).ravel()
    return _Seen(
        row=row, col=found.col, known=found.known, values=found.values, hits=hits,
        weights=sizes**-ORDER_POWER,
    )  # fmt: skip


def _joined(parts: Sequence[_Seen]) -> _Seen:
    names = [one.name for one in fields(_Seen)]
    return _Seen(**{name: np.concatenate([getattr(one, name) for one in parts]) for name in names})


def _by_person(examples: Examples, seed: int) -> Iterator[tuple[Array, Array]]:
    """Some persons, and the others, from whom is learnt."""
    persons = np.unique(examples.who, return_inverse=True)[1]
    fold_of = np.random.default_rng(seed).integers(0, FOLDS, persons.max(initial=0) + 1)[persons]
    for fold in range(FOLDS):
        yield np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)


def _by_time(examples: Examples) -> Iterator[tuple[Array, Array]]:
    """Later orders, and the earlier ones, from which is learnt: as it will be in use."""
    order = np.argsort(_moments(examples), kind="stable")
    parts = np.array_split(order, PERIODS)
    for number in range(PERIODS // 2, PERIODS):
        yield parts[number], np.concatenate(parts[:number])


def _moments(examples: Examples) -> Array:
    if examples.at is None:
        raise ValueError("The moments of the orders are not known.")
    return examples.at


def _some(rows: Array, seed: int) -> Array:
    if len(rows) <= MOST_ASKED:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, MOST_ASKED, replace=False))


def _learn(examples: Examples) -> Statistics:
    return statistics.learn(examples.past, examples.after, examples.who, _compared(examples))


def _compared(examples: Examples) -> Array:
    """With whom customers are compared: the latest, where there are too many for all."""
    rows = np.arange(examples.past.size)
    if len(rows) <= statistics.MOST_ALIKE:
        return rows
    if examples.at is None:
        return rows[:: -(-len(rows) // statistics.MOST_ALIKE)]
    return np.sort(np.argsort(examples.at, kind="stable")[-statistics.MOST_ALIKE :])


def _fitted(seen: _Seen, *, is_known: bool) -> Logistic:
    rows = seen.known == is_known
    values, hits, weights = seen.values[rows], seen.hits[rows], seen.weights[rows]
    if not len(values):
        zero = np.zeros(seen.values.shape[1], np.float32)
        return Logistic(mean=zero, spread=zero + 1, weights=zero, bias=NEVER)
    mean, spread = values.mean(0, dtype=np.float64), values.std(0, dtype=np.float64)
    spread[spread < 1e-4] = 1e6
    scaled = ((values - mean) / spread).astype(np.float32)
    weights = weights / weights.mean()

    def loss(found: Array) -> tuple[float, Array]:
        score = scaled @ found[:-1].astype(np.float32) + np.float32(found[-1])
        chance = 1 / (1 + np.exp(-score))
        error = (weights * (chance - hits)).astype(np.float32)
        value = float((weights * (np.logaddexp(0, score) - hits * score)).sum())
        slope = np.append(error @ scaled + RIDGE * found[:-1], error.sum(dtype=np.float64))
        return value + RIDGE / 2 * float(found[:-1] @ found[:-1]), slope

    share = min(max(float(hits.mean()), 1e-6), 1 - 1e-6)
    start = np.append(np.zeros(values.shape[1]), np.log(share / (1 - share)))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return Logistic(
        mean=mean.astype(np.float32), spread=spread.astype(np.float32),
        weights=found[:-1].astype(np.float32), bias=float(found[-1]),
    )  # fmt: skip


def _scores(known: Logistic, new: Logistic, one: features.Candidates) -> Array:
    return np.where(one.known, known.scores(one.values), new.scores(one.values))
