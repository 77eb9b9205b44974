"""Shops of both platforms to which anything may happen at any time."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from connectors.sandbox import people, rendering
from connectors.sandbox.shop import Shop
from connectors.sandbox.shopify import changing, goods
from connectors.sandbox.shopify.shop import Selection as ShopifySelection
from connectors.sandbox.shopify.shop import ShopifyShop
from tests.connectors.conftest import spec as woocommerce_order
from tests.connectors.platforms.shopify.conftest import spec as shopify_order

COARSE = 3


def coarse_clock():
    """Moments that many changes share."""
    now = datetime.now(UTC)
    return datetime.fromtimestamp(now.timestamp() // COARSE * COARSE, UTC)


class WooCommerce:
    """Random changes of a WooCommerce shop."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.shop = Shop(clock=coarse_clock)
        for number in range(20):
            self.shop.add_product(rendering.ProductSpec(name=f"P{number}", sku=f"P{number}"))
        for number in range(10):
            self.shop.add_customer(people.address(number, "United Kingdom"))
        for _ in range(250):
            self.add_order()

    def any(self, kind):
        found = self.shop.database.execute("SELECT id FROM record WHERE kind = ?", [kind])
        with self.shop.lock:
            ids = [number for (number,) in found.fetchall()]
        return self.chance.choice(ids)

    def add_order(self):
        self.shop.add_order(woocommerce_order(customer_id=self.chance.choice((0, 2, 3, 4))))

    def change(self):
        """One thing that happens; of something that is gone already, nothing."""
        choices = (
            self.add_order, self.add_order, self.move, self.move, self.rename, self.trash,
            self.delete, self.add_product, self.meet,
        )  # fmt: skip
        try:
            self.chance.choice(choices)()
        except KeyError:
            return

    def move(self):
        word = self.chance.choice(("completed", "processing", "cancelled", "refunded"))
        self.shop.set_status(self.any("order"), word)

    def rename(self):
        self.shop.edit("product", self.any("product"), name=f"N{self.chance.random()}")

    def trash(self):
        self.shop.set_status(self.any("order"), "trash")

    def delete(self):
        self.shop.remove("order", self.any("order"))

    def add_product(self):
        self.shop.add_product(rendering.ProductSpec(name="New", sku="P1"))

    def meet(self):
        number = self.chance.randrange(10_000)
        self.shop.add_customer(people.address(number, "United Kingdom"))


class Shopify:
    """Random changes of a Shopify shop."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.shop = ShopifyShop(clock=coarse_clock)
        for number in range(15):
            variants = [
                goods.VariantSpec(sku=f"S{number}-{size}", selected={"Size": size})
                for size in "SML"
            ]
            self.shop.add_product(goods.ProductSpec(title=f"S{number}", variants=variants))
        for number in range(10):
            self.shop.add_customer(people.address(number, "United Kingdom"))
        for _ in range(150):
            self.add_order()

    def any(self, kind):
        return self.chance.choice(self.shop.select(kind, ShopifySelection()))["id"]

    def add_order(self):
        product = self.shop.need("product", self.any("product"))
        variant = self.shop.variants(product["id"])[0]
        customer = self.chance.choice((None, self.any("customer")))
        self.shop.add_order(shopify_order(product, variant, customer_id=customer))

    def change(self):
        """One thing that happens; of something that is gone already, nothing."""
        choices = (
            self.add_order, self.add_order, self.send, self.archive, self.rename, self.cancel,
            self.delete_order, self.add_variant, self.delete_variant, self.meet,
        )  # fmt: skip
        try:
            self.chance.choice(choices)()
        except (KeyError, IndexError, ValueError):
            return

    def send(self):
        changing.fulfil(self.shop, self.any("order"))

    def archive(self):
        changing.archive(self.shop, self.any("order"))

    def cancel(self):
        changing.cancel(self.shop, self.any("order"))

    def rename(self):
        self.shop.edit("product", self.any("product"), title=f"N{self.chance.random()}")

    def delete_order(self):
        self.shop.delete("order", self.any("order"))

    def add_variant(self):
        size = f"X{self.chance.randrange(10**6)}"
        spec = goods.VariantSpec(sku=size, selected={"Size": size})
        self.shop.add_variant(self.any("product"), spec)

    def delete_variant(self):
        product = self.any("product")
        variants = self.shop.variants(product)
        if len(variants) > 1:
            self.shop.delete("variant", self.chance.choice(variants)["id"])

    def meet(self):
        self.shop.add_customer(people.address(self.chance.randrange(10_000), "United Kingdom"))
