"""What each cause of a sync note means, in words for people."""

from __future__ import annotations

from connectors import presenting

EXPLANATIONS = {
    "amount_too_large": "An amount is larger than the tables can hold (99,999,999.99). "
    "Correct it in the store.",
    "bad_amount": "A price or total is not a number. Correct it in the store.",
    "bad_currency": "The currency is missing or not a code such as GBP. Correct it in the store.",
    "bad_date": "A date that has to be there is missing or not a date.",
    "bad_id": "The record has no usable id: some extension of the store spoils it.",
    "bad_quantity": "A quantity is not a whole number. Sell parts of units under another SKU.",
    "database_refused": "The database refused a value that passed every other check.",
    "missing_field": "A part that every such record has is missing: some extension removes it.",
    "price_rounded": "A price has more than two decimals. Lists round it, its page is exact.",
    "repeated_id": "The store sent two records with one id. The one changed last was kept.",
    "repeated_line_id": "Two lines of an order have the same id, so they can't be told apart.",
    "sku_missing": "The product has no SKU in the store, so it stands under one made of its id. "
    "Give it a SKU in the store to find it by that.",
    "sku_repeated": "Several products share a SKU in the store. All but the first stand under the "
    "SKU with their id behind it. Give each its own SKU in the store.",
    "text_cut": "A text was longer than its column, and was cut.",
    "text_replaced": "A text held characters that can't be stored. They were replaced.",
    "title_cut": "A title was longer than 255 characters, and was cut.",
    "too_many_decimals": "An amount has more than six decimals.",
    "total_rounded": "A total has more than two decimals. Lists show the exact total; the column "
    "total_amount holds it rounded.",
    "unknown_shape": "The store sent something else than such a record.",
}
UNKNOWN = "The note itself says what was found."


def explanation(cause: str) -> str:
    """What a cause means and what to do about it."""
    return EXPLANATIONS.get(cause, UNKNOWN)


def choices() -> list[tuple[str, str]]:
    """The known causes, for a filter."""
    return [(cause, presenting.words(cause)) for cause in EXPLANATIONS]
