"""The GraphQL documents: one per file, each with the fragments that it uses."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "queries"


@cache
def text(name: str) -> str:
    """The document of this name."""
    return (FOLDER / f"{name}.graphql").read_text()
