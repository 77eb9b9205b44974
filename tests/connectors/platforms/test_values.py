from datetime import UTC, datetime

import pytest

from connectors.platforms import base, values


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("19.99", "19.99"),
        ("1650.00", "1650.00"),
        ("1.234", "1.234"),
        ("-0.80", "-0.80"),
        ("99999999.99", "99999999.99"),
        (5, "5"),
        ("0.10000000", "0.100000"),
    ],
)
def test_an_amount_is_exact(given, expected):
    assert str(values.amount(given, "It")) == expected


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ("abc", "bad_amount"),
        ("", "bad_amount"),
        (None, "bad_amount"),
        ([], "bad_amount"),
        (True, "bad_amount"),
        (17.99, "bad_amount"),
        ("NaN", "bad_amount"),
        ("Infinity", "bad_amount"),
        ("1_000", "bad_amount"),
        ("1,50", "bad_amount"),
        ("100000000.00", "amount_too_large"),
        ("-123456789012.34", "amount_too_large"),
        ("1e9", "amount_too_large"),
        ("0.1234567", "too_many_decimals"),
        ("1e-400", "too_many_decimals"),
    ],
)
def test_what_is_no_amount_is_refused_by_its_cause(given, cause):
    for _ in range(2):
        with pytest.raises(base.RecordError) as caught:
            values.amount(given, "Its total")
        assert caught.value.cause == cause
        assert caught.value.detail.startswith("Its total ")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-11-22T07:36:00", datetime(2026, 11, 22, 7, 36, tzinfo=UTC)),
        ("2026-11-22T07:36:00Z", datetime(2026, 11, 22, 7, 36, tzinfo=UTC)),
        ("2026-11-22T07:36:00+02:00", datetime(2026, 11, 22, 5, 36, tzinfo=UTC)),
        (None, None),
        ("", None),
        ("yesterday", None),
        ("0000-00-00T00:00:00", None),
        (1790000000, None),
        (False, None),
    ],
)
def test_a_moment_is_utc_and_garbage_is_none(given, expected):
    assert values.optional_moment(given) == expected


def test_a_moment_that_is_needed_is_refused_when_it_is_missing():
    with pytest.raises(base.RecordError, match="Its date of change is missing") as caught:
        values.moment(None, "Its date of change")
    assert caught.value.cause == "bad_date"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Salt &amp; Pepper", "Salt & Pepper"),
        ("<b>Bold</b> &lt;b&gt; title", "Bold <b> title"),
        ("2 < 3 and 5 > 4", "2 < 3 and 5 > 4"),
        ("a<!-- note --> b", "a b"),
        ("  wide ", "wide"),
        ("100% &quot;Ü&quot; &#8211; 😀", '100% "Ü" – 😀'),
        (None, ""),
        (12, "12"),
    ],
)
def test_a_plain_text_reads_as_a_person_would(given, expected):
    assert values.plain(given) == expected


@pytest.mark.parametrize("given", [{"a": 1}, ["a"], True])
def test_what_is_no_text_is_refused(given):
    with pytest.raises(TypeError):
        values.text(given)


def test_a_storable_value_is_the_same_object():
    value = {"a": ["é😀", 1, None, {"b": 2.5}]}
    assert values.storable(value) is value


def test_nul_and_lone_surrogates_are_replaced_at_any_depth():
    value = {"a\x00": [{"b": "x\x00y"}, "\ud83d", "\ud83d\ude00", "fine"]}
    assert values.storable(value) == {"a\ufffd": [{"b": "x\ufffdy"}, "\ufffd", "😀", "fine"]}


def test_a_whole_number_may_be_written_as_a_float():
    assert values.whole(2.0, "It", "bad_quantity") == 2


@pytest.mark.parametrize("given", [1.5, "two", None, True, 2**31, float("inf")])
def test_what_is_no_whole_number_is_refused(given):
    with pytest.raises(base.RecordError) as caught:
        values.whole(given, "It", "bad_quantity")
    assert caught.value.cause == "bad_quantity"


@pytest.mark.parametrize("given", [0, -1, "7", None, True, 2**63])
def test_what_is_no_id_is_refused(given):
    with pytest.raises(base.RecordError) as caught:
        values.identity(given)
    assert caught.value.cause == "bad_id"


def test_a_php_array_with_gaps_is_a_list_of_its_values():
    assert values.listed({"1": "a", "3": "b"}) == ["a", "b"]
    assert values.listed(None) == []
    with pytest.raises(TypeError):
        values.listed("a")


def test_an_empty_php_array_is_an_empty_object():
    assert values.mapped([]) == values.mapped(None) == {}
    for wrong in (["a"], "a", 0):
        with pytest.raises(TypeError):
            values.mapped(wrong)
