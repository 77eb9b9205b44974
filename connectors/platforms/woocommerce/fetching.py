"""Single records, asked for by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from connectors.platforms import base, values
from connectors.platforms.woocommerce import (
    answers,
    client,
    listing,
    mapper,
    sections,
    variations,
)


class Fetching:
    """Asks for records by id, a hundred at a time, in every list that may hold them."""

    def __init__(
        self, client_: client.Client, variations_: variations.Variations, resource: base.Resource
    ) -> None:
        self._client, self._variations, self._resource = client_, variations_, resource
        self._records: list[base.Record] = []
        self._notes: list[base.Note] = []

    def batch(self, ids: Sequence[int]) -> base.Batch:
        """The records that the store still has, whatever their status."""
        missing = set(ids)
        for section in sections.OF[self._resource]:
            if not missing:
                break
            if section.path == sections.VARIATIONS and not self._variations.has_list():
                continue
            for answer in self._listed(section, sorted(missing)):
                is_variation = section.path == sections.VARIATIONS
                missing -= self._take(values.listed(answer.data), answer, titled=is_variation)
        if missing and self._resource is base.Resource.PRODUCTS:
            for answer in self._single_products(sorted(missing)):
                self._take([answer.data], answer)
        return base.Batch(records=self._records, notes=self._notes, position={}, total=None)

    def _take(self, items: list[Any], answer: answers.Answer, *, titled: bool = False) -> set[int]:
        titles = self._variations.titles(items) if titled else None
        records, notes = mapper.map_page(self._resource, items, clean=answer.clean, titles=titles)
        self._records += records
        self._notes += notes
        return {item["id"] for item in items if type(item) is dict and type(item.get("id")) is int}

    def _listed(self, section: sections.Section, ids: Sequence[int]) -> Iterator[answers.Answer]:
        params = {
            **section.filters,
            "_fields": sections.FIELDS[self._resource],
            "per_page": str(listing.PAGE),
            "orderby": "id",
            "order": "asc",
        }
        chunks = [ids[start : start + listing.PAGE] for start in range(0, len(ids), listing.PAGE)]
        asked = [
            self._client.submit(section.path, {**params, "include": ",".join(map(str, chunk))})
            for chunk in chunks
        ]
        try:
            for future in asked:
                yield future.result()
        except base.RejectedError as error:
            if not sections.is_missing(section, error):
                raise

    def _single_products(self, ids: Sequence[int]) -> Iterator[answers.Answer]:
        """Variations of a store without a list of them: each answers as a product of its own."""
        if self._variations.has_list():
            return
        asked = [
            self._client.submit(
                f"products/{remote_id}", {"_fields": sections.FIELDS[self._resource]}
            )
            for remote_id in ids
        ]
        for future in asked:
            try:
                yield future.result()
            except base.RejectedError as error:
                if not error.code.endswith("_invalid_id"):
                    raise
