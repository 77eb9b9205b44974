"""What the stores sell."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F
from django.db.models.functions import Greatest, Left

from compositekeys.fields import CompositeKey
from connectors.models import Platform, connector_key, platform_check, prefix_index

# When our row last became what it is: it was written, or found deleted.
UPDATED = Greatest("synced_at", "deleted_at")
# Words are looked for in these; texts that are longer than a page are cut.
SEARCHED = SearchVector("title", "merchant_sku", Left("description", 5_000), config="simple")


class ProductQuerySet(models.QuerySet["PlatformProduct"]):
    def present(self) -> ProductQuerySet:
        """Products that their store still has."""
        return self.filter(deleted_at__isnull=True)


class PlatformProduct(models.Model):
    """A product, or one of its variants, as its store has it.

    ``sku`` is our key: given once, never changed. The merchant's own is ``merchant_sku``.
    ``price`` has two decimals; ``exact_price`` is as the store gave it, NULL where it has none.
    """

    pk = CompositeKey("sku", "platform")
    sku = models.CharField("SKU", max_length=100)
    platform = models.CharField(max_length=50, choices=Platform)
    connector = connector_key()
    remote_id = models.BigIntegerField("id in the store")
    parent_remote_id = models.BigIntegerField("parent's id in the store", null=True, blank=True)
    merchant_sku = models.TextField("merchant's SKU", blank=True)
    title = models.CharField(max_length=255)
    description = models.TextField(null=True, blank=True)
    metadata = models.JSONField(null=True, blank=True)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    exact_price = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    available = models.BooleanField(default=True, db_default=True)
    kind = models.CharField(max_length=20, blank=True)
    platform_status = models.CharField("status in the store", max_length=50, blank=True)
    stock_quantity = models.IntegerField(null=True, blank=True)
    image_url = models.TextField(blank=True)
    options = models.JSONField(default=dict, blank=True)
    remote_created_at = models.DateTimeField("created in the store", null=True, blank=True)
    remote_modified_at = models.DateTimeField("changed in the store", null=True, blank=True)
    deleted_at = models.DateTimeField("found deleted", null=True, blank=True)
    synced_at = models.DateTimeField("copied", null=True, blank=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        db_table = "platform_product"
        verbose_name = "product"
        ordering = ["title", "sku", "platform"]
        constraints = [
            platform_check("platform_product_platform"),
            models.UniqueConstraint(
                fields=["connector", "remote_id"], name="platform_product_remote_id"
            ),
        ]
        indexes = [
            models.Index(fields=["available"], name="platform_product_available"),
            models.Index(fields=["title", "sku", "platform"], name="platform_product_list"),
            models.Index(
                fields=["connector", "title", "sku", "platform"], name="platform_product_store_list"
            ),
            models.Index(
                F("remote_modified_at").desc(),
                F("sku").desc(),
                F("platform").desc(),
                name="platform_product_changed",
            ),
            models.Index(fields=["connector", "parent_remote_id"], name="platform_product_parent"),
            prefix_index("sku", "platform_product_sku_prefix"),
            prefix_index("merchant_sku", "platform_product_own_prefix"),
            prefix_index("title", "platform_product_title_prefix"),
            models.Index(fields=["price", "sku", "platform"], name="platform_product_price"),
            models.Index(fields=["exact_price"], name="platform_product_exact"),
            models.Index(UPDATED, F("sku"), F("platform"), name="platform_product_updated"),
            GinIndex(SEARCHED, name="platform_product_words"),
        ]

    def __str__(self) -> str:
        return self.title
