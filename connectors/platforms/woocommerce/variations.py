"""Variations: all at once where the store lists them, else those of one parent at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from connectors.platforms import base, values
from connectors.platforms.woocommerce import answers, client, fields, listing, products

MOST_TITLES = 20_000


class Variations:
    """What a store's variations need beside their own rows: a way to them, and parents' titles."""

    def __init__(self, client_: client.Client) -> None:
        self._client = client_
        self._titles: dict[int, str] = {}
        self._has_list: bool | None = None

    def has_list(self) -> bool:
        """Whether the store lists the variations of all products; asked once."""
        if self._has_list is None:
            try:
                self._client.get("variations", {"per_page": "1", "_fields": fields.ID})
                self._has_list = True
            except base.RejectedError as error:
                if error.code != "rest_no_route":
                    raise
                self._has_list = False
        return self._has_list

    def remember(self, items: Sequence[Any]) -> list[int]:
        """Keep the titles of the variable products among these; their ids."""
        found = [item for item in items if _is_variable(item)]
        self._keep(found)
        return [item["id"] for item in found]

    def titles(self, items: Sequence[Any]) -> Mapping[int, str]:
        """The titles of these variations' parents, asked for where they are not known."""
        if len(self._titles) > MOST_TITLES:
            self._titles.clear()
        parents = {item.get("parent_id") for item in items if type(item) is dict}
        unknown = sorted(
            parent for parent in parents if type(parent) is int and parent not in self._titles
        )
        for start in range(0, len(unknown), listing.PAGE):
            self._ask(unknown[start : start + listing.PAGE])
        return self._titles

    def _ask(self, parents: Sequence[int]) -> None:
        # One in the trash is not found; its variations are titled by their own names then.
        self._titles.update(dict.fromkeys(parents, ""))
        params = {
            "include": ",".join(map(str, parents)),
            "per_page": str(listing.PAGE),
            "status": "any",
            "_fields": fields.ID_AND_NAME,
        }
        found = self._client.get("products", params).data
        self._keep([item for item in found if _has_id(item)] if type(found) is list else [])

    def _keep(self, items: Sequence[base.Json]) -> None:
        for item in items:
            name = item.get("name")
            if type(name) is str:
                self._titles[item["id"]] = values.plain(values.storable(name))

    def of_parents(self, parents: Sequence[int]) -> Iterator[tuple[list[Any], bool]]:
        """Pages of the variations of these products, and whether they are clean."""
        waiting: deque[tuple[str, Future[answers.Answer]]] = deque()
        left = deque(parents)
        try:
            while left or waiting:
                # As many as are fetched at once, no more: their answers wait in memory.
                while left and len(waiting) < self._client.concurrency:
                    path = f"products/{left.popleft()}/variations"
                    waiting.append((path, self._client.submit(path, _PAGE)))
                path, future = waiting.popleft()
                yield from self._pages(path, future.result())
        finally:
            for _, future in waiting:
                future.cancel()

    def _pages(self, path: str, first: answers.Answer) -> Iterator[tuple[list[Any], bool]]:
        if (first.total or 0) <= listing.PAGE:
            yield values.listed(first.data), first.clean
            return
        reading = listing.Listing(self._client, path, {"_fields": fields.PRODUCT})
        for part in reading.parts({}):
            yield part.items, part.clean


_PAGE = {
    "per_page": str(listing.PAGE),
    "orderby": "id",
    "order": "asc",
    "_fields": fields.PRODUCT,
}


def _has_id(item: Any) -> bool:
    return type(item) is dict and type(item.get("id")) is int


def _is_variable(item: Any) -> bool:
    return _has_id(item) and item.get("type") == products.VARIABLE
