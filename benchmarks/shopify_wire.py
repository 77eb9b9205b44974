"""A static Shopify store in a process of its own: pages of orders, and a bulk operation's file.

`python -m benchmarks.shopify_wire --records 20000` prints its address and serves until it is ended.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MARK = "90000001"
FIRST_ID = 100_001
STAMP = "2026-03-01T12:00:00Z"
PLENTY = {"maximumAvailable": 1e9, "currentlyAvailable": 1e9, "restoreRate": 1e6}
ADDRESS = {
    "firstName": "Amelia", "lastName": "Benchmark", "company": "Benchmark & Sons Limited",
    "address1": "12 Orchard Street", "address2": "Flat 3", "city": "Leeds", "provinceCode": "ENG",
    "province": "England", "zip": "LS1 4AP", "countryCodeV2": "GB", "phone": "+441632960123",
}  # fmt: skip


def bag(amount: str) -> dict[str, Any]:
    return {"presentmentMoney": {"amount": amount, "currencyCode": "GBP"}}


def both(amount: str) -> dict[str, Any]:
    money = {"amount": amount, "currencyCode": "GBP"}
    return {"presentmentMoney": money, "shopMoney": money}


def order() -> dict[str, Any]:
    """An order's own fields, as the connector asks for them; MARK stands for its id."""
    return {
        "id": f"gid://shopify/Order/{MARK}", "name": f"#{MARK}",
        "email": f"amelia.benchmark{MARK}@example.com", "phone": None,
        "note": "Please leave it with a neighbour when nobody is at home.", "tags": [],
        "test": False, "edited": False, "createdAt": STAMP, "processedAt": STAMP,
        "updatedAt": STAMP, "closedAt": None, "cancelledAt": None, "cancelReason": None,
        "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "FULFILLED",
        "currencyCode": "GBP", "presentmentCurrencyCode": "GBP", "taxesIncluded": False,
        "paymentGatewayNames": ["shopify_payments"], "totalPriceSet": both("70.86"),
        "totalTaxSet": bag("11.81"), "totalRefundedSet": both("0.0"),
        "totalTipReceivedSet": bag("0.0"), "customer": None, "billingAddress": ADDRESS,
        "shippingAddress": ADDRESS, "additionalFees": [], "refunds": [], "fulfillments": [],
        "transactions": [
            {"id": f"gid://shopify/OrderTransaction/{MARK}", "kind": "SALE", "status": "SUCCESS",
             "processedAt": STAMP}
        ],
    }  # fmt: skip


def lines() -> list[dict[str, Any]]:
    """Three line items."""
    return [
        {
            "__typename": "LineItem", "id": f"gid://shopify/LineItem/{MARK}{number}",
            "title": f"Hanging Heart T-Light Holder No. {number}", "variantTitle": None,
            "name": f"Hanging Heart T-Light Holder No. {number}", "sku": f"HEART-{number}",
            "vendor": "Hearth", "quantity": number + 1, "currentQuantity": number + 1,
            "refundableQuantity": number + 1, "unfulfilledQuantity": 0, "requiresShipping": True,
            "isGiftCard": False, "originalTotalSet": bag("17.70"), "discountAllocations": [],
            "taxLines": [{"title": "VAT", "rate": 0.2, "priceSet": bag("3.54")}],
            "variant": {"id": f"gid://shopify/ProductVariant/{101 + number}"},
        }
        for number in range(3)
    ]  # fmt: skip


def shipping() -> dict[str, Any]:
    return {
        "__typename": "ShippingLine", "id": f"gid://shopify/ShippingLine/{MARK}",
        "title": "Royal Mail", "code": "rm", "isRemoved": False, "originalPriceSet": bag("5.95"),
        "discountedPriceSet": bag("5.95"), "discountAllocations": [],
        "taxLines": [{"title": "VAT", "rate": 0.2, "priceSet": bag("1.19")}],
    }  # fmt: skip


def node() -> str:
    """An order as a page has it."""
    end = {"hasNextPage": False, "endCursor": None}
    whole = {
        **order(),
        "lineItems": {"nodes": lines(), "pageInfo": end},
        "shippingLines": {"nodes": [shipping()], "pageInfo": end},
    }
    return json.dumps(whole)


def group() -> str:
    """An order and its children as a bulk file has them."""
    parent = {"__parentId": f"gid://shopify/Order/{MARK}"}
    children = [{**child, **parent} for child in (*lines(), shipping())]
    return "".join(json.dumps(one) + "\n" for one in (order(), *children))


NODE, GROUP = node(), group()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    records = 0

    def do_GET(self) -> None:
        """The bulk file, rendered as it is sent."""
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(GROUP) * self.records + self._growth()))
        self.end_headers()
        for number in range(self.records):
            self.wfile.write(GROUP.replace(MARK, str(FIRST_ID + number)).encode())
        self.wfile.flush()

    def _growth(self) -> int:
        """How much longer or shorter the file is for ids of another length than MARK's."""
        each = GROUP.count(MARK)
        return sum(
            each * (len(str(FIRST_ID + number)) - len(MARK)) for number in range(self.records)
        )

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = "".join(self._answer(asked["query"], asked["variables"])).encode()
        self.send_response_only(200)
        self.send_header("Date", formatdate(usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _answer(self, query: str, variables: dict[str, Any]) -> Iterator[str]:
        cost = json.dumps({"requestedQueryCost": 1, "throttleStatus": PLENTY})
        yield '{"data": '
        yield from self._data(query, variables)
        yield f', "extensions": {{"cost": {cost}}}}}'

    def _data(self, query: str, variables: dict[str, Any]) -> Iterator[str]:
        operation = {"id": "gid://shopify/BulkOperation/1", "status": "COMPLETED"}
        if "bulkOperationRunQuery" in query:
            payload = {"bulkOperation": operation, "userErrors": []}
            yield json.dumps({"bulkOperationRunQuery": payload})
        elif "bulkOperation(" in query:
            counts = {"rootObjectCount": str(self.records), "objectCount": str(5 * self.records)}
            url = f"http://{self.headers['Host']}/bulk.jsonl"
            yield json.dumps({"bulkOperation": {**operation, **counts, "url": url}})
        elif query.startswith("query Orders"):
            yield from self._page(variables)
        else:
            yield json.dumps({"shop": {"id": "gid://shopify/Shop/1"}})

    def _page(self, variables: dict[str, Any]) -> Iterator[str]:
        start = int(variables["after"] or 0)
        numbers = range(start, min(start + variables["first"], self.records))
        end = {"hasNextPage": numbers.stop < self.records, "endCursor": str(numbers.stop)}
        yield '{"orders": {"nodes": ['
        yield ",".join(NODE.replace(MARK, str(FIRST_ID + number)) for number in numbers)
        yield f'], "pageInfo": {json.dumps(end)}}}}}'

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing: only the time counts."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, required=True)
    Handler.records = parser.parse_args().records
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
