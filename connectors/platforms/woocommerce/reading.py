"""One reading of a resource: its sections one after another, each as batches of records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from connectors.platforms import base
from connectors.platforms.woocommerce import client, listing, mapper, sections, variations

END = "end"


class Reading:
    """The records of a resource that a window holds, or all of them where the filters are empty."""

    def __init__(
        self,
        client_: client.Client,
        variations_: variations.Variations,
        resource: base.Resource,
        filters: client.Params,
        *,
        is_whole: bool,
    ) -> None:
        self._client, self._variations = client_, variations_
        self._resource, self._filters, self._is_whole = resource, filters, is_whole

    def batches(self, position: base.Json) -> Iterator[base.Batch]:
        """From a batch's position on; {} is the start."""
        chosen = sections.OF[self._resource]
        names = [*(section.name for section in chosen), END]
        is_known = position.get("section") in names
        start = names.index(position["section"]) if is_known else 0
        at, earlier = position if is_known else {}, 0
        for number in range(start, len(chosen)):
            total = 0
            for batch in self._section(chosen[number], at, names[number + 1]):
                total = batch.total or 0
                yield replace(batch, total=earlier + total)
            # Only the section in which reading stopped goes on in its middle.
            at, earlier = {}, earlier + total

    def _section(
        self, section: sections.Section, at: base.Json, following: str
    ) -> Iterator[base.Batch]:
        params = {
            **section.filters,
            **self._filters,
            "_fields": sections.FIELDS[self._resource],
        }
        reached = {**at, "section": section.name}
        try:
            for part in listing.Listing(self._client, section.path, params).parts(at):
                after = reached
                if part.is_joined:
                    after = {"section": following}
                    if part.position is not None:
                        after = {"section": section.name, **part.position}
                yield from self._batches(section, part, reached, after)
                reached = after
        except base.RejectedError as error:
            if not sections.is_missing(section, error):
                raise

    def _batches(
        self, section: sections.Section, part: listing.Part, before: base.Json, after: base.Json
    ) -> Iterator[base.Batch]:
        if section.path == sections.VARIATIONS:
            yield from self._batch(part.items, after, part.total, clean=part.clean, titled=True)
            return
        if self._resource is base.Resource.PRODUCTS:
            parents = self._variations.remember(part.items)
            # A new name of a parent is a new title of its variations, whose stamps don't move.
            if parents and not (self._is_whole and self._variations.has_list()):
                for items, clean in self._variations.of_parents(parents):
                    yield from self._batch(items, before, part.total, clean=clean, titled=True)
        yield from self._batch(part.items, after, part.total, clean=part.clean)

    def _batch(
        self, items: list[Any], position: base.Json, total: int, *, clean: bool,
        titled: bool = False,
    ) -> Iterator[base.Batch]:  # fmt: skip
        titles = self._variations.titles(items) if titled else None
        records, notes = mapper.map_page(self._resource, items, clean=clean, titles=titles)
        if records or notes:
            yield base.Batch(records=records, notes=notes, position=position, total=total)
