"""The stand-in's HTTP API, as a WSGI application: GraphQL, tokens, bulk files and faults."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson

from connectors.sandbox import faults as common
from connectors.sandbox import wearables
from connectors.sandbox.shopify import (
    bulk,
    context,
    costing,
    execution,
    faults,
    graph,
    order_reading,
    order_writing,
    reading,
    refunding,
    subscribing,
    tokens,
    webhooks,
)
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.shop import ShopifyShop

GRAPHQL = re.compile(r"/admin/api/(?P<version>\d{4}-\d{2}|unstable)/graphql\.json")
GRANT = "/admin/oauth/access_token"
UNKNOWN_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105
graph.serve(
    reading.RESOLVERS, order_reading.RESOLVERS, subscribing.RESOLVERS, bulk.RESOLVERS,
    refunding.RESOLVERS, order_writing.RESOLVERS,
)  # fmt: skip
BAD_GATEWAY = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer whose body is sent as JSON, or as it is where it is bytes."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    page: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the log keeps of a request: no credentials."""

    method: str
    path: str
    query: str
    variables: Mapping[str, Any]
    operation: str


class Application:
    """Answers as Shopify does; ``log`` lists what was asked."""

    def __init__(
        self, shop: ShopifyShop, app: tokens.App, knobs: faults.Knobs, *, address: str = ""
    ) -> None:
        self.shop, self.knobs, self.address = shop, knobs, address
        self.tokens = tokens.Tokens(app, shop.clock)
        self.bucket = costing.Bucket(knobs)
        self.operations = bulk.Operations(shop, knobs)
        self.jobs = order_writing.Jobs()
        self.deliveries = webhooks.Deliveries(shop, knobs, app.client_secret)
        self.log: list[Seen] = []

    def close(self) -> None:
        """End what runs in the background."""
        self.operations.close()
        self.jobs.close()
        self.deliveries.close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = self._answer(environ, given)
        body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        if answer.page:
            body = self._damaged(body)
        body = wearables.homed(body, self._origin(environ))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(body)),
            "X-Request-Id": secrets.token_hex(16),
            **answer.headers,
        }
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", [*headers.items()])
        if answer.cut or (answer.page and self.knobs.take("cut")):
            environ["sandbox.cut"]()
            return [body[: len(body) // 2]]
        return [body]

    def _answer(self, environ: WSGIEnvironment, given: bytes) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path == "/sandbox/knobs" and method == "POST":
            return self._turn(given)
        body = _json(given) if path != GRANT else {}
        self._keep(method, path, body)
        if path.startswith(bulk.PATH) and method == "GET":
            return self._file(path)
        time.sleep(self.knobs.latency)
        if picture := wearables.served(path):
            return Answer(body=picture[0], headers={"Content-Type": picture[1]})
        if fault := self._fault():
            return fault
        if path == GRANT and method == "POST":
            return self._grant(environ, given)
        match = GRAPHQL.fullmatch(path)
        if match is None or method != "POST":
            return Answer(status=404, body={"errors": "Not Found"})
        return self._graphql(environ, match["version"], body)

    def _origin(self, environ: WSGIEnvironment) -> str:
        return self.address or f"http://{environ.get('HTTP_HOST', '')}"

    def _keep(self, method: str, path: str, body: Json) -> None:
        query = str(body.get("query") or "")
        named = re.search(r"(?:query|mutation)\s+(\w+)", query)
        self.log.append(
            Seen(
                method=method, path=path, query=query, variables=body.get("variables") or {},
                operation=named[1] if named else "",
            )
        )  # fmt: skip

    # Faults

    def _turn(self, given: bytes) -> Answer:
        try:
            self.knobs.turn(orjson.loads(given))
        except (ValueError, AttributeError) as error:
            return Answer(status=400, body={"message": str(error)})
        return Answer(body={"message": "turned"})

    def _fault(self) -> Answer | None:
        knobs = self.knobs
        if knobs.state:
            status, message = faults.STATES[knobs.state]
            return Answer(status=status, body={"errors": message})
        if knobs.take("throttle"):
            body = {"errors": "Exceeded 2 calls per second for api client. Slow down."}
            return Answer(status=429, body=body, headers={"Retry-After": knobs.retry_after})
        if knobs.take("fail"):
            return Answer(status=500, body=common.PHP_ERROR, headers=HTML)
        if knobs.take("fail_json"):
            return Answer(status=500, body={"errors": "Internal Server Error"})
        if knobs.take("maintenance"):
            return Answer(status=503, body=common.MAINTENANCE, headers=HTML)
        if knobs.take("login_page"):
            return Answer(body=common.LOGIN, headers=HTML)
        return None

    def _damaged(self, body: bytes) -> bytes:
        for text, other in self.knobs.rewrite.items():
            body = body.replace(text.encode(), other.encode())
        if self.knobs.take("truncate"):
            return body[: len(body) * 2 // 3]
        if self.knobs.take("php_warning"):
            return common.WARNING + body
        return body

    # Routes

    def _grant(self, environ: WSGIEnvironment, given: bytes) -> Answer:
        kind = environ.get("CONTENT_TYPE", "")
        form = _json(given) if "json" in kind else dict(parse_qsl(given.decode()))
        try:
            if self.knobs.take("refuse_grant"):
                raise tokens.RefusedError(
                    400, "shop_not_permitted",
                    "Client credentials cannot be performed on this shop.",
                )  # fmt: skip
            token = self.tokens.grant(form)
        except tokens.RefusedError as error:
            status, name, description = error.args
            return Answer(status=status, body={"error": name, "error_description": description})
        scope = self.knobs.scopes
        return Answer(body={"access_token": token, "scope": scope, "expires_in": tokens.LIFE})

    def _graphql(self, environ: WSGIEnvironment, asked: str, body: Json) -> Answer:
        version = served(asked)
        headers = {"X-Shopify-API-Version": version}
        if version == "":
            return Answer(status=404, body={"errors": "Not Found"})
        if not self.tokens.admits(environ.get("HTTP_X_SHOPIFY_ACCESS_TOKEN", "")):
            return Answer(status=401, body={"errors": UNKNOWN_TOKEN}, headers=headers)
        if not body:
            message = "Required parameter missing or invalid"
            return Answer(status=400, body={"errors": {"query": message}}, headers=headers)
        mutation = execution.is_mutation(body)
        if mutation and self.knobs.take("lose_before"):
            return Answer(body=b"{}", headers=headers, cut=True)
        try:
            answer = execution.run(body, self._request(environ, version), self.bucket)
        except execution.AnswerError as error:
            answer = error.answer
        if mutation and self.knobs.take("fail_after"):
            return Answer(status=502, body=BAD_GATEWAY, headers=HTML)
        lost = mutation and self.knobs.take("lose_after")
        return Answer(body=answer, headers=headers, page=True, cut=lost)

    def _request(self, environ: WSGIEnvironment, version: str) -> context.Request:
        return context.Request(
            shop=self.shop, knobs=self.knobs, operations=self.operations, jobs=self.jobs,
            version=version, address=self._origin(environ),
        )  # fmt: skip

    def _file(self, path: str) -> Answer:
        """The result of a bulk operation; its address needs no token."""
        content = self.operations.file(path)
        if content is None:
            return Answer(status=404, body=b"<Error><Code>NoSuchKey</Code></Error>")
        return Answer(body=content, headers={"Content-Type": "application/jsonl"}, page=True)


def served(asked: str) -> str:
    """The version that answers: an outdated one falls forward to the oldest that is supported."""
    if asked in (*reading.VERSIONS, reading.NEXT_VERSION, "unstable"):
        return asked
    return reading.VERSIONS[0] if asked < reading.VERSIONS[0] else ""


def _json(given: bytes) -> Json:
    try:
        found = orjson.loads(given or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
