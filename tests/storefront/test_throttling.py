"""Counting requests in Redis."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import reload
from threading import Barrier

import pytest

from connectors.storefront import throttling

THREADS = 8


@pytest.fixture
def _hasty():
    """Threads take turns so often that what can happen between them does."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("_hasty")
def test_the_first_requests_of_a_process_are_counted_though_they_come_at_once():
    for turn in range(30):
        fresh = reload(throttling)
        together = Barrier(THREADS)

        def count(number, turn=turn, fresh=fresh, together=together):
            together.wait()
            return fresh.count(f"turn {turn}")

        with ThreadPoolExecutor(THREADS) as threads:
            counts = list(threads.map(count, range(THREADS)))
        assert 0 not in counts
