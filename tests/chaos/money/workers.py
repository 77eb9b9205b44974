"""Worker processes: each does one job after another until it is killed at a boundary."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from tests.chaos.money.boundaries import SLOTS, Watch
from tests.chaos.money.schedules import Run

BLOCKED_SECONDS, HUNG_SECONDS = 0.15, 30


@dataclass(slots=True, kw_only=True)
class Worker:
    """A process; ``stopped`` while it hangs, ``count`` the boundaries that it was seen to pass."""

    pid: int
    slot: int
    post: Any
    run: Run | None = None
    stopped: bool = False
    count: int = 0


@dataclass(slots=True, kw_only=True)
class Crew:
    """The workers of one process, forked as they are needed.

    ``do`` does a job, in the worker. ``unblock`` is called where nobody gets any further, and
    ``fail`` with what a worker could not do.
    """

    board: Any
    do: Callable[[Any, Watch], None]
    watch: Callable[[int], Watch]
    unblock: Callable[[], None]
    fail: Callable[[str], None]
    busy: list[Worker] = field(default_factory=list)
    idle: list[Worker] = field(default_factory=list)
    halted: list[Run] = field(default_factory=list)

    def start(self, job):
        """Have a worker do it, with a database connection of its own."""
        worker = self.idle.pop() if self.idle else self.fork()
        self.board.clear(worker.slot)
        worker.run, worker.count, worker.stopped = job.run, 0, False
        self.busy.append(worker)
        worker.post.send(job)

    def fork(self):
        connection.close()
        used = {one.slot for one in (*self.busy, *self.idle)}
        slot = next(number for number in range(SLOTS) if number not in used)
        inbox, post = multiprocessing.Pipe(duplex=False)
        pid = os.fork()
        if pid:
            inbox.close()
            return Worker(pid=pid, slot=slot, post=post)
        try:
            post.close()
            gc.freeze()
            self._serve(slot, inbox)
        finally:
            os._exit(0)

    def _serve(self, slot, inbox):
        watch = self.watch(slot)
        watch.start()
        try:
            while True:
                self.do(inbox.recv(), watch)
                self.board.finish(slot)
                os.kill(os.getppid(), signal.SIGCHLD)
        except EOFError:
            return

    def gather(self):
        """Wait until every worker is through, gone, or hangs."""
        moved = time.monotonic()
        while any(not worker.stopped for worker in self.busy):
            signal.sigtimedwait([signal.SIGCHLD], 0.02)
            if self._anything():
                moved = time.monotonic()
            elif time.monotonic() - moved > HUNG_SECONDS:
                self._give_up()
            elif time.monotonic() - moved > BLOCKED_SECONDS and self.is_blocked():
                # Somebody waits for one that hangs, or for the store: it has to go on.
                self.unblock()
                self.wake()

    def is_blocked(self):
        return self.board.is_held or any(worker.stopped for worker in self.busy)

    def _anything(self):
        """Whether a worker passed a boundary, ended or stopped."""
        looked_at = [self._looked_at(worker) for worker in list(self.busy)]
        return any(looked_at)

    def _looked_at(self, worker):
        pid, status = os.waitpid(worker.pid, os.WNOHANG | os.WUNTRACED)
        if pid and os.WIFSTOPPED(status):
            worker.stopped = True
            self.halted.append(worker.run)
        elif pid:
            self.busy.remove(worker)
            worker.post.close()
            self.halted.append(worker.run)
        elif self.board.is_done(worker.slot):
            self.busy.remove(worker)
            self.idle.append(worker)
        elif (count := self.board.count(worker.slot)) != worker.count:
            worker.count = count
        else:
            return False
        return True

    def _give_up(self):
        for worker in self.busy:
            os.kill(worker.pid, signal.SIGKILL)
            worker.stopped = False
        self.fail(f"A worker hung: {self.busy}")

    def wake(self):
        """Whoever hangs goes on."""
        for worker in self.busy:
            if worker.stopped:
                worker.stopped = False
                os.kill(worker.pid, signal.SIGCONT)

    def dismiss(self):
        """End them all."""
        for worker in (*self.busy, *self.idle):
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)
            worker.post.close()
