"""Orders that are put down to what was recommended, each line once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from recommendations import reading, recording

# Orders are looked at again for so long: a store may be copied late.
LOOKED_AT = timedelta(days=30)
# Of the answers that had the product before it was ordered: the one clicked on last, else the last.
ATTRIBUTE = """
    INSERT INTO recommendation_event
        (log_id, kind, sku, order_id, platform, line_remote_id, occurred_at)
    SELECT DISTINCT ON (placed.platform, placed.order_id, item.remote_id)
        log.id, 'order', item.sku, placed.order_id, placed.platform, item.remote_id,
        placed.created_at
    FROM platform_order placed
    JOIN order_item item ON item.order_id = placed.order_id AND item.platform = placed.platform
    JOIN recommendation_log log
        ON log.customer_id = placed.customer_id AND log.platform = placed.platform
        AND log.requested_at < placed.created_at
        AND log.requested_at >= placed.created_at - %(window)s
        AND item.sku = ANY (log.recommendations)
    LEFT JOIN recommendation_event clicked
        ON clicked.log_id = log.id AND clicked.kind = 'click'
        AND clicked.sku = item.sku AND clicked.occurred_at <= placed.created_at
    WHERE placed.created_at >= %(since)s AND placed.status = ANY (%(counted)s)
        AND NOT placed.is_test
    ORDER BY placed.platform, placed.order_id, item.remote_id, clicked.occurred_at DESC NULLS LAST,
        log.requested_at DESC, log.id
    ON CONFLICT (platform, order_id, line_remote_id) WHERE kind = 'order' DO NOTHING
"""


def attribute() -> int:
    """Put the latest orders down to answers; as often as one likes. How many lines were new."""
    values: dict[str, Any] = {
        "window": recording.window(), "since": timezone.now() - LOOKED_AT,
        "counted": [status.value for status in reading.COUNTED],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(ATTRIBUTE, values)
        return int(cursor.rowcount)
