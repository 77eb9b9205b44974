"""The file of a bulk operation: parents and children as lines, to be joined again.

Each line is a JSON object; a child names its parent in ``__parentId`` and stands somewhere behind
it. No more than one parent with its children is ever in memory: children that do not stand
directly behind their parent are found again through an index on disk.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from typing import IO

PARENT = re.compile(rb'"__parentId"\s*:\s*"([^"\\]+)"')
AT_ONCE = 10_000

Group = tuple[bytes, list[bytes]]


class JoinedFile:
    """The parents of a bulk file, each with its children; ``kind`` is what the parents are.

    The file has a descriptor of its own. Close gives back the index, not the file.
    """

    def __init__(self, file: IO[bytes], kind: str) -> None:
        self._file = file
        self._own_id = re.compile(rb'"id"\s*:\s*"(gid://shopify/' + kind.encode() + rb'/[^"\\]+)"')
        # Without a name it is SQLite's own temporary file, gone when it is closed.
        self._index = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._index.execute("CREATE TABLE stray (parent BLOB, at INTEGER, length INTEGER)")
        self.parent_count = 0
        self._has_strays = self._find_strays()

    def close(self) -> None:
        """Give back the index."""
        self._index.close()

    def groups(self, skip: int = 0) -> Iterator[Group]:
        """Each parent's line with the lines of its children; not the first so many parents."""
        number, current = 0, b""
        parent, children = b"", list[bytes]()
        for line in self._lines():
            named = PARENT.search(line)
            if named is None:
                if number > skip:
                    yield parent, self._with_strays(current, children)
                parent, children, current = line, [], self._id(line)
                number += 1
            elif named[1] == current:
                children.append(line)
        if number > skip:
            yield parent, self._with_strays(current, children)

    def _lines(self) -> Iterator[bytes]:
        self._file.seek(0)
        return (line for line in self._file if not line.isspace())

    def _id(self, line: bytes) -> bytes:
        found = self._own_id.search(line)
        return found[1] if found else b""

    def _find_strays(self) -> bool:
        """Index the children that stand behind another parent than theirs; whether there are."""
        found: list[tuple[bytes, int, int]] = []
        current, at, has_strays = b"", 0, False
        self._file.seek(0)
        for line in self._file:
            named = PARENT.search(line)
            if named is None:
                current = self._id(line)
                self.parent_count += not line.isspace()
            elif named[1] != current:
                found.append((named[1], at, len(line)))
                has_strays = True
            at += len(line)
            if len(found) >= AT_ONCE:
                self._keep(found)
        self._keep(found)
        self._index.execute("CREATE INDEX stray_parent ON stray (parent, at)")
        return has_strays

    def _keep(self, found: list[tuple[bytes, int, int]]) -> None:
        self._index.execute("BEGIN")
        self._index.executemany("INSERT INTO stray VALUES (?, ?, ?)", found)
        self._index.execute("COMMIT")
        found.clear()

    def _with_strays(self, parent: bytes, children: list[bytes]) -> list[bytes]:
        if not self._has_strays:
            return children
        places = self._index.execute(
            "SELECT length, at FROM stray WHERE parent = ? ORDER BY at", [parent]
        )
        descriptor = self._file.fileno()
        return children + [os.pread(descriptor, length, at) for length, at in places]
