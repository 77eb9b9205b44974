"""A static WooCommerce store in a process of its own: it answers pages out of memory.

`python -m benchmarks.wire --records 20000` prints its address and serves until it is ended.
"""

from __future__ import annotations

import argparse
import json
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

MARK = b"90000001"
FIRST_ID = 100_001
STAMP = "2026-03-01T12:00:00"
ADDRESS = {
    "first_name": "Amelia", "last_name": "Benchmark", "company": "Benchmark & Sons Limited",
    "address_1": "12 Orchard Street", "address_2": "Flat 3", "city": "Leeds",
    "state": "West Yorkshire", "postcode": "LS1 4AP", "country": "GB", "phone": "+44 1632 960123",
}  # fmt: skip


def order() -> bytes:
    """An order with three lines, as the connector asks for it; MARK stands for its id."""
    number = int(MARK)
    lines = [
        {
            "id": int(f"{number}{line}"), "name": f"Hanging Heart T-Light Holder No. {line}",
            "product_id": 101 + line, "variation_id": 0, "quantity": line + 1, "tax_class": "",
            "subtotal": "17.70", "subtotal_tax": "3.54", "total": "17.70", "total_tax": "3.54",
            "taxes": [{"id": 1, "total": "3.54", "subtotal": "3.54"}], "sku": f"HEART-{line}",
            "meta_data": [], "price": 17.7, "parent_name": None,
        }
        for line in range(3)
    ]  # fmt: skip
    body = {
        "id": number, "parent_id": 0, "number": str(number), "status": "completed",
        "currency": "GBP", "prices_include_tax": False, "created_via": "checkout",
        "date_created_gmt": STAMP, "date_modified_gmt": STAMP, "date_paid_gmt": STAMP,
        "date_completed_gmt": STAMP, "discount_total": "0.00", "discount_tax": "0.00",
        "shipping_total": "5.95", "shipping_tax": "1.19", "cart_tax": "10.62",
        "total": "70.86", "total_tax": "11.81", "customer_id": 0,
        "billing": {**ADDRESS, "email": f"amelia.benchmark{number}@example.com"},
        "shipping": ADDRESS, "payment_method": "stripe",
        "payment_method_title": "Credit card (Stripe)", "transaction_id": f"ch_{number}",
        "customer_note": "Please leave it with a neighbour when nobody is at home.",
        "meta_data": [{"id": 1, "key": "_origin", "value": "organic"}], "line_items": lines,
        "tax_lines": [], "fee_lines": [], "coupon_lines": [], "refunds": [],
        "shipping_lines": [
            {"id": number, "method_title": "Royal Mail", "method_id": "flat_rate",
             "total": "5.95", "total_tax": "1.19", "meta_data": []}
        ],
    }  # fmt: skip
    return json.dumps(body).encode()


def product() -> bytes:
    """A simple product; MARK stands for its id."""
    body = {
        "id": int(MARK), "name": f"Product {int(MARK)}", "type": "simple", "status": "publish",
        "sku": f"P-{int(MARK)}", "price": "5.9", "purchasable": True, "stock_status": "instock",
        "stock_quantity": 4, "date_created_gmt": STAMP, "date_modified_gmt": STAMP,
        "description": "", "images": [], "attributes": [], "variations": [], "parent_id": 0,
    }  # fmt: skip
    return json.dumps(body).encode()


TEMPLATES = {"orders": order(), "products": product()}


class Records:
    """So many records of each kind; pages of a small store are rendered once, before."""

    def __init__(self, count: int, *, rendered: bool) -> None:
        self.count = count
        self.rendered = (
            {kind: [self._render(kind, n) for n in range(count)] for kind in TEMPLATES}
            if rendered
            else {}
        )

    def page(self, kind: str, offset: int, size: int) -> bytes:
        numbers = range(offset, min(offset + size, self.count))
        if self.rendered:
            return b"[" + b",".join(self.rendered[kind][offset : numbers.stop]) + b"]"
        return b"[" + b",".join(self._render(kind, n) for n in numbers) + b"]"

    def ids(self, offset: int, size: int) -> bytes:
        numbers = range(offset, min(offset + size, self.count))
        found = [{"id": FIRST_ID + n, "date_modified_gmt": STAMP} for n in numbers]
        return json.dumps(found).encode()

    def _render(self, kind: str, number: int) -> bytes:
        return TEMPLATES[kind].replace(MARK, str(FIRST_ID + number).encode())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    records: Records
    requests = 0

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/requests":
            return self._send(str(Handler.requests).encode(), 0)
        Handler.requests += 1
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        kind = parts.path.rpartition("/")[2]
        # Nothing changes here, nothing is in the trash, and nothing has variations.
        is_empty = "modified_after" in query or query.get("status", "any") != "any"
        if kind not in TEMPLATES or is_empty:
            return self._send(b"[]", 0)
        size = int(query.get("per_page", "10"))
        offset = int(query.get("offset") or (int(query.get("page", "1")) - 1) * size)
        if query.get("_fields") in ("id", "id,date_modified_gmt"):
            return self._send(self.records.ids(offset, size), self.records.count)
        return self._send(self.records.page(kind, offset, size), self.records.count)

    def _send(self, body: bytes, total: int) -> None:
        self.send_response_only(200)
        self.send_header("Date", formatdate(usegmt=True))
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-WP-Total", str(total))
        self.send_header("X-WP-TotalPages", str(-(-total // 100)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing: only the time counts."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--lazy", action="store_true", help="render pages when they are asked for")
    options = parser.parse_args()
    Handler.records = Records(options.records, rendered=not options.lazy)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
