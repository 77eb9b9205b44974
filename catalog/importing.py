"""How product records become rows of platform_product."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import PlatformProduct
from connectors import comparing, registry, staging
from connectors.models import ConnectorConfig
from connectors.platforms import base

CENT = Decimal("0.01")
LONGEST_SKU = 100

VALUES = (
    "connector_id", "remote_id", "parent_remote_id", "merchant_sku", "title", "description",
    "metadata", "price", "exact_price", "available", "kind", "platform_status", "stock_quantity",
    "image_url", "options", "remote_created_at", "remote_modified_at", "deleted_at",
)  # fmt: skip
MERGE = staging.Merge(
    table="platform_product",
    key=("sku", "platform"),
    values=VALUES,
    stamp="remote_modified_at",
    touch=("synced_at",),
)


@cache
def product_stage() -> staging.Stage:
    """Products as they are staged."""
    return staging.Stage.of(PlatformProduct, (*MERGE.key, *MERGE.values, *MERGE.touch))


class ProductImporter:
    """Writes products, and gives each a key of its own (see docs/schema.md on SKUs)."""

    def write(
        self, connector: ConnectorConfig, records: Sequence[base.ProductRecord]
    ) -> registry.Imported:
        keys, notes = _keys(connector, records)
        stage = product_stage()
        now = timezone.now().isoformat()
        with connection.cursor() as cursor:
            stage.fill(
                cursor,
                (_row(connector, record, keys[record.remote_id], now) for record in records),
            )
            columns = ", ".join(map(staging.quoted, stage.columns))
            source = f'SELECT {columns} FROM "{stage.name}" ORDER BY sku'
            cursor.execute(MERGE.sql(source, returning="(xmax = 0)"))
            written = Counter(created for (created,) in cursor.fetchall())
        return registry.Imported(
            created=written[True],
            updated=written[False],
            unchanged=len(records) - written.total(),
            notes=notes,
        )

    def compare(self, connector: ConnectorConfig, batch: base.IdBatch) -> registry.Comparison:
        return comparing.compare(_present(connector), _known(connector), batch)

    def stamps(self, connector: ConnectorConfig, ids: Collection[int]) -> registry.Stamps:
        found = _known(connector).filter(remote_id__in=ids, deleted_at__isnull=True)
        return dict(found.values_list("remote_id", "remote_modified_at"))

    def family(self, connector: ConnectorConfig, parent_remote_id: int) -> Collection[int]:
        found = _present(connector).filter(parent_remote_id=parent_remote_id)
        return set(found.values_list("remote_id", flat=True))

    def present_count(self, connector: ConnectorConfig) -> int:
        return _present(connector).count()

    def mark_deleted(self, connector: ConnectorConfig, ids: Sequence[int]) -> int:
        return (
            PlatformProduct.objects.present()
            .filter(connector=connector, remote_id__in=ids)
            .update(deleted_at=timezone.now(), available=False)
        )


def _known(connector: ConnectorConfig) -> QuerySet[PlatformProduct]:
    return PlatformProduct.objects.filter(connector=connector)


def _present(connector: ConnectorConfig) -> QuerySet[PlatformProduct]:
    return (
        PlatformProduct.objects.present()
        .filter(connector=connector)
        .exclude(platform_status="trash")
    )


def _row(
    connector: ConnectorConfig, record: base.ProductRecord, sku: str, now: str
) -> tuple[Any, ...]:
    price = record.price
    return (
        sku,
        connector.platform,
        connector.pk,
        record.remote_id,
        record.parent_remote_id,
        record.sku,
        record.title,
        record.description,
        staging.json_text(record.metadata),
        Decimal(0) if price is None else price.quantize(CENT, ROUND_HALF_UP),
        price,
        record.available and price is not None,
        record.kind,
        record.status,
        record.stock_quantity,
        record.image_url,
        staging.json_text(dict(record.options)),
        record.created_at,
        record.modified_at,
        None,
        now,
    )


def _keys(
    connector: ConnectorConfig, records: Sequence[base.ProductRecord]
) -> tuple[dict[int, str], list[base.Note]]:
    """The key of each record, by remote id: the one it has, or a new one that nobody holds."""
    ids = [record.remote_id for record in records]
    keys = dict(
        PlatformProduct.objects.filter(connector=connector, remote_id__in=ids).values_list(
            "remote_id", "sku"
        )
    )
    wanted = {record.remote_id: _wanted(connector, record) for record in records}
    taken = {keys[remote_id] for remote_id in keys} | _taken(connector, wanted.values())
    for record in records:
        if record.remote_id in keys:
            continue
        key = wanted[record.remote_id]
        if key in taken:
            key = _fitted(key, f"~{record.remote_id}")
        keys[record.remote_id] = key
        taken.add(key)
    return keys, list(_notes(connector, records, keys))


def _wanted(connector: ConnectorConfig, record: base.ProductRecord) -> str:
    own = record.sku or f"id-{record.remote_id}"
    return _fitted(connector.key(own), "")


def _fitted(sku: str, ending: str) -> str:
    """The SKU with this ending; one that is too long is cut and ends in a short hash of itself."""
    if len(sku) + len(ending) <= LONGEST_SKU:
        return sku + ending
    digest = hashlib.sha256(sku.encode()).hexdigest()[:10]
    return f"{sku[: LONGEST_SKU - len(ending) - len(digest) - 1]}-{digest}{ending}"


def _taken(connector: ConnectorConfig, keys: Iterable[str]) -> set[str]:
    found = PlatformProduct.objects.filter(platform=connector.platform, sku__in=set(keys))
    return set(found.values_list("sku", flat=True))


def _notes(
    connector: ConnectorConfig, records: Sequence[base.ProductRecord], keys: dict[int, str]
) -> Iterable[base.Note]:
    for record in records:
        key = keys[record.remote_id]
        if not record.sku:
            yield _note(record, "sku_missing", f"It has no SKU in the store; here it is {key}.")
        elif "~" in key and key != connector.key(record.sku):
            yield _note(
                record,
                "sku_repeated",
                f"Another product of the store has the SKU {record.sku} too; here it is {key}.",
            )
        if record.price is not None and record.price != record.price.quantize(CENT):
            yield _note(
                record,
                "price_rounded",
                f"Its price of {record.price:f} is shown with two decimals; the exact one is kept.",
            )


def _note(record: base.ProductRecord, cause: str, detail: str) -> base.Note:
    return base.Note(remote_id=record.remote_id, cause=cause, detail=detail, set_aside=False)
