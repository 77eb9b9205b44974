"""Children of a bulk file are joined with their parents, wherever they stand."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager

from connectors.platforms.shopify import joining


def parent(number, **more):
    return {"id": f"gid://shopify/Order/{number}", **more}


def child(number, of):
    return {"id": f"gid://shopify/LineItem/{number}", "__parentId": f"gid://shopify/Order/{of}"}


@contextmanager
def joined(lines, ending="\n"):
    with tempfile.TemporaryFile() as file:
        file.write(("\n".join(json.dumps(line) for line in lines) + ending).encode())
        found = joining.JoinedFile(file, "Order")
        yield found
        found.close()


def ids(groups):
    return [
        (json.loads(parent_)["id"][-1], [json.loads(one)["id"][-1] for one in children])
        for parent_, children in groups
    ]


def test_children_behind_their_parent_are_its_own():
    with joined([parent(1), child(1, 1), child(2, 1), parent(2), parent(3), child(3, 3)]) as file:
        assert ids(file.groups()) == [("1", ["1", "2"]), ("2", []), ("3", ["3"])]
        assert file.parent_count == 3


def test_children_behind_another_parent_are_found():
    lines = [parent(1), parent(2), child(1, 1), child(2, 2), child(3, 1), parent(3), child(4, 2)]
    with joined(lines) as file:
        assert ids(file.groups()) == [("1", ["1", "3"]), ("2", ["2", "4"]), ("3", [])]


def test_reading_goes_on_behind_the_parents_that_were_read():
    with joined([parent(1), child(1, 1), parent(2), child(2, 2), child(3, 1)]) as file:
        assert ids(file.groups(skip=1)) == [("2", ["2"])]
        assert ids(file.groups(skip=2)) == []


def test_a_text_that_looks_like_a_parents_id_is_a_text():
    note = '"__parentId":"gid://shopify/Order/9"'
    with joined([parent(1, note=note), child(1, 1)]) as file:
        assert ids(file.groups()) == [("1", ["1"])]


def test_the_last_line_needs_no_ending():
    with joined([parent(1), child(1, 1)], ending="") as file:
        assert ids(file.groups()) == [("1", ["1"])]


def test_an_empty_file_has_no_groups():
    with tempfile.TemporaryFile() as file:
        found = joining.JoinedFile(file, "Order")
        assert (list(found.groups()), found.parent_count) == ([], 0)
        found.close()
