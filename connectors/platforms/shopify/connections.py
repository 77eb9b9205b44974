"""Pages of a GraphQL connection, and what did not fit into the first page of an inner one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.platforms import base, values
from connectors.platforms.shopify import client

MOST = 250
# Shopify takes queries of up to 1,000 points. A page of twice the nodes costs little more, as the
# price goes by the logarithm: the largest that is allowed is the cheapest for each node.
DEAR = 950.0
DOUBLED = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A connection within a node: its field, and the document and path that read on in it."""

    field: str
    document: str
    parent: str


class PageSize:
    """How many nodes to ask for: as many as stay well below what a query may cost."""

    def __init__(self, first: int, most: int = MOST) -> None:
        self.value, self._most = first, most

    def learn(self, cost: float) -> None:
        """Grow while it is cheap, shrink before it is too dear."""
        if 0 < cost * DOUBLED < DEAR:
            self.value = min(self._most, self.value * 2)
        elif cost > DEAR:
            self.halve()

    def halve(self) -> None:
        """Ask for half as many from now on."""
        self.value = self._most = max(1, self.value // 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Nodes with where reading goes on, None at the end."""

    nodes: list[base.Json]
    clean: bool
    cursor: str | None


def page(
    client_: client.Client, document: str, field: str, variables: base.Json, size: PageSize
) -> Page:
    """One page; asks for fewer nodes where Shopify finds the query too dear."""
    while True:
        try:
            answer = client_.query(document, {**variables, "first": size.value})
            break
        except base.RejectedError as error:
            if error.code != "max_cost" or size.value == 1:
                raise
            size.halve()
    size.learn(answer.cost)
    found = answer.data[field]
    return Page(nodes=values.listed(found["nodes"]), clean=answer.clean, cursor=_next(found))


def completed(client_: client.Client, node: base.Json, inner: Inner) -> base.Json:
    """The node with this inner connection as one whole list."""
    found = node[inner.field]
    nodes = values.listed(found["nodes"])
    cursor = _next(found)
    size = PageSize(100)
    while cursor is not None:
        variables = {"id": node["id"], "after": cursor}
        more = _inner_page(client_, inner, variables, size)
        if more is None:
            break
        nodes += more.nodes
        cursor = more.cursor
    return {**node, inner.field: nodes}


def _inner_page(
    client_: client.Client, inner: Inner, variables: base.Json, size: PageSize
) -> Page | None:
    """A further page of an inner connection; None where its node is gone meanwhile."""
    answer = client_.query(inner.document, {**variables, "first": size.value})
    size.learn(answer.cost)
    parent = answer.data[inner.parent]
    if parent is None:
        return None
    found = parent[inner.field]
    return Page(nodes=values.listed(found["nodes"]), clean=answer.clean, cursor=_next(found))


def pages(
    client_: client.Client, document: str, field: str, query: str, size: PageSize
) -> Iterator[Page]:
    """Every page of a search."""
    cursor: str | None = None
    while True:
        variables = {"after": cursor, "query": query or None}
        found = page(client_, document, field, variables, size)
        yield found
        cursor = found.cursor
        if cursor is None:
            return


def _next(connection: base.Json) -> str | None:
    info = connection["pageInfo"]
    return info["endCursor"] if info["hasNextPage"] else None
