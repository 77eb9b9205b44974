"""Customers: raw JSON to records."""

from __future__ import annotations

from typing import Any

from connectors.platforms import base, values
from connectors.platforms.woocommerce import orders


def known_addresses(payload: base.Json) -> dict[str, Any]:
    """The addresses that a customer's payload holds, by what they are called."""
    return {
        "Shipping address": payload.get("shipping"),
        "Billing address": payload.get("billing"),
    }


def record(customer: base.Json, notes: list[base.Note]) -> base.CustomerRecord:
    """The customer; raises ``RecordError``, ``KeyError`` or ``TypeError`` for what is none.

    What had to be cut short is added to ``notes``.
    """
    remote_id = values.identity(customer["id"])
    own = {
        "first_name": values.text(customer.get("first_name")),
        "last_name": values.text(customer.get("last_name")),
    }
    billing = orders.address(customer.get("billing"))
    shipping = orders.address(customer.get("shipping"))
    email = values.text(customer["email"])
    name = orders.name(own, billing, shipping) or values.plain(customer.get("username"))
    if max(len(email), len(name)) > values.LONGEST_TEXT:
        notes.append(values.cut_note(remote_id, "text_cut", values.LONGEST_TEXT))
    return base.CustomerRecord(
        remote_id=remote_id,
        email=email[: values.LONGEST_TEXT],
        name=name[: values.LONGEST_TEXT],
        created_at=values.optional_moment(customer.get("date_created_gmt")),
        modified_at=values.optional_moment(customer.get("date_modified_gmt")),
        metadata=customer,
    )
