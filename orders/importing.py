"""How customer and order records become rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import PlatformProduct
from connectors import comparing, registry, staging
from connectors.models import ConnectorConfig
from connectors.platforms import base
from orders import rows
from orders.models import PlatformCustomer, PlatformOrder

# A customer who is known from an order alone is a row without a stamp: whatever the store says
# of the customer later counts as newer.
CUSTOMERS_OF_ORDERS = """
INSERT INTO platform_customer
    (customer_id, platform, connector_id, remote_id, email, name, synced_at)
SELECT DISTINCT ON (customer_id) customer_id, platform, connector_id, customer_remote_id,
    email, customer_name, synced_at
FROM stage_platform_order WHERE customer_id IS NOT NULL
ORDER BY customer_id, remote_modified_at DESC
ON CONFLICT DO NOTHING
"""
# A line's product is found by its id in the store, the variant before its parent; a product that
# is gone leaves the SKU under which it was sold.
ITEMS_SOURCE = """
SELECT s.order_id, s.platform, s.remote_id, s.position,
    COALESCE(variant.sku, parent.sku, s.sku), s.merchant_sku, s.product_remote_id, s.title,
    s.quantity, s.price, s.subtotal, s.subtotal_tax, s.total, s.total_tax
FROM stage_order_item s
LEFT JOIN platform_product variant
    ON variant.connector_id = %(connector)s AND variant.remote_id = s.product_remote_id
LEFT JOIN platform_product parent
    ON parent.connector_id = %(connector)s AND parent.remote_id = s.parent_remote_id
WHERE s.order_id = ANY(%(orders)s)
ORDER BY s.order_id, s.remote_id
"""
FORGOTTEN_ITEMS = """
DELETE FROM order_item i
WHERE i.platform = %(platform)s AND i.order_id = ANY(%(orders)s) AND NOT EXISTS (
    SELECT FROM stage_order_item s WHERE s.order_id = i.order_id AND s.remote_id = i.remote_id
)
"""


class CustomerImporter:
    """Writes customers."""

    def write(
        self, connector: ConnectorConfig, records: Sequence[base.CustomerRecord]
    ) -> registry.Imported:
        stage = rows.customer_stage()
        now = timezone.now().isoformat()
        with connection.cursor() as cursor:
            stage.fill(cursor, (rows.customer_row(connector, record, now) for record in records))
            cursor.execute(rows.CUSTOMERS.sql(_source(stage), returning="(xmax = 0)"))
            written = Counter(created for (created,) in cursor.fetchall())
        return _imported(written, len(records), [])

    def compare(self, connector: ConnectorConfig, batch: base.IdBatch) -> registry.Comparison:
        known = PlatformCustomer.objects.filter(connector=connector)
        return comparing.compare(known.filter(deleted_at__isnull=True), known, batch)

    def stamps(self, connector: ConnectorConfig, ids: Collection[int]) -> registry.Stamps:
        found = PlatformCustomer.objects.filter(
            connector=connector, remote_id__in=ids, deleted_at__isnull=True
        )
        return dict(found.values_list("remote_id", "remote_modified_at"))

    def family(self, connector: ConnectorConfig, parent_remote_id: int) -> Collection[int]:
        return set()

    def present_count(self, connector: ConnectorConfig) -> int:
        return PlatformCustomer.objects.filter(connector=connector, deleted_at__isnull=True).count()

    def mark_deleted(self, connector: ConnectorConfig, ids: Sequence[int]) -> int:
        return PlatformCustomer.objects.filter(
            connector=connector, remote_id__in=ids, deleted_at__isnull=True
        ).update(deleted_at=timezone.now())


class OrderImporter:
    """Writes orders with their line items, and the customers that only they name."""

    def write(
        self, connector: ConnectorConfig, records: Sequence[base.OrderRecord]
    ) -> registry.Imported:
        if not records or _any_known(connector, records):
            return self._merge(connector, records)
        self._copy(connector, records)
        written = Counter({True: len(records)})
        return _imported(written, len(records), list(rows.order_notes(records)))

    def _copy(self, connector: ConnectorConfig, records: Sequence[base.OrderRecord]) -> None:
        """Orders of which none is here yet, as in a first copy: nothing to compare them with."""
        now = timezone.now().isoformat()
        _add_customers(connector, records)
        skus = _skus(connector, records)
        orders, items = rows.order_stage(), rows.item_stage()
        with connection.cursor() as cursor:
            # The last column is for staging alone.
            staging.copy(
                cursor,
                rows.ORDERS.table,
                orders.columns[:-1],
                (rows.order_row(connector, record, now)[:-1] for record in records),
            )
            staging.copy(
                cursor,
                rows.ITEMS.table,
                items.columns[:-1],
                (
                    row[:-1]
                    for record in records
                    for row in rows.item_rows(connector, record, skus=skus)
                ),
            )

    def _merge(
        self, connector: ConnectorConfig, records: Sequence[base.OrderRecord]
    ) -> registry.Imported:
        with connection.cursor() as cursor:
            self._stage(cursor, connector, records)
            cursor.execute(CUSTOMERS_OF_ORDERS)
            cursor.execute(
                rows.ORDERS.sql(_source(rows.order_stage()), returning="order_id, (xmax = 0)")
            )
            written = dict(cursor.fetchall())
            self._write_items(cursor, connector, written)
        return _imported(
            Counter(written.values()),
            len(records),
            list(rows.order_notes(records)),
        )

    def _stage(
        self, cursor: CursorWrapper, connector: ConnectorConfig, records: Sequence[base.OrderRecord]
    ) -> None:
        now = timezone.now().isoformat()
        rows.order_stage().fill(
            cursor, (rows.order_row(connector, record, now) for record in records)
        )
        rows.item_stage().fill(
            cursor, (row for record in records for row in rows.item_rows(connector, record))
        )

    def _write_items(
        self, cursor: CursorWrapper, connector: ConnectorConfig, written: dict[str, bool]
    ) -> None:
        """Lines of the orders that were written; an older order's lines are left alone with it."""
        updated = [order_id for order_id, created in written.items() if not created]
        if updated:
            cursor.execute(FORGOTTEN_ITEMS, {"platform": connector.platform, "orders": updated})
        if written:
            cursor.execute(
                rows.ITEMS.sql(ITEMS_SOURCE), {"connector": connector.pk, "orders": list(written)}
            )

    def compare(self, connector: ConnectorConfig, batch: base.IdBatch) -> registry.Comparison:
        known = PlatformOrder.objects.filter(connector=connector)
        return comparing.compare(_present(connector), known, batch)

    def stamps(self, connector: ConnectorConfig, ids: Collection[int]) -> registry.Stamps:
        found = PlatformOrder.objects.filter(
            connector=connector, remote_id__in=ids, deleted_at__isnull=True
        )
        return dict(found.values_list("remote_id", "remote_modified_at"))

    def family(self, connector: ConnectorConfig, parent_remote_id: int) -> Collection[int]:
        return set()

    def present_count(self, connector: ConnectorConfig) -> int:
        return _present(connector).count()

    def mark_deleted(self, connector: ConnectorConfig, ids: Sequence[int]) -> int:
        return (
            _present(connector)
            .filter(remote_id__in=ids)
            .update(status=PlatformOrder.Status.DELETED, deleted_at=timezone.now())
        )


def _any_known(connector: ConnectorConfig, records: Sequence[base.OrderRecord]) -> bool:
    """Whether an order with an id between theirs is here: a first copy meets none."""
    ids = [record.remote_id for record in records]
    between = PlatformOrder.objects.filter(
        connector=connector, remote_id__range=(min(ids), max(ids))
    )
    return between.exists()


def _add_customers(connector: ConnectorConfig, records: Sequence[base.OrderRecord]) -> None:
    """Rows for the customers that only these orders name."""
    named = {
        record.customer_remote_id: record
        for record in records
        if record.customer_remote_id is not None
    }
    known = PlatformCustomer.objects.filter(connector=connector, remote_id__in=named)
    missing = named.keys() - set(known.values_list("remote_id", flat=True))
    PlatformCustomer.objects.bulk_create(
        [
            PlatformCustomer(
                customer_id=connector.key(remote_id),
                platform=connector.platform,
                connector=connector,
                remote_id=remote_id,
                email=named[remote_id].email,
                name=named[remote_id].customer_name,
                synced_at=timezone.now(),
            )
            for remote_id in missing
        ],
        ignore_conflicts=True,
    )


def _skus(connector: ConnectorConfig, records: Sequence[base.OrderRecord]) -> Mapping[int, str]:
    """The keys of the products that these orders' lines refer to, by their ids in the store."""
    ids = {number for one in records for line in one.lines for number in line.product_remote_ids}
    found = PlatformProduct.objects.filter(connector=connector, remote_id__in=ids)
    return dict(found.values_list("remote_id", "sku"))


def _present(connector: ConnectorConfig) -> QuerySet[PlatformOrder]:
    gone = (PlatformOrder.Status.DELETED, PlatformOrder.Status.TRASHED, PlatformOrder.Status.DRAFT)
    return PlatformOrder.objects.filter(connector=connector).exclude(status__in=gone)


def _imported(written: Counter[bool], total: int, notes: Sequence[base.Note]) -> registry.Imported:
    return registry.Imported(
        created=written[True],
        updated=written[False],
        unchanged=total - written.total(),
        notes=notes,
    )


def _source(stage: staging.Stage) -> str:
    names = [name for name in stage.columns if name != "customer_remote_id"]
    return f'SELECT {", ".join(map(staging.quoted, names))} FROM "{stage.name}" ORDER BY 1'
