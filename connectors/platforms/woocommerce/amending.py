"""Changing a WooCommerce order's shipping address, and cancelling it."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.platforms.woocommerce import client, refusals

PARTS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state",
         "postcode", "country", "phone")  # fmt: skip


def readdress(client_: client.Client, remote_id: int, address: Mapping[str, str]) -> None:
    """Replace the whole shipping address: keys that aren't sent would stay as they were."""
    shipping = {part: address.get(part, "") for part in PARTS}
    client_.put(f"orders/{remote_id}", {"shipping": shipping}, refusal=refusals.of_write)


def cancel(client_: client.Client, remote_id: int) -> None:
    """Cancel it; WooCommerce puts the goods back by itself, and gives no money back."""
    client_.put(f"orders/{remote_id}", {"status": "cancelled"}, refusal=refusals.of_write)
