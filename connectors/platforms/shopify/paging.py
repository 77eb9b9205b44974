"""Reading page by page, by the moment of change.

Orders and products come oldest change first: what changes meanwhile comes again at the end.
Customers come newest first and end at the window's start, because Shopify filters them by whole
days. A search gives 25,000 objects at most, so a long one begins again where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from connectors.platforms import base, values
from connectors.platforms.shopify import client, connections, kinds, mapper

AT_ONCE = 20_000
DAY = timedelta(days=1)


def batches(
    client_: client.Client, resource: base.Resource, window: base.Window, position: base.Json
) -> Iterator[base.Batch]:
    """The window's records from a batch's position on."""
    reading = _Reading(client_, resource, window)
    return reading.batches(position)


def written(moment: datetime) -> str:
    """A moment as a search takes it: quoted, or Shopify drops the time and shifts the zone."""
    return f"'{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


class _Reading:
    def __init__(
        self, client_: client.Client, resource: base.Resource, window: base.Window
    ) -> None:
        self.client, self.resource, self.window = client_, resource, window
        self.kind = kinds.OF[resource]
        self.size = connections.PageSize(self.kind.first)
        self.is_backwards = resource is base.Resource.CUSTOMERS

    def batches(self, position: base.Json) -> Iterator[base.Batch]:
        here: base.Json | None = position or {"cursor": None, "from": None, "seen": 0}
        if position.get("done"):
            return
        while here is not None:
            page = self._page(here)
            following = self._following(here, page)
            yield self._batch(page, following)
            here = following

    def _page(self, here: base.Json) -> connections.Page:
        variables = {
            **self.kind.page_variables(),
            "after": here["cursor"],
            "query": self._query(here["from"]) or None,
        }
        return connections.page(self.client, self.kind.pages, self.kind.field, variables, self.size)

    def _query(self, stamp: str | None) -> str:
        if stamp is not None:
            sign = "<=" if self.is_backwards else ">="
            return f"updated_at:{sign}{written(datetime.fromisoformat(stamp))}"
        after = self.window.after
        if after is None:
            return ""
        # A day more than needed: whose midnight Shopify means is not said anywhere.
        return f"updated_at:>={written(after - DAY if self.is_backwards else after)}"

    def _following(self, here: base.Json, page: connections.Page) -> base.Json | None:
        if page.cursor is None or self._is_past(page):
            return None
        seen = here["seen"] + len(page.nodes)
        stamp = page.nodes[-1]["updatedAt"] if page.nodes else None
        if seen < AT_ONCE or stamp is None or stamp == here["from"]:
            return {"cursor": page.cursor, "from": here["from"], "seen": seen}
        return {"cursor": None, "from": stamp, "seen": 0}

    def _is_past(self, page: connections.Page) -> bool:
        """Whether the rest was changed before the window, where the newest come first."""
        after = self.window.after
        if not self.is_backwards or after is None or not page.nodes:
            return False
        last = values.optional_moment(page.nodes[-1].get("updatedAt"))
        return last is not None and last < after

    def _batch(self, page: connections.Page, following: base.Json | None) -> base.Batch:
        nodes = [self.kind.whole(self.client, node) for node in page.nodes]
        records, notes = mapper.map_items(self.resource, kinds.items(self.resource, nodes))
        return base.Batch(
            records=records, notes=notes, position=following or {"done": True}, total=None
        )
