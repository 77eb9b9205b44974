"""Learning a model from all orders, and putting it in place of the one before."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction
from django.db.models import Q
from django.utils import timezone

from recommendations import artefacts, freezing, persons, reading
from recommendations.freezing import Thawed
from recommendations.models import Training
from recommendations.ranking import calibration, carts, evaluating, hybrid, measures, purchases
from recommendations.ranking.evaluating import NothingToEvaluateError
from recommendations.ranking.histories import Array, Progress, histories
from recommendations.ranking.measures import AT
from recommendations.ranking.purchases import Person, Purchases

logger = logging.getLogger(__name__)
State = Training.State

# A training that wasn't heard of for so long is taken for dead; one that no worker took, too.
SILENT, UNTAKEN = timedelta(minutes=5), timedelta(hours=1)
HEARTBEAT = 20.0
# After so long a first model is tried again.
AGAIN = timedelta(days=1)
# How long before the newest order the evaluation asks, and how many customers.
BEFORE_NEWEST, MOST_EVALUATED = 60, 20_000
LATELY = 30
# Fewer say nothing about a drift.
FEWEST = 100
KEPT = 2


class BusyError(Exception):
    """Another training waits or runs: ``training`` is it."""

    def __init__(self, training: Training) -> None:
        super().__init__("A training is under way already.")
        self.training = training


class TooLittleError(Exception):
    """There is too little to learn from: the message says what is missing."""


def ask(user: Any = None) -> Training:
    """A training that waits for a worker; raises ``BusyError`` while another is under way."""
    with transaction.atomic():
        _bury(timezone.now())
        try:
            with transaction.atomic():
                return Training.objects.create(asked_by=user)
        except IntegrityError:
            found = Training.objects.filter(state__in=(State.WAITING, State.RUNNING)).first()
            if found is None:
                raise
            raise BusyError(found) from None


def is_first_due() -> bool:
    """Whether there are orders to learn from, no model, and no attempt at one within a day."""
    lately = Q(created_at__gt=timezone.now() - AGAIN)
    tried = Training.objects.filter(lately | Q(state=State.READY)).exists()
    return not tried and reading.counted().exists()


def _bury(now: datetime) -> None:
    """A worker that was killed leaves its training running: nobody waits for that one."""
    untaken = Q(state=State.WAITING, created_at__lt=now - UNTAKEN)
    silent = Q(state=State.RUNNING, seen_at__lt=now - SILENT)
    Training.objects.filter(untaken).update(
        state=State.FAILED, finished_at=now, failure="No worker took it: is one running?"
    )
    Training.objects.filter(silent).update(
        state=State.FAILED, finished_at=now, failure="Its worker stopped in the middle of it."
    )


def run(training_id: uuid.UUID, *, say: Progress = hybrid.silent) -> Training:
    """Do a training that waits; a second time, or when it was taken over, nothing happens."""
    now = timezone.now()
    waiting = Training.objects.filter(pk=training_id, state=State.WAITING)
    if waiting.update(state=State.RUNNING, started_at=now, seen_at=now):
        try:
            with _heard_of(training_id):
                _learn(training_id, _saying(training_id, say))
        except TooLittleError as error:
            _fail(training_id, str(error))
        except Exception as error:  # noqa: BLE001
            # The message may quote what was read: the type alone is told.
            logger.error("training failed version=%s error=%s", training_id, type(error).__name__)
            _fail(training_id, f"It stopped with {type(error).__name__}: the log has the moment.")
        except BaseException:
            _fail(training_id, "It was stopped before it was done.")
            raise
    return Training.objects.get(pk=training_id)


def _fail(training_id: uuid.UUID, failure: str) -> None:
    Training.objects.filter(pk=training_id, state=State.RUNNING).update(
        state=State.FAILED, failure=failure, finished_at=timezone.now()
    )


def _saying(training_id: uuid.UUID, say: Progress) -> Progress:
    def told(text: str) -> None:
        say(text)
        Training.objects.filter(pk=training_id).update(progress=text[:200], seen_at=timezone.now())

    return told


@contextmanager
def _heard_of(training_id: uuid.UUID) -> Iterator[None]:
    """Says every few seconds that the training lives, however long a step takes."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT):
            close_old_connections()
            # The next beat tries again where the database is away for a moment.
            with suppress(DatabaseError):
                Training.objects.filter(pk=training_id).update(seen_at=timezone.now())
        connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _learn(training_id: uuid.UUID, say: Progress) -> None:
    say("Reading orders")
    shop = reading.read()
    everybody = purchases.persons(_numbered(shop))
    if not everybody:
        raise TooLittleError("There are no orders yet: copy a store first.")
    newest = int(shop.purchases.day.max())
    say(f"Sorting the orders of {len(everybody):,} customers")
    known = purchases.known_at(everybody, newest + 1)
    if known.examples.past.size < hybrid.FOLDS:
        raise TooLittleError(
            f"Only {known.examples.past.size} orders are a customer’s second or later: at least "
            f"{hybrid.FOLDS} are needed. Until then what is popular is recommended."
        )
    model = hybrid.fit(known.examples, latest=known.latest, asked_at=known.asked_at, say=say)
    say("Learning what goes with a cart")
    companions = carts.fit(known)
    say("Reading the catalogue")
    named = [shop.skus[number] for number in known.skus]
    place = {int(number): place for place, number in enumerate(known.skus)}
    sold = {row: place[number] for row, number in shop.rows.items() if number in place}
    catalogue = freezing.catalogue(named, sold, reading.catalogue())
    thawed = Thawed(
        model=model, known=catalogue, carts=companions,
        lately=_lately(shop.purchases, known.skus, newest),
    )  # fmt: skip
    say("Holding it against simpler methods")
    metrics = _metrics(everybody, newest, say)
    say("Asking the model before it about the orders since")
    drift = _drift(everybody, shop.skus)
    say("Saving")
    files = artefacts.save(training_id, freezing.frozen(thawed))
    orders = sum(len(one.days) for one in everybody)
    _put_in_place(
        training_id, files=files, metrics=metrics, drift=drift, orders=orders,
        customers=len(everybody), skus=len(named),
    )  # fmt: skip


def _numbered(shop: reading.Shop) -> Purchases:
    """The purchases with customers known by number only."""
    numbers = np.array([persons.number(one) for one in shop.customers] or [0], np.int64)
    return replace(shop.purchases, customer=numbers[shop.purchases.customer])


def _lately(bought: Purchases, skus: Array, newest: int) -> Array:
    """In which share of the latest orders each SKU was."""
    is_late = bought.day > newest - LATELY
    baskets = np.stack([bought.customer, bought.day, bought.sku])[:, is_late]
    lines = np.unique(baskets, axis=1)
    orders = np.unique(lines[:2], axis=1).shape[1]
    counts = np.bincount(lines[2], minlength=int(skus.max(initial=0)) + 1)[skus]
    return np.asarray(counts / max(orders, 1), np.float32)


def _metrics(everybody: list[Person], newest: int, say: Progress) -> dict[str, Any]:
    """What the evaluation finds; where there is too little to evaluate, why."""
    some = everybody
    if len(some) > MOST_EVALUATED:
        chosen = np.random.default_rng(0).choice(len(some), MOST_EVALUATED, replace=False)
        some = [everybody[n] for n in np.sort(chosen)]
    day = newest - BEFORE_NEWEST
    try:
        found = evaluating.evaluate(evaluating.at_day(some, day), say=say)
    except NothingToEvaluateError as error:
        return {"too_little": str(error)}
    return {**found.as_json(), "day": date.fromordinal(day).isoformat()}


def current() -> Training | None:
    """The training whose model is in place."""
    return Training.objects.filter(state=State.READY).order_by("-finished_at").first()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Customers of a former model as it knew them, and what they ordered next."""

    past: list[list[Array]]
    after: list[Array]
    who: list[int]


def _drift(everybody: list[Person], skus: list[str]) -> dict[str, Any]:
    """How far the model in place is off on orders since it was trained; {} where few came."""
    former = current()
    if former is None or former.started_at is None:
        return {}
    try:
        thawed = freezing.thawed(artefacts.load(former.pk, former.files))
    except (artefacts.DamagedError, artefacts.UnreachableError, KeyError):
        return {}
    since = timezone.localtime(former.started_at).date()
    asked = _asked_since(everybody, skus, thawed, since.toordinal() + 1)
    if len(asked.who) < FEWEST:
        return {}
    past = histories(asked.past, len(thawed.known.names))
    lists, scores = thawed.model.scored(past, np.array(asked.who)).top(AT)
    chance = np.concatenate([thawed.model.calibration.chance(one) for one in scores])
    hits = np.concatenate([np.isin(top, t) for top, t in zip(lists, asked.after, strict=True)])
    means = {name: float(one.mean()) for name, one in measures.of_each(lists, asked.after).items()}
    return {
        **means, f"ece@{AT}": calibration.error(chance, hits), "customers": len(asked.who),
        "since": since.isoformat(), "version": str(former.pk),
    }  # fmt: skip


def _asked_since(everybody: list[Person], skus: list[str], thawed: Thawed, day: int) -> _Asked:
    places = [thawed.known.product(name) for name in skus]
    number = np.array([-1 if place is None else place for place in places], np.int64)
    found = _Asked(past=[], after=[], who=[])
    for person in everybody:
        count = person.before(day)
        if 0 < count < len(person.baskets):
            baskets = [_known(number[basket]) for basket in person.baskets[: count + 1]]
            past = [basket for basket in baskets[:-1] if len(basket)]
            if past and len(baskets[-1]):
                found.past.append(past)
                found.after.append(baskets[-1])
                found.who.append(person.customer)
    return found


def _known(basket: Array) -> Array:
    return np.unique(basket[basket >= 0])


def _put_in_place(training_id: uuid.UUID, **values: Any) -> None:
    """From this moment processes look for this version; the one before it is kept."""
    done = Training.objects.filter(pk=training_id, state=State.RUNNING).update(
        state=State.READY, finished_at=timezone.now(), progress="", **values
    )
    if not done:
        # It was taken for dead, and another may be under way.
        artefacts.forget(training_id, values["files"])
        return
    ready = Training.objects.filter(state=State.READY).order_by("-finished_at")
    for former in ready[KEPT:]:
        former.state = State.FORGOTTEN
        former.save(update_fields=["state"])
        artefacts.forget(former.pk, former.files)
