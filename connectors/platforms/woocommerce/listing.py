"""Reading a whole list of a store while it changes.

The list is ordered by id and read from its end to its start, in pages that overlap: a page that
reaches back to a row that was read before proves that nothing between the two was missed, in
whatever order the two were fetched. Rows that leave the list make pages overlap by more. Where
rows were added below, or a page was fetched too early, the overlap is missing: then the page is
read again, and from there upwards until it meets what was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from connectors.platforms import base
from connectors.platforms.woocommerce import answers, client

PAGE = 100
# Two rows in common, not one: a row without an id at the edge of a page then stops nothing, nor
# does a single row that leaves between two pages fetched at the same time.
STEP = PAGE - 2
TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows that were not given before, ascending by id.

    With ``is_joined`` all rows from ``low`` upwards have been given, and ``position`` is where
    reading goes on, None at the list's start. ``total`` estimates what the whole reading gives.
    """

    items: list[Any]
    clean: bool
    low: int | None
    is_joined: bool
    position: base.Json | None
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    offset: int
    items: list[Any]
    ids: list[int]
    clean: bool
    total: int

    @property
    def is_last(self) -> bool:
        return len(self.items) < PAGE or self.offset + len(self.items) >= self.total

    def reaches(self, low: int | None) -> bool:
        """Whether no row lies between this page and those from ``low`` upwards."""
        if low is None:
            return self.is_last
        return len(self.items) < PAGE or self.ids[-1] >= low

    def continues(self, below: _Page) -> bool:
        """Whether it goes on where the page below ends, without a gap and by at least a row."""
        if not self.ids or self.ids[0] > below.ids[-1]:
            return False
        return self.ids[-1] > below.ids[-1] or self.is_last


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Pages read upwards from the first; ``page`` is the last of them so far."""

    first: _Page
    page: _Page
    seen: int
    is_joined: bool

    def with_page(self, above: _Page, low: int | None) -> _Stretch:
        return _Stretch(
            first=self.first, page=above, seen=self.page.ids[-1], is_joined=above.reaches(low)
        )

    def bottom(self, low: int | None) -> int | None:
        """The lowest id that was read."""
        ids = self.first.ids
        return low if not ids else ids[0] if low is None else min(low, ids[0])

    def below(self) -> int | None:
        """The offset of the next page downwards, None at the list's start."""
        offset = self.first.offset - STEP
        if not self.first.items and self.first.total:
            offset = min(offset, self.first.total - PAGE)  # the list ends far below by now
        return max(0, offset) if self.first.offset else None

    def new_items(self, low: int | None) -> list[Any]:
        """The page's rows that were in no page before; those without an id may come twice."""
        return [
            item
            for item in self.page.items
            if (found := _id(item)) is None or (found > self.seen and (low is None or found < low))
        ]


class Listing:
    """One list: a path below wc/v3 and its filters."""

    def __init__(self, client_: client.Client, path: str, params: client.Params) -> None:
        self._client, self._path = client_, path
        self._params = {**params, "orderby": "id", "order": "asc", "per_page": str(PAGE)}
        self._ahead: dict[int, Future[answers.Answer]] = {}
        self._lowest: int | None = None

    def parts(self, position: base.Json) -> Iterator[Part]:
        """The whole list, or what is left of it from a part's ``position``."""
        try:
            yield from self._parts(position.get("offset"), position.get("low"))
        finally:
            self._forget()

    def _parts(self, offset: int | None, low: int | None) -> Iterator[Part]:
        total = None if offset is None else offset + PAGE
        if offset is None:
            offset, total = self._begin()
        following: int | None = offset
        while following is not None:
            offset = following
            for stretch in self._stretches(offset, low):
                bottom, following = stretch.bottom(low), stretch.below()
                position = None if following is None else {"offset": following, "low": bottom}
                yield Part(
                    items=stretch.new_items(low),
                    clean=stretch.page.clean,
                    low=bottom,
                    is_joined=stretch.is_joined,
                    position=position,
                    total=total or 0,
                )
            low = bottom

    def _begin(self) -> tuple[int, int]:
        """Where the list's last page begins, and how many rows it has."""
        self._plan([0])
        page = _page(0, self._ahead[0].result())
        self._lowest = page.ids[0] if page.ids else None
        return (0 if page.is_last else page.total - PAGE), page.total

    def _stretches(self, offset: int, low: int | None) -> Iterator[_Stretch]:
        """The page at the offset and those above it, until they meet the rows from ``low`` on."""
        page = _page(offset, self._planned(offset))
        if offset and page.ids and page.ids[0] == self._lowest:
            self._require_offset(offset)
        # What was fetched ahead is older than what was read since: it proves nothing then.
        if not page.reaches(low):
            self._forget()
            page = self._fresh(offset)
        for _ in range(TRIES):
            stretch = _Stretch(first=page, page=page, seen=0, is_joined=page.reaches(low))
            yield stretch
            while not stretch.is_joined:
                above = self._fresh(stretch.page.offset + STEP)
                if not above.continues(stretch.page):
                    break
                stretch = stretch.with_page(above, low)
                yield stretch
            else:
                return
            page = self._fresh(offset)
        raise base.RetryableError(
            "The store's list changes faster than it can be read.",
            code="unsteady",
        )

    def _require_offset(self, offset: int) -> None:
        """For pages that begin alike: rows came in below, or it is the same page always."""
        if self._fresh(0).ids == self._fresh(offset).ids:
            raise base.RejectedError(
                "The store ignores the parameter offset, so its lists can't be read. Something "
                "on the way, perhaps a cache, drops it.",
                code="no_offset",
            )

    def _planned(self, offset: int) -> answers.Answer:
        """The answer for an offset, those of the next ones being fetched meanwhile."""
        wanted = [max(0, offset - STEP * n) for n in range(self._client.concurrency)]
        self._plan(wanted)
        return self._ahead.pop(offset).result()

    def _plan(self, offsets: list[int]) -> None:
        for offset in offsets:
            if offset not in self._ahead:
                self._ahead[offset] = self._client.submit(self._path, self._at(offset))

    def _fresh(self, offset: int) -> _Page:
        return _page(offset, self._client.get(self._path, self._at(offset)))

    def _at(self, offset: int) -> client.Params:
        return {**self._params, "offset": str(offset)} if offset else self._params

    def _forget(self) -> None:
        for future in self._ahead.values():
            future.cancel()
        self._ahead.clear()


def _page(offset: int, answer: answers.Answer) -> _Page:
    items = answer.data
    if type(items) is not list:
        raise base.RetryableError(
            "The store answered with something that is no list.", code="no_list"
        )
    ids = [found for item in items if (found := _id(item)) is not None]
    if items and not ids:
        raise base.RejectedError("The store's list has no ids.", code="no_ids")
    if ids and ids[0] > ids[-1]:
        raise base.RejectedError(
            "The store does not sort its lists by id. A plugin changes how they are sorted.",
            code="unsorted",
        )
    total = answer.total
    if total is None:
        if len(items) >= PAGE:
            raise base.RejectedError(
                "The store does not say how many records it has: something on the way removes the "
                "header X-WP-Total. Let it through.",
                code="no_total",
            )
        total = offset + len(items)
    return _Page(offset=offset, items=items, ids=ids, clean=answer.clean, total=total)


def _id(item: Any) -> int | None:
    found = item.get("id") if type(item) is dict else None
    return found if type(found) is int and found > 0 else None
