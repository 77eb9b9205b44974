from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest

from connectors.models import Platform
from support import explaining, explaining_addresses, words
from support.stages import ADDRESS_STATUS, REFUND_STATUS, AddressStage, RefundStage

COMBINATIONS = list(product(RefundStage, Platform, explaining.CLASSES))


@pytest.mark.parametrize(("stage", "platform", "outcome"), COMBINATIONS)
def test_every_state_has_one_sentence_and_one_next_action(stage, platform, outcome):
    found = explaining.explanation(stage, platform, outcome)
    assert found.sentence.endswith(".")
    assert bool(found.label) is (found.action not in ("none", "wait"))


@pytest.mark.parametrize(("stage", "platform", "outcome"), COMBINATIONS)
def test_no_sentence_says_that_no_money_moved_where_it_may_have(stage, platform, outcome):
    sentence = explaining.explanation(stage, platform, outcome).sentence
    if "no money moved" in sentence:
        assert REFUND_STATUS[stage] == "failed"
    if stage in (RefundStage.UNKNOWN, RefundStage.NEEDS_HUMAN):
        assert "again" in sentence or "looks" in sentence or "mend" in sentence


ADDRESSES = list(product(AddressStage, explaining.CLASSES))


@pytest.mark.parametrize(("stage", "outcome"), ADDRESSES)
def test_every_state_of_an_address_change_has_its_sentence_too(stage, outcome):
    found = explaining_addresses.explanation(stage, outcome)
    assert found.sentence.endswith(".")
    assert bool(found.label) is (found.action not in ("none", "wait"))
    if "nothing was changed" in found.sentence:
        assert stage != AddressStage.UNKNOWN
        assert ADDRESS_STATUS[stage] == "failed" or stage == AddressStage.CHECKING


def test_every_code_that_is_explained_belongs_to_a_stage():
    assert {stage for stage, _ in explaining.BY_CODE} <= set(RefundStage)
    assert {key[2] for key in explaining.ON_PLATFORM} <= set(explaining.CLASSES)
    assert {stage for stage, _ in explaining_addresses.BY_CODE} <= set(AddressStage)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("12.50", "GBP", "twelve pounds sterling, fifty pence"),
        ("1", "EUR", "one euro, zero cents"),
        ("1200", "JPY", "one thousand, two hundred Japanese yen"),
        ("1.255", "KWD", "one point two five five Kuwaiti dinars"),
        ("7.00", "XYZ", "seven XYZ"),
    ],
)
def test_an_amount_reads_in_words(amount, currency, text):
    assert words.in_words(Decimal(amount), currency) == text
