"""Amounts in words, for the moment before money moves."""

from __future__ import annotations

from decimal import Decimal

from num2words import num2words

from connectors.currencies import decimals_of

NAMES = {"JPY": "Japanese yen", "CHF": "Swiss francs", "KWD": "Kuwaiti dinars",
         "BHD": "Bahraini dinars", "INR": "Indian rupees", "AUD": "Australian dollars",
         "CAD": "Canadian dollars", "NZD": "New Zealand dollars"}  # fmt: skip


def in_words(amount: Decimal, currency: str) -> str:
    """E.g. ``twelve pounds sterling, fifty pence``; other currencies by name or code."""
    if decimals_of(currency) == 2 and currency not in NAMES:
        try:
            return str(num2words(amount, to="currency", currency=currency))
        except NotImplementedError:
            pass
    name = NAMES.get(currency, currency)
    whole = amount.to_integral_value()
    if whole == amount:
        return f"{num2words(int(whole))} {name}"
    return f"{num2words(amount)} {name}"
