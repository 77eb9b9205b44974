"""manage.py evaluate_recommendations [--cut DATE …] [--baskets FILE] [--json] [--plots FOLDER]"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommendations import plotting, reading
from recommendations.ranking import evaluating, purchases
from recommendations.ranking.evaluating import Evaluation, NothingToEvaluateError, Task

# Without a day: what was known so long before the newest order.
BEFORE_NEWEST = 60


class Command(BaseCommand):
    help = (
        "Hold the recommendations against popularity, personal frequency, item-kNN, ALS and "
        "TIFUKNN: on the shop's own orders, or on a file of baskets."
    )
    requires_system_checks: Any = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--cut", action="append", type=date.fromisoformat, metavar="DATE",
            help="learn from orders before this day and ask for the next (more than one is fine)",
        )  # fmt: skip
        parser.add_argument(
            "--baskets", type=Path, metavar="FILE",
            help='JSON: {"customers": {id: [[sku, …], …]}, "split": {"train": […], "test": […]}}',
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="one object on standard output")
        parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write pictures there")

    def handle(self, *args: Any, **options: Any) -> None:
        found = {}
        try:
            for name, task in _tasks(options):
                found[name] = evaluating.evaluate(task, say=self._say)
        except NothingToEvaluateError as error:
            raise CommandError(str(error)) from None
        for name, one in found.items():
            for path in plotting.draw(one, options["plots"], name) if options["plots"] else ():
                self._say(f"Wrote {path}")
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(found)))
        else:
            for name, one in found.items():
                self._show(name, one)

    def _say(self, text: str) -> None:
        self.stderr.write(text)

    def _show(self, name: str, found: Evaluation) -> None:
        self.stdout.write(f"{name}: {found.customers:,} customers, {found.skus:,} SKUs")
        self.stdout.write(f"{'':<12}{'recall@10':>24}{'ndcg@10':>24}{'phr@10':>24}")
        for method, one in {"hybrid": found.hybrid, **found.others}.items():
            cells = [f"{one.means[key]:.4f} ({low:.3f}–{high:.3f})".rjust(24)
                     for key, (low, high) in one.bounds.items()]  # fmt: skip
            self.stdout.write(f"{method:<12}{''.join(cells)}")
        self.stdout.write("By how much the hybrid is ahead (95 %):")
        for method, one in found.others.items():
            cells = [f"{low:+.4f} to {high:+.4f}".rjust(24) for low, high in one.ahead.values()]
            self.stdout.write(f"{method:<12}{''.join(cells)}")
        self.stdout.write(
            f"Calibration error {found.error:.4f} · coverage {found.coverage:.1%} · "
            f"novelty {found.novelty:.1f} bits\n"
        )


def _tasks(options: Any) -> Iterator[tuple[str, Task]]:
    if options["baskets"]:
        yield "baskets", evaluating.of_baskets(_content(options["baskets"]))
        return
    shop = reading.read()
    if not len(shop.purchases.day):
        raise CommandError("There are no orders yet: copy a store first (manage.py sync).")
    everybody = purchases.persons(shop.purchases)
    newest = date.fromordinal(int(shop.purchases.day.max()))
    for cut in options["cut"] or [newest - timedelta(days=BEFORE_NEWEST)]:
        yield cut.isoformat(), evaluating.at_day(everybody, cut.toordinal())


def _content(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from None
    except ValueError as error:
        raise CommandError(f"{path} is no JSON: {error}.") from None


def _as_json(found: dict[str, Evaluation]) -> Any:
    """One object: the first cut's figures on top, further ones under ``cuts``."""
    first = next(iter(found.values())).as_json()
    return first if len(found) == 1 else {
        **first, "cuts": {name: one.as_json() for name, one in found.items()},
    }  # fmt: skip
