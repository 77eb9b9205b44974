"""The hybrid and the single methods on the same customers, and how sure the difference is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommendations.ranking import baselines, calibration, hybrid, measures, purchases
from recommendations.ranking.histories import Array, Histories, Progress, basket_matrix, histories
from recommendations.ranking.hybrid import Examples
from recommendations.ranking.measures import AT
from recommendations.ranking.purchases import Person

RANKED = ("recall", "ndcg", "phr")
BINS = 10


class NothingToEvaluateError(ValueError):
    """Too few orders: the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What may be learnt from, the histories of those who are asked for, and what they bought."""

    examples: Examples
    latest: Examples | None
    asked_at: float
    past: Histories
    who: Array
    truths: Sequence[Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Means of a method, each with its 95 % bounds; ``ahead`` is by how much the hybrid leads."""

    means: Mapping[str, float]
    bounds: Mapping[str, tuple[float, float]]
    ahead: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """``reliability`` has, for ten groups of equal size, the chance that was said and what came;
    coverage is the share of SKUs that anybody gets, novelty how rare they are, in bits."""

    customers: int
    skus: int
    hybrid: Result
    error: float
    reliability: Sequence[tuple[float, float]]
    coverage: float
    novelty: float
    others: Mapping[str, Result]

    def as_json(self) -> dict[str, Any]:
        """The hybrid's figures on top, ``baselines`` beside them."""
        return {
            **self.hybrid.means, f"ece@{AT}": self.error, "customers": self.customers,
            "skus": self.skus, f"coverage@{AT}": self.coverage, f"novelty@{AT}": self.novelty,
            "intervals": self.hybrid.bounds,
            "reliability": [{"said": said, "came": came} for said, came in self.reliability],
            "baselines": {
                name: {**one.means, "intervals": one.bounds, "hybrid_ahead": one.ahead}
                for name, one in self.others.items()
            },
        }  # fmt: skip


def of_baskets(content: Any) -> Task:
    """The task of a file of baskets; raises ``NothingToEvaluateError``."""
    customers, split = _checked(content)
    names = {sku: n for n, sku in enumerate(sorted(_skus(customers)))}
    own = {
        key: [np.array(sorted({names[sku] for sku in basket}), np.int64) for basket in baskets]
        for key, baskets in customers.items()
    }
    learnt = [own[key] for key in split["train"] if len(own[key]) > 1]
    asked = [own[key] for key in split["test"] if len(own[key]) > 1]
    if len(learnt) < hybrid.FOLDS or not asked:
        raise NothingToEvaluateError(
            "“train” and “test” have to name customers with two baskets or more."
        )
    return Task(
        examples=Examples(
            past=histories([one[:-1] for one in learnt], len(names)),
            after=basket_matrix([one[-1] for one in learnt], len(names)),
            who=np.arange(len(learnt)),
        ),
        latest=None, asked_at=0, past=histories([one[:-1] for one in asked], len(names)),
        who=np.arange(len(asked)) + len(learnt), truths=[one[-1] for one in asked],
    )  # fmt: skip


def _checked(content: Any) -> tuple[dict[str, list[list[str]]], dict[str, list[str]]]:
    try:
        customers, split = content["customers"], content["split"]
        found = {
            str(key): [[str(sku) for sku in basket] for basket in baskets if basket]
            for key, baskets in customers.items()
        }
        parts = {name: [str(key) for key in split[name]] for name in ("train", "test")}
    except (TypeError, KeyError, AttributeError):
        raise NothingToEvaluateError(
            'The file has to be {"customers": {id: [[sku, …], …]}, "split": {"train": [id, …], '
            '"validate": […], "test": […]}}.'
        ) from None
    unknown = [key for keys in parts.values() for key in keys if key not in found]
    if unknown:
        raise NothingToEvaluateError(f"“split” names a customer that there isn't: {unknown[0]}.")
    return found, parts


def _skus(customers: Mapping[str, list[list[str]]]) -> set[str]:
    return {sku for baskets in customers.values() for basket in baskets for sku in basket}


def at_day(
    everybody: Sequence[Person], day: int, *, least: int = 1, within: int | None = None
) -> Task:
    """What was known when the day began, and what each customer ordered next.

    Asked for are customers of at least so many baskets before; ``within`` so many days, where it is
    said. Raises ``NothingToEvaluateError``.
    """
    known = purchases.known_at(everybody, day)
    places, truths = [], []
    for place, person in enumerate(known.persons):
        count = person.before(day)
        is_late = within is not None and person.before(day + within) == count
        if least <= count < len(person.baskets) and not is_late:
            next_basket = np.intersect1d(person.baskets[count], known.skus)
            if len(next_basket):
                places.append(place)
                truths.append(np.searchsorted(known.skus, next_basket))
    if known.examples.past.size < hybrid.FOLDS or not places:
        raise NothingToEvaluateError(
            "Too few customers ordered again before and after this day: choose another."
        )
    rows = np.array(places)
    return Task(
        examples=known.examples, latest=known.latest, asked_at=known.asked_at,
        past=known.past.of(rows), truths=truths,
        who=np.array([known.persons[place].customer for place in places]),
    )  # fmt: skip


def evaluate(task: Task, *, say: Progress = hybrid.silent) -> Evaluation:
    """Learn, ask, and hold it against the single methods."""
    model = hybrid.fit(task.examples, latest=task.latest, asked_at=task.asked_at, say=say)
    lists, scores = model.scored(task.past, task.who).top(AT)
    own = measures.of_each(lists, task.truths)
    others = {}
    for name, method in baselines.METHODS.items():
        say(f"Trying {name}")
        others[name] = measures.of_each(method(task.examples, task.past, AT), task.truths)
    chance = np.concatenate([model.calibration.chance(one) for one in scores])
    hits = np.concatenate([np.isin(top, t) for top, t in zip(lists, task.truths, strict=True)])
    return Evaluation(
        customers=task.past.size, skus=task.past.skus, hybrid=_result(own, own),
        error=calibration.error(chance, hits), reliability=_reliability(chance, hits),
        coverage=len(np.unique(np.concatenate(lists))) / task.past.skus,
        novelty=_novelty(task, lists),
        others={name: _result(one, own) for name, one in others.items()},
    )  # fmt: skip


def _result(values: Mapping[str, Array], own: Mapping[str, Array]) -> Result:
    return Result(
        means={name: float(one.mean()) for name, one in values.items()},
        bounds={name: measures.interval(one) for name, one in values.items()},
        ahead={} if values is own else {
            name: measures.interval(own[name] - one) for name, one in values.items()
        },
    )  # fmt: skip


def _reliability(chance: Array, hits: Array) -> list[tuple[float, float]]:
    parts = np.array_split(np.argsort(chance, kind="stable"), BINS)
    return [(float(chance[part].mean()), float(hits[part].mean())) for part in parts if len(part)]


def _novelty(task: Task, lists: Sequence[Array]) -> float:
    bought = np.asarray(task.examples.past.counts().sum(0)).ravel() + 1
    rarity = -np.log2(bought / bought.sum())
    return float(rarity[np.concatenate(lists)].mean())
