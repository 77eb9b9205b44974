"""`make run` from its first line to Ctrl-C, in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from config.embedded import ports, supervisor
from tests.config.test_embedded import wait_until

ROOT = Path(__file__).resolve().parents[2]


class Launched:
    """`python -m config.launch`, with what it prints."""

    def __init__(self, var: Path, port: int, **environment: str) -> None:
        unset = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_KEYS", "STOREKEEP_EMBEDDED"}
        kept = {name: value for name, value in os.environ.items() if name not in unset}
        self.output = var.parent / f"output-{port}"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.launch"],
                cwd=ROOT,
                env=kept | {"STOREKEEP_VAR": str(var), "PORT": str(port)} | environment,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def stop(self) -> int:
        # As Ctrl-C does: to the whole process group.
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=30)


@pytest.fixture
def var(tmp_path):
    return tmp_path / "var"


def test_everything_starts_with_one_command_and_ends_with_ctrl_c(var):
    port, store = ports.free(), ports.free()
    launched = Launched(var, port, SANDBOX_PORT=str(store))
    try:
        wait_until(lambda: "Storekeep is ready" in launched.said(), seconds=90)
        said = launched.said()
        assert f"http://127.0.0.1:{port}/admin/" in said
        assert len(re.findall(r"password  (\S+)", said)) == 1
        login = requests.get(f"http://127.0.0.1:{port}/admin/login/", timeout=10)
        assert login.status_code == 200
        wait_until(lambda: re.search(r"\d products", launched.said()), seconds=30)
    finally:
        code = launched.stop()
    assert code == 130
    wait_until(lambda: not any(supervisor.running(var).values()))
    for number in (port, store):
        with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
            probe.connect(("127.0.0.1", number))


def test_a_second_start_without_the_demo_keeps_the_login_and_is_quick(var):
    first = Launched(var, ports.free(), DEMO="0")
    wait_until(lambda: "Storekeep is ready" in first.said(), seconds=90)
    first.stop()
    began = time.monotonic()
    second = Launched(var, ports.free(), DEMO="0")
    try:
        wait_until(lambda: "Storekeep is ready" in second.said(), seconds=60)
        assert time.monotonic() - began < 30
        assert "password" not in second.said()
        assert "sandbox" not in second.said()
    finally:
        second.stop()


def test_a_taken_port_is_said_before_anything_starts(var):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        launched = Launched(var, port)
        assert launched.process.wait(timeout=30) == 1
    assert f"Port {port} is taken" in launched.said()
    assert f"make run PORT={port + 1}" in launched.said()
    assert not var.exists()
