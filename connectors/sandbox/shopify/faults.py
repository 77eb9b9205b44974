"""What a test or a curious user can make the Shopify stand-in do wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.sandbox import faults

SCOPES = (
    "read_all_orders,read_customers,read_orders,read_products,read_shopify_payments_disputes,"
    "write_orders"
)
# What a shop that can't be used answers, by its state.
STATES = {
    "frozen": (402, "Unavailable Shop"),
    "forbidden": (403, "User does not have access"),
    "missing": (404, "Not Found"),
    "locked": (423, "Unavailable Shop"),
}


@dataclass(slots=True)
class Knobs(faults.Knobs):
    """The common faults, and Shopify's own.

    ``throttled`` answers THROTTLED under 200, ``internal`` an error beside no data. ``scopes`` are
    those of the token, ``state`` one of STATES or empty. ``lose_before`` and ``lose_after`` cut
    the connection before or after the next mutations were carried out, ``fail_after`` has a proxy
    answer 502 after it. ``key_in_use`` says that an idempotency key is being used by another
    request. ``object_cap`` is how far a list can be paged. ``refuse_grant`` refuses new tokens.
    ``bulk_seconds`` is how long a bulk operation takes, ``bulk_fail`` fails the next ones (with
    part of the data where ``bulk_partial``), ``bulk_interleave`` scatters children, ``bulk_taken``
    pretends that another app's operations hold all places.
    ``refund_status`` is what refund transactions end in; ``ignore_updates`` makes orderUpdate
    answer without changing anything; ``job_seconds`` is how long a cancellation takes.
    Deliveries of webhooks: ``webhook_duplicate``, ``webhook_drop`` and ``webhook_reorder`` apply to
    the next ones; ``webhook_pause`` is the first pause before a retry, in seconds (it doubles).
    """

    throttled: int = 0
    internal: int = 0
    scopes: str = SCOPES
    state: str = ""
    lose_before: int = 0
    lose_after: int = 0
    fail_after: int = 0
    key_in_use: int = 0
    object_cap: int = 25_000
    refuse_grant: int = 0
    available: float = 2000.0
    restore_rate: float = 100.0
    bulk_seconds: float = 0.0
    bulk_fail: int = 0
    bulk_partial: int = 0
    bulk_interleave: int = 0
    bulk_taken: int = 0
    refund_status: str = "SUCCESS"
    ignore_updates: int = 0
    job_seconds: float = 0.0
    webhook_duplicate: int = 0
    webhook_drop: int = 0
    webhook_reorder: int = 0
    webhook_pause: float = 60.0

    def turn(self, settings: dict[str, Any]) -> None:
        """Set knobs by name; ValueError also names a state that there is not."""
        if (state := settings.get("state")) and state not in STATES:
            raise ValueError(f"There is no state “{state}”: take one of {', '.join(STATES)}.")
        # Not super(): a dataclass with slots is not the class that its methods were written in.
        faults.Knobs.turn(self, settings)

    def granted(self) -> frozenset[str]:
        """The scopes of the token; writing includes reading."""
        given = {one.strip() for one in self.scopes.split(",") if one.strip()}
        return frozenset(given | {one.replace("write_", "read_", 1) for one in given})
