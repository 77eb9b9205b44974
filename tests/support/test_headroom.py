"""Whatever is asked for in whatever order, what is let through never exceeds what was paid."""

from __future__ import annotations

import uuid
from decimal import ROUND_DOWN, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.currencies import unit_of
from support import amounts, headroom
from support.models import RefundRequest
from tests.support.test_amounts import orders

fractions = st.decimals(min_value=0, max_value=2, places=2)
WISHES = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 13), fractions, fractions), min_size=1, max_size=12
)


def share(of, fraction, currency):
    return (of * fraction).quantize(unit_of(currency), ROUND_DOWN)


def request_of(sheet, spoken, wish):
    """A refund of units of a line, some shipping and some goodwill; None where it has no worth."""
    number, units, shipped, goodwill = wish
    lines = []
    part = amounts.Part()
    if units and number in sheet.lines:
        left = sheet.lines[number].quantity - spoken.of(number).quantity
        part = amounts.worth(sheet, spoken, number, min(units, left)) if left else part
        lines = [{"remote_id": number, "quantity": units, "total": str(part.total),
                  "tax": str(part.tax), "restock": False}]  # fmt: skip
    shipping = share(sheet.shipping.gross, shipped, sheet.currency)
    extra = share(sheet.total, goodwill, sheet.currency)
    return RefundRequest(
        id=uuid.uuid4(), currency=sheet.currency, lines=lines, shipping=shipping, goodwill=extra,
        amount=part.gross + shipping + extra, stage="approved",
    )  # fmt: skip


@given(orders(), WISHES, fractions)
@settings(deadline=None)
def test_what_is_let_through_never_exceeds_what_was_captured(sheet, wishes, paid):
    captured = share(sheet.total, min(paid, Decimal(1)), sheet.currency)
    through = []
    for wish in wishes:
        spoken = headroom.spoken_by(through)
        request = request_of(sheet, spoken, wish)
        try:
            headroom.check(request, captured=captured, sheet=sheet, spoken=spoken)
        except headroom.ExceedsError:
            continue
        through.append(request)
    spoken = headroom.spoken_by(through)
    assert spoken.amount <= captured
    assert spoken.shipping.gross <= sheet.shipping.gross
    for number, line in sheet.lines.items():
        assert spoken.of(number).quantity <= line.quantity
