"""What requests about orders keep of persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from connectors.models import ConnectorConfig
from connectors.platforms import base
from connectors.registry import Person
from orders.models import PlatformOrder
from support import audit, destinations, moving, payloads
from support.models import AddressUpdateRequest, RefundRequest, StorefrontAnswer
from support.stages import AddressStage

NAMES = ("order_id", "status", "requested_at")
NO_ADDRESSES: dict[str, Any] = {"new_address": {}, "seen_address": None, "previous_address": None,
                "live_address": None, "response": None}  # fmt: skip
ERASED = "The person was erased, and the address with them."


class RequestEraser:
    """Requests stay, without addresses, notes and the stores' answers, which name the person."""

    def widen(self, connector: ConnectorConfig, person: Person) -> Person:
        return person

    def export(
        self, connector: ConnectorConfig, person: Person
    ) -> Mapping[str, Sequence[base.Json]]:
        return {
            "refund_requests": list(_of(RefundRequest, connector, person).values(*NAMES)),
            "address_update_requests": [
                _exported(one) for one in _of(AddressUpdateRequest, connector, person)
            ],
        }

    def erase(self, connector: ConnectorConfig, person: Person) -> int:
        _of(StorefrontAnswer, connector, person).delete()
        return _erase_addresses(_of(AddressUpdateRequest, connector, person)) + _erase_notes(
            _of(RefundRequest, connector, person)
        )

    def erase_all(self, connector: ConnectorConfig) -> int:
        ours: dict[str, Any] = {"order__connector": connector}
        orders = PlatformOrder.objects.filter(connector=connector).values("order_id")
        StorefrontAnswer.objects.filter(platform=connector.platform, order_id__in=orders).delete()
        return _erase_addresses(AddressUpdateRequest.objects.filter(**ours)) + _erase_notes(
            RefundRequest.objects.filter(**ours)
        )


def _of(model: Any, connector: ConnectorConfig, person: Person) -> QuerySet[Any]:
    orders = [connector.key(number) for number in person.order_remote_ids]
    found: QuerySet[Any] = model.objects.filter(platform=connector.platform, order_id__in=orders)
    return found


def _exported(request: AddressUpdateRequest) -> base.Json:
    return {
        **{name: getattr(request, name) for name in NAMES},
        "new_address": request.new_address,
        "previous_address": destinations.unpacked(request.previous_address),
    }


def _erase_addresses(rows: QuerySet[AddressUpdateRequest]) -> int:
    """Blank the addresses; a change that isn't over ends, and whoever works on it is too late."""
    for request in rows.filter(status="pending").select_for_update(of=("self",)):
        moving.move(
            request, AddressStage.CANCELLED, audit.Entry(what="person erased"),
            error_code="erased", error=ERASED, due_at=None, lease_until=None,
        )  # fmt: skip
    return rows.update(**NO_ADDRESSES)


def _erase_notes(rows: QuerySet[RefundRequest]) -> int:
    """Blank notes and answers; an approval stays good for what it was given for: the money."""
    for request in rows.filter(status="pending").exclude(reason="").select_for_update(of=("self",)):
        is_approved = request.approval_hash == payloads.content_hash(request)
        request.reason = ""
        if is_approved:
            content = payloads.content_hash(request)
            RefundRequest.objects.filter(pk=request.pk).update(approval_hash=content)
        moving.note(request, audit.Entry(what="note erased"))
    return rows.update(reason="", response=None)
