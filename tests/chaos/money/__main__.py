"""Runs schedules, and shows what the guards are for: `python -m tests.chaos.money --help`."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import queue
import sys
import time
from collections import Counter

from tests.chaos.money import databases


def main():
    options = parsed()
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
    parser.add_argument("--table", type=int, metavar="MOST", default=0,
                        help="without each guard in turn, so many schedules at most")  # fmt: skip
    parser.add_argument("--platform", action="append", help="only this one")
    return parser.parse_args()


def report(options, server):
    """Runs the schedules and prints what came of them; whether nothing went wrong."""
    began, done, seen, stages = time.monotonic(), 0, Counter(), Counter()
    numbers = [options.only] if options.only is not None else range(options.schedules)
    for number, wrong, ended in results(options, server, numbers, options.without):
        done += 1
        stages.update(ended)
        seen.update({what for what, _ in wrong})
        for what, words in wrong:
            say(f"{what}: schedule {number}, seed {options.seed}: {words}")
        if done % 50 == 0 and sys.stderr.isatty():
            speed = done / (time.monotonic() - began)
            sys.stderr.write(f"\r{done} schedules, {speed:.1f} a second ")
    summary(done, time.monotonic() - began, seen, stages)
    return not seen


def summary(done, seconds, seen, stages):
    from tests.chaos.money import judging

    say(f"\n{'schedules':24}{done:>8,}   in {seconds:.0f} s, {done / seconds:.1f} a second")
    for what in judging.INVARIANTS:
        say(f"{what:24}{seen[what]:>8,}")
    say("ended as: " + ", ".join(f"{name} {times:,}" for name, times in stages.most_common()))


def table(options, server):
    """Without each guard in turn: after how many schedules it is missed, and by what."""
    from tests.chaos.money import guards

    say(f"\n{'guard removed':18}{'caught after':>14}   by")
    every = True
    for name in guards.GUARDS:
        number, wrong = first_wrong(options, server, name)
        every = every and bool(wrong)
        by = ", ".join(dict.fromkeys(what for what, _ in wrong)) or "nothing"
        say(f"{name:18}{number:>14,}   {by}")
    return every


def first_wrong(options, server, name):
    """How many schedules it took, and what was wrong with the last of them."""
    done = 0
    for _, wrong, _ in results(options, server, range(options.table), name):
        done += 1
        if wrong:
            return done, wrong
    return done, []


def results(options, server, numbers, without):
    """Each schedule's number, what is wrong with it and how its requests ended, as it is done."""
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
        for _ in numbers:
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
    field = running.Field(traced=options.only is not None)
    try:
        with field.open(platforms):
            while (number := _taken(todo, numbers)) is not None:
                schedule = schedules.draw(options.seed, number, platforms)
                course = field.run(schedule)
                wrong = list(judging.judged(schedule, course, field.store))
                found.put((number, wrong, judging.ended(course)))
        if problem := judging.audited():
            found.put((-1, [problem], []))
    finally:
        from django.db import connection

        connection.close()
        databases.drop(server, name)


def _taken(todo, numbers):
    with todo.get_lock():
        place = todo.value
        todo.value += 1
    return numbers[place] if place < len(numbers) else None


def say(text):
    os.write(1, f"{text}\n".encode())


if __name__ == "__main__":
    main()
