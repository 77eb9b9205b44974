from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.currencies import unit_of
from support import amounts
from support.amounts import Given, Line, Part, Spoken

CURRENCIES = ("GBP", "JPY", "KWD")


def part(total, tax="0"):
    return Part(total=Decimal(total), tax=Decimal(tax))


def sheet_of(*lines, currency="GBP", shipping=("0", "0"), total=None, rest="0"):
    made = [
        Line(remote_id=number, quantity=quantity, paid=part(net, tax))
        for number, (quantity, net, tax) in enumerate(lines, 1)
    ]
    sent = part(*shipping)
    whole = sum((one.paid.gross for one in made), sent.gross) + Decimal(rest)
    return amounts.laid_out(
        currency=currency,
        total=whole if total is None else Decimal(total),
        lines=made,
        shipping=sent,
        rest=Decimal(rest),
    )


def give(sheet, spoken, number, quantity):
    """What the units are worth, and what is spoken for after them."""
    worth = amounts.worth(sheet, spoken, number, quantity)
    given = Given(remote_id=number, quantity=quantity, part=worth)
    return worth, Spoken(amount=spoken.amount + worth.gross, lines=(*spoken.lines, given))


def test_three_then_seven_of_ten_with_tax_and_a_coupon_come_to_what_was_paid():
    sheet = sheet_of((10, "149.37", "29.88"))
    first, spoken = give(sheet, Spoken(), 1, 3)
    second, spoken = give(sheet, spoken, 1, 7)
    assert (first.gross, second.gross) == (Decimal("53.78"), Decimal("125.47"))
    assert first + second == part("149.37", "29.88")
    with pytest.raises(amounts.AmountError, match="All units"):
        amounts.worth(sheet, spoken, 1, 1)


def test_one_of_two_at_ten_with_the_tax_included_is_ten():
    worth, _ = give(sheet_of((2, "16.67", "3.33")), Spoken(), 1, 1)
    assert (worth.gross, worth.tax) == (Decimal("10.00"), Decimal("1.67"))


def test_more_units_than_are_left_are_refused_by_name():
    sheet = sheet_of((3, "9.00", "0"))
    _, spoken = give(sheet, Spoken(), 1, 2)
    with pytest.raises(amounts.AmountError, match="Only 1 of 3 units"):
        amounts.worth(sheet, spoken, 1, 2)


def test_fractions_of_a_cent_are_laid_out_by_the_largest_remainder():
    sheet = sheet_of((1, "3.333", "0"), (1, "3.333", "0"), (1, "3.334", "0"), total="10.00")
    paid = [line.paid.gross for line in sheet.lines.values()]
    assert paid == [Decimal("3.33"), Decimal("3.33"), Decimal("3.34")]


def test_what_the_store_did_not_itemise_belongs_to_no_line():
    sheet = sheet_of((1, "10.00", "0"), total="12.50")
    assert (sheet.rest, sheet.total) == (Decimal("2.50"), Decimal("12.50"))


def test_a_refund_made_elsewhere_is_taken_off_what_its_line_has_left():
    sheet = sheet_of((2, "20.00", "0"))
    elsewhere = Spoken(lines=[Given(remote_id=1, quantity=1, part=part("14.00"))])
    assert amounts.worth(sheet, elsewhere, 1, 1).gross == Decimal("6.00")


def test_shipping_is_given_back_with_its_share_of_tax():
    sheet = sheet_of((1, "1.00", "0"), shipping=("5.00", "1.00"))
    assert amounts.shipping_worth(sheet, Spoken(), Decimal("3.00")) == part("2.50", "0.50")
    taken = Spoken(shipping=part("2.50", "0.50"))
    assert amounts.shipping_worth(sheet, taken, Decimal("3.00")) == part("2.50", "0.50")
    with pytest.raises(amounts.AmountError, match=r"3\.00 GBP"):
        amounts.shipping_worth(sheet, taken, Decimal("3.01"))


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("12.5", "GBP", "12.50"),
        (" 7 ", "JPY", "7"),
        ("1.255", "KWD", "1.255"),
        ("0.1", "USD", "0.10"),
    ],
)
def test_an_amount_is_taken_as_it_was_written(text, currency, amount):
    assert str(amounts.parsed(text, currency)) == amount


@pytest.mark.parametrize(
    ("text", "currency", "problem"),
    [
        ("0.5", "JPY", "no decimals"),
        ("1.255", "GBP", "at most 2 decimals"),
        ("1.2555", "KWD", "at most 3 decimals"),
        ("1,200.00", "GBP", "without thousands separators"),
        ("1,50", "EUR", "with a point"),
        ("-1", "GBP", "below 0"),
        ("NaN", "GBP", "not an amount"),
        ("1e9999999", "GBP", "not an amount|more than"),
        ("1_0", "GBP", "not an amount"),
        ("", "GBP", "not an amount"),
        ("100000000", "GBP", "more than 99,999,999.99"),
    ],
)  # fmt: skip
def test_what_is_no_amount_of_the_currency_is_refused_and_never_rounded(text, currency, problem):
    with pytest.raises(amounts.AmountError, match=problem):
        amounts.parsed(text, currency)


@st.composite
def orders(draw):
    currency = draw(st.sampled_from(CURRENCIES))
    exact = st.decimals(min_value=0, max_value=5000, places=draw(st.sampled_from((0, 2, 4, 6))))
    lines = draw(st.lists(st.tuples(st.integers(1, 12), exact, exact), min_size=1, max_size=5))
    shipping = (draw(exact), draw(exact))
    whole = sum((net + tax for _, net, tax in lines), sum(shipping))
    return sheet_of(
        *lines, currency=currency, shipping=shipping,
        total=whole.quantize(unit_of(currency), "ROUND_HALF_UP"),
    )  # fmt: skip


@st.composite
def splits(draw):
    """An order, and all its units in the order and the portions in which they come back."""
    sheet = draw(orders())
    units = [number for number, line in sheet.lines.items() for _ in range(line.quantity)]
    shuffled = draw(st.permutations(units))
    portions: list[tuple[int, int]] = []
    for number in shuffled:
        if portions and portions[-1][0] == number and draw(st.booleans()):
            portions[-1] = (number, portions[-1][1] + 1)
        else:
            portions.append((number, 1))
    return sheet, portions


@given(orders())
@settings(deadline=None)
def test_the_parts_of_an_order_sum_to_what_was_paid_in_whole_units(sheet):
    unit = unit_of(sheet.currency)
    parts = [line.paid for line in sheet.lines.values()] + [sheet.shipping]
    assert sum((one.gross for one in parts), sheet.rest) == sheet.total
    for one in parts:
        assert one.total % unit == 0
        assert one.tax % unit == 0
        assert min(one.total, one.tax) >= 0


@given(splits())
@settings(deadline=None)
def test_any_split_of_the_units_ends_at_exactly_nothing_left(found):
    sheet, portions = found
    spoken = Spoken()
    for number, quantity in portions:
        worth, spoken = give(sheet, spoken, number, quantity)
        assert worth.gross >= 0
        assert spoken.of(number).part.gross <= sheet.lines[number].paid.gross
    for number, line in sheet.lines.items():
        assert spoken.of(number) == Given(remote_id=number, quantity=line.quantity, part=line.paid)
    assert spoken.amount + sheet.shipping.gross + sheet.rest == sheet.total


@given(st.decimals(min_value=-10, max_value=10**9, places=4), st.sampled_from(CURRENCIES))
def test_an_amount_is_exact_or_refused(number, currency):
    try:
        taken = amounts.checked(number, currency)
    except amounts.AmountError:
        return
    assert taken == number
    assert taken.as_tuple().exponent == unit_of(currency).as_tuple().exponent
