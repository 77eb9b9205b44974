"""The stand-in's HTTP API, as a WSGI application: routes, errors, headers and faults."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http.client import responses
from typing import Any
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson

from connectors.sandbox import auth, faults, paying_back, queries, rendering, wearables, webhooks
from connectors.sandbox.rendering import Json
from connectors.sandbox.shop import NAME, SITE, Selection, Shop

API = "/wp-json/wc/v3"
PLURAL = {"orders": "order", "products": "product", "customers": "customer"}
MISSING = {
    "order": "woocommerce_rest_shop_order_invalid_id",
    "product": "woocommerce_rest_product_invalid_id",
    "variation": "woocommerce_rest_product_variation_invalid_id",
    "customer": "wc_user_invalid_id",
}
WRITES = frozenset(("POST", "PUT", "PATCH", "DELETE"))
HTML = {"Content-Type": "text/html; charset=UTF-8"}
READ_ONLY = {"id", "total", "total_tax", "date_created", "date_modified", "version", "line_items"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, as routes see it."""

    method: str
    path: str
    query: str
    body: bytes

    @property
    def parameters(self) -> queries.Parameters:
        return queries.Parameters(self.query)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer whose body is sent as JSON, or as it is where it is bytes; a cut one breaks off."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    page: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the log keeps of a request: no credentials, and bodies only of writes to orders."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes = b""


class ApiError(Exception):
    """An error in WooCommerce's usual shape."""

    def __init__(self, status: int, code: str, message: str, **data: Any) -> None:
        super().__init__(message)
        self.answer = Answer(
            status=status,
            body={"code": code, "message": message, "data": {"status": status, **data}},
        )


LOST = Answer(body=b"{}", cut=True)


def no_route() -> ApiError:
    return ApiError(404, "rest_no_route", "No route was found matching the URL and request method.")


class Application:
    """Answers as WooCommerce does; ``log`` lists what was asked."""

    def __init__(
        self, shop: Shop, doorkeeper: auth.Doorkeeper, knobs: faults.Knobs, *, secure: bool = False
    ) -> None:
        self.shop, self.doorkeeper, self.knobs, self.secure = shop, doorkeeper, knobs, secure
        self.log: list[Seen] = []
        self.webhooks = webhooks.Webhooks(shop, knobs)

    def close(self) -> None:
        """Send no more webhooks."""
        self.webhooks.stop()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"].rstrip("/") or "/",
            query=environ.get("QUERY_STRING", ""),
            body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
        )
        answer = self._answer(request, environ)
        body = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        if answer.page:
            body = self._damaged(body)
        scheme = "https" if self.secure else "http"
        body = wearables.homed(body, f"{scheme}://{environ.get('HTTP_HOST', '')}")
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "Cache-Control": "no-cache, must-revalidate, max-age=0, no-store, private",
            "Content-Length": str(len(body)),
            **answer.headers,
        }
        start_response(
            f"{answer.status} {responses.get(answer.status, 'Unknown')}", [*headers.items()]
        )
        if answer.cut or (answer.page and self.knobs.take("cut")):
            environ["sandbox.cut"]()
            return [body[: len(body) // 2]]
        return [b"" if request.method == "HEAD" else body]

    def _answer(self, request: Request, environ: WSGIEnvironment) -> Answer:
        if request.path == "/sandbox/knobs" and request.method == "POST":
            return self._turn(request)
        self._keep(request)
        time.sleep(self.knobs.latency)
        if picture := wearables.served(request.path):
            return Answer(body=picture[0], headers={"Content-Type": picture[1]})
        if fault := self._fault():
            return fault
        try:
            if request.path == "/wp-json":
                return Answer(body=_index())
            if not request.path.startswith(API):
                raise no_route()
            self._admit(request, environ)
            return self._routed(request)
        except auth.RefusedError as error:
            return ApiError(error.status, error.code, error.message).answer
        except queries.ParameterError as error:
            return _invalid(error)
        except paying_back.RefusedError as error:
            return Answer(status=500, body=error.body)
        except ApiError as error:
            return error.answer

    def _keep(self, request: Request) -> None:
        hidden = ("oauth_", "consumer_")
        query = {n: v for n, v in parse_qsl(request.query) if not n.startswith(hidden)}
        body = request.body if _is_order_write(request) else b""
        self.log.append(Seen(method=request.method, path=request.path, query=query, body=body))

    def _admit(self, request: Request, environ: WSGIEnvironment) -> None:
        scheme = "https" if self.secure else "http"
        self.doorkeeper.admit(
            auth.Call(
                method=request.method,
                url=f"{scheme}://{environ['HTTP_HOST']}{environ['PATH_INFO']}",
                secure=self.secure,
                query=request.query,
                authorization=environ.get("HTTP_AUTHORIZATION", ""),
            )
        )

    # Faults

    def _turn(self, request: Request) -> Answer:
        try:
            self.knobs.turn(orjson.loads(request.body))
        except (ValueError, AttributeError) as error:
            return Answer(status=400, body={"message": str(error)})
        return Answer(body={"message": "turned"})

    def _fault(self) -> Answer | None:
        knobs = self.knobs
        if knobs.take("throttle"):
            body = {"code": "too_many_requests", "message": "Slow down.", "data": {"status": 429}}
            return Answer(status=429, body=body, headers={"Retry-After": knobs.retry_after})
        if knobs.take("fail"):
            return Answer(status=500, body=faults.PHP_ERROR, headers=HTML)
        if knobs.take("fail_json"):
            body = {"code": "internal_server_error", "message": "Error.", "data": {"status": 500}}
            return Answer(status=500, body=body)
        if knobs.take("maintenance"):
            return Answer(status=503, body=faults.MAINTENANCE, headers=HTML)
        if knobs.take("login_page"):
            return Answer(body=faults.LOGIN, headers=HTML)
        return None

    def _damaged(self, body: bytes) -> bytes:
        for text, other in self.knobs.rewrite.items():
            body = body.replace(text.encode(), other.encode())
        if self.knobs.take("truncate"):
            return body[: len(body) * 2 // 3]
        if self.knobs.take("php_warning"):
            return faults.WARNING + body
        return body

    def _spoiled(self, items: list[Json]) -> list[Json]:
        if items and self.knobs.spoil:
            items[0], self.knobs.spoil = {**items[0], **self.knobs.spoil}, {}
        if items and self.knobs.take("repeat"):
            items = [items[0], *items]
        if items and self.knobs.take("bloat"):
            items[0] = {**items[0], "meta_data": [{"id": 1, "key": "x", "value": "x" * 10**7}]}
        return items

    # Routes

    def _routed(self, request: Request) -> Answer:
        path = request.path.removeprefix(API)
        for pattern, methods in ROUTES.items():
            match = re.fullmatch(pattern, path)
            if match and (route := methods.get(request.method)):
                if _is_order_write(request):
                    return self._written(route, request, match.groupdict())
                return route(self, request, **match.groupdict())
        raise no_route()

    def _written(self, route: Route, request: Request, names: Mapping[str, str]) -> Answer:
        """A write to an order, whose answer may be lost at several moments."""
        if self.knobs.take("lose_before"):
            return LOST
        instead = self.knobs.taken_answer()
        if instead and not instead.get("done"):
            return _given(instead)
        try:
            answer = route(self, request, **names)
        except paying_back.DiedError:
            return LOST
        if instead:
            return _given(instead)
        if self.knobs.take("fail_after"):
            return Answer(status=500, body=faults.PHP_ERROR, headers=HTML)
        return replace(answer, cut=self.knobs.take("lose_after"))

    def listed(self, request: Request, plural: str) -> Answer:
        return self._page(PLURAL[plural], request)

    def variations(self, request: Request, parent: str | None = None) -> Answer:
        extra = [("parent = ?", [int(parent)])] if parent else []
        return self._page("variation", request, *extra)

    def _page(self, kind: str, request: Request, *extra: queries.Condition) -> Answer:
        chosen = queries.selection(kind, request.parameters, *extra)
        if self.knobs.drift:
            self.knobs.drift()
        with self.shop.lock:
            total = self.shop.count(kind, chosen.conditions)
            found = [self._whole(kind, body) for body in self.shop.select(kind, chosen)]
        fields = request.parameters.values("_fields")
        items = self._spoiled([queries.projected(body, fields) for body in found])
        pages = math.ceil(total / chosen.limit)
        headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
        page = int(request.parameters.text("page") or 1)
        if page < pages:
            # As WooCommerce does, with whatever the caller sent: never to be followed.
            query = urlencode([*parse_qsl(request.query), ("page", str(page + 1))])
            headers["Link"] = f'<{SITE}{request.path}?{query}>; rel="next"'
        return Answer(body=items, headers=headers, page=True)

    def single(self, request: Request, plural: str, identity: str) -> Answer:
        body = self._found(PLURAL[plural], identity)
        fields = request.parameters.values("_fields")
        return Answer(body=queries.projected(self._whole(PLURAL[plural], body), fields), page=True)

    def variation(self, request: Request, parent: str, identity: str) -> Answer:
        body = self._found("variation", identity)
        if body["parent_id"] != int(parent):
            raise ApiError(404, MISSING["variation"], "Invalid ID.")
        return Answer(body=body, page=True)

    def _found(self, kind: str, identity: str) -> Json:
        body = self.shop.get(kind, int(identity))
        if body is None and kind == "product":
            body = self.shop.get("variation", int(identity))  # it answers as a product of its own
        if body is None:
            message = "Invalid user ID." if kind == "customer" else "Invalid ID."
            raise ApiError(404, MISSING[kind], message)
        return body

    def _whole(self, kind: str, body: Json) -> Json:
        if kind == "order":
            found = self.shop.children("refund", body["id"])
            body["refunds"] = [paying_back.summary(refund) for refund in reversed(found)]
        plural = next((name for name, one in PLURAL.items() if one == kind), "products")
        url = f"{SITE}{API}/{plural}"
        return body | {
            "_links": {"self": [{"href": f"{url}/{body['id']}"}], "collection": [{"href": url}]}
        }

    def refunds(self, request: Request, identity: str) -> Answer:
        order = self._found("order", identity)
        chosen = queries.selection("refund", request.parameters, ("parent = ?", [order["id"]]))
        with self.shop.lock:
            total = self.shop.count("refund", chosen.conditions)
            found = self.shop.select("refund", chosen)
        headers = {"X-WP-Total": str(total),
                   "X-WP-TotalPages": str(math.ceil(total / chosen.limit))}  # fmt: skip
        return Answer(body=[_with_links(one) for one in found], headers=headers, page=True)

    def add_refund(self, request: Request, identity: str) -> Answer:
        order = self.shop.get("order", int(identity))
        given = _json(request)
        if order is None:
            raise paying_back.RefusedError(
                "Invalid order ID.", code="woocommerce_rest_invalid_order_id", data=404
            )
        if not isinstance(given.get("amount", ""), str):
            message = "amount is not of type string."
            raise queries.ParameterError(
                "amount", "rest_invalid_type", message, data={"param": "amount"}
            )
        made = paying_back.make(self.shop, order, given, self.knobs)
        return Answer(status=201, body=_with_links(made))

    def refund(self, request: Request, identity: str, number: str) -> Answer:
        return Answer(body=_with_links(self._refund(identity, number)))

    def remove_refund(self, request: Request, identity: str, number: str) -> Answer:
        found = self._refund(identity, number)
        self.shop.remove("refund", found["id"])
        return Answer(body=_with_links(found))

    def _refund(self, identity: str, number: str) -> Json:
        found = self.shop.get("refund", int(number))
        if found is None:
            raise ApiError(404, "woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.")
        if found["parent_id"] != int(identity):
            raise paying_back.RefusedError(
                "Invalid order refund ID.",
                code="woocommerce_rest_invalid_order_refund_id", data=404,
            )  # fmt: skip
        return found

    def gateway(self, request: Request, name: str) -> Answer:
        if name not in paying_back.GATEWAYS:
            code = "woocommerce_rest_payment_gateway_invalid"
            raise ApiError(404, code, "Resource does not exist.")
        supports = ["products", *["refunds"] * paying_back.GATEWAYS[name]]
        return Answer(body={"id": name, "title": name, "enabled": True, "order": "",
                            "method_title": name, "method_supports": supports})  # fmt: skip

    def update(self, request: Request, identity: str) -> Answer:
        order = self._found("order", identity)
        changes = _json(request)
        status = changes.get("status")
        if status is not None and status not in queries.ORDER_STATUSES:
            choices = ("auto-draft", *queries.ORDER_STATUSES)
            raise queries.ParameterError(
                "status", "rest_not_in_enum",
                f"status is not one of {queries.enumeration(choices)}.",
            )  # fmt: skip
        merged = {
            name: {**order[name], **changes[name]}
            for name in ("shipping", "billing")
            if isinstance(changes.get(name), dict)
        }
        plain = {
            name: value
            for name, value in changes.items()
            if name in order and name not in READ_ONLY and name not in merged and name != "status"
        }
        if "shipping" in merged:
            merged["shipping"] = {n: merged["shipping"][n] for n in order["shipping"]}
            if merged["shipping"]["country"] != order["shipping"]["country"]:
                plain |= paying_back.retaxed(order, merged["shipping"]["country"])
        _check_email(merged.get("billing") or {})
        if self.knobs.take("ignore_updates"):
            return Answer(body=self._whole("order", {**order, **plain, **merged}))
        changed = self.shop.touch("order", order, **plain, **merged)
        if status:
            changed = self.shop.set_status(order["id"], status)
        if status == "refunded":
            paying_back.write_down(self.shop, changed)
        return Answer(body=self._whole("order", changed))

    def delete(self, request: Request, identity: str) -> Answer:
        order = self._found("order", identity)
        if request.parameters.text("force") == "true":
            self.shop.remove("order", order["id"])
        elif order["status"] == "trash":
            message = "The shop_order has already been deleted."
            raise ApiError(410, "woocommerce_rest_already_trashed", message)
        else:
            self.shop.touch("order", order, status="trash")
        return Answer(body=self._whole("order", order))

    def hooks(self, request: Request) -> Answer:
        size = min(100, int(request.parameters.text("per_page") or 10))
        page = int(request.parameters.text("page") or 1)
        chosen = Selection(conditions=(), order="id", limit=size, offset=size * (page - 1))
        found = [self.webhooks.public(hook) for hook in self.shop.select("webhook", chosen)]
        total = self.shop.count("webhook")
        headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(math.ceil(total / size))}
        return Answer(body=found, headers=headers)

    def add_hook(self, request: Request) -> Answer:
        wanted = _json(request)
        for name in ("topic", "delivery_url"):
            if not wanted.get(name):
                raise ApiError(
                    400, f"woocommerce_rest_webhook_invalid_{name}", "Webhook is not valid."
                )
        return Answer(status=201, body=self.webhooks.public(self.webhooks.add(wanted)))

    def remove_hook(self, request: Request, identity: str) -> Answer:
        hook = self.shop.get("webhook", int(identity))
        if hook is None:
            raise ApiError(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
        if request.parameters.text("force") != "true":
            message = "Webhooks do not support trashing."
            raise ApiError(501, "woocommerce_rest_trash_not_supported", message)
        self.shop.remove("webhook", hook["id"])
        return Answer(body=self.webhooks.public(hook))

    def currency(self, request: Request) -> Answer:
        symbol = rendering.SYMBOL
        return Answer(body={"code": rendering.CURRENCY, "name": "Pound sterling", "symbol": symbol})

    def currency_setting(self, request: Request) -> Answer:
        return Answer(body={"id": "woocommerce_currency", "value": rendering.CURRENCY})

    def system_status(self, request: Request) -> Answer:
        environment = {"home_url": SITE, "site_url": SITE, "version": "11.0.1",
                       "wp_version": "7.0.4"}  # fmt: skip
        return Answer(body={"environment": environment})


Route = Callable[..., Answer]
ROUTES: Mapping[str, Mapping[str, Route]] = {
    r"/(?P<plural>orders|products|customers)": {
        "GET": Application.listed, "HEAD": Application.listed,
    },
    r"/variations": {"GET": Application.variations},
    r"/products/(?P<parent>\d+)/variations": {"GET": Application.variations},
    r"/products/(?P<parent>\d+)/variations/(?P<identity>\d+)": {"GET": Application.variation},
    r"/(?P<plural>orders|products|customers)/(?P<identity>\d+)": {"GET": Application.single},
    r"/orders/(?P<identity>\d+)": {
        "PUT": Application.update, "POST": Application.update, "PATCH": Application.update,
        "DELETE": Application.delete,
    },
    r"/orders/(?P<identity>\d+)/refunds": {
        "GET": Application.refunds, "POST": Application.add_refund,
    },
    r"/orders/(?P<identity>\d+)/refunds/(?P<number>\d+)": {
        "GET": Application.refund, "DELETE": Application.remove_refund,
    },
    r"/payment_gateways/(?P<name>[\w-]+)": {"GET": Application.gateway},
    r"/webhooks": {"GET": Application.hooks, "POST": Application.add_hook},
    r"/webhooks/(?P<identity>\d+)": {"DELETE": Application.remove_hook},
    r"/data/currencies/current": {"GET": Application.currency},
    r"/settings/general/woocommerce_currency": {"GET": Application.currency_setting},
    r"/system_status": {"GET": Application.system_status},
}  # fmt: skip


def _is_order_write(request: Request) -> bool:
    return request.method in WRITES and request.path.startswith(f"{API}/orders")


def _given(instead: Mapping[str, Any]) -> Answer:
    """The answer that a knob has instead of the store's own."""
    time.sleep(instead.get("seconds", 0))
    body = instead.get("body", "")
    return Answer(
        status=instead.get("status", 200),
        headers=instead.get("headers", {}),
        body=body.encode() if isinstance(body, str) else body,
    )


def _index() -> Json:
    return {
        "name": NAME, "description": "", "url": SITE, "home": SITE, "gmt_offset": "0",
        "timezone_string": str(rendering.ZONE), "namespaces": ["wp/v2", "wc/v3"],
        "authentication": [], "routes": {"/wc/v3": {}},
    }  # fmt: skip


def _invalid(error: queries.ParameterError) -> Answer:
    return ApiError(
        400,
        "rest_invalid_param",
        f"Invalid parameter(s): {error.name}",
        params={error.name: error.message},
        details={error.name: {"code": error.code, "message": error.message, "data": error.data}},
    ).answer


def _check_email(billing: Json) -> None:
    email = billing.get("email")
    if email and "@" not in email:
        message = "Invalid email address."
        raise queries.ParameterError("billing", "rest_invalid_email", message)


def _with_links(refund: Json) -> Json:
    """A refund as it is answered: the order that it belongs to stands in its links."""
    up = f"{SITE}{API}/orders/{refund['parent_id']}"
    shown = {name: value for name, value in refund.items() if name != "parent_id"}
    links = {"self": f"{up}/refunds/{refund['id']}", "collection": f"{up}/refunds", "up": up}
    return shown | {"_links": {name: [{"href": url}] for name, url in links.items()}}


def _json(request: Request) -> Json:
    try:
        found = orjson.loads(request.body or b"{}")
    except orjson.JSONDecodeError:
        raise ApiError(400, "rest_invalid_json", "Invalid JSON body passed.") from None
    if not isinstance(found, dict):
        raise ApiError(400, "rest_invalid_json", "Invalid JSON body passed.")
    return found
