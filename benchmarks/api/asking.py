"""Clients in a process of their own, each with a connection that is kept: a job in, figures out.

Imports nothing but the standard library and speaks no more HTTP than it needs, so that the clients
take little of the processors that they share with the server.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import IO

WARM_UP = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Ask for the paths in turn, for so many seconds behind the warm-up."""

    port: int
    headers: dict[str, str]
    paths: list[str]
    clients: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Milliseconds of an answer; ``share`` is what of one processor the clients took."""

    per_second: float
    median: float
    p95: float
    share: float


def job(port: int, key: str, paths: list[str], options: argparse.Namespace) -> Job:
    """What a server is asked with a key, as the options say."""
    return Job(
        port=port, headers={"Host": "127.0.0.1", "Authorization": key}, paths=paths,
        clients=options.clients, seconds=options.seconds,
    )  # fmt: skip


def ask(job: Job) -> Figures:
    """The job's figures, from a process that ends with it."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.api.asking"],
        input=json.dumps(asdict(job)), stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit("The clients gave up: what they said stands above.")
    return Figures(**json.loads(done.stdout))


def main() -> None:
    job = Job(**json.load(sys.stdin))
    print(json.dumps(asdict(_figures(job))))


class Client(threading.Thread):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, job: Job, first: int, begin: float) -> None:
        super().__init__(daemon=True)
        self.job, self.first, self.begin = job, first, begin
        self.milliseconds: list[float] = []

    def run(self) -> None:
        paths = itertools.cycle(_rotated(self.job.paths, self.first))
        requests = {path: _request(path, self.job.headers) for path in self.job.paths}
        end = self.begin + self.job.seconds
        with socket.create_connection(("127.0.0.1", self.job.port)) as connection:
            answers = connection.makefile("rb")
            while (asked := time.perf_counter()) < end:
                path = next(paths)
                connection.sendall(requests[path])
                _read(answers, path)
                if asked >= self.begin:
                    self.milliseconds.append((time.perf_counter() - asked) * 1000)


def _rotated(paths: list[str], first: int) -> list[str]:
    first %= len(paths)
    return paths[first:] + paths[:first]


def _request(path: str, headers: dict[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def _read(answers: IO[bytes], path: str) -> None:
    """Take one whole answer; anything but a 200 would be measured for nothing."""
    status = answers.readline()
    length = 0
    while (line := answers.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = answers.read(length)
    if b" 200 " not in status:
        print(f"{path} was answered with {status!r}: {body[:500]!r}", file=sys.stderr)
        os._exit(1)


def _figures(job: Job) -> Figures:
    begin = time.perf_counter() + WARM_UP
    each = len(job.paths) // job.clients
    clients = [Client(job, number * each, begin) for number in range(job.clients)]
    for client in clients:
        client.start()
    time.sleep(WARM_UP)
    used = time.process_time()
    for client in clients:
        client.join()
    seconds = time.perf_counter() - begin
    share = (time.process_time() - used) / seconds
    times = sorted(one for client in clients for one in client.milliseconds)
    if not times:
        raise SystemExit(f"Nothing was answered in {job.seconds} s: measure for longer.")
    return Figures(
        per_second=len(times) / seconds, median=times[len(times) // 2],
        p95=times[len(times) * 95 // 100], share=share,
    )  # fmt: skip


if __name__ == "__main__":
    main()
