"""Shopify's leaky bucket: every query costs points, which come back at a steady rate."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

LONGEST_PAUSE = 60.0


class Bucket:
    """What is left of the points, as the last answer said and as time has passed since.

    Until an answer has said anything, nothing is waited for.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._available = self._maximum = self._rate = 0.0
        self._at: float | None = None
        self._costs: dict[str, float] = {}

    def learn(self, query: str, cost: Any) -> None:
        """Keep what an answer's ``extensions.cost`` says; anything else changes nothing."""
        status = cost.get("throttleStatus") if isinstance(cost, dict) else None
        if not isinstance(status, dict):
            return
        with self._lock:
            self._available = _number(status.get("currentlyAvailable"))
            self._maximum = _number(status.get("maximumAvailable"))
            self._rate = _number(status.get("restoreRate"))
            self._at = self._clock()
            self._costs[query] = _number(cost.get("requestedQueryCost"))

    def cost(self, query: str) -> float:
        """What this query was said to cost the last time, 0 when it was never asked."""
        return self._costs.get(query, 0.0)

    def pause(self, query: str) -> float:
        """Seconds until there are points enough for the query."""
        with self._lock:
            if self._at is None or self._rate <= 0:
                return 0.0
            restored = (self._clock() - self._at) * self._rate
            available = min(self._maximum, self._available + restored)
            needed = min(self._costs.get(query, 0.0), self._maximum)
            return min(LONGEST_PAUSE, max(0.0, (needed - available) / self._rate))


def _number(value: Any) -> float:
    return float(value) if type(value) in (int, float) else 0.0
