"""Customers: raw JSON to records."""

from __future__ import annotations

from typing import Any

from connectors.platforms import base, values
from connectors.platforms.shopify import addresses, gids


def record(customer: base.Json, notes: list[base.Note]) -> base.CustomerRecord:
    """The customer; raises ``RecordError``, ``KeyError`` or ``TypeError`` for what is none.

    What had to be cut short is added to ``notes``.
    """
    remote_id = gids.number(customer["id"])
    email = _email(customer.get("defaultEmailAddress"))
    own = {
        "first_name": values.text(customer.get("firstName")),
        "last_name": values.text(customer.get("lastName")),
    }
    name = addresses.name(own, addresses.parts(customer.get("defaultAddress")))
    if max(len(email), len(name)) > values.LONGEST_TEXT:
        notes.append(values.cut_note(remote_id, "text_cut", values.LONGEST_TEXT))
    return base.CustomerRecord(
        remote_id=remote_id,
        email=email[: values.LONGEST_TEXT],
        name=name[: values.LONGEST_TEXT],
        created_at=values.optional_moment(customer.get("createdAt")),
        modified_at=values.optional_moment(customer.get("updatedAt")),
        metadata=customer,
    )


def known_addresses(payload: base.Json) -> dict[str, Any]:
    """The addresses that a customer's payload holds, by what they are called."""
    return {"Default address": addresses.parts(payload.get("defaultAddress"))}


def _email(value: Any) -> str:
    return values.text(value.get("emailAddress")) if type(value) is dict else ""
