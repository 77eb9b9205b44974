"""Amounts in the shop's and the customer's currency at once, as Shopify's MoneyBag has them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from connectors import currencies


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's smallest coin, halves away from zero."""
    return amount.quantize(currencies.unit_of(currency), rounding=ROUND_HALF_UP)


def plain(amount: Decimal) -> str:
    """As MoneyV2 writes rounded amounts: ``12.25``, ``12.5`` and ``10.0``."""
    text = str(amount)
    if "." not in text:
        return f"{text}.0"
    return text[:-1] if text[-1] == "0" and text[-2] != "." else text


def padded(amount: Decimal | str) -> str:
    """As the Money scalar writes amounts: ``12.50``."""
    return f"{Decimal(amount):.2f}"


@dataclass(frozen=True, slots=True)
class Bag:
    """An amount in two currencies; its text is what the shop keeps of it."""

    shop: Decimal
    shop_currency: str
    presentment: Decimal
    presentment_currency: str

    @classmethod
    def read(cls, text: str) -> Bag:
        """A bag from its text."""
        return _read(text)

    def __str__(self) -> str:
        shop, presentment = plain(self.shop), plain(self.presentment)
        return f"{shop} {self.shop_currency} {presentment} {self.presentment_currency}"

    def _of(self, shop: Decimal, presentment: Decimal) -> Bag:
        return Bag(
            rounded(shop, self.shop_currency), self.shop_currency,
            rounded(presentment, self.presentment_currency), self.presentment_currency,
        )  # fmt: skip

    def _exactly(self, shop: Decimal, presentment: Decimal) -> Bag:
        return Bag(shop, self.shop_currency, presentment, self.presentment_currency)

    def __add__(self, other: Bag) -> Bag:
        return self._exactly(self.shop + other.shop, self.presentment + other.presentment)

    def __sub__(self, other: Bag) -> Bag:
        return self._exactly(self.shop - other.shop, self.presentment - other.presentment)

    def __neg__(self) -> Bag:
        return self._exactly(-self.shop, -self.presentment)

    def __bool__(self) -> bool:
        return bool(self.shop or self.presentment)

    def times(self, factor: Decimal | int) -> Bag:
        """So many of it."""
        return self._of(self.shop * factor, self.presentment * factor)

    def part(self, share: Decimal | int, whole: Decimal | int) -> Bag:
        """Its share of the whole; nothing of a whole of nothing."""
        if share == whole:
            return self
        if not whole:
            return self.nothing()
        return self._of(self.shop * share / whole, self.presentment * share / whole)

    def nothing(self) -> Bag:
        """Zero in the same currencies."""
        return self._exactly(Decimal(0), Decimal(0))

    def presented(self, amount: Decimal) -> Bag:
        """That amount of the customer's currency, at this bag's rate."""
        shop = amount
        if self.shop_currency != self.presentment_currency and self.presentment:
            shop = amount * self.shop / self.presentment
        return self._of(shop, amount)


@dataclass(frozen=True, slots=True)
class Rate:
    """The currencies of an order and what one unit of the shop's is in the customer's."""

    shop: str
    presentment: str
    factor: Decimal = Decimal(1)

    def bag(self, amount: Decimal | str | int) -> Bag:
        """An amount of the shop's currency in both."""
        value = Decimal(amount)
        return Bag(
            rounded(value, self.shop), self.shop,
            rounded(value * self.factor, self.presentment), self.presentment,
        )  # fmt: skip


def total(bags: list[Bag], nothing: Bag) -> Bag:
    """Their sum; ``nothing`` where there are none."""
    for bag in bags:
        nothing = nothing + bag
    return nothing


@lru_cache(maxsize=8192)
def _read(text: str) -> Bag:
    shop, shop_currency, presentment, presentment_currency = text.split()
    return Bag(Decimal(shop), shop_currency, Decimal(presentment), presentment_currency)
