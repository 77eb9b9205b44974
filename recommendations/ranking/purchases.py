"""Orders with their days, cut into what was known and what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from recommendations.ranking.histories import Array, Histories, basket_matrix, histories
from recommendations.ranking.hybrid import Examples

# Orders of each customer that are learnt from as the next one, the latest.
LEARNT_FROM = 3
# Examples that are learnt from, the latest: more need memory and teach nothing new.
MOST_EXAMPLES = 300_000
# How many days before now the latest examples are asked.
LATELY = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchases:
    """Line by line: ``customer`` bought ``sku`` on ``day``; all are whole numbers from 0 on.

    What a customer bought on one day counts as one basket.
    """

    customer: Array
    day: Array
    sku: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer's baskets of distinct SKUs, oldest first, and their days."""

    customer: int
    days: Sequence[int]
    baskets: Sequence[Array]

    def before(self, day: float) -> int:
        """How many baskets were bought before this day."""
        return int(np.searchsorted(self.days, day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What there is to learn from when a ``day`` begins, and who may be asked for."""

    day: int
    examples: Examples
    latest: Examples
    asked_at: int
    persons: Sequence[Person]
    past: Histories
    skus: Array


def persons(purchases: Purchases) -> list[Person]:
    """Each customer with their baskets."""
    order = np.lexsort((purchases.sku, purchases.day, purchases.customer))
    lines = np.stack(
        [purchases.customer[order], purchases.day[order], purchases.sku[order]], axis=1
    )
    if len(lines):
        lines = lines[np.append(True, (np.diff(lines, axis=0) != 0).any(1))]
    baskets = np.split(lines, np.flatnonzero((np.diff(lines[:, :2], axis=0) != 0).any(1)) + 1)
    found = []
    for customer, own in groupby(baskets if len(lines) else [], key=lambda one: one[0, 0]):
        parts = list(own)
        found.append(Person(
            customer=int(customer), days=[int(one[0, 1]) for one in parts],
            baskets=[one[:, 2] for one in parts],
        ))  # fmt: skip
    return found


def known_at(everybody: Sequence[Person], day: int) -> Known:
    """What was known when the day began. SKUs are numbered anew: ``skus`` has their numbers."""
    cut = [(one, one.before(day)) for one in everybody]
    cut = [(one, count) for one, count in cut if count]
    own = [one.baskets[:count] for one, count in cut]
    skus = np.unique(np.concatenate([basket for baskets in own for basket in baskets]))
    numbered = [[np.searchsorted(skus, basket) for basket in baskets] for baskets in own]
    return Known(
        day=day,
        examples=_examples(cut, numbered, len(skus)),
        latest=_latest(cut, numbered, day - LATELY, len(skus)), asked_at=day - LATELY,
        persons=[one for one, _ in cut], past=histories(numbered, len(skus)), skus=skus,
    )  # fmt: skip


def _examples(
    cut: Sequence[tuple[Person, int]], own: Sequence[Sequence[Array]], skus: int
) -> Examples:
    """The latest orders of each customer, with what they had bought before each."""
    places = [
        (row, place)
        for row, (_, count) in enumerate(cut)
        for place in range(max(1, count - LEARNT_FROM), count)
    ]
    at = np.array([cut[row][0].days[place] for row, place in places], np.int64)
    if len(places) > MOST_EXAMPLES:
        kept = np.sort(np.argsort(at, kind="stable")[-MOST_EXAMPLES:])
        places, at = [places[n] for n in kept], at[kept]
    return Examples(
        past=histories([own[row][:place] for row, place in places], skus),
        after=basket_matrix([own[row][place] for row, place in places], skus),
        who=np.array([cut[row][0].customer for row, _ in places], np.int64), at=at,
    )  # fmt: skip


def _latest(
    cut: Sequence[tuple[Person, int]], own: Sequence[Sequence[Array]], day: int, skus: int
) -> Examples:
    """Whoever had bought before this day, and the next thing they ordered from it on."""
    past, after, who = [], [], []
    for (person, count), baskets in zip(cut, own, strict=True):
        place = person.before(day)
        if 0 < place < count:
            past.append(baskets[:place])
            after.append(baskets[place])
            who.append(person.customer)
    return Examples(
        past=histories(past, skus), after=basket_matrix(after, skus), who=np.array(who, np.int64)
    )
