"""Running schedules: stores in threads of this process, workers in children of it."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
import traceback
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import time_machine

from connectors.platforms import base, patience
from connectors.sandbox import faults, people, wire
from connectors.sandbox.shopify import application, changing
from support import amounts, moving, policy, sending, services, sweeping, tasks
from support.models import RefundRequest
from tests.chaos.money.boundaries import Board, Watch
from tests.chaos.money.schedules import Ask, Run, Schedule
from tests.chaos.money.workers import HUNG_SECONDS, Crew
from tests.support import shops

# From one sweep to the next, once everything has calmed down; a key's day is among them.
ROUNDS = (400, 700, 1200, 3600, 3600, 90_000, 90_000, 600)
REFUSED = (
    amounts.AmountError, sending.StoppedError, base.StoreError, policy.NotAllowedError,
    moving.OvertakenError,
)  # fmt: skip


class Held:
    """Lets the store hang in the middle of a request; and knows whether it is at work."""

    def __init__(self, board):
        self.board, self.name, self.working = board, "", 0
        self.free, self.lock = threading.Event(), threading.Lock()

    def install(self):
        """Into the sandboxes of this process."""
        take = faults.Knobs.take

        def held(knobs, name):
            self._at(name)
            return take(knobs, name)

        faults.Knobs.take = held
        for one in (wire.Application, application.Application):
            one.__call__ = self._counted(one.__call__)

    def _at(self, name):
        if name == self.name:
            self.name, self.board.is_held = "", True
            self.free.wait(HUNG_SECONDS)

    def _counted(self, call):
        def counted(app, environ, start_response):
            with self.lock:
                self.working += 1
            try:
                return call(app, environ, start_response)
            finally:
                with self.lock:
                    self.working -= 1

        return counted

    def arm(self, name):
        """Hang at the next request that gets there."""
        self.free.clear()
        self.name = name

    def let_go(self):
        self.name, self.board.is_held = "", False
        self.free.set()

    def settle(self):
        """Wait until the store is through with all that it isn't held up in."""
        until = time.monotonic() + HUNG_SECONDS
        while self.working > self.board.is_held and time.monotonic() < until:
            time.sleep(0.001)


@dataclass(slots=True)
class Course:
    """What happened in a schedule, as far as it is judged."""

    order: Any
    keys: list[uuid.UUID]
    elsewhere: list[Decimal] = field(default_factory=list)
    # Whether somebody hung between reading the order and sending when it changed in the store.
    is_crossed: bool = False
    paid_at_dispute: int | None = None
    promised: list[Decimal] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    halted: list[Run] = field(default_factory=list)
    delivered: int = 0
    rounds: int = 0

    def paid_by_us(self, store):
        """How many times money was given back, but for what people did in the store."""
        return len(store.paid_back(self.order)) - len(self.elsewhere)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker is told: what to do, and about what."""

    run: Run
    schedule: Schedule
    course: Course
    line: int


class Field:
    """The stores and the time of one process; runs one schedule after another."""

    def __init__(self, *, traced=False):
        self.board = Board()
        self.held = Held(self.board)
        self.held.install()
        self.traced = traced
        self.notes = os.memfd_create("notes", 0)
        self.crew = Crew(
            board=self.board, do=self.do, unblock=self.unblock, fail=self.note,
            watch=lambda slot: Watch(self.board, slot, self.catch_up, self.say),
        )  # fmt: skip

    @contextmanager
    def open(self, platforms):
        """The stores served, staff there, the time in our hands."""
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        # Reads are tried again at once: what passes is the schedule's time, not ours.
        for name in ("first_pause", "longest_wish"):
            object.__setattr__(patience.PATIENT, name, 0.0)
        shops.roles()
        self.agent = shops.staff("agent", "agent")
        self.agent.has_perm(policy.REQUEST)
        with time_machine.travel(datetime.now(UTC), tick=True) as self.time:
            yield from self._opened(platforms)

    def _opened(self, platforms):
        self.stores, opened = {}, [(name, shops.STORES[name]()) for name in platforms]
        try:
            for name, manager in opened:
                self.stores[name] = manager.__enter__()
                self.stores[name].knobs.retry_after = "0"
                self.warm_up(name)
            gc.collect()
            gc.freeze()
            yield self
        finally:
            self.crew.dismiss()
            for _, manager in opened:
                manager.__exit__(None, None, None)

    def warm_up(self, platform):
        """One refund in this process: workers then find imported what they need."""
        asks = (Ask(units=1, goodwill="0"),)
        self.begin(Schedule(number=-1, platform=platform, units=5, price="10.00", asks=asks))
        for job in (self.job_ask, self.job_deliver, self.job_sweep):
            job(0)

    # One schedule

    def run(self, schedule) -> Course:
        """Everything in it, and then peace until all that was asked for is settled."""
        course = self.begin(schedule)
        for step in schedule.steps:
            self.say(f"-- {step.what} {step.value}")
            getattr(self, f"step_{step.what.replace(' ', '_')}")(step.value)
        self.calm_down()
        for _ in ROUNDS:
            if not self.open_requests():
                break
            self.sweep_on()
        course.problems += self.noted()
        course.halted += self.crew.halted
        self.crew.halted.clear()
        return course

    def begin(self, schedule) -> Course:
        """An order for it, from now on."""
        self.store = self.stores[schedule.platform]
        self.board.offset = 0
        self.catch_up()
        address = people.address(max(schedule.number, 0), "United Kingdom")
        order = self.store.order((schedule.units, schedule.price), address=address)
        self.schedule = schedule
        self.course = Course(order=order, keys=[uuid.uuid4() for _ in schedule.asks])
        self.line = shops.line_ids(order)[0]
        return self.course

    def step_runs(self, runs):
        self.course.delivered += sum(run.job == "deliver" for run in runs)
        for run in runs:
            self.crew.start(
                Job(run=run, schedule=self.schedule, course=self.course, line=self.line)
            )  # fmt: skip
        self.gather()
        if len(self.schedule.asks) > 1:
            self.course.promised.append(self.promised())

    def step_later(self, seconds):
        self.board.offset += seconds
        self.catch_up()

    def step_turn(self, knobs):
        for name, value in knobs.items():
            setattr(self.store.knobs, name, value)

    def step_hold(self, name):
        self.held.arm(name)

    def step_let_go(self, _=None):
        self.held.let_go()
        self.gather()

    def step_wake(self, _=None):
        self.crew.wake()
        self.gather()

    def step_elsewhere(self, units):
        """Units given back in the store's own admin, while it has so many."""
        order = self.course.order
        price = Decimal(self.schedule.price)
        left = order.exact_total - self.given(order)
        if left < units * price or self.units_left(order) < units:
            return
        self.course.is_crossed |= self.is_busy
        self.store.refund_elsewhere(order, units)
        self.course.elsewhere.append(units * price)

    def step_dispute(self, _):
        self.store.dispute(self.course.order)
        if not self.is_busy and not self.in_flight():
            self.course.paid_at_dispute = self.course.paid_by_us(self.store)

    @property
    def is_busy(self):
        return bool(self.crew.busy) or self.board.is_held

    def given(self, order):
        """What the store gave back, or is about to."""
        if self.store.platform != "shopify":
            return sum((Decimal(one["amount"]) for one in self.store.made(order)), Decimal(0))
        found = self.store.shop.need("order", order.remote_id)["transactions"]
        pending = [one for one in found if one["kind"] == "REFUND" and one["status"] == "PENDING"]
        return sum(self.store.paid_back(order), Decimal(0)) + len(pending) * Decimal(1000)

    def units_left(self, order):
        if self.store.platform != "shopify":
            return self.schedule.units
        return self.store.shop.need("order", order.remote_id)["lineItems"][0]["refundableQuantity"]

    # Peace

    def calm_down(self):
        """Nothing goes wrong any more, and whoever hangs goes on."""
        fresh = type(self.store.knobs)()
        for one in fields(fresh):
            if one.name not in ("lock", "restore_rate", "available", "retry_after"):
                setattr(self.store.knobs, one.name, getattr(fresh, one.name))
        self.held.let_go()
        self.crew.wake()
        self.gather()

    def sweep_on(self):
        self.settle_tenders()
        self.step_later(ROUNDS[self.course.rounds])
        self.course.rounds += 1
        self.step_runs([_SWEEP])

    def settle_tenders(self):
        """Payments that were on their way end; one in three of the schedules in failure."""
        if self.store.platform != "shopify":
            return
        status = "FAILURE" if self.schedule.number % 3 == 0 else "SUCCESS"
        order = self.course.order.remote_id
        for refund in self.store.made(self.course.order):
            changing.settle_refund(self.store.shop, order, refund["id"], status)

    def mine(self):
        return RefundRequest.objects.of_order(self.course.order)

    def open_requests(self):
        """Those that time may still move."""
        mine = self.mine()
        found = mine.filter(status="pending").exclude(stage="needs_human")
        return found.exists() or mine.filter(cancelling="waiting").exists()

    def in_flight(self):
        return self.mine().filter(stage__in=("sending", "unknown", "accepted")).exists()

    def promised(self):
        """What our own refunds of the order come to, made or to be made."""
        stages = ("approved", "holding", "sending", "accepted", "unknown", "needs_human",
                  "processed")  # fmt: skip
        found = self.mine().filter(stage__in=stages, is_external=False)
        return sum(found.values_list("amount", flat=True), Decimal(0))

    # Workers

    def do(self, job, watch):
        """In a worker: the job, as far as the watch lets it get."""
        self.schedule, self.course, self.line = job.schedule, job.course, job.line
        self.catch_up()
        self.say(f"{job.run}")
        watch.halt = job.run.halt
        try:
            getattr(self, f"job_{job.run.job}")(job.run.which)
        except REFUSED as error:
            self.say(f"refused: {error}")
        except Exception:  # noqa: BLE001 - the parent reads it
            self.note(traceback.format_exc())
        watch.halt = None
        self.say("done")

    def catch_up(self):
        """Have this process live in the schedule's time."""
        real = time_machine.escape_hatch.time.time()
        self.time.move_to(datetime.fromtimestamp(real + self.board.offset, UTC))

    def job_ask(self, which):
        ask = self.schedule.asks[which]
        services.request_refund(
            order=self.course.order,
            wanted=services.Wanted(
                lines=[services.WantedLine(remote_id=self.line, quantity=ask.units)],
                goodwill=Decimal(ask.goodwill), reason_code="damaged",
            ),
            actor=self.agent, submit_key=self.course.keys[which],
        )  # fmt: skip

    def job_deliver(self, which):
        found = self.mine().filter(submit_key=self.course.keys[which]).first()
        if found is not None:
            tasks.advance_refund(str(found.pk))

    def job_sweep(self, _):
        sweeping.free_stale()
        mine = set(self.mine().values_list("pk", flat=True))
        for request in sweeping.due():
            if request.pk in mine:
                tasks.advance_refund(str(request.pk))

    def gather(self):
        """Wait until every worker is through or hangs, and the stores are through."""
        self.crew.gather()
        self.held.settle()

    def unblock(self):
        self.say("-- blocked")
        self.held.let_go()

    # Notes

    def say(self, text):
        if self.traced:
            os.write(2, f"{os.getpid()} {time.monotonic():.4f} {text}\n".encode())

    def note(self, text):
        os.write(self.notes, f"{text}\0".encode())

    def noted(self):
        """What workers could not do, and why."""
        found = os.pread(self.notes, 1_000_000, 0).decode()
        os.ftruncate(self.notes, 0)
        os.lseek(self.notes, 0, os.SEEK_SET)
        return [text for text in found.split("\0") if text]


_SWEEP = Run(job="sweep")
