"""What a refund's state means, and the one thing to do next: for people who refund all day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.models import Platform
from support.models import RefundRequest
from support.stages import RefundStage

R = RefundStage
SHOPIFY, WOOCOMMERCE = Platform.SHOPIFY.value, Platform.WOOCOMMERCE.value

# The classes of an answer; '' is none yet.
CLASSES = ("", "made", "found", "read", "not_sent", "throttled", "rejected", "no_access", "busy",
           "unknown", "unclear", "stopped")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A sentence, and the next action: its code and what its button says ('' for no button)."""

    sentence: str
    action: str
    label: str = ""


def say(sentence: str, action: str = "none", label: str = "") -> Explanation:
    """An explanation; without an action there is nothing to do."""
    return Explanation(sentence=sentence, action=action, label=label)


WAIT_APPROVAL = say(
    "Somebody else has to approve this refund before anything is sent.", "approve", "Approve…"
)
CUSTOMER_WAITS = say(
    "The customer asked for it. Nothing is sent until staff approve it.", "approve", "Approve…"
)
WAITS = say("It is sent to the store in a moment.", "cancel", "Take it back")
HOLDS = say("It is sent in a few seconds: you can still take it back.", "cancel", "Undo")
SENDS = say("It is being sent to the store.", "wait")
ON_ITS_WAY = say(
    "The store has made the refund; the payment provider hasn’t confirmed the money yet.", "wait"
)
DONE = say("The money was given back.")
LOOKS = "Nobody knows yet whether the store made this refund, so its money stays set aside. "
READS = say(LOOKS + "Storekeep is finding out; don’t refund it again.", "wait")
ASK_AGAIN = ("again", "Ask for a new refund…")
LOOK = ("resolve", "Say what happened…")

# By stage, then by the class of the last answer; "*" for every other class.
TABLE: Mapping[str, Mapping[str, Explanation]] = {
    R.AWAITING_APPROVAL: {"*": WAIT_APPROVAL},
    R.APPROVED: {
        "*": WAITS,
        "not_sent": say(
            "The store could not be reached, so nothing was sent. Storekeep tries again by itself.",
            "cancel", "Take it back",
        ),
        "throttled": say(
            "The store asked for fewer requests, so nothing was done. Storekeep tries again by "
            "itself.", "cancel", "Take it back",
        ),
        "busy": say(
            "The store is busy with this order. Storekeep tries again by itself.",
            "cancel", "Take it back",
        ),
        "unknown": say(
            "The store didn’t say what it has of this order. Storekeep asks again by itself; "
            "nothing was sent.", "cancel", "Take it back",
        ),
    },
    R.HOLDING: {"*": HOLDS},
    R.SENDING: {"*": SENDS},
    R.ACCEPTED: {"*": ON_ITS_WAY},
    R.UNKNOWN: {
        "*": READS,
        "busy": say(LOOKS + "The store is still at work on it; Storekeep looks again.", "wait"),
        "no_access": say(
            LOOKS + "The store doesn’t let Storekeep look: mend the connection first.",
            "reconnect", "Open the store’s page",
        ),
    },
    R.NEEDS_HUMAN: {
        "*": say(
            "Storekeep can’t tell whether the money went back. Look in the store and at the "
            "payment provider, then say what happened; it is not sent again before that.", *LOOK,
        ),
    },
    R.PROCESSED: {"*": DONE},
    R.REJECTED: {
        "*": say("The store refused this refund: no money moved.", *ASK_AGAIN),
        "no_access": say(
            "The store doesn’t accept Storekeep’s credentials: no money moved. Mend the "
            "connection, then ask again.", "reconnect", "Open the store’s page",
        ),
        "stopped": say("It was stopped before anything was sent: no money moved.", *ASK_AGAIN),
    },
    R.SUPERSEDED: {"*": say("Another refund stands in place of this one.")},
    R.CANCELLED: {"*": say("It was taken back before anything was sent: no money moved.",
                            *ASK_AGAIN)},
    R.EXPIRED: {"*": say("Nobody approved it in time: no money moved.", *ASK_AGAIN)},
}  # fmt: skip

# What only one platform can be said to do.
ON_PLATFORM: Mapping[tuple[str, str, str], Explanation] = {
    (R.UNKNOWN, SHOPIFY, "unknown"): say(
        LOOKS + "Storekeep asks again under the same key, which can’t refund twice.", "wait"
    ),
    (R.UNKNOWN, WOOCOMMERCE, "unknown"): say(
        LOOKS + "WooCommerce gets ten minutes to finish, then Storekeep looks for the refund.",
        "wait",
    ),
}
# What an error's own code tells more plainly.
BY_CODE: Mapping[tuple[str, str], Explanation] = {
    (R.NEEDS_HUMAN, "not_paid"): say(
        "The store wrote the refund down, but doesn’t say that the payment gave money back. Look "
        "at the payment provider, then say what happened; it is not sent again before that.",
        *LOOK,
    ),
    (R.NEEDS_HUMAN, "probably_ours"): say(
        "The store has a refund of the same amount without Storekeep’s mark: probably this one. "
        "Compare them, then say what happened.", *LOOK,
    ),
    (R.NEEDS_HUMAN, "other_amount"): say(
        "The store gave back another amount than was asked for. Compare, then say what happened.",
        *LOOK,
    ),
    (R.REJECTED, "tender_failed"): say(
        "The payment provider refused, so no money moved; the store still lists a refund without "
        "money.", *ASK_AGAIN,
    ),
    (R.REJECTED, "exceeds"): say(
        "Less is left of the order than was asked for: no money moved.", *ASK_AGAIN
    ),
    (R.REJECTED, "disputed"): say(
        "The customer disputes the payment with their bank. Answer the dispute in the store: a "
        "refund as well would pay twice.",
    ),
    (R.REJECTED, "writes_off"): say(
        "Refunds are switched off for this store: an administrator turns them on.",
        "reconnect", "Open the store’s page",
    ),
    (R.REJECTED, "declined"): say("Somebody declined it: no money moved.", *ASK_AGAIN),
    (R.REJECTED, "did_not_happen"): say(
        "Somebody found out that it did not happen: no money moved.", *ASK_AGAIN
    ),
}  # fmt: skip
EXTERNAL = say("It was made in the store itself.")
BY_HAND = say("The money was given back another way; the store only has it written down.")
SECOND_VERDICT = say(
    "One person has said what happened; somebody else has to confirm it.", "resolve", "Confirm…"
)


def explanation(stage: str, platform: str, outcome: str, code: str = "") -> Explanation:
    """The sentence and the next action for a state; there is one for every combination."""
    by_class = TABLE[stage]
    return (
        BY_CODE.get((stage, code))
        or ON_PLATFORM.get((stage, platform, outcome))
        or by_class.get(outcome)
        or by_class["*"]
    )


def explained(request: RefundRequest) -> Explanation:
    """The sentence and the next action for a request."""
    if request.stage == R.AWAITING_APPROVAL and request.asked_by_customer:
        return CUSTOMER_WAITS
    if request.stage == R.PROCESSED and request.is_external:
        return EXTERNAL
    if request.stage == R.PROCESSED and request.by_hand:
        return BY_HAND
    if request.stage == R.NEEDS_HUMAN and request.verdict:
        return SECOND_VERDICT
    return explanation(request.stage, request.platform, request.outcome, request.error_code)
