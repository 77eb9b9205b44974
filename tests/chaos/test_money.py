"""Refunds whose workers are killed, stalled and raced: a sample of what `make chaos` runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 600


def run(*words):
    """What the harness says, and whether it found nothing wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.money", *words],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    return done.stdout + done.stderr, done.returncode == 0


def figure(said, name):
    return int(re.search(rf"^{name} +([\d,]+)", said, re.MULTILINE)[1].replace(",", ""))


def test_no_schedule_gives_back_twice_or_leaves_a_request_stuck_or_wrongly_failed():
    said, is_clean = run("--schedules", "300")
    assert is_clean, said
    assert figure(said, "schedules") == 300
    for name in ("double refund", "stuck request", "wrongly failed"):
        assert figure(said, name) == 0


@pytest.mark.parametrize("guard", ["key", "resolver", "row lock"])
def test_without_a_guard_something_goes_wrong(guard):
    said, is_clean = run("--schedules", "150", "--until-wrong", "--without", guard)
    assert not is_clean, said
    assert re.search(r"^(double refund|promised too much): schedule", said, re.MULTILINE)
