"""Resolvers that change orders, and those of disputes and jobs."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from connectors.sandbox.shopify import changing, context, gids, goods, graph, paging
from connectors.sandbox.shopify.context import Info
from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.money import Bag

TAXED_IN = "GB"
TAXES_FROM = "2026-10"
WITHOUT_ZIP = frozenset({"AE", "HK", "IE", "JM"})
PROVINCES = {"US": "Select a state", "CA": "Select a province", "AU": "Select a state/territory"}
PLAIN = ("email", "note", "phone", "poNumber", "tags", "customAttributes")


class Jobs:
    """What was begun and answered before it was done."""

    def __init__(self) -> None:
        self.done: dict[str, bool] = {}
        self.timers: list[threading.Timer] = []

    def run(self, act: Callable[[], object], seconds: float) -> str:
        """Do something so much later; answers the job's key."""
        key = str(uuid.uuid4())
        self.done[key] = False

        def work() -> None:
            act()
            self.done[key] = True

        timer = threading.Timer(seconds, work)
        timer.daemon = True
        self.timers.append(timer)
        timer.start()
        return key

    def close(self) -> None:
        """Drop what wasn't begun, and wait for the rest."""
        for timer in self.timers:
            timer.cancel()
            timer.join()


def update(source: Any, info: Info, input: Json) -> Json:  # noqa: A002
    """orderUpdate."""
    context.demand_scope(info, "write_orders")
    request = context.of(info)
    with request.shop.lock:
        order = request.load("order", context.number(input["id"], "Order"))
        if order is None:
            return _refused(None, ["id"], "Order does not exist")
        address = _address(order, input["shippingAddress"]) if input.get("shippingAddress") else {}
        if error := _objection(input, address):
            return _refused(order, *error)
        if not request.knobs.take("ignore_updates"):
            _apply(request, order, input, address)
        request.forget("order", order["id"])
        return {"order": request.load("order", order["id"]), "userErrors": []}


def _apply(request: context.Request, order: Json, given: Json, address: Json) -> None:
    changes = {name: given[name] for name in PLAIN if name in given}
    if changes:
        request.shop.edit("order", order["id"], **changes)
    if address:
        unsent = order["displayFulfillmentStatus"] == "UNFULFILLED"
        reckon = unsent and request.version >= TAXES_FROM
        taxed = address["countryCodeV2"] == TAXED_IN if reckon else None
        changing.readdress(request.shop, order["id"], address, taxed=taxed)


def _address(order: Json, given: Json) -> Json:
    """The order's address with what is given in place of what it had."""
    before = order["shippingAddress"] or goods.mailing_address(order["id"] * 10, {})
    code = given.get("countryCode") or before["countryCodeV2"]
    plain = {name: value for name, value in given.items() if name in before}
    found = {**before, **plain, "countryCodeV2": code}
    found["country"] = goods.COUNTRIES.get(code or "", given.get("country") or code)
    if "provinceCode" in given or "countryCode" in given:
        found["provinceCode"] = given.get("provinceCode")
        found["province"] = given.get("province") or given.get("provinceCode")
    names = [one for one in (found["firstName"], found["lastName"]) if one]
    return {**found, "name": " ".join(names) or None}


def _objection(given: Json, address: Json) -> tuple[list[str], str] | None:
    """The first thing that is wrong with an update."""
    email = given.get("email")
    if email and "@" not in email:
        return ["email"], "Email is invalid"
    if not address:
        return None
    country = address["countryCodeV2"]
    needed = {"lastName": "Enter a last name", "address1": "Enter an address",
              "city": "Enter a city", "countryCodeV2": "Select a country"}  # fmt: skip
    if country not in WITHOUT_ZIP:
        us = country == "US"
        needed["zip"] = "Enter a ZIP code" if us or country is None else "Enter a postal code"
    if country in PROVINCES:
        needed["provinceCode"] = PROVINCES[country]
    for name, message in needed.items():
        if not (address[name] or "").strip():
            shown = {"countryCodeV2": "country", "provinceCode": "province"}.get(name, name)
            return ["shippingAddress", shown], message
    return None


def _refused(order: Json | None, field: list[str], message: str) -> Json:
    return {"order": order, "userErrors": [{"field": field, "message": message}]}


def cancel(
    source: Any, info: Info, orderId: str, reason: str, restock: bool,  # noqa: FBT001, N803
    refund: bool | None = None, refundMethod: Json | None = None, staffNote: str | None = None,  # noqa: FBT001, N803
    **_: Any,
) -> Json:  # fmt: skip
    """orderCancel: checked now, carried out by a job."""
    context.demand_scope(info, "write_orders")
    request = context.of(info)
    order = request.load("order", context.number(orderId, "Order"))
    if order is None:
        return _not_cancelled("NOT_FOUND", "Order does not exist")
    if order["cancelledAt"]:
        return _not_cancelled("INVALID", "Order has already been cancelled")
    if order["fulfillments"]:
        return _not_cancelled("INVALID", "Cannot cancel an order that has fulfilled items")
    pay_back = bool(refund or (refundMethod or {}).get("originalPaymentMethodsRefund"))

    def act() -> None:
        changing.cancel(
            request.shop, order["id"], reason=reason, restock=restock, pay_back=pay_back,
            note=staffNote,
        )  # fmt: skip

    key = request.jobs.run(act, request.knobs.job_seconds)
    job = {"id": gids.write("Job", key), "done": False}
    return {"job": job, "orderCancelUserErrors": [], "userErrors": []}


def _not_cancelled(code: str, message: str) -> Json:
    error = {"field": ["orderId"], "message": message}
    return {"job": None, "orderCancelUserErrors": [{**error, "code": code}], "userErrors": [error]}


def job(source: Any, info: Info, id: str) -> Json | None:  # noqa: A002
    """A job by its id; none where it was never begun."""
    context.number(id, "Job")
    _, key = gids.read(id)
    done = context.of(info).jobs.done.get(key)
    return None if done is None else {"id": id, "done": done}


# Disputes


def _account(source: Any, info: Info) -> Json:
    context.demand(info, "dispute")
    currency = context.of(info).shop.currency
    return {"id": 80_000_001, "activated": True, "country": "GB", "defaultCurrency": currency}


def _disputes(source: Any, info: Info, **arguments: Any) -> Json:
    return paging.records(info, "dispute", arguments)


def _dispute_amount(source: Json, info: Info) -> Json:
    bag = Bag.read(source["amount"])
    return {"amount": str(bag).split()[0], "currencyCode": bag.shop_currency}


def _dispute_order(source: Json, info: Info) -> Json | None:
    return context.of(info).load("order", source["order"])


def _dispute_reason(source: Json, info: Info) -> Json:
    return {"reason": source["reason"], "networkReasonCode": None}


RESOLVERS: Mapping[str, graph.Resolver] = {
    "Mutation.orderUpdate": update,
    "Mutation.orderCancel": cancel,
    "QueryRoot.job": job,
    "QueryRoot.shopifyPaymentsAccount": _account,
    "ShopifyPaymentsAccount.disputes": _disputes,
    "ShopifyPaymentsDispute.amount": _dispute_amount,
    "ShopifyPaymentsDispute.order": _dispute_order,
    "ShopifyPaymentsDispute.reasonDetails": _dispute_reason,
}
