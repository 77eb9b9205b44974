"""Whether a page far behind costs what the first one costs."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.api import asking, plans

PATH = "/api/v1/orders/"
LIMIT, PAGES_LIMIT = 1.25, 2.0
ROWS = 50
FAR = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """Requests a second of the first page and of one far behind, and what PostgreSQL read."""

    page: int
    first: float
    far: float
    beside_first: float
    first_pages: int
    far_pages: int

    @property
    def passed(self) -> bool:
        is_as_quick = self.beside_first <= LIMIT
        return is_as_quick and self.far_pages <= PAGES_LIMIT * self.first_pages

    def plain(self) -> dict[str, Any]:
        """For ``--json``."""
        names = ("page", "first", "far", "beside_first", "first_pages", "far_pages", "passed")
        return {name: getattr(self, name) for name in names}


def distance(port: int, key: str, options: argparse.Namespace) -> Distance:
    """The newest orders beside page 10,000, or the last but one where there are fewer."""
    page = min(FAR, options.orders // ROWS - 1)
    far = f"{PATH}?cursor={_cursor(page)}"
    turns = list(_turns(port, key, far, options))
    first, there = (statistics.median(rates) for rates in zip(*turns, strict=True))
    return Distance(
        page=page, first=first, far=there,
        beside_first=statistics.median(near / away for near, away in turns),
        first_pages=plans.plan("first", PATH, key).pages,
        far_pages=plans.plan("far", far, key).pages,
    )  # fmt: skip


def line(one: Distance) -> str:
    return (
        f"orders, page 1: {one.first:.0f}/s, {one.first_pages} pages read; page {one.page:,}: "
        f"{one.far:.0f}/s, {one.far_pages} pages read; {one.beside_first:.2f} × the time of "
        f"page 1 (limit {LIMIT})  {'PASS' if one.passed else 'FAIL'}"
    )


def _turns(port: int, key: str, far: str, options: argparse.Namespace) -> Iterator[Sequence[float]]:
    for number in range(options.turns):
        paths = [PATH, far]
        order = paths if number % 2 else paths[::-1]
        rates = {path: asking.ask(asking.job(port, key, [path], options)) for path in order}
        yield [rates[path].per_second for path in paths]


def _cursor(page: int) -> str:
    """What `next` of the page before holds, found by SQL."""
    from connectors.storefront import paging
    from orders.api import PLACED
    from orders.models import PlatformOrder

    newest = PlatformOrder.objects.order_by(*(f"-{name}" for name in PLACED))
    last = newest.values_list(*PLACED)[(page - 1) * ROWS - 1]
    return paging.cursor_of("-created_at", last)
