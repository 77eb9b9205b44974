"""Refunds as WooCommerce makes them: in the order of its steps, any of which may be its last."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.sandbox import faults, money, rendering
from connectors.sandbox.rendering import Json
from connectors.sandbox.shop import Shop

CENT = Decimal("0.01")
# By the payment method's id: whether it can give money back.
GATEWAYS = {"stripe": True, "bacs": False, "cheque": False, "cod": False}
CANNOT_CREATE = "woocommerce_rest_cannot_create_order_refund"


class RefusedError(Exception):
    """A refund error: HTTP 500 with an integer for data, whatever is wrong."""

    def __init__(self, message: str, *, code: str = CANNOT_CREATE, data: int = 500) -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message, "data": data}


class DiedError(Exception):
    """The store's process ended in the middle."""


def make(shop: Shop, order: Json, given: Json, knobs: faults.Knobs) -> Json:
    """Make a refund: saved, then paid back, then marked so; the same twice makes two."""
    with shop.lock:
        amount = _amount(order, given.get("amount"), shop)
        refund = _saved(shop, order, given, amount)
    if knobs.take("lose_saved"):
        raise DiedError
    if given.get("api_refund", True):
        _pay(shop, order, refund, amount, knobs)
        if knobs.take("lose_paid"):
            raise DiedError
        refund = _changed(shop, refund, refunded_payment=True)
    if given.get("api_restock", True):
        _restock(shop, order, given.get("line_items") or ())
    return _finished(shop, order["id"], refund)


def write_down(shop: Shop, order: Json) -> None:
    """A refund of all that is left, as the status “refunded” makes one: no money moves."""
    amount = left(shop, order)
    if amount > 0:
        given = {"amount": f"{amount:.2f}", "reason": "Order fully refunded."}
        _saved(shop, order, given, amount)


def summary(refund: Json) -> Json:
    """A refund as its order lists it."""
    parts = (*refund["line_items"], *refund["shipping_lines"], *refund["fee_lines"])
    tax = -sum((Decimal(one["total_tax"]) for one in parts), Decimal(0))
    return {
        "id": refund["id"], "reason": refund["reason"], "total": f"-{refund['amount']}",
        "total_tax": _negative(tax),
    }  # fmt: skip


def _amount(order: Json, text: Any, shop: Shop) -> Decimal:
    """The amount, rounded to the store's decimals; it alone is checked, the lines never."""
    try:
        amount = Decimal(text or "0").quantize(CENT, ROUND_HALF_UP)
    except InvalidOperation:
        amount = Decimal(0)
    if amount < 0:
        raise RefusedError(
            "Refund amount must be greater than zero.",
            code="woocommerce_rest_invalid_order_refund", data=400,
        )  # fmt: skip
    if amount > left(shop, order):
        raise RefusedError("Invalid refund amount.")
    return amount


def left(shop: Shop, order: Json) -> Decimal:
    """What the store thinks can still be given back."""
    given = [Decimal(one["amount"] or 0) for one in shop.children("refund", order["id"])]
    return Decimal(order["total"]) - sum(given, Decimal(0))


def _saved(shop: Shop, order: Json, given: Json, amount: Decimal) -> Json:
    number = shop.next_id("refund")
    body = {
        "id": number, "parent_id": order["id"],
        **rendering.stamps("date_created", shop.clock()),
        "amount": f"{amount:.2f}" if given.get("amount") else "",
        "reason": given.get("reason") or "", "refunded_by": 1, "refunded_payment": False,
        "meta_data": [],
        "line_items": list(_parts(order["line_items"], given, number * 100)),
        "shipping_lines": list(_parts(order["shipping_lines"], given, number * 100 + 50)),
        "tax_lines": [],
        "fee_lines": list(_parts(order["fee_lines"], given, number * 100 + 70)),
    }  # fmt: skip
    shop.store("refund", body)
    return body


def _parts(lines: list[Json], given: Json, first: int) -> Iterator[Json]:
    """The lines that are named, negative; unknown ids are ignored and quantities not checked."""
    wanted = {one.get("id"): one for one in given.get("line_items") or ()}
    for number, line in enumerate((one for one in lines if one["id"] in wanted), first):
        one = wanted[line["id"]]
        total, tax = _negative(one.get("refund_total")), _tax(one)
        part = {
            **line, "id": number, "total": total, "total_tax": tax,
            "taxes": [
                {"id": t["id"], "total": _negative(t.get("refund_total")),
                 "subtotal": _negative(t.get("refund_total"))}
                for t in one.get("refund_tax") or ()
            ],
            "meta_data": [{"id": number, "key": "_refunded_item_id", "value": str(line["id"])}],
        }  # fmt: skip
        if "quantity" in line:
            part |= {"quantity": -int(one.get("quantity") or 0), "subtotal": total,
                     "subtotal_tax": tax}  # fmt: skip
        yield part


def _tax(wanted: Json) -> str:
    taxes = [Decimal(str(t.get("refund_total") or 0)) for t in wanted.get("refund_tax") or ()]
    return _negative(sum(taxes, Decimal(0)))


def _negative(amount: Any) -> str:
    value = Decimal(str(amount or 0)).quantize(CENT, ROUND_HALF_UP)
    return f"{-value:.2f}" if value else "0.00"


def _pay(shop: Shop, order: Json, refund: Json, amount: Decimal, knobs: faults.Knobs) -> None:
    """Ask the payment gateway; the refund's row goes when it will not."""
    problem = ""
    if order["payment_method"] not in GATEWAYS:
        problem = "The payment gateway for this order does not exist."
    elif not GATEWAYS[order["payment_method"]]:
        problem = "The payment gateway for this order does not support automatic refunds."
    elif knobs.take("gateway_fail"):
        problem = "The payment provider declined the refund."
    if problem:
        shop.remove("refund", refund["id"])
        raise RefusedError(problem)
    with shop.lock:
        shop.payouts.append((order["id"], amount))


def _changed(shop: Shop, refund: Json, **changes: Any) -> Json:
    with shop.lock:
        body = {**refund, **changes}
        shop.store("refund", body)
    return body


def _restock(shop: Shop, order: Json, wanted: Any) -> None:
    units = {one.get("id"): int(one.get("quantity") or 0) for one in wanted}
    for line in order["line_items"]:
        if not units.get(line["id"]):
            continue
        kind, number = ("variation", line["variation_id"])
        if not number:
            kind, number = ("product", line["product_id"])
        product = shop.get(kind, number)
        if product is not None and product["manage_stock"]:
            stock = product["stock_quantity"] + units[line["id"]]
            shop.edit(kind, number, stock_quantity=stock, stock_status="instock")


def _finished(shop: Shop, order_id: int, refund: Json) -> Json:
    """The order's stamp moves; an order that has nothing left becomes refunded."""
    with shop.lock:
        order = shop.edit("order", order_id)
        whole = left(shop, order) <= 0
        if whole:
            shop.set_status(order_id, "refunded")
        kind = {"id": refund["id"], "key": "_refund_type", "value": "full" if whole else "partial"}
        return _changed(shop, refund, meta_data=[kind])


def retaxed(order: Json, country: str) -> Json:
    """The order with the tax of the country that it goes to; net amounts stay."""
    rate = rendering.VAT if country == rendering.TAXED_IN else 0
    parts = {
        name: [_retaxed(one, rate) for one in order[name]]
        for name in ("line_items", "shipping_lines", "fee_lines")
    }
    every = [one for found in parts.values() for one in found]
    tax = sum(money.pence(one["total_tax"]) for one in every)
    net = sum(money.pence(one["total"]) for one in every)
    shipping_tax = sum(money.pence(one["total_tax"]) for one in parts["shipping_lines"])
    return {
        **parts, "total_tax": money.text(tax), "total": money.text(net + tax),
        "shipping_tax": money.text(shipping_tax), "cart_tax": money.text(tax - shipping_tax),
    }  # fmt: skip


def _retaxed(part: Json, rate: int) -> Json:
    tax = money.share(money.pence(part["total"]), rate)
    taxes = [{"id": 1, "total": money.text(tax), "subtotal": money.text(tax)}] if tax else []
    changed = {**part, "total_tax": money.text(tax), "taxes": taxes}
    if "subtotal" in part:
        changed["subtotal_tax"] = money.text(money.share(money.pence(part["subtotal"]), rate))
    return changed
