"""How far shoppers get: from a photo to an order of what was tried on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

# An order within so many days is put down to the try-on.
ORDERED_WITHIN_DAYS = 30
ORDERED = """
    SELECT count(DISTINCT session.session_id)
    FROM try_on_session session
    JOIN try_on_overlay overlay USING (session_id)
    JOIN platform_order placed
        ON placed.customer_id = session.customer_id AND placed.platform = session.platform
        AND placed.created_at >= session.created_at
        AND placed.created_at <= session.created_at + make_interval(days => %(days)s)
    JOIN order_item item
        ON item.order_id = placed.order_id AND item.platform = placed.platform
        AND item.sku = overlay.sku
    WHERE session.created_at >= %(since)s AND overlay.status = 'complete'
"""
SESSIONS = """
    SELECT count(*), count(*) FILTER (WHERE status = 'complete'),
        count(*) FILTER (WHERE status = 'failed'),
        count(*) FILTER (WHERE status = 'complete' AND customer_id IS NOT NULL)
    FROM try_on_session WHERE created_at >= %(since)s
"""
FAILURES = """
    SELECT failure_code, count(*) FROM try_on_session
    WHERE created_at >= %(since)s AND failure_code <> '' GROUP BY 1 ORDER BY 2 DESC, 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Counts of sessions; ``known`` of customers with an account, of whom orders are known."""

    started: int
    complete: int
    failed: int
    known: int
    ordered: int
    failures: tuple[tuple[str, int], ...]


def since(moment: datetime) -> Funnel:
    """The funnel of sessions that began at or after a moment."""
    values: dict[str, Any] = {"since": moment, "days": ORDERED_WITHIN_DAYS}
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS, values)
        started, complete, failed, known = cursor.fetchone()
        cursor.execute(ORDERED, values)
        (ordered,) = cursor.fetchone()
        cursor.execute(FAILURES, values)
        failures = tuple((code, count) for code, count in cursor.fetchall())
    return Funnel(
        started=started, complete=complete, failed=failed, known=known, ordered=ordered,
        failures=failures,
    )  # fmt: skip
