"""How long a read is tried again: full jitter, a store's own wish first, an end to it all."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.platforms import base


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Attempts in all, and seconds: of the first and the longest pause, and of everything."""

    attempts: int = 5
    first_pause: float = 1.0
    longest_pause: float = 30.0
    longest_wish: float = 120.0  # of a Retry-After header
    total: float = 300.0

    def pause(
        self,
        error: base.RetryableError,
        attempt: int,
        elapsed: float,
        draw: Callable[[], float] = random.random,
    ) -> float | None:
        """Seconds to wait before the next attempt, None when it is not worth one.

        ``attempt`` counts from 1; ``draw`` gives a number from 0 to 1.
        """
        highest = min(self.longest_pause, self.first_pause * 2 ** (attempt - 1))
        pause = draw() * highest
        # On top of the draw: threads that were all told the same second must not come together.
        if error.retry_after is not None:
            pause += min(error.retry_after, self.longest_wish)
        return None if attempt >= self.attempts or elapsed + pause > self.total else pause


PATIENT = Patience()
HASTY = Patience(attempts=1)


def wished(header: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, in either of its two forms."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    moment = http_date(header)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def http_date(header: str | None) -> datetime | None:
    """The moment of a ``Date`` header, None where there is none to be read."""
    try:
        found = parsedate_to_datetime(header) if header else None
    except (ValueError, OverflowError):
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)
