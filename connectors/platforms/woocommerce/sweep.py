"""The ids that a store has, as ranges without a gap."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from connectors.platforms import base
from connectors.platforms.woocommerce import client, fields, listing, sections, variations

IDS_AT_ONCE = 5_000
TRASH = "trash"


def id_batches(
    client_: client.Client,
    variations_: variations.Variations,
    resource: base.Resource,
    position: base.Json,
) -> Iterator[base.IdBatch]:
    """All ids but those in the trash, from a batch's position on.

    Orders and customers come as they are read, downwards. Products and variations share their ids
    and come from several lists, so those are collected first (8 bytes each) and given upwards.
    """
    if resource is base.Resource.PRODUCTS:
        return _upwards(_product_ids(client_, variations_), position)
    main, *others = [s for s in sections.OF[resource] if s.filters.get("status") != TRASH]
    return _downwards(client_, main, others, position)


def _downwards(
    client_: client.Client,
    main: sections.Section,
    others: Sequence[sections.Section],
    position: base.Json,
) -> Iterator[base.IdBatch]:
    if position.get("done"):
        return
    # Read first: what leaves these lists meanwhile goes to the main one, where it is met then.
    extra = _sorted(item["id"] for section in others for item in _items(client_, section))
    high: int | None = position.get("low")
    found: set[int] = set()
    for part in _listing(client_, main).parts(position):
        found.update(item["id"] for item in part.items if _has_id(item))
        low = 0 if part.position is None else part.low
        if not part.is_joined or low is None:
            continue
        yield base.IdBatch(
            stamps=dict.fromkeys(
                [*_range(extra, low, high), *(one for one in found if one >= low)]
            ),
            low=low,
            high=high,
            position=part.position or {"done": True},
            total=part.total + len(extra),
        )
        high, found = low, set()


def _upwards(ids: array[int], position: base.Json) -> Iterator[base.IdBatch]:
    low: int | None = position.get("from", 0)
    while low is not None:
        start = bisect_left(ids, low)
        end = start + IDS_AT_ONCE
        high = ids[end] if end < len(ids) else None
        yield base.IdBatch(
            stamps=dict.fromkeys(ids[start:end]),
            low=low,
            high=high,
            position={"from": high},
            total=len(ids),
        )
        low = high


def _product_ids(client_: client.Client, variations_: variations.Variations) -> array[int]:
    has_list = variations_.has_list()
    chosen = [
        section
        for section in sections.OF[base.Resource.PRODUCTS]
        if section.filters.get("status") != TRASH
        and (has_list or section.path != sections.VARIATIONS)
    ]
    asked = fields.ID if has_list else fields.ID_AND_VARIATIONS
    return _sorted(
        remote_id
        for section in chosen
        for item in _items(client_, section, asked)
        for remote_id in (item["id"], *_children(item))
    )


def _children(item: base.Json) -> Sequence[int]:
    found = item.get("variations")
    return [child for child in found if type(child) is int] if type(found) is list else ()


def _items(
    client_: client.Client, section: sections.Section, asked: str = fields.ID
) -> Iterator[base.Json]:
    try:
        for part in _listing(client_, section, asked).parts({}):
            yield from filter(_has_id, part.items)
    except base.RejectedError as error:
        if not sections.is_missing(section, error):
            raise


def _listing(
    client_: client.Client, section: sections.Section, asked: str = fields.ID
) -> listing.Listing:
    return listing.Listing(client_, section.path, {**section.filters, "_fields": asked})


def _has_id(item: object) -> bool:
    return isinstance(item, Mapping) and type(item.get("id")) is int


def _sorted(ids: Iterator[int]) -> array[int]:
    found = array("q", ids)
    return array("q", sorted(set(found)))


def _range(ids: array[int], low: int, high: int | None) -> array[int]:
    start = bisect_left(ids, low)
    return ids[start:] if high is None else ids[start : bisect_left(ids, high)]
