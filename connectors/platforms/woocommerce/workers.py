"""Threads that fetch pages at the same time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


class Workers:
    """At most ``count`` threads, started when first needed.

    They are daemons, unlike ``ThreadPoolExecutor``'s: a process that was told to stop does not
    wait for a store that does not answer.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._started = 0
        self._closed = False
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Have the work done; its result or exception is in the future."""
        future: Future[Result] = Future()
        with self._lock:
            if self._closed:
                future.cancel()
                return future
            self._jobs.put(lambda: _run(future, work))
            if self._started < self.count:
                self._started += 1
                threading.Thread(target=self._work, name="store-page", daemon=True).start()
        return future

    def close(self) -> None:
        """End the threads once they have done what was submitted."""
        with self._lock:
            self._closed = True
            for _ in range(self._started):
                self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def _run(future: Future[Result], work: Callable[[], Result]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
        future.set_exception(error)
    else:
        future.set_result(result)
