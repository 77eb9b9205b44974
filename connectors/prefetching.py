"""Reading ahead: the next batch is fetched while the last one is written."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

AHEAD = 2

Item = TypeVar("Item")


def ahead(
    source: Iterator[Item], *, idle: Callable[[], None], every: float = 15.0
) -> Iterator[Item]:
    """The source's items, read in a thread of their own; at most ``AHEAD`` wait.

    ``idle`` is called in the caller's thread every so many seconds while nothing arrives. What the
    source raises is raised here. Closing this iterator ends the thread at the source's next item.
    """
    arrived: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(maxsize=AHEAD)
    stopped = threading.Event()
    threading.Thread(
        target=_feed, args=(source, arrived, stopped), name="read-ahead", daemon=True
    ).start()
    try:
        yield from _arrivals(arrived, idle, every)
    finally:
        stopped.set()


def _arrivals(
    arrived: queue.Queue[tuple[Item | None, BaseException | None]],
    idle: Callable[[], None],
    every: float,
) -> Iterator[Item]:
    while True:
        try:
            item, error = arrived.get(timeout=every)
        except queue.Empty:
            idle()
            continue
        if error is not None:
            raise error
        if item is None:
            return
        yield item


def _feed(
    source: Iterator[Item],
    arrived: queue.Queue[tuple[Item | None, BaseException | None]],
    stopped: threading.Event,
) -> None:
    def put(item: Item | None, error: BaseException | None) -> None:
        while not stopped.is_set():
            try:
                arrived.put((item, error), timeout=0.5)
                return
            except queue.Full:
                continue

    try:
        for item in source:
            put(item, None)
            if stopped.is_set():
                return
        put(None, None)
    except BaseException as error:  # noqa: BLE001 - raised again in the thread that reads
        put(None, error)
