"""Raw items to records; one bad item never costs the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.platforms import base, values

LONG_AGO = datetime.min.replace(tzinfo=UTC)

NOUNS = {
    base.Resource.PRODUCTS: "product",
    base.Resource.CUSTOMERS: "customer",
    base.Resource.ORDERS: "order",
}

Convert = Callable[[base.Json, list[base.Note]], base.Record]
Identify = Callable[[base.Json], Any]


def records(
    resource: base.Resource,
    items: Sequence[Any],
    convert: Convert,
    identify: Identify,
    *,
    clean: bool = False,
) -> tuple[list[base.Record], list[base.Note]]:
    """The records of these items, each id once and as it is newest, and the notes about them.

    ``convert`` may raise ``RecordError``, ``KeyError``, ``TypeError`` or ``AttributeError``;
    ``identify`` gives the id of an item that it refused. ``clean`` says that no text needs a look
    for what PostgreSQL can't store.
    """
    notes: list[base.Note] = []
    found: list[base.Record] = []
    for item in items:
        try:
            # The same object where nothing had to be replaced.
            usable = item if clean else values.storable(item)
            found.append(_record(convert, usable, notes, NOUNS[resource]))
        except base.RecordError as error:
            notes.append(_set_aside(item, identify, error))
            continue
        if usable is not item:
            notes.append(_replaced(found[-1].remote_id))
    if len({record.remote_id for record in found}) != len(found):
        found = _without_repeats(found, notes)
    return found, notes


def _record(convert: Convert, item: Any, notes: list[base.Note], noun: str) -> base.Record:
    if type(item) is not dict:
        raise base.RecordError("unknown_shape", f"This is no {noun}, but something else.")
    try:
        return convert(item, notes)
    except KeyError as error:
        detail = f"The {noun} comes without its {error.args[0]}."
        raise base.RecordError("missing_field", detail) from None
    except (TypeError, AttributeError):
        detail = f"A part of the {noun} is not what the store sends there."
        raise base.RecordError("unknown_shape", detail) from None


def _set_aside(item: Any, identify: Identify, error: base.RecordError) -> base.Note:
    remote_id = identify(item) if type(item) is dict else None
    is_id = type(remote_id) is int and 0 < remote_id <= values.LARGEST_ID
    return base.Note(
        remote_id=remote_id if is_id else None,
        cause=error.cause,
        detail=error.detail,
        set_aside=True,
    )


def _replaced(remote_id: int) -> base.Note:
    return base.Note(
        remote_id=remote_id,
        cause="text_replaced",
        detail=f"Characters of it can't be stored; each is shown as {values.REPLACEMENT}.",
        set_aside=False,
    )


def _without_repeats(found: list[base.Record], notes: list[base.Note]) -> list[base.Record]:
    newest: dict[int, base.Record] = {}
    for record in found:
        other = newest.get(record.remote_id)
        if other is not None:
            notes.append(_repeated(record.remote_id))
        if other is None or (record.modified_at or LONG_AGO) >= (other.modified_at or LONG_AGO):
            newest[record.remote_id] = record
    return list(newest.values())


def _repeated(remote_id: int) -> base.Note:
    return base.Note(
        remote_id=remote_id,
        cause="repeated_id",
        detail="The store sent it twice in one page; the newer one is kept.",
        set_aside=False,
    )
