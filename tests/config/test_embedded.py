"""The embedded services, started by real processes in a folder of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from connectors import processes

ROOT = Path(__file__).resolve().parents[2]
USER = """
import os, sys
from config import embedded
embedded.start()
print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], os.environ["SECRET_KEY"], flush=True)
sys.stdin.read()
"""


class Member:
    """A process that uses the services until it is told to go."""

    def __init__(self, var: Path, **environment: str) -> None:
        unset = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS", "STOREKEEP_EMBEDDED"}
        kept = {name: value for name, value in os.environ.items() if name not in unset}
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER],
            cwd=ROOT,
            env=kept | {"STOREKEEP_VAR": str(var)} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def urls(self):
        return self.process.stdout.readline().split()

    def leave(self):
        self.process.communicate(timeout=20)
        assert self.process.returncode == 0

    def kill(self):
        self.process.kill()
        self.process.communicate()


def state(var):
    return json.loads((var / "services" / "state.json").read_text())


def services(var):
    return [state(var)[name]["process"] for name in ("DATABASE_URL", "REDIS_URL")]


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def are_stopped(var):
    return not any(processes.lives(process) for process in services(var))


def kill(process):
    os.kill(int(process.partition("-")[0]), signal.SIGKILL)
    wait_until(lambda: not processes.lives(process))


@pytest.fixture
def var(tmp_path):
    # As PostgreSQL's unix sockets would not: a path with a blank, longer than 107 bytes.
    folder = tmp_path / ("a folder with blanks " + "x" * 90) / "var"
    folder.parent.mkdir()
    yield folder
    if (folder / "services" / "state.json").exists():
        wait_until(lambda: are_stopped(folder))


def test_two_processes_share_the_services_and_the_last_one_stops_them(var):
    first, second = Member(var), Member(var)
    urls = first.urls()
    assert second.urls() == urls
    with psycopg.connect(urls[0]) as connection:
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    assert redis.Redis.from_url(urls[1]).ping()
    first.leave()
    time.sleep(1.5)
    assert not are_stopped(var)
    second.leave()
    wait_until(lambda: are_stopped(var))


def test_the_services_stop_when_the_last_process_is_killed(var):
    member = Member(var)
    member.urls()
    member.kill()
    wait_until(lambda: are_stopped(var))


def test_rows_and_queued_messages_survive_killed_services(var):
    first = Member(var)
    database, broker, _ = first.urls()
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE kept (n integer)")
        connection.execute("INSERT INTO kept VALUES (41)")
    with redis.Redis.from_url(broker) as queue:
        queue.lpush("queue", "task")
        time.sleep(1.1)  # appendfsync everysec
    for process in services(var):
        kill(process)
    second = Member(var)
    database, broker, _ = second.urls()
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (41,)
    with redis.Redis.from_url(broker) as queue:
        assert queue.lpop("queue") == b"task"
    first.kill()
    second.leave()


def test_a_killed_watcher_is_replaced_by_the_next_process(var):
    first = Member(var)
    first.urls()
    kill(state(var)["watcher"])
    second = Member(var)
    second.urls()
    first.kill()
    second.kill()
    wait_until(lambda: are_stopped(var))


def test_a_server_that_nobody_wrote_down_is_joined(var):
    first = Member(var)
    urls = first.urls()
    running = services(var)[0]
    (var / "services" / "state.json").unlink()
    second = Member(var)
    assert second.urls()[0] == urls[0]
    assert services(var)[0] == running
    first.kill()
    second.leave()


def test_keys_are_made_once_and_kept_from_other_users(var):
    first = Member(var)
    secret = first.urls()[2]
    first.leave()
    second = Member(var)
    assert second.urls()[2] == secret
    second.leave()
    assert (var / "keys.env").stat().st_mode & 0o077 == 0
    assert (var / "services" / "state.json").stat().st_mode & 0o077 == 0


def test_nothing_embedded_is_imported_where_both_urls_are_set(tmp_path):
    code = (
        "import sys; from config import embedded; embedded.start(); "
        "print([name for name in sys.modules if name.startswith('config.embedded.')])"
    )
    given = {"DATABASE_URL": "postgres://a@b/c", "REDIS_URL": "redis://b/0"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=os.environ | given | {"STOREKEEP_VAR": str(tmp_path / "var")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
    assert not (tmp_path / "var").exists()
