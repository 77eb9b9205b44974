"""Changes of an order beside refunds: where it is sent, and that it isn't."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.platforms import base, patience, values
from connectors.platforms.shopify import addresses, client, failures, gids

LONGEST_NOTE = 255
LOOKS = 20
PAUSE = 0.5


def readdress(client_: client.Client, remote_id: int, address: Mapping[str, str]) -> None:
    """Replace the order's shipping address; raises as ``MoneyStore.refund``."""
    order = {"id": gids.gid("Order", remote_id), "shippingAddress": addresses.given(address)}
    payload = _changed(client_, "order_update", {"input": order}).get("orderUpdate") or {}
    _raise_for(payload.get("userErrors"))
    if not payload.get("order"):
        raise _no_proof()


def cancel(client_: client.Client, remote_id: int, *, restock: bool, note: str) -> None:
    """Cancel the order and wait until it is; ``BusyError`` where that takes Shopify longer."""
    variables = {
        "id": gids.gid("Order", remote_id),
        "restock": restock,
        "note": note[:LONGEST_NOTE] or None,
    }
    payload = _changed(client_, "order_cancel", variables).get("orderCancel") or {}
    _raise_for(payload.get("orderCancelUserErrors"))
    job = payload.get("job")
    if not job:
        raise _no_proof()
    _wait_for(client_, job)


def _changed(client_: client.Client, name: str, variables: base.Json) -> base.Json:
    return client_.mutate(name, variables, most_throttled=client.FEW_THROTTLED).data


def _wait_for(client_: client.Client, job: base.Json) -> None:
    """Look until the job is done; that it can't be seen doesn't stop it."""
    for _ in range(LOOKS):
        if job["done"]:
            return
        client_.sleep(PAUSE)
        try:
            job = client_.query("job", {"id": job["id"]}, retry=patience.HASTY).data["job"] or job
        except base.StoreError:
            break
    raise base.BusyError("Shopify is still cancelling the order.", code="in_progress")


def _raise_for(errors: Any) -> None:
    if values.listed(errors):
        raise failures.of_user_errors(errors)


def _no_proof() -> base.OutcomeUnknownError:
    return base.OutcomeUnknownError(
        "Shopify's answer does not say whether the change was made.", code="no_proof"
    )
