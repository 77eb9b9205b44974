"""Bulk operations: queries that run in the background and leave a file of JSON lines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from graphql import GraphQLError

from connectors.sandbox.shopify import bulk_rules, context, export, gids, graph, paging, walking
from connectors.sandbox.shopify.context import Info
from connectors.sandbox.shopify.faults import Knobs
from connectors.sandbox.shopify.goods import Json, stamp
from connectors.sandbox.shopify.shop import Condition, Selection, ShopifyShop

PATH = "/sandbox/bulk/"
AT_ONCE = 5
KEPT = timedelta(days=7)
ENDED = ("COMPLETED", "CANCELED", "FAILED", "EXPIRED")


class Operations:
    """The bulk operations of a shop: their records, threads and files."""

    def __init__(self, shop: ShopifyShop, knobs: Knobs) -> None:
        self.shop, self.knobs = shop, knobs
        self.files: dict[str, bytes] = {}
        self.stops: dict[int, threading.Event] = {}
        self.threads: list[threading.Thread] = []
        for left in self.running():
            self._end(left["id"], "FAILED", errorCode="INTERNAL_SERVER_ERROR")

    def running(self) -> list[Json]:
        """Those that haven't ended, oldest first."""
        going: Condition = ("status IN ('CREATED', 'RUNNING', 'CANCELING')", [])
        return self.shop.select("bulk", Selection(conditions=[going]))

    def start(self, text: str, work: export.Export) -> Json:
        """Begin an operation; its record says CREATED."""
        now = self.shop.now()
        body: Json = {
            "id": self.shop.next_id("bulk"), "status": "CREATED", "errorCode": None,
            "type": "QUERY", "query": text, "createdAt": now, "updatedAt": now,
            "completedAt": None, "objectCount": 0, "rootObjectCount": 0, "fileSize": None,
            "url": None, "partialDataUrl": None,
        }  # fmt: skip
        self.shop.store("bulk", body)
        stop = self.stops[body["id"]] = threading.Event()
        thread = threading.Thread(target=self._run, args=(body["id"], work, stop), daemon=True)
        self.threads.append(thread)
        thread.start()
        return body

    def cancel(self, identity: int) -> Json:
        """Ask an operation to end."""
        body = self._change(identity, status="CANCELING")
        if stop := self.stops.get(identity):
            stop.set()
        return body

    def file(self, path: str) -> bytes | None:
        """The content of a result; None once it is a week old."""
        name = path.removeprefix(PATH)
        number = name.partition(".")[0].partition("-")[0]
        body = self.shop.get("bulk", int(number)) if number.isdigit() else None
        if body is None or (body["completedAt"] or "") < stamp(self.shop.clock() - KEPT):
            return None
        return self.files.get(name)

    def close(self) -> None:
        """End all threads."""
        for stop in self.stops.values():
            stop.set()
        for thread in self.threads:
            thread.join()

    def _run(self, identity: int, work: export.Export, stop: threading.Event) -> None:
        self._change(identity, status="RUNNING")
        try:
            lines = self._lines(identity, work)
        except GraphQLError as error:
            denied = (error.extensions or {}).get("code") == "ACCESS_DENIED"
            self._end(
                identity, "FAILED",
                errorCode="ACCESS_DENIED" if denied else "INTERNAL_SERVER_ERROR",
            )  # fmt: skip
            return
        if stop.wait(self.knobs.bulk_seconds):
            self._end(identity, "CANCELED")
            return
        if self.knobs.take("bulk_fail"):
            self._fail(identity, lines, work.request.address)
            return
        url = self._keep(f"{identity}.jsonl", lines, work.request.address)
        size = len(self.files.get(f"{identity}.jsonl", b"")) or None
        self._end(identity, "COMPLETED", url=url, fileSize=size)

    def _lines(self, identity: int, work: export.Export) -> list[bytes]:
        found: list[bytes] = []
        roots = 0
        scatter = self.knobs.take("bulk_interleave")
        for chunk in work.chunks():
            roots += sum(line.depth == 0 for line in chunk)
            found += [line.text for line in (export.scattered(chunk) if scatter else chunk)]
            self._change(identity, objectCount=len(found), rootObjectCount=roots)
        return found

    def _fail(self, identity: int, lines: list[bytes], address: str) -> None:
        partial = lines[: len(lines) // 2] if self.knobs.take("bulk_partial") else []
        url = self._keep(f"{identity}-partial.jsonl", partial, address)
        self._end(
            identity, "FAILED", errorCode="INTERNAL_SERVER_ERROR", partialDataUrl=url,
            objectCount=len(partial),
        )  # fmt: skip

    def _keep(self, name: str, lines: list[bytes], address: str) -> str | None:
        if not lines:
            return None
        self.files[name] = b"\n".join(lines) + b"\n"
        return f"{address}{PATH}{name}"

    def _end(self, identity: int, status: str, **changes: Any) -> None:
        body = self._change(identity, status=status, completedAt=self.shop.now(), **changes)
        self.shop.announce("bulk_operations/finish", body)

    def _change(self, identity: int, **changes: Any) -> Json:
        with self.shop.lock:
            body = {**self.shop.need("bulk", identity), **changes, "updatedAt": self.shop.now()}
            self.shop.store("bulk", body)
            return body


# Resolvers


def run_query(source: Any, info: Info, query: str, **_: Any) -> Json:
    """bulkOperationRunQuery."""
    request = context.of(info)
    try:
        apart = replace(request, bulk=True, warnings=[], loaded={})
        work = export.Export(bulk_rules.Plan(query), apart)
    except bulk_rules.RejectedError as error:
        return _refused("INVALID", str(error), ["query"])
    except walking.UnsuitableError:
        return _refused("INVALID", "Bulk queries cannot use directives.", ["query"])
    with request.shop.lock:
        running = request.operations.running()
        if len(running) >= AT_ONCE or request.knobs.take("bulk_taken"):
            taken = gids.write("BulkOperation", running[0]["id"] if running else 1)
            message = (
                f"A bulk query operation for this app and shop is already in progress: {taken}."
            )
            return _refused("OPERATION_IN_PROGRESS", message, None)
        return {"bulkOperation": request.operations.start(query, work), "userErrors": []}


def _refused(code: str, message: str, field: list[str] | None) -> Json:
    error = {"field": field, "message": message, "code": code}
    return {"bulkOperation": None, "userErrors": [error]}


def cancel(source: Any, info: Info, id: str) -> Json:  # noqa: A002
    """bulkOperationCancel."""
    request, identity = context.of(info), context.number(id, "BulkOperation")
    body = request.shop.get("bulk", identity)
    if body is None:
        error = {"field": ["id"], "message": "Bulk operation does not exist"}
        return {"bulkOperation": None, "userErrors": [error]}
    if body["status"] in ENDED:
        message = f"A bulk operation cannot be canceled when it is {body['status'].lower()}"
        return {"bulkOperation": body, "userErrors": [{"field": None, "message": message}]}
    return {"bulkOperation": request.operations.cancel(identity), "userErrors": []}


def current(source: Any, info: Info, type: str = "QUERY") -> Json | None:  # noqa: A002
    """currentBulkOperation: the newest, whatever became of it."""
    newest = Selection(conditions=[], order="id DESC", limit=1)
    if type != "QUERY":
        return None
    return next(iter(context.of(info).shop.select("bulk", newest)), None)


def single(source: Any, info: Info, id: str) -> Json | None:  # noqa: A002
    """bulkOperation."""
    return context.of(info).shop.get("bulk", context.number(id, "BulkOperation"))


def listed(source: Any, info: Info, **arguments: Any) -> Json:
    """bulkOperations."""
    return paging.records(info, "bulk", arguments)


def _text(name: str) -> Callable[..., str | None]:
    """UnsignedInt64 is a string in JSON."""

    def resolve(source: Json, info: Info) -> str | None:
        return None if source[name] is None else str(source[name])

    return resolve


RESOLVERS: Mapping[str, graph.Resolver] = {
    "Mutation.bulkOperationRunQuery": run_query,
    "Mutation.bulkOperationCancel": cancel,
    "QueryRoot.currentBulkOperation": current,
    "QueryRoot.bulkOperation": single,
    "QueryRoot.bulkOperations": listed,
    "BulkOperation.objectCount": _text("objectCount"),
    "BulkOperation.rootObjectCount": _text("rootObjectCount"),
    "BulkOperation.fileSize": _text("fileSize"),
}
