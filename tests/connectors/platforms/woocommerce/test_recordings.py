"""Every resource that a running store sent maps without loss."""

from __future__ import annotations

import json
import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.platforms import base
from connectors.platforms.woocommerce import fields, mapper

FOLDER = os.environ.get("STOREKEEP_RECORDINGS")
FILES = sorted(Path(FOLDER).glob("*.json")) if FOLDER else []
SIGNS = {
    base.Resource.ORDERS: {"line_items", "number", "billing"},
    base.Resource.CUSTOMERS: {"username", "role", "billing"},
    base.Resource.PRODUCTS: {"regular_price", "type", "attributes"},
}
STATUSES = {
    "on-hold": "on_hold",
    "checkout-draft": "draft",
    "auto-draft": "draft",
    "trash": "trashed",
}

pytestmark = pytest.mark.skipif(
    not FILES, reason="STOREKEEP_RECORDINGS names no folder of recorded answers"
)


def resources(file):
    """The resources of a recording: of an answer, or of a webhook's delivery."""
    recording = json.loads(file.read_text())
    body = (recording.get("response") or recording["request"]).get("body")
    for item in body if isinstance(body, list) else [body]:
        for resource, signs in SIGNS.items():
            if isinstance(item, dict) and signs <= item.keys():
                yield resource, item


HOLDING = [file for file in FILES if any(resources(file))]


def stamp(text):
    return datetime.fromisoformat(f"{text}+00:00") if text else None


def total(items, name):
    return sum((Decimal(item[name]) for item in items), Decimal(0))


@pytest.mark.parametrize("file", HOLDING, ids=lambda file: file.stem)
def test_recording_maps_without_loss(file):
    for resource, item in resources(file):
        records, notes = mapper.map_page(resource, [item])
        assert [note for note in notes if note.set_aside] == []
        CHECKS[resource](records[0], item)


def test_recording_pages_map_whole():
    """Pages as they come, without a note of any kind."""
    for file in HOLDING:
        found = list(resources(file))
        resource = found[0][0]
        records, notes = mapper.map_page(resource, [item for _, item in found])
        assert (len(records), notes) == (len(found), [])


def check_order(record, raw):
    assert record.remote_id == raw["id"]
    assert record.number == raw["number"]
    assert record.customer_remote_id == (raw["customer_id"] or None)
    assert record.email == raw["billing"]["email"]
    assert record.platform_status == raw["status"]
    assert record.status.value == STATUSES.get(raw["status"], raw["status"])
    assert record.currency == raw["currency"]
    for ours, theirs in (
        ("total", "total"),
        ("discount_total", "discount_total"),
        ("shipping_total", "shipping_total"),
        ("tax_total", "total_tax"),
    ):
        assert str(getattr(record, ours)) == raw[theirs]
    for ours in ("created", "modified", "paid", "completed"):
        assert getattr(record, f"{ours}_at") == stamp(raw[f"date_{ours}_gmt"])
    for ours in ("billing", "shipping"):
        kept = getattr(record, f"{ours}_address")
        assert kept == {part: text for part, text in raw[ours].items() if text}
    check_lines(record, raw)
    check_refunds(record, raw)
    assert {**record.metadata, "line_items": record.line_items} == raw


def check_lines(record, raw):
    assert len(record.lines) == len(raw["line_items"])
    for line, item in zip(record.lines, raw["line_items"], strict=True):
        assert (line.remote_id, line.sku) == (item["id"], item["sku"] or "")
        assert line.quantity == item["quantity"]
        ids = [found for found in (item["variation_id"], item["product_id"]) if found]
        assert list(line.product_remote_ids) == ids
        for name in ("subtotal", "subtotal_tax", "total", "total_tax"):
            assert str(getattr(line, name)) == item[name]
    of_kind = {kind: [c for c in record.charges if c.kind == kind] for kind in base.ChargeKind}
    for kind, name in (
        (base.ChargeKind.SHIPPING, "shipping_lines"),
        (base.ChargeKind.FEE, "fee_lines"),
    ):
        assert sum(c.total for c in of_kind[kind]) == total(raw[name], "total")
        assert sum(c.tax for c in of_kind[kind]) == total(raw[name], "total_tax")
    coupons = of_kind[base.ChargeKind.COUPON]
    assert sum(c.total for c in coupons) == -total(raw["coupon_lines"], "discount")


def check_refunds(record, raw):
    amounts = [Decimal(0 if r["total"] == "-" else r["total"]) for r in raw["refunds"]]
    assert [refund.amount for refund in record.refunds] == [-amount for amount in amounts]
    assert record.refunded_total == -sum(amounts)
    assert [refund.remote_id for refund in record.refunds] == [r["id"] for r in raw["refunds"]]


def check_customer(record, raw):
    assert (record.remote_id, record.email) == (raw["id"], raw["email"])
    assert record.created_at == stamp(raw["date_created_gmt"])
    assert record.modified_at == stamp(raw["date_modified_gmt"])
    assert raw["first_name"] in record.name
    assert record.metadata == raw


def check_product(record, raw):
    assert (record.remote_id, record.sku) == (raw["id"], raw["sku"])
    assert (record.status, record.kind) == (raw["status"], raw["type"])
    assert record.price == (Decimal(raw["price"]) if raw["price"] else None)
    assert record.stock_quantity == raw["stock_quantity"]
    assert record.parent_remote_id == (raw["parent_id"] or None)
    assert record.created_at == stamp(raw["date_created_gmt"])
    assert record.modified_at == stamp(raw["date_modified_gmt"])
    assert record.metadata == raw
    if raw["type"] == "variation":
        chosen = {a["name"]: a["option"] for a in raw["attributes"] if a["option"]}
        assert record.options == chosen


CHECKS = {
    base.Resource.ORDERS: check_order,
    base.Resource.CUSTOMERS: check_customer,
    base.Resource.PRODUCTS: check_product,
}


@pytest.mark.parametrize(
    ("resource", "asked"),
    [
        (base.Resource.ORDERS, fields.ORDER),
        (base.Resource.CUSTOMERS, fields.CUSTOMER),
        (base.Resource.PRODUCTS, fields.PRODUCT),
    ],
)
def test_recording_maps_the_same_with_only_the_fields_that_are_asked_for(resource, asked):
    names = set(asked.split(","))
    found = [item for file in HOLDING for kind, item in resources(file) if kind is resource]
    whole, whole_notes = mapper.map_page(resource, found)
    cut, notes = mapper.map_page(
        resource, [{k: v for k, v in item.items() if k in names} for item in found]
    )
    assert notes == whole_notes
    ours = [name for name in whole[0].__slots__ if name != "metadata"]
    for one, other in zip(whole, cut, strict=True):
        assert {n: getattr(one, n) for n in ours} == {n: getattr(other, n) for n in ours}
