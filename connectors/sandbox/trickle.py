"""A shop that is open: now and then somebody orders what they like, and parcels leave."""

from __future__ import annotations

import random
import threading

from connectors.sandbox import people, rendering
from connectors.sandbox.queries import Condition
from connectors.sandbox.rendering import Json
from connectors.sandbox.shop import Selection, Shop

LATEST = Selection(conditions=(), order="id desc", limit=200, offset=0)


class Flow(threading.Thread):
    """Makes so many changes a minute until it is stopped."""

    def __init__(self, *, per_minute: float, seed: int | None = None) -> None:
        super().__init__(name="trickle", daemon=True)
        self.pause = 60 / per_minute
        self.chance = random.Random(seed)  # noqa: S311 - a shop's luck, not keys
        self.stopped = threading.Event()

    def step(self) -> Json | None:
        """One change; what was changed, or none."""
        raise NotImplementedError

    def run(self) -> None:
        while not self.stopped.wait(self.pause):
            self.step()

    def stop(self) -> None:
        """End soon; a change that is under way is finished."""
        self.stopped.set()


class Trickle(Flow):
    """Changes of a WooCommerce shop."""

    def __init__(self, shop: Shop, *, per_minute: float, seed: int | None = None) -> None:
        super().__init__(per_minute=per_minute, seed=seed)
        self.shop = shop

    def step(self) -> Json | None:
        """One change: three of four are new orders, the others ship one that waits."""
        if self.chance.random() < 0.25:
            return self._ship()
        return self._order_again()

    def _ship(self) -> Json | None:
        waiting: Condition = ("status = ?", ["processing"])
        found = self.shop.select(
            "order", Selection(conditions=[waiting], order="id", limit=1, offset=0)
        )
        return self.shop.set_status(found[0]["id"], "completed") if found else None

    def _order_again(self) -> Json | None:
        """Somebody who ordered lately takes some of it again."""
        before = self.shop.select("order", LATEST)
        if not before:
            return None
        model = self.chance.choice(before)
        lines = [item for item in model["line_items"] if item["product_id"]]
        if not lines:
            return None
        chosen = self.chance.sample(lines, min(len(lines), self.chance.randint(1, 4)))
        return self.shop.add_order(
            rendering.OrderSpec(
                customer_id=model["customer_id"],
                billing=model["billing"],
                shipping=people.shipping(model["billing"]),
                lines=[self._line(item) for item in chosen],
                shipping_cost=595,
                taxed=model["billing"]["country"] == "GB",
                paid=self.shop.clock(),
            )
        )

    def _line(self, item: Json) -> rendering.LineSpec:
        return rendering.LineSpec(
            name=item["name"], product_id=item["product_id"], variation_id=item["variation_id"],
            sku=item["sku"], quantity=self.chance.randint(1, 6),
            unit_price=round(item["price"] * 100), parent_name=item["parent_name"],
        )  # fmt: skip
