"""Amounts in pence, written as WooCommerce writes them."""

from __future__ import annotations


def text(pence: int) -> str:
    """With the store's two decimals: 1250 is ``12.50``."""
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def unpadded(pence: int) -> str:
    """As product prices stand: 1250 is ``12.5`` and 1200 is ``12``."""
    return text(pence).rstrip("0").rstrip(".")


def pence(amount: str | float) -> int:
    """Pence of an amount that ``text`` or a caller of the API wrote."""
    whole, _, decimals = str(amount).strip().partition(".")
    value = abs(int(whole or 0)) * 100 + int(f"{decimals}00"[:2])
    return -value if whole.startswith("-") else value


def share(pence: int, per_cent: int) -> int:
    """So many per cent, rounded half away from zero."""
    sign = -1 if pence < 0 else 1
    return sign * ((abs(pence) * per_cent + 50) // 100)
