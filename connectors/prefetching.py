"""Reading ahead: the next batches are fetched while the last ones are written."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

AHEAD = 8

Item = TypeVar("Item")


def ahead(
    source: Iterator[Item], *, idle: Callable[[], None], every: float = 15.0
) -> Iterator[list[Item]]:
    """The source's items, read in a thread of their own: whatever has come, at most ``AHEAD``.

    ``idle`` is called in the caller's thread every so many seconds while nothing comes. What the
    source raises is raised here, behind the items before it. Closing this iterator ends the thread
    at the source's next item.
    """
    shelf: _Shelf[Item] = _Shelf()
    threading.Thread(target=shelf.fill, args=(source,), name="read-ahead", daemon=True).start()
    try:
        while True:
            items = shelf.take(every)
            if items is None:
                return
            if items:
                yield items
            else:
                idle()
    finally:
        shelf.close()


class _Shelf(Generic[Item]):
    """Where one thread puts items and another takes all that are there."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.items: list[Item] = []
        self.error: BaseException | None = None
        self.is_done = self.is_closed = False

    def fill(self, source: Iterator[Item]) -> None:
        """Put the source's items here, as there is room, until it ends or nobody takes them."""
        try:
            for item in source:
                if not self._put(item):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that reads
            self.error = error
        with self.changed:
            self.is_done = True
            self.changed.notify_all()

    def _put(self, item: Item) -> bool:
        with self.changed:
            self.changed.wait_for(lambda: self.is_closed or len(self.items) < AHEAD)
            self.items.append(item)
            self.changed.notify_all()
            return not self.is_closed

    def take(self, timeout: float) -> list[Item] | None:
        """All items here; [] when none came in time, None when there will be no more."""
        with self.changed:
            self.changed.wait_for(lambda: self.is_done or bool(self.items), timeout)
            if not self.items and self.is_done:
                if self.error is not None:
                    raise self.error
                return None
            taken, self.items = self.items, []
            self.changed.notify_all()
            return taken

    def close(self) -> None:
        """Let the filling thread go."""
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()
