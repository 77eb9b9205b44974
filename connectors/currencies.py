"""How many decimals amounts of a currency have, after ISO 4217."""

from __future__ import annotations

from decimal import Decimal

# Every other currency has two.
DECIMALS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}


def decimals_of(currency: str) -> int:
    """How many decimals amounts of this currency are written with."""
    return DECIMALS.get(currency.upper(), 2)


def unit_of(currency: str) -> Decimal:
    """The smallest amount that can be paid in this currency."""
    return Decimal(1).scaleb(-decimals_of(currency))


def written(amount: Decimal, currency: str) -> str:
    """The amount as a text for programs: never fewer decimals than usual, none cut off."""
    exponent = amount.normalize().as_tuple().exponent
    places = max(decimals_of(currency), -exponent if isinstance(exponent, int) else 0)
    return f"{amount:.{places}f}"
