"""Schedules: what is asked for, what is delivered when, and all that goes wrong meanwhile.

A schedule is drawn from a seed and its number alone, and so are its halts: how the processes of a
parallel step take turns is the machine's.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.chaos.money.boundaries import Halt

LEASE, SETTLED = 7 * 60, 20 * 60
# How many boundaries a job has where nothing fails: one that ends earlier isn't halted.
BOUNDARIES = {
    "shopify": {"ask": 10, "deliver": 35, "sweep": 35},
    "woocommerce": {"ask": 13, "deliver": 41, "sweep": 41},
}
# From the commit before a refund is sent to the one of what came of it.
AROUND_SENDING = {"shopify": (27, 33), "woocommerce": (25, 35)}
READ_FAULTS = ("fail", "fail_json", "maintenance", "throttle")
WRITE_FAULTS = ("lose_before", "lose_after", "fail_after")
OWN_FAULTS = {
    "shopify": ("throttled", "internal", "key_in_use"),
    "woocommerce": ("lose_saved", "lose_paid", "gateway_fail"),
}
HOLDS = {
    "shopify": ("lose_before", "fail_after"),
    "woocommerce": ("lose_before", "lose_saved", "lose_paid", "fail_after"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A refund that is asked for: units of the order's only line, and something beside."""

    units: int
    goodwill: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A child's job: ``ask``, ``deliver`` or ``sweep``; the first two name the refund."""

    job: str
    which: int = 0
    halt: Halt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens; ``value`` is the runs, the seconds, the knobs and so on."""

    what: str
    value: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """All that happens to one order."""

    number: int
    platform: str
    units: int
    price: str
    asks: tuple[Ask, ...]
    steps: tuple[Step, ...] = field(default_factory=tuple)

    @property
    def is_clean(self) -> bool:
        """Whether nothing happens that would let a refund's outcome be unknown."""
        runs = [run for step in self.steps if step.what == "runs" for run in step.value]
        is_whole = not any(run.halt and run.halt.kills for run in runs)
        late = sum(step.value for step in self.steps if step.what == "later")
        return is_whole and late < LEASE and not any(s.what in ("turn", "hold") for s in self.steps)


def draw(seed: int, number: int, platforms: tuple[str, ...]) -> Schedule:
    """The schedule of this number."""
    return _Draw(random.Random(f"{seed}/{number}"), number, platforms).schedule()


class _Draw:
    def __init__(self, chance, number, platforms):
        self.chance, self.number = chance, number
        self.platform = platforms[number % len(platforms)]

    def schedule(self):
        is_double = self.chance.random() < 0.4
        units = self.chance.choice((5, 6, 8))
        asks = self.asks(units, is_double)
        return Schedule(
            number=self.number, platform=self.platform, units=units,
            price=self.chance.choice(("10.00", "10.00", "10.00", "40.00")),
            asks=asks, steps=tuple(self.steps(asks)),
        )  # fmt: skip

    def asks(self, units, is_double):
        """Amounts that differ from each other and from those that are made in the store."""
        if not is_double:
            most = units // 2 if self.likely(0.7) else units
            goodwill = self.cents("0.37", most, units)
            return (Ask(units=self.chance.randint(1, most), goodwill=goodwill),)
        first = self.chance.randint(1, units - 1)
        is_too_much = self.likely(0.6)
        second = units - first if is_too_much else self.chance.randint(1, units - first)
        beside = "0.73" if is_too_much else self.cents("0.73", second, units)
        return (
            Ask(units=first, goodwill=self.cents("0.37", first, units)),
            Ask(units=second, goodwill=beside),
        )

    def cents(self, text, most, units):
        return text if most < units else "0"

    def likely(self, share):
        return self.chance.random() < share

    def steps(self, asks):
        yield from self.asking(asks)
        if self.likely(0.15):
            yield self.meanwhile()
        if self.likely(0.35):
            yield self.fault()
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            yield from self.delivering(asks)
            if self.likely(0.12):
                yield self.meanwhile()
            if self.likely(0.1):
                yield self.fault()
        if self.likely(0.3):
            yield Step(what="wake")

    def asking(self, asks):
        if len(asks) == 1:
            runs = [self.run("ask", 0, kills=0.05)]
            runs += [Run(job="ask")] * self.likely(0.1)
            yield self.at_once(*runs)
        elif self.likely(0.5):
            # The first stops somewhere, the second passes it.
            yield self.at_once(self.run("ask", 0, stops=1.0))
            yield self.at_once(Run(job="ask", which=1))
            yield Step(what="wake")
        else:
            yield self.at_once(Run(job="ask"), Run(job="ask", which=1))

    def delivering(self, asks):
        """Messages of every refund, 0 to 3 times, and what follows where somebody hangs."""
        runs = [
            self.run("deliver", which, kills=0.3, stops=0.25)
            for which in range(len(asks))
            for _ in range(self.chance.choice((0, 1, 1, 1, 2, 3)))
        ]
        if self.likely(0.2):
            runs.append(Run(job="sweep"))
        self.chance.shuffle(runs)
        is_held = bool(runs) and self.likely(0.1)
        if is_held:
            yield Step(what="hold", value=self.chance.choice(HOLDS[self.platform]))
        if self.likely(0.5):
            yield self.at_once(*runs)
        else:
            yield from (self.at_once(run) for run in runs)
        if is_held:
            # The store takes long, but no longer than it is said to.
            yield Step(what="later", value=self.chance.choice((10, 60, 100)))
            yield self.at_once(self.run("sweep", kills=0.1))
            yield Step(what="let go")
        elif any(run.halt and not run.halt.kills for run in runs):
            yield from self.hanging()
        elif self.likely(0.4):
            yield self.later()
            yield self.at_once(self.run("sweep", kills=0.2, stops=0.1))

    def hanging(self):
        """While a worker hangs: sweeps before its lease runs out, or after it; then it goes on."""
        if self.likely(0.35):
            yield self.at_once(Run(job="sweep"))
        else:
            for seconds in self.chance.choice(((LEASE,), (LEASE, SETTLED), (SETTLED, SETTLED))):
                yield Step(what="later", value=seconds)
                yield self.at_once(*[self.run("sweep", kills=0.1)] * self.chance.choice((1, 1, 2)))
        if self.likely(0.85):
            yield Step(what="wake")

    def later(self):
        return Step(what="later", value=self.chance.choice((5, 30, 90, LEASE, SETTLED, 3600)))

    def meanwhile(self):
        """What people do to the order in the store."""
        if self.platform == "shopify" and self.likely(0.4):
            return Step(what="dispute")
        return Step(what="elsewhere", value=self.chance.choice((1, 1, 2)))

    def fault(self):
        kind = self.chance.random()
        if kind < 0.5:
            return self.turn(self.chance.choice(WRITE_FAULTS), self.chance.choice((1, 1, 2)))
        if kind < 0.65:
            return self.turn(self.chance.choice(READ_FAULTS), self.chance.choice((1, 2, 6)))
        if self.platform == "shopify" and kind < 0.8:
            return self.turn("refund_status", "PENDING")
        return self.turn(self.chance.choice(OWN_FAULTS[self.platform]), 1)

    def turn(self, name, value):
        return Step(what="turn", value={name: value})

    def at_once(self, *runs):
        return Step(what="runs", value=runs)

    def run(self, job, which=0, *, kills=0.0, stops=0.0):
        found = self.chance.random()
        halt = None
        if found < kills + stops:
            halt = Halt(at=self.boundary(job), kills=found < kills)
        return Run(job=job, which=which, halt=halt)

    def boundary(self, job):
        """Any that the job has; more often one where money is about to move."""
        if job == "deliver" and self.likely(0.3):
            return self.chance.randint(*AROUND_SENDING[self.platform])
        return self.chance.randint(1, BOUNDARIES[self.platform][job])
