"""What an order comes to: the figures that Shopify derives from its lines, payments and returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from connectors.sandbox.shopify.goods import Json
from connectors.sandbox.shopify.money import Bag, total

RECEIVED = ("SALE", "CAPTURE")


def settled(order: Json) -> Json:
    """The order with all derived fields as its parts now make them."""
    nothing = zero(order)
    units = _units(order)
    lines = [_line(one, order, units) for one in order["lineItems"]]
    order = {**order, "lineItems": lines}
    order |= bought(order)
    order |= _current(order, nothing)
    order |= _paid(order, nothing)
    return order | _standing(order)


def zero(order: Json) -> Bag:
    """Nothing, in the order's currencies."""
    return Bag.read(f"0 {order['currencyCode']} 0 {order['presentmentCurrencyCode']}")


def bags(items: Iterable[Json], name: str) -> list[Bag]:
    """The amounts of that name."""
    return [Bag.read(item[name]) for item in items]


def tax_of(item: Json, nothing: Bag) -> Bag:
    """The tax on a line or its shipping."""
    return total(bags(item["taxLines"], "priceSet"), nothing)


def net(line: Json) -> Bag:
    """What is asked for the whole line after every discount."""
    unit = Bag.read(line["originalUnitPriceSet"])
    whole = unit.times(line["quantity"])
    for off in bags(line["discountAllocations"], "allocatedAmountSet"):
        whole = whole - off
    return whole


def refund_lines(order: Json) -> Iterator[Json]:
    """The lines of every refund."""
    for refund in order["refunds"]:
        yield from refund["lines"]


def _units(order: Json) -> dict[str, Counter[int]]:
    refunded: Counter[int] = Counter()
    cancelled: Counter[int] = Counter()
    fulfilled: Counter[int] = Counter()
    for one in refund_lines(order):
        refunded[one["lineItem"]] += one["quantity"]
        if one["restockType"] == "CANCEL":
            cancelled[one["lineItem"]] += one["quantity"]
    for parcel in order["fulfillments"]:
        if parcel["status"] == "SUCCESS":
            for one in parcel["lines"]:
                fulfilled[one["lineItem"]] += one["quantity"]
    return {"refunded": refunded, "cancelled": cancelled, "fulfilled": fulfilled}


def _line(line: Json, order: Json, units: dict[str, Counter[int]]) -> Json:
    key, quantity = line["id"], line["quantity"]
    unit = Bag.read(line["originalUnitPriceSet"])
    own = [one for one in line["discountAllocations"] if _on_line(order, one["index"])]
    off = total(bags(own, "allocatedAmountSet"), unit.nothing())
    current = quantity - line["removed"] - units["refunded"][key]
    unfulfilled = max(0, min(current, quantity - line["removed"] - units["fulfilled"][key]))
    whole = unit.times(quantity)
    asked = net(line)
    discounted = whole - off if own else whole
    return {
        **line,
        "currentQuantity": current, "refundableQuantity": current,
        "unfulfilledQuantity": unfulfilled, "fulfillableQuantity": unfulfilled,
        "nonFulfillableQuantity": line["removed"] + units["cancelled"][key],
        "restockable": current > 0 and line["variant"] is not None,
        "originalTotalSet": str(whole), "totalDiscountSet": str(off),
        "discountedTotalSet": str(discounted),
        "discountedUnitPriceSet": str(discounted.part(1, quantity) if own else unit),
        "discountedUnitPriceAfterAllDiscountsSet": str(
            asked.part(1, quantity) if line["discountAllocations"] else unit
        ),
    }  # fmt: skip


def _on_line(order: Json, index: int) -> bool:
    """Whether a discount is the line's own: neither a code nor spread over the whole order."""
    application = order["discountApplications"][index]
    manual = application["type"] == "ManualDiscountApplication"
    return bool(manual and application["targetSelection"] == "EXPLICIT")


def bought(order: Json) -> Json:
    """Totals before anything was given back."""
    nothing = zero(order)
    lines, shipping = order["lineItems"], order["shippingLines"]
    subtotal = total([net(line) for line in lines], nothing)
    allocated = [one for line in lines for one in line["discountAllocations"]]
    carriage = total(bags(shipping, "discountedPriceSet"), nothing)
    tax = total([tax_of(one, nothing) for one in (*lines, *shipping)], nothing)
    whole = subtotal + carriage + (nothing if order["taxesIncluded"] else tax)
    across = [one for one in allocated if not _on_line(order, one["index"])]
    return {
        "subtotalPriceSet": str(subtotal), "totalShippingPriceSet": str(carriage),
        "totalDiscountsSet": str(total(bags(allocated, "allocatedAmountSet"), nothing)),
        "cartDiscountAmountSet": str(total(bags(across, "allocatedAmountSet"), nothing)),
        "totalTaxSet": str(tax), "totalPriceSet": str(whole),
        "originalTotalPriceSet": order.get("originalTotalPriceSet", str(whole)),
        "totalTipReceivedSet": str(nothing),
        "subtotalLineItemsQuantity": sum(line["quantity"] for line in lines),
    }  # fmt: skip


def _current(order: Json, nothing: Bag) -> Json:
    """Totals of what the customer keeps."""
    lines = order["lineItems"]

    def kept(amount: Bag, line: Json) -> Bag:
        return amount.part(line["currentQuantity"], line["quantity"])

    off = [kept(total(bags(one["discountAllocations"], "allocatedAmountSet"), nothing), one)
           for one in lines]  # fmt: skip
    back = [part for refund in order["refunds"] for part in refund["shipping"]]
    shipping_back = total(bags(back, "subtotalAmountSet"), nothing)
    tax_back = total(bags(back, "taxAmountSet"), nothing)
    carriage = Bag.read(order["totalShippingPriceSet"]) - shipping_back
    subtotal = total([kept(net(line), line) for line in lines], nothing)
    tax = total([kept(tax_of(line, nothing), line) for line in lines], nothing) - tax_back
    tax = tax + total([tax_of(one, nothing) for one in order["shippingLines"]], nothing)
    whole = subtotal + carriage + (nothing if order["taxesIncluded"] else tax)
    return {
        "currentSubtotalPriceSet": str(subtotal), "currentShippingPriceSet": str(carriage),
        "currentTotalDiscountsSet": str(total(off, nothing)), "currentTotalTaxSet": str(tax),
        "currentTotalPriceSet": str(whole), "totalRefundedShippingSet": str(shipping_back),
        "currentSubtotalLineItemsQuantity": sum(line["currentQuantity"] for line in lines),
    }  # fmt: skip


def _paid(order: Json, nothing: Bag) -> Json:
    """What came in, what is only reserved, and what went back."""
    done = [one for one in order["transactions"] if one["status"] == "SUCCESS"]

    def amount(*kinds: str) -> Bag:
        return total(bags((one for one in done if one["kind"] in kinds), "amountSet"), nothing)

    received, refunded = amount(*RECEIVED), amount("REFUND")
    closed = any(one["kind"] == "VOID" for one in done)
    reserved = nothing if closed else amount("AUTHORIZATION") - amount("CAPTURE")
    reserved = reserved if reserved.shop > 0 else nothing
    outstanding = Bag.read(order["currentTotalPriceSet"]) - received + refunded
    adjusted = [one for refund in order["refunds"] for one in refund["adjustments"]]
    return {
        "totalReceivedSet": str(received), "totalRefundedSet": str(refunded),
        "netPaymentSet": str(received - refunded), "totalCapturableSet": str(reserved),
        "totalOutstandingSet": str(outstanding), "capturable": bool(reserved),
        "fullyPaid": outstanding.shop <= 0, "unpaid": not received,
        "refundDiscrepancySet": str(total(bags(adjusted, "amountSet"), nothing)),
        "displayFinancialStatus": _financial(order, received, refunded, reserved),
        "paymentGatewayNames": list(dict.fromkeys(one["gateway"] for one in done)),
    }  # fmt: skip


def _financial(order: Json, received: Bag, refunded: Bag, reserved: Bag) -> str:
    if received:
        if refunded:
            return "REFUNDED" if refunded.shop >= received.shop else "PARTIALLY_REFUNDED"
        due = Bag.read(order["currentTotalPriceSet"])
        return "PAID" if received.shop >= due.shop else "PARTIALLY_PAID"
    if reserved:
        return "AUTHORIZED"
    free = not Bag.read(order["totalPriceSet"])
    return "VOIDED" if order["cancelledAt"] else "PAID" if free else "PENDING"


def _standing(order: Json) -> Json:
    lines = order["lineItems"]
    waiting = sum(line["unfulfilledQuantity"] for line in lines)
    sent = any(one["status"] == "SUCCESS" for one in order["fulfillments"])
    whole = "PARTIALLY_FULFILLED" if sent else "UNFULFILLED"
    codes = [one["code"] for one in order["discountApplications"] if one.get("code")]
    return {
        "displayFulfillmentStatus": whole if waiting or not sent else "FULFILLED",
        "returnStatus": order.get("returnStatus", "NO_RETURN"),
        "closed": order["closedAt"] is not None,
        "refundable": Bag.read(order["netPaymentSet"]).shop > 0,
        "restockable": any(line["restockable"] for line in lines),
        "fulfillable": bool(waiting) and order["cancelledAt"] is None,
        "requiresShipping": any(line["requiresShipping"] for line in lines),
        "discountCodes": codes, "discountCode": codes[0] if codes else None,
    }  # fmt: skip
