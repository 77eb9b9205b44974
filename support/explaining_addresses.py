"""What an address change's state means, and the one thing to do next."""

from __future__ import annotations

from collections.abc import Mapping

from support.explaining import CUSTOMER_WAITS, Explanation, say
from support.models import AddressUpdateRequest
from support.stages import AddressStage

A = AddressStage
AGAIN = ("again", "Enter it again…")
COMPARE = ("again", "Compare and decide…")
TAKE_BACK = ("cancel", "Take it back")
WAITS = say("It is checked and sent to the store in a moment.", *TAKE_BACK)
FINDS_OUT = (
    "Nobody knows yet whether the store changed the address. Storekeep reads the order again by "
    "itself; until then the parcel may go to either address."
)
MEND = ("reconnect", "Open the store’s page")

# By stage, then by the class of the last answer; "*" for every other class.
TABLE: Mapping[str, Mapping[str, Explanation]] = {
    A.CHECKING: {
        "*": WAITS,
        "not_sent": say(
            "The store could not be reached, so nothing was changed. Storekeep tries again by "
            "itself.", *TAKE_BACK,
        ),
        "throttled": say(
            "The store asked for fewer requests, so nothing was changed. Storekeep tries again by "
            "itself.", *TAKE_BACK,
        ),
        "busy": say(
            "The store is busy with this order. Storekeep tries again by itself.", *TAKE_BACK
        ),
        "unknown": say(
            "The change did not arrive, and the store still has the old address. Storekeep sends "
            "it again by itself.", *TAKE_BACK,
        ),
    },
    A.AWAITING_APPROVAL: {
        "*": say("Somebody else has to approve this change before anything is sent.",
                 "approve", "Approve…"),
    },
    A.SENDING: {"*": say("It is being sent to the store.", "wait")},
    A.VERIFYING: {
        "*": say("The store took it. Storekeep reads the order back to be sure.", "wait")
    },
    A.UNKNOWN: {
        "*": say(FINDS_OUT, "wait"),
        "no_access": say(
            "Nobody knows yet whether the store changed the address, and the store doesn’t let "
            "Storekeep look: mend the connection first.", *MEND,
        ),
    },
    A.UPDATED: {"*": say("The store has the new address.")},
    A.NOT_APPLIED: {
        "*": say(
            "The store did not make the change: the order still goes to the address from before.",
            *AGAIN,
        ),
    },
    A.CONFLICT: {
        "*": say(
            "Somebody changed the address in the store in the meantime, so nothing was "
            "overwritten. Compare the three addresses below, then decide.", *COMPARE,
        ),
    },
    A.REJECTED: {
        "*": say("The store refused this address: nothing was changed.", *AGAIN),
        "no_access": say(
            "The store doesn’t accept Storekeep’s credentials: nothing was changed. Mend the "
            "connection, then enter it again.", *MEND,
        ),
        "stopped": say("It was stopped before anything was sent: nothing was changed.", *AGAIN),
    },
    A.SUPERSEDED: {"*": say("A newer change stands in place of this one.")},
    A.CANCELLED: {
        "*": say("It was taken back before anything was sent: nothing was changed.", *AGAIN)
    },
    A.EXPIRED: {"*": say("Nobody approved it in time: nothing was changed.", *AGAIN)},
}  # fmt: skip

# What an error's own code tells more plainly.
BY_CODE: Mapping[tuple[str, str], Explanation] = {
    (A.REJECTED, "fulfilled"): say(
        "The order was sent before the address could be changed. Ask the carrier to redirect the "
        "parcel."
    ),
    (A.REJECTED, "cancelled"): say("The order is cancelled: nothing of it will be sent."),
    (A.REJECTED, "writes_off"): say(
        "Changes are switched off for this store: an administrator turns them on.", *MEND
    ),
    (A.REJECTED, "declined"): say("Somebody declined it: nothing was changed.", *AGAIN),
    (A.NOT_APPLIED, "no_snapshot"): say(
        "The order goes to another address, and what it was before is not known.", *AGAIN
    ),
    (A.CANCELLED, "erased"): say("The person was erased, and the address with them."),
}


def explanation(stage: str, outcome: str, code: str = "") -> Explanation:
    """The sentence and the next action for a state; there is one for every combination."""
    by_class = TABLE[stage]
    return BY_CODE.get((stage, code)) or by_class.get(outcome) or by_class["*"]


def explained(request: AddressUpdateRequest) -> Explanation:
    """The sentence and the next action for a request."""
    if request.stage == A.AWAITING_APPROVAL and request.asked_by_customer:
        return CUSTOMER_WAITS
    return explanation(request.stage, request.outcome, request.error_code)
