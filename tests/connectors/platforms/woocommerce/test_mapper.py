import pytest

from connectors.platforms import base
from connectors.platforms.woocommerce import mapper

ORDERS, PRODUCTS = base.Resource.ORDERS, base.Resource.PRODUCTS


def summary(notes):
    return [(note.remote_id, note.cause, note.set_aside) for note in notes]


def test_one_bad_record_is_set_aside_and_the_others_are_kept(order, changed):
    bad = changed(order, {"id": 4712, "total": "abc"})
    last = changed(order, {"id": 4713})
    records, notes = mapper.map_page(ORDERS, [order, bad, last])
    assert [record.remote_id for record in records] == [4711, 4713]
    assert notes == [
        base.Note(
            remote_id=4712,
            cause="bad_amount",
            detail="Its total is not an amount.",
            set_aside=True,
        )
    ]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("text", (None, "unknown_shape", True)),
        (None, (None, "unknown_shape", True)),
        ([1], (None, "unknown_shape", True)),
        ({}, (None, "missing_field", True)),
        ({"id": 5}, (5, "missing_field", True)),
        ({"id": "5"}, (None, "bad_id", True)),
    ],
)
@pytest.mark.parametrize("resource", list(base.Resource))
def test_what_is_no_record_at_all_is_set_aside(resource, item, expected):
    records, notes = mapper.map_page(resource, [item])
    assert (records, summary(notes)) == ([], [expected])


@pytest.mark.parametrize(
    "values",
    [
        {"billing": "x"},
        {"line_items": "x"},
        {"line_items": [None]},
        {"line_items.0.sku": {"a": 1}},
        {"refunds": [3]},
        {"status": ["a"]},
        {"customer_note": {}},
    ],
)
def test_a_part_of_an_unknown_shape_sets_the_record_aside(order, changed, values):
    records, notes = mapper.map_page(ORDERS, [changed(order, values)])
    assert (records, summary(notes)) == ([], [(4711, "unknown_shape", True)])


def test_a_missing_field_is_named(order):
    del order["total"]
    _, notes = mapper.map_page(ORDERS, [order])
    assert notes[0].detail == "The order comes without its total."


def test_a_page_that_repeats_an_id_keeps_the_newest(order, changed):
    newer = changed(order, {"date_modified_gmt": "2026-04-01T00:00:00", "total": "1.00"})
    for page in ([order, newer], [newer, order]):
        records, notes = mapper.map_page(ORDERS, page)
        assert [str(record.total) for record in records] == ["1.00"]
        assert summary(notes) == [(4711, "repeated_id", False)]


def test_texts_that_cant_be_stored_are_replaced_in_record_and_payload(order, changed):
    dirty = changed(
        order,
        {
            "billing.first_name": "I\x00da",
            "line_items.0.name": "Mug \ud83d",
            "meta_data.1.value": {"wrap\x00": "y\udc00"},
        },
    )
    (found,), notes = mapper.map_page(ORDERS, [dirty])
    assert found.customer_name == "I\ufffdda Brandt"
    assert found.lines[0].title == "Mug \ufffd"
    assert found.line_items[0]["name"] == "Mug \ufffd"
    assert found.metadata["meta_data"][1]["value"] == {"wrap\ufffd": "y\ufffd"}
    assert summary(notes) == [(4711, "text_replaced", False)]


def test_a_clean_page_is_not_searched(order):
    order["customer_note"] = "\x00"
    (found,), notes = mapper.map_page(ORDERS, [order], clean=True)
    assert (found.customer_note, notes) == ("\x00", [])


def test_a_variation_gets_the_title_of_a_known_parent(variation, variable):
    records, notes = mapper.map_page(PRODUCTS, [variable, variation], titles={50: "Tea towel"})
    assert [record.title for record in records] == ["Tea towel", "Tea towel – Blue, L"]
    assert notes == []


def test_details_name_no_person(order, customer, changed):
    _, notes = mapper.map_page(ORDERS, [changed(order, {"billing.email": ["ida@example.com"]})])
    _, more = mapper.map_page(base.Resource.CUSTOMERS, [changed(customer, {"email": {"ida": 1}})])
    assert summary([*notes, *more]) == [(4711, "unknown_shape", True), (23, "unknown_shape", True)]
    assert "ida" not in " ".join(note.detail.lower() for note in [*notes, *more])
