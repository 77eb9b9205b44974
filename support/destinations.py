"""The addresses of a request: kept encrypted, told apart, and named in no event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.crypto import salted_hmac

from connectors import encryption
from connectors.platforms import base
from connectors.platforms.money import Delivery, LiveOrder
from support import postal, sending
from support.models import AddressUpdateRequest

Parts = Mapping[str, Any]
SALT = "support.destinations"
PART_SENT = "Part of the order was sent already: only what isn’t sent yet can go elsewhere."


def packed(address: Parts) -> str:
    """An address as the text that an encrypted column keeps."""
    return json.dumps(dict(address), sort_keys=True)


def unpacked(kept: object) -> dict[str, str] | None:
    """What ``packed`` made a text of; None for nothing, or for what no key opens."""
    if not kept or encryption.is_unreadable(kept):
        return None
    return {str(name): str(part) for name, part in json.loads(str(kept)).items()}


def digest(address: Parts) -> str:
    """A digest that tells addresses apart; without our key nobody can try addresses against it."""
    return salted_hmac(SALT, packed(address), algorithm="sha256").hexdigest()


def content_hash(request: AddressUpdateRequest) -> str:
    """The digest of what somebody approves."""
    return digest({"order_id": request.order_id, "platform": request.platform,
                   "address": request.new_address})  # fmt: skip


def summary(before: Parts, after: Parts) -> base.Json:
    """What an event says of a change: which parts, and the new address's digest."""
    parts = [one.name for one in postal.differences(before, after)]
    return {"parts": parts, "address": digest(after)}


def for_store(request: AddressUpdateRequest) -> dict[str, str]:
    """The wanted address as the store spells it.

    One that is put back was the store's own, though its country's rules might not take it.
    """
    try:
        return postal.for_platform(request.platform, request.new_address)
    except postal.AddressError:
        if request.undoes_id is None:
            raise
        return dict(request.new_address)


def demand_movable(live: LiveOrder) -> None:
    """Raises ``StoppedError`` for an order whose address nobody needs any more."""
    if live.is_cancelled:
        raise sending.StoppedError(
            "The order is cancelled: nothing of it will be sent.", code="cancelled"
        )
    if live.delivery is Delivery.ALL:
        raise sending.StoppedError(
            "The order was sent already: its address can’t be changed any more. Ask the carrier "
            "to redirect the parcel.",
            code="fulfilled",
        )


def reasons_for_two(live: LiveOrder) -> list[str]:
    """Why a second person has to agree to another address; none for an ordinary order."""
    return [PART_SENT] if live.delivery is Delivery.PART else []
