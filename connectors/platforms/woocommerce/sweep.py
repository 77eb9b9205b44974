"""The ids that a store has, as ranges without a gap, each with the moment of its last change."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from connectors.platforms import base, values
from connectors.platforms.woocommerce import client, fields, listing, sections, variations

IDS_AT_ONCE = 5_000
TRASH = "trash"

Stamps = dict[int, datetime | None]


def id_batches(
    client_: client.Client,
    variations_: variations.Variations,
    resource: base.Resource,
    position: base.Json,
) -> Iterator[base.IdBatch]:
    """All ids but those in the trash, from a batch's position on.

    Orders and customers come as they are read, downwards. Products and variations share their ids
    and come from several lists, so those are collected first and given upwards.
    """
    if resource is base.Resource.PRODUCTS:
        return _upwards(_products(client_, variations_), position)
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
    extra = _stamps(item for section in others for item in _items(client_, section))
    high: int | None = position.get("low")
    found: Stamps = {}
    for part in _listing(client_, main).parts(position):
        found |= _stamps(item for item in part.items if _has_id(item))
        low = 0 if part.position is None else part.low
        if not part.is_joined or low is None:
            continue
        yield base.IdBatch(
            stamps={
                **{one: extra[one] for one in extra if low <= one and (not high or one < high)},
                **{one: stamp for one, stamp in found.items() if one >= low},
            },
            low=low,
            high=high,
            position=part.position or {"done": True},
            total=part.total + len(extra),
        )
        high, found = low, {}


def _upwards(stamps: Stamps, position: base.Json) -> Iterator[base.IdBatch]:
    ids = sorted(stamps)
    low: int | None = position.get("from", 0)
    while low is not None:
        start = bisect_left(ids, low)
        end = start + IDS_AT_ONCE
        high = ids[end] if end < len(ids) else None
        yield base.IdBatch(
            stamps={one: stamps[one] for one in ids[start:end]},
            low=low,
            high=high,
            position={"from": high},
            total=len(ids),
        )
        low = high


def _products(client_: client.Client, variations_: variations.Variations) -> Stamps:
    """Products and variations; where the store doesn't list these, they have no stamps."""
    has_list = variations_.has_list()
    found: Stamps = {}
    for section in sections.OF[base.Resource.PRODUCTS]:
        if section.filters.get("status") == TRASH:
            continue
        if section.path == sections.VARIATIONS and not has_list:
            continue
        asked = fields.STAMP if has_list else fields.STAMP_AND_VARIATIONS
        for item in _items(client_, section, asked):
            found[item["id"]] = _stamp(item)
            found |= dict.fromkeys(_children(item))
    return found


def _children(item: base.Json) -> Sequence[int]:
    found = item.get("variations")
    return [child for child in found if type(child) is int] if type(found) is list else ()


def _stamps(items: Iterable[base.Json]) -> Stamps:
    return {item["id"]: _stamp(item) for item in items}


def _stamp(item: base.Json) -> datetime | None:
    return values.optional_moment(item.get("date_modified_gmt"))


def _items(
    client_: client.Client, section: sections.Section, asked: str = fields.STAMP
) -> Iterator[base.Json]:
    try:
        for part in _listing(client_, section, asked).parts({}):
            yield from filter(_has_id, part.items)
    except base.RejectedError as error:
        if not sections.is_missing(section, error):
            raise


def _listing(
    client_: client.Client, section: sections.Section, asked: str = fields.STAMP
) -> listing.Listing:
    return listing.Listing(client_, section.path, {**section.filters, "_fields": asked})


def _has_id(item: object) -> bool:
    return isinstance(item, Mapping) and type(item.get("id")) is int
