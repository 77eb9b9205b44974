"""The boundaries of a worker's I/O: counted as it passes them, and where it is made to stop.

This is instrumentation: whatever the product does, it does. In a worker each commit, each write
outside a transaction and each HTTP request has a boundary before and after it; a request one more
between being sent and its answer being read. At a chosen one the worker kills itself, or stops
until its parent wakes it.
"""

from __future__ import annotations

import http.client
import mmap
import os
import select
import signal
import time
from dataclasses import dataclass

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

WRITES = ("INSERT", "UPDATE", "DELETE")
SENT = "sent"
ANSWER_SECONDS = 5.0
SLOTS = 64
COUNTS, DONE = 8, 8 + SLOTS


class Board:
    """Numbers that parent and workers share: the time, what the store holds, each one's count."""

    def __init__(self):
        self.cells = memoryview(mmap.mmap(-1, 4096)).cast("q")

    @property
    def offset(self):
        """How many seconds later it is than when the schedule began."""
        return self.cells[0]

    @offset.setter
    def offset(self, seconds):
        self.cells[0] = seconds

    @property
    def is_held(self):
        """Whether the store is at work on a request, and won't go on until it is let go."""
        return bool(self.cells[1])

    @is_held.setter
    def is_held(self, value):
        self.cells[1] = value

    def count(self, slot):
        """How many boundaries the worker in this slot has passed."""
        return self.cells[COUNTS + slot]

    def passed(self, slot):
        self.cells[COUNTS + slot] += 1
        return self.cells[COUNTS + slot]

    def is_done(self, slot):
        """Whether the worker in this slot is through with its job."""
        return bool(self.cells[DONE + slot])

    def finish(self, slot):
        self.cells[DONE + slot] = 1

    def clear(self, slot):
        self.cells[COUNTS + slot] = self.cells[DONE + slot] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Where a worker ends for ever, or stops for a while: the boundary's number, from 1."""

    at: int
    kills: bool


class Watch:
    """Counts the boundaries of this process, and halts it."""

    def __init__(self, board, slot, catch_up, say):
        self.board, self.slot = board, slot
        self.catch_up, self.say = catch_up, say
        self.halt = None

    def passed(self, where, wait=None):
        number = self.board.passed(self.slot)
        self.say(f"{number} {where}")
        if self.halt is None or number != self.halt.at:
            return
        if wait is not None:
            wait()
        self.say("killed" if self.halt.kills else "stopped")
        os.kill(os.getpid(), signal.SIGKILL if self.halt.kills else signal.SIGSTOP)
        self.catch_up()
        self.say("woken")

    def start(self):
        """Put the counters into the driver and the HTTP client of this process."""
        commit = BaseDatabaseWrapper._commit
        request, response = (
            http.client.HTTPConnection.putrequest, http.client.HTTPConnection.getresponse
        )  # fmt: skip

        def counted_commit(wrapper):
            self.passed("before commit")
            commit(wrapper)
            self.passed("after commit")

        def counted_request(client, method, url, *words, **named):
            self.passed(f"before {method} {url.partition('?')[0]}")
            return request(client, method, url, *words, **named)

        def counted_response(client, *words, **named):
            self.passed(SENT, lambda: self._answered(client.sock))
            found = response(client, *words, **named)
            self.passed("answered")
            return found

        BaseDatabaseWrapper._commit = counted_commit
        http.client.HTTPConnection.putrequest = counted_request
        http.client.HTTPConnection.getresponse = counted_response
        connection.execute_wrappers.append(self._executed)

    def _executed(self, execute, sql, params, many, context):
        is_write = str(sql).lstrip()[:6].upper() in WRITES
        if not is_write or context["connection"].in_atomic_block:
            return execute(sql, params, many, context)
        self.passed(f"before {str(sql).split()[0]}")
        found = execute(sql, params, many, context)
        self.passed("after it")
        return found

    def _answered(self, sock):
        """Wait until the store is through with the request, or is held up in the middle of it."""
        until = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < until and not self.board.is_held:
            if select.select([sock], [], [], 0.002)[0]:
                return
