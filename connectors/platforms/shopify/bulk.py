"""Reading everything by a bulk operation: Shopify writes a file, which is then read as it comes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any

import orjson

from connectors.platforms import base, values
from connectors.platforms.shopify import client, documents, joining, kinds, mapper

PARENTS_AT_ONCE = 250
CHILDREN_AT_ONCE = 2_500
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
UNDER_WAY = frozenset(("CREATED", "RUNNING", "CANCELING"))
TAKEN = frozenset(("OPERATION_IN_PROGRESS", "LIMIT_REACHED"))
PARENTS = {
    base.Resource.PRODUCTS: "Product",
    base.Resource.CUSTOMERS: "Customer",
    base.Resource.ORDERS: "Order",
}


class UnavailableError(Exception):
    """There is no bulk operation to read from: read page by page."""


def batches(
    client_: client.Client, resource: base.Resource, position: base.Json
) -> Iterator[base.Batch]:
    """All records of the resource from a batch's position on.

    Raises ``UnavailableError`` before the first record when another operation is in the way, or
    when it failed.
    """
    identity, done = position.get("bulk"), position.get("done", 0)
    if identity is None:
        identity = start(client_, documents.text(kinds.OF[resource].bulk))
        # Kept at once, so that a run that is stopped does not start a second one.
        yield base.Batch(records=(), notes=(), position={"bulk": identity, "done": 0}, total=None)
    operation = _finished(client_, identity)
    if operation["url"] is None:
        yield _nothing(identity)
        return
    with tempfile.TemporaryFile() as file:
        for piece in client_.lines(operation["url"]):
            file.write(piece)
        yield from _read(file, resource, operation, done)


def start(client_: client.Client, document: str) -> str:
    """The id of an operation that runs this document, started now or found running."""
    try:
        found = client_.mutate("bulk_run", {"query": document}).data["bulkOperationRunQuery"]
    except base.OutcomeUnknownError:
        return _running(client_, document)
    errors = values.listed(found.get("userErrors"))
    if not errors:
        return str(found["bulkOperation"]["id"])
    if any(error.get("code") in TAKEN for error in errors):
        return _running(client_, document)
    raise UnavailableError


def _running(client_: client.Client, document: str) -> str:
    """One of our own that runs already; Shopify allows few at a time."""
    for node in values.listed(client_.query("bulk_running").data["bulkOperations"]["nodes"]):
        if node["query"].split() == document.split():
            return str(node["id"])
    raise UnavailableError


def _finished(client_: client.Client, identity: str) -> base.Json:
    """The operation when it has ended well; waits for it."""
    pause = FIRST_PAUSE
    while True:
        operation = client_.query("bulk_poll", {"id": identity}).data["bulkOperation"]
        if operation is None or operation["status"] not in UNDER_WAY | {"COMPLETED"}:
            raise UnavailableError
        if operation["status"] == "COMPLETED":
            found: base.Json = operation
            return found
        client_.sleep(pause)
        if client_.is_closed:
            raise base.RetryableError("Stopped while Shopify prepares the data.", code="closed")
        pause = min(LONGEST_PAUSE, pause * 1.5)


def _nothing(identity: str) -> base.Batch:
    return base.Batch(records=(), notes=(), position={"bulk": identity, "done": 0}, total=0)


def _read(
    file: IO[bytes], resource: base.Resource, operation: base.Json, done: int
) -> Iterator[base.Batch]:
    joined = joining.JoinedFile(file, PARENTS[resource])
    try:
        if joined.parent_count != int(operation["rootObjectCount"]):
            raise base.RetryableError("The file that Shopify made is cut off.", code="truncated")
        total = _total(resource, operation)
        for groups in _portions(joined.groups(skip=done)):
            done += len(groups)
            position = {"bulk": operation["id"], "done": done}
            yield _batch(resource, groups, position, total)
    finally:
        joined.close()


def _total(resource: base.Resource, operation: base.Json) -> int:
    parents = int(operation["rootObjectCount"])
    is_of_children = resource is base.Resource.PRODUCTS
    return int(operation["objectCount"]) - parents if is_of_children else parents


def _portions(groups: Iterator[joining.Group]) -> Iterator[list[joining.Group]]:
    portion: list[joining.Group] = []
    children = 0
    for group in groups:
        portion.append(group)
        children += len(group[1])
        if len(portion) >= PARENTS_AT_ONCE or children >= CHILDREN_AT_ONCE:
            yield portion
            portion, children = [], 0
    if portion:
        yield portion


def _batch(
    resource: base.Resource, groups: Sequence[joining.Group], position: base.Json, total: int
) -> base.Batch:
    nodes = [_node(resource, parent, children) for parent, children in groups]
    clean = all(
        b"\\u0000" not in parent and not any(b"\\u0000" in child for child in children)
        for parent, children in groups
    )
    records, notes = mapper.map_items(resource, kinds.items(resource, nodes), clean=clean)
    return base.Batch(records=records, notes=notes, position=position, total=total)


def _node(resource: base.Resource, parent: bytes, children: Sequence[bytes]) -> base.Json:
    """The parent with its children as lists."""
    node: base.Json = _parsed(parent)
    for inner in kinds.OF[resource].inner:
        node[inner.field] = []
    for line in children:
        child = _parsed(line)
        del child["__parentId"]
        node[_field(child)].append(child)
    return node


def _field(child: base.Json) -> str:
    return {"ProductVariant": "variants", "ShippingLine": "shippingLines"}.get(
        child["__typename"], "lineItems"
    )


def _parsed(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(line)  # takes lone surrogates
    except ValueError:
        raise base.RetryableError(
            "The file that Shopify made can't be read.", code="not_json"
        ) from None
