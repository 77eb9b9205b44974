"""What a store's error says of a write: refused for good, busy, or nothing for sure."""

from __future__ import annotations

import html
import re

from connectors.platforms import base
from connectors.platforms.woocommerce import answers

LONGEST_WORDS = 300
_TAG = re.compile(r"<[^<>]*>")

# WooCommerce refuses under these before anything is saved; the status is 500 all the same.
REFUSING = frozenset(("woocommerce_rest_invalid_order_id", "woocommerce_rest_invalid_order_refund"))
# Its own refusals and a payment provider's failures share this code. In another language than
# English the words don't tell them apart either, and nothing is known for sure.
AMBIGUOUS = "woocommerce_rest_cannot_create_order_refund"
REFUSALS = frozenset(
    (
        "invalid refund amount",
        "invalid order id",
        "the payment gateway for this order does not exist",
        "the payment gateway for this order does not support automatic refunds",
    )
)


def of_write(status: int, code: str, message: str) -> base.StoreError | None:
    """A refusal in the store's own words; None for an error like any other.

    An error of the store's own (500) may follow what was done.
    """
    if status == 409:
        return base.BusyError("The store is at work on this order just now.", code="busy")
    if not code or status in (401, 403) or status in answers.TEMPORARY:
        return None
    if status >= 500:
        return base.OutcomeUnknownError(
            f"The store failed: {plain(message)} Whether the change was made is not known.",
            code=code,
        )
    return refused(code, message)


def of_refund(status: int, code: str, message: str) -> base.StoreError | None:
    """The same of a refund, whose errors are 500 whoever refuses."""
    words = plain(message)
    if code in REFUSING or (code == AMBIGUOUS and words.rstrip(".").lower() in REFUSALS):
        return refused(code, message)
    if code == AMBIGUOUS:
        return base.OutcomeUnknownError(
            f"The payment provider answered: {words} Whether money moved is not known.",
            code="payment_unclear",
        )
    return of_write(status, code, message)


def refused(code: str, message: str) -> base.RejectedError:
    return base.RejectedError(f"The store refused: {plain(message)}", code=code)


def plain(message: str) -> str:
    """A platform's words without markup, and not endless."""
    return " ".join(_TAG.sub("", html.unescape(message)).split())[:LONGEST_WORDS]
