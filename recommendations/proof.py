"""What recommendations are worth: customers who got them beside those who got what is popular."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from recommendations import reading, recording
from recommendations.ranking.histories import Array

# Fewer customers on either side say nothing.
FEWEST = 100
# Bounds of the lift that are further apart are no answer.
WIDEST = 1.0
TURNS, MOST_DRAWN = 2_000, 40_000_000

# Of each customer the first answer in the time looked at, and what they ordered within the window.
CUSTOMERS = """
    WITH first AS (
        SELECT DISTINCT ON (log.platform, log.customer_id) log.platform, log.customer_id,
            log.is_holdout, log.requested_at
        FROM recommendation_log log
        WHERE log.customer_id IS NOT NULL AND log.requested_at BETWEEN %(since)s AND %(until)s
        ORDER BY log.platform, log.customer_id, log.requested_at
    )
    SELECT store.currency, first.is_holdout, coalesce(sum(placed.shop_total), 0),
        bool_or(bought.id IS NOT NULL)
    FROM first
    JOIN platform_customer known USING (platform, customer_id)
    JOIN connector_config store ON store.id = known.connector_id
    LEFT JOIN platform_order placed
        ON placed.platform = first.platform AND placed.customer_id = first.customer_id
        AND placed.created_at > first.requested_at
        AND placed.created_at <= first.requested_at + %(window)s
        AND placed.status = ANY (%(counted)s) AND NOT placed.is_test
        AND placed.shop_currency = store.currency
    LEFT JOIN LATERAL (
        SELECT event.id FROM recommendation_event event
        WHERE event.platform = placed.platform AND event.order_id = placed.order_id
            AND event.kind = 'order' LIMIT 1
    ) bought ON true
    GROUP BY first.platform, first.customer_id, store.currency, first.is_holdout
"""
ANSWERS = """
    SELECT count(*), count(*) FILTER (WHERE EXISTS (
        SELECT FROM recommendation_event event WHERE event.log_id = log.id AND event.kind = 'click'
    ))
    FROM recommendation_log log WHERE log.requested_at >= %(since)s
"""
LINES = """
    SELECT placed.currency, count(*), sum(item.total)
    FROM recommendation_event event
    JOIN recommendation_log log ON log.id = event.log_id
    JOIN platform_order placed
        ON placed.order_id = event.order_id AND placed.platform = event.platform
    JOIN order_item item
        ON item.order_id = event.order_id AND item.platform = event.platform
        AND item.remote_id = event.line_remote_id
    WHERE event.kind = 'order' AND event.occurred_at >= %(since)s AND NOT log.is_holdout
    GROUP BY 1 ORDER BY 2 DESC, 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """Customers who are treated alike: how many, how many ordered something that was recommended to
    them, and what they spent, in all and each."""

    customers: int
    hits: int
    revenue: Decimal

    @property
    def share(self) -> float:
        return self.hits / self.customers if self.customers else 0.0

    @property
    def each(self) -> Decimal:
        """Rounded half-up to cents."""
        mean = self.revenue / max(self.customers, 1)
        return mean.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """By how much more is spent per customer than in the holdout: a ratio less one, with its 95 %
    bounds; ``verdict`` is too_few, too_wide, undecided, more or less. Only the last two claim."""

    verdict: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The two arms of the stores with a currency."""

    currency: str
    shown: Arm
    holdout: Arm
    lift: Lift


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``lines`` are the currency, number and total of order lines put down to recommendations."""

    answers: int
    clicked: int
    lines: Sequence[tuple[str, int, Decimal]]
    compared: Sequence[Compared]

    @property
    def click_rate(self) -> float | None:
        return self.clicked / self.answers if self.answers else None

    @property
    def window_days(self) -> int:
        return recording.window().days


def report(since: datetime) -> Report:
    """What came of the answers from a moment on; customers count once their window is over."""
    values: dict[str, Any] = {
        "since": since, "until": timezone.now() - recording.window(), "window": recording.window(),
        "counted": [status.value for status in reading.COUNTED],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, values)
        answers, clicked = cursor.fetchone()
        cursor.execute(LINES, values)
        lines = [(currency, count, total) for currency, count, total in cursor.fetchall()]
        cursor.execute(CUSTOMERS, values)
        rows = cursor.fetchall()
    currencies = sorted({row[0] for row in rows})
    compared = [_compared(one, [row for row in rows if row[0] == one]) for one in currencies]
    return Report(answers=answers, clicked=clicked, lines=lines, compared=compared)


def since_days(days: int) -> datetime:
    """The moment so many days ago."""
    return timezone.now() - timedelta(days=days)


def _compared(currency: str, rows: Sequence[tuple[Any, ...]]) -> Compared:
    shown, holdout = ([row for row in rows if row[1] is held] for held in (False, True))
    return Compared(
        currency=currency, shown=_arm(shown), holdout=_arm(holdout),
        lift=lift(_spent(shown), _spent(holdout)),
    )  # fmt: skip


def _arm(rows: Sequence[tuple[Any, ...]]) -> Arm:
    return Arm(
        customers=len(rows), hits=sum(bool(row[3]) for row in rows),
        revenue=sum((row[2] for row in rows), Decimal(0)),
    )  # fmt: skip


def _spent(rows: Sequence[tuple[Any, ...]]) -> Array:
    """For reckoning bounds only: amounts are shown from the exact sums."""
    return np.array([float(row[2]) for row in rows])


def lift(shown: Array, holdout: Array, *, seed: int = 0) -> Lift:
    """From what each customer spent."""
    if min(len(shown), len(holdout)) < FEWEST or not holdout.mean():
        return Lift(verdict="too_few")
    random = np.random.default_rng(seed)
    turns = max(200, min(TURNS, MOST_DRAWN // (len(shown) + len(holdout))))
    means = [
        np.array([one[random.integers(0, len(one), len(one))].mean() for _ in range(turns)])
        for one in (shown, holdout)
    ]
    low, high = np.quantile(means[0] / means[1].clip(1e-9) - 1, (0.025, 0.975))
    value = float(shown.mean() / holdout.mean() - 1)
    verdict = "more" if low > 0 else "less" if high < 0 else "undecided"
    if high - low > WIDEST:
        verdict = "too_wide"
    return Lift(verdict=verdict, value=value, low=float(low), high=float(high))
