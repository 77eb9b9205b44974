"""Runs schedules, and shows what the guards are for: `python -m tests.chaos.money --help`."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import queue
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.money import databases


def main():
    options = parsed()
    # So that what is asked to end clears up as what ends by itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with databases.migrated() as server:
        passed = True
        if options.schedules:
            passed = report(options, server)
        if options.table:
            passed = table(options, server) and passed
    sys.exit(0 if passed else 1)


def parsed():
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.money")
    parser.add_argument("--schedules", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="this schedule alone, step by step")
    parser.add_argument("--without", metavar="GUARD", help="row-lock, lease, key, …")
    parser.add_argument("--until-wrong", action="store_true", help="end where something is wrong")
    parser.add_argument("--table", type=int, metavar="MOST", default=0,
                        help="without each guard in turn, so many schedules at most")  # fmt: skip
    parser.add_argument("--platform", action="append", help="only this one")
    return parser.parse_args()


def report(options, server):
    """Runs the schedules and prints what came of them; whether nothing went wrong."""
    began, tally = time.monotonic(), Tally()
    numbers = [options.only] if options.only is not None else range(options.schedules)
    for result in results(options, server, numbers, options.without):
        tally.add(result)
        for what, words in result.wrong:
            say(f"{what}: schedule {result.number}, seed {options.seed}: {words}")
        if result.wrong and options.until_wrong:
            break
        if tally.done % 50 == 0 and sys.stderr.isatty():
            speed = tally.done / (time.monotonic() - began)
            sys.stderr.write(f"\r{tally.done} schedules, {speed:.1f} a second ")
    summary(tally, time.monotonic() - began)
    return not tally.wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a schedule; without a number, what is wrong with all of them together."""

    number: int | None
    wrong: list[tuple[str, str]]
    stages: list[str] = field(default_factory=list)
    delivered: int = 0
    # Where workers were killed or stalled: the platform, the job, and at which boundary.
    killed: list[tuple[str, str, int]] = field(default_factory=list)
    stalled: list[tuple[str, str, int]] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """What came of all of them."""

    done: int = 0
    delivered: int = 0
    wrong: Counter = field(default_factory=Counter)
    stages: Counter = field(default_factory=Counter)
    killed: Counter = field(default_factory=Counter)
    stalled: Counter = field(default_factory=Counter)

    def add(self, result):
        self.done += result.number is not None
        self.delivered += result.delivered
        self.wrong.update({what for what, _ in result.wrong})
        for name in ("stages", "killed", "stalled"):
            getattr(self, name).update(getattr(result, name))


def summary(tally, seconds):
    from tests.chaos.money import judging

    speed = f"in {seconds:.0f} s, {tally.done / seconds:.1f} a second"
    say(f"\n{'schedules':24}{tally.done:>8,}   {speed}")
    say(f"{'messages delivered':24}{tally.delivered:>8,}")
    for name, at in (("workers killed", tally.killed), ("workers stalled", tally.stalled)):
        say(f"{name:24}{at.total():>8,}   at {len(at)} boundaries")
    for what in judging.INVARIANTS:
        say(f"{what:24}{tally.wrong[what]:>8,}")
    stages = (f"{name} {times:,}" for name, times in tally.stages.most_common())
    say("ended as: " + ", ".join(stages))


def table(options, server):
    """Without each guard in turn: after how many schedules it is missed, and by what."""
    from tests.chaos.money import guards

    say(f"\n{'guard removed':18}{'caught after':>14}   by")
    every = True
    for name in guards.GUARDS:
        tally = Tally()
        for result in results(options, server, range(options.table), name):
            tally.add(result)
            if tally.wrong:
                break
        every = every and bool(tally.wrong)
        say(f"{name:18}{tally.done:>14,}   {', '.join(tally.wrong) or 'nothing'}")
    return every


def results(options, server, numbers, without):
    """What comes of each schedule, as it is done."""
    context = multiprocessing.get_context("fork")
    todo, found = context.Value("q", 0), context.Queue()
    numbers = list(numbers)
    workers = [
        context.Process(target=work, args=(options, server, numbers, without, todo, found, place))
        for place in range(min(options.workers, len(numbers)))
    ]
    for one in workers:
        one.start()
    try:
        for _ in (*numbers, *workers):
            yield _next(workers, found)
    finally:
        todo.value = len(numbers)
        for one in workers:
            while one.is_alive():
                one.join(0.05)
                _emptied(found)


def _next(workers, found):
    while True:
        try:
            return found.get(timeout=1)
        except queue.Empty:
            if not any(one.is_alive() for one in workers):
                raise SystemExit("The workers of the harness went away.") from None


def _emptied(found):
    try:
        while True:
            found.get_nowait()
    except queue.Empty:
        return


def work(options, server, numbers, without, todo, found, place):
    """Runs schedules until none is left, in a database of its own."""
    from tests.chaos.money import guards, judging, running, schedules
    from tests.support import shops

    name = f"{databases.TEMPLATE}_{place}"
    databases.drop(server, name)
    databases.copy(server, name)
    if without:
        guards.GUARDS[without]()
    platforms = tuple(options.platform or sorted(shops.STORES))
    stores = running.Field(traced=options.only is not None)
    try:
        with stores.open(platforms):
            while (number := _taken(todo, numbers)) is not None:
                schedule = schedules.draw(options.seed, number, platforms)
                found.put(judged(stores, schedule, stores.run(schedule)))
        found.put(Result(number=None, wrong=judging.audited()))
    finally:
        from django.db import connection

        connection.close()
        databases.drop(server, name)


def judged(stores, schedule, course):
    from tests.chaos.money import judging

    def halts(*, kills):
        return [
            (schedule.platform, run.job, run.halt.at)
            for run in course.halted
            if run.halt and run.halt.kills is kills
        ]

    return Result(
        number=schedule.number, wrong=list(judging.judged(schedule, course, stores.store)),
        stages=judging.ended(course), delivered=course.delivered,
        killed=halts(kills=True), stalled=halts(kills=False),
    )  # fmt: skip


def _taken(todo, numbers):
    with todo.get_lock():
        place = todo.value
        todo.value += 1
    return numbers[place] if place < len(numbers) else None


def say(text):
    os.write(1, f"{text}\n".encode())


if __name__ == "__main__":
    main()
