"""What can be given back, to the last cent: pure arithmetic on exact decimals.

The whole of an order is first laid out in its currency's smallest unit, so that its parts sum to
what was paid; a part of a line is then the difference of two running totals. Whatever quantities
are given back in whatever order, the last unit takes the rest, and nothing is left over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation

from connectors.currencies import decimals_of, unit_of

ZERO = Decimal(0)
LARGEST = Decimal("99999999.99")
LONGEST = 20


class AmountError(ValueError):
    """An amount or a quantity that can't be given back; the message says what can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An amount before tax, and its tax."""

    total: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        """With its tax: what the customer gets."""
        return self.total + self.tax

    def __add__(self, other: Part) -> Part:
        return Part(total=self.total + other.total, tax=self.tax + other.tax)

    def __sub__(self, other: Part) -> Part:
        return Part(total=self.total - other.total, tax=self.tax - other.tax)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of an order: all its units, at what was paid for them."""

    remote_id: int
    quantity: int
    paid: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Units of a line that were given back, or are spoken for, and for how much."""

    remote_id: int
    quantity: int
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """An order in its currency's smallest unit: lines, shipping and what belongs to neither."""

    currency: str
    lines: Mapping[int, Line]
    shipping: Part
    rest: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All that was paid."""
        return sum((line.paid.gross for line in self.lines.values()), self.shipping.gross) + (
            self.rest
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What of an order was given back or is spoken for."""

    amount: Decimal = ZERO
    lines: Sequence[Given] = field(default_factory=tuple)
    shipping: Part = Part()

    def of(self, remote_id: int) -> Given:
        """All of one line."""
        mine = [one for one in self.lines if one.remote_id == remote_id]
        return Given(
            remote_id=remote_id,
            quantity=sum(one.quantity for one in mine),
            part=sum((one.part for one in mine), Part()),
        )


def laid_out(
    *, currency: str, total: Decimal, lines: Iterable[Line], shipping: Part, rest: Decimal = ZERO
) -> Sheet:
    """The order in the smallest unit, by the largest remainder.

    ``rest`` are fees, tips and what else was paid beside lines and shipping. What the exact parts
    don't explain of the total is put there too.
    """
    lines = list(lines)
    unit = unit_of(currency)
    exact = [*(line.paid.gross for line in lines), shipping.gross, rest]
    wanted = total if abs(sum(exact, ZERO) - total) < unit * len(exact) else None
    units = spread(exact, unit, wanted)
    *of_lines, of_shipping, of_rest = units
    sheet = Sheet(
        currency=currency,
        lines={
            line.remote_id: Line(
                remote_id=line.remote_id,
                quantity=line.quantity,
                paid=_split(gross, line.paid, unit),
            )
            for line, gross in zip(lines, of_lines, strict=True)
        },
        shipping=_split(of_shipping, shipping, unit),
        rest=of_rest,
    )
    missing = total - sheet.total
    return sheet if not missing else Sheet(
        currency=currency, lines=sheet.lines, shipping=sheet.shipping, rest=of_rest + missing
    )  # fmt: skip


def spread(exact: Sequence[Decimal], unit: Decimal, total: Decimal | None = None) -> list[Decimal]:
    """Whole units for these amounts, which sum to ``total`` (their own sum, rounded, if None).

    Each is at most one unit off, the largest remainders are rounded up.
    """
    wanted = total
    if wanted is None:
        wanted = sum(exact, ZERO)
    wanted = wanted.quantize(unit, ROUND_HALF_UP)
    floors = [one.quantize(unit, ROUND_FLOOR) for one in exact]
    left = int((wanted - sum(floors, ZERO)) / unit)
    by_remainder = sorted(range(len(exact)), key=lambda n: (floors[n] - exact[n], n))
    step = 1 if left >= 0 else -1
    order = by_remainder if left >= 0 else by_remainder[::-1]
    for turn in range(abs(left)):
        floors[order[turn % len(order)]] += step * unit
    return floors


def _split(gross: Decimal, exact: Part, unit: Decimal) -> Part:
    """The gross amount as an amount before tax and a tax in whole units."""
    tax = exact.tax.quantize(unit, ROUND_HALF_UP)
    tax = max(min(tax, gross), ZERO) if gross >= 0 else tax
    return Part(total=gross - tax, tax=tax)


def worth(sheet: Sheet, spoken: Spoken, remote_id: int, quantity: int) -> Part:
    """What so many units of a line are worth after all that was given back before.

    Raises ``AmountError`` for more than are left.
    """
    line = sheet.lines.get(remote_id)
    if line is None:
        raise AmountError("This order has no such line.")
    before = spoken.of(remote_id)
    left = line.quantity - before.quantity
    if quantity < 1:
        raise AmountError("Give at least one unit back.")
    if quantity > left:
        raise AmountError(_units_left(left, line.quantity))
    rest = _within(line.paid - before.part, line.paid)
    if quantity == left:
        return rest
    unit, until = unit_of(sheet.currency), before.quantity + quantity
    gross = _share(line.paid.gross, until, line.quantity, unit) - _share(
        line.paid.gross, before.quantity, line.quantity, unit
    )
    gross = min(gross, rest.gross)
    tax = _share(line.paid.tax, until, line.quantity, unit) - before.part.tax
    # Neither the tax nor what is before it may leave less than nothing for later.
    tax = max(min(tax, gross, rest.tax), gross - rest.total, ZERO)
    return Part(total=gross - tax, tax=tax)


def _units_left(left: int, of: int) -> str:
    if left <= 0:
        return "All units of this line were given back already, or are about to be."
    return f"Only {left} of {of} units of this line are left to give back."


def _share(whole: Decimal, units: int, of: int, unit: Decimal) -> Decimal:
    """The part of the first so many units."""
    return (whole * units / of).quantize(unit, ROUND_HALF_UP)


def _within(part: Part, left: Part) -> Part:
    """The part, but no more than is left, and nothing below 0."""
    return Part(
        total=max(min(part.total, left.total), ZERO), tax=max(min(part.tax, left.tax), ZERO)
    )


def shipping_worth(sheet: Sheet, spoken: Spoken, gross: Decimal) -> Part:
    """So much of the shipping, tax included; raises ``AmountError`` for more than is left."""
    left = _within(sheet.shipping - spoken.shipping, sheet.shipping - spoken.shipping)
    if gross > left.gross:
        raise AmountError(f"Only {said(left.gross, sheet.currency)} of the shipping is left.")
    if gross == left.gross:
        return left
    if not sheet.shipping.gross:
        return Part()
    unit = unit_of(sheet.currency)
    share = gross * sheet.shipping.tax / sheet.shipping.gross
    tax = max(min(share.quantize(unit, ROUND_HALF_UP), left.tax, gross), ZERO)
    return Part(total=gross - tax, tax=tax)


def parsed(text: str, currency: str) -> Decimal:
    """The amount that somebody wrote; raises ``AmountError`` saying what is wrong with it.

    Nothing is rounded: what the currency has no coin for is refused.
    """
    plain = text.strip().replace("\u00a0", "").replace(" ", "")
    if "," in plain:
        raise AmountError(
            f"Write the amount with a point and without thousands separators, like "
            f"{Decimal('1234.5').quantize(unit_of(currency), ROUND_FLOOR)}."
        )
    try:
        number = Decimal(plain) if len(plain) <= LONGEST and "_" not in plain else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise AmountError("This is not an amount: write a number such as 12.50.")
    return checked(number, currency)


def checked(number: Decimal, currency: str) -> Decimal:
    """The amount, once it is one of this currency; raises ``AmountError``."""
    if number < 0:
        raise AmountError("An amount to give back can't be below 0.")
    if number > LARGEST:
        raise AmountError("Storekeep can't refund more than 99,999,999.99 at once.")
    places = decimals_of(currency)
    if number != number.quantize(unit_of(currency), ROUND_FLOOR):
        some = f"at most {places} decimals" if places else "no decimals"
        raise AmountError(f"Amounts in {currency} have {some}: {number} can't be paid.")
    return number.quantize(unit_of(currency))


def said(number: Decimal, currency: str) -> str:
    """The amount for a message, in the currency's decimals where it has no more: ``40.00 GBP``."""
    unit = unit_of(currency)
    written = number.quantize(unit, ROUND_FLOOR)
    return f"{written if written == number else number:f} {currency}".strip()
