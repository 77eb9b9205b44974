"""What Shopify refused, in words for people.

Nothing of a store's own message gets into them, as it can hold a person's data; but what Shopify
says of a change that it refuses is told in its own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.platforms import base, patience

SCOPES = (
    "Give the app this access under Settings, Apps and sales channels, Develop apps (or in the "
    "Dev Dashboard), install it again, and connect the store again."
)
LONGEST_WORDS = 300
# Codes of errors of a whole request that was not run.
REFUSALS = frozenset(
    ("ACCESS_DENIED", "BAD_REQUEST", "INVALID_VARIABLE", "MAX_COST_EXCEEDED", "THROTTLED")
)
UNCLEAR = frozenset(
    (
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
        "INTERNAL_ERROR",
    )
)


def of_status(
    status: int, headers: Mapping[str, str], *, writes: bool = False
) -> base.StoreError | None:
    """The error that an HTTP status stands for; None for one that brings an answer."""
    if status == 409 and writes:
        return _busy()
    if status in (301, 302, 303, 307, 308):
        return base.RejectedError(
            "Shopify redirects from this address. Use the store's own address, which ends in "
            ".myshopify.com.",
            code="redirected",
        )
    if status == 429:
        return base.RetryableError(
            "Shopify asks for fewer requests (429).",
            code="rate_limited",
            retry_after=_wished(headers),
        )
    if status in _REFUSALS:
        code, message = _REFUSALS[status]
        kind = base.CredentialsError if status in (401, 403) else base.RejectedError
        return kind(message, code=code)
    if status >= 500 or status in (408, 425):
        return base.RetryableError(
            f"Shopify failed with an error of its own ({status}).",
            code="store_failed",
            retry_after=_wished(headers),
        )
    if not 200 <= status < 300:
        return base.RejectedError(f"Shopify refuses the request ({status}).", code=f"http_{status}")
    return None


_REFUSALS = {
    401: (
        "bad_credentials",
        (
            "Shopify does not accept these credentials. Check that the token (shpat_…) or the "
            "app's client id and secret are complete, that they belong to this store, and that "
            "the app is still installed."
        ),
    ),
    402: (
        "frozen",
        (
            "Shopify has frozen this store because a bill is unpaid. It can be copied again when "
            "the owner has paid."
        ),
    ),
    403: ("forbidden", f"The app may not see this part of the store. {SCOPES}"),
    404: (
        "no_store",
        (
            "There is no Shopify store at this address. It should read like "
            "your-store.myshopify.com, as the store's admin shows it under Settings, Domains."
        ),
    ),
    423: (
        "locked",
        "Shopify has locked this store. Its owner learns why from Shopify's support.",
    ),
    430: (
        "blocked",
        (
            "Shopify refuses requests from this machine for security reasons (430). Shopify's "
            "support can say why."
        ),
    ),
}


def of_errors(errors: Sequence[Any], cost: Any) -> base.StoreError:
    """The error that an answer's ``errors`` stand for; they come with status 200."""
    codes = [_code(error) for error in errors]
    if "THROTTLED" in codes:
        return base.RetryableError(
            "Shopify asks for fewer requests (THROTTLED).",
            code="rate_limited",
            retry_after=_deficit(cost),
        )
    if "MAX_COST_EXCEEDED" in codes:
        return base.RejectedError(
            "Shopify found the query too expensive (over 1,000 points).", code="max_cost"
        )
    if "ACCESS_DENIED" in codes:
        return base.CredentialsError(
            f"The app may not read {_denied(errors)}. {SCOPES}", code="scope"
        )
    if any(code in ("INTERNAL_SERVER_ERROR", "TIMEOUT") for code in codes):
        return base.RetryableError(
            "Shopify failed with an error of its own while it answered.", code="store_failed"
        )
    found = ", ".join(sorted({code for code in codes if code})) or "no code"
    return base.RejectedError(
        f"Shopify refused a query of Storekeep's ({found}). It may ask for something that this "
        "version of Shopify's API does not have.",
        code="query_refused",
    )


def of_write(found: base.Json, errors: Sequence[Any], cost: Any) -> base.StoreError:
    """The error that the ``errors`` of a mutation's answer stand for.

    Only where nothing can have been run is it a refusal. An error within what the mutation answers
    comes after the change was made: then, and whenever in doubt, the outcome is unknown.
    """
    codes = {_code(error) for error in errors}
    if "IDEMPOTENCY_CONCURRENT_REQUEST" in codes:
        return _busy()
    if all(_was_not_run(error) for error in errors) and not _has_data(found):
        return of_errors(errors, cost)
    return base.OutcomeUnknownError(
        "Shopify answered with an error of its own. Whether the change was made is not known.",
        code=next((code.lower() for code in sorted(codes) if code), "store_failed"),
    )


def of_user_errors(errors: Sequence[Any]) -> base.StoreError:
    """The error that a mutation's user errors stand for, in Shopify's words.

    Those of refundCreate have no code: what they say of its idempotency key is told by the text.
    """
    said = [str(one.get("message") or "") for one in errors if isinstance(one, dict)]
    codes = {one.get("code") for one in errors if isinstance(one, dict)}
    text = " ".join(dict.fromkeys(filter(None, said)))[:LONGEST_WORDS]
    if "IDEMPOTENCY_CONCURRENT_REQUEST" in codes or "currently in progress" in text:
        return _busy()
    if codes & UNCLEAR or "idempotency key" in text.lower():
        return base.OutcomeUnknownError(
            text or "Whether the change was made is not known.", code="unclear"
        )
    return base.RejectedError(text or "Shopify refuses, and does not say why.", code="user_error")


def _busy() -> base.BusyError:
    return base.BusyError("Shopify is at work on the same change just now.", code="in_progress")


def _was_not_run(error: Any) -> bool:
    """Whether Shopify refused the whole document, or the mutation itself."""
    code = _code(error)
    if code[:1].islower():  # undefinedField and the like: the document was held against the schema
        return True
    path = error.get("path") or () if isinstance(error, dict) else ()
    return code in REFUSALS and len(path) <= 1


def _has_data(found: base.Json) -> bool:
    data = found.get("data")
    return isinstance(data, dict) and any(value is not None for value in data.values())


def of_warnings(search: Any) -> base.StoreError | None:
    """An error when the store ignored a part of a search; it would answer with too much."""
    warned = isinstance(search, list) and any(
        isinstance(one, dict) and one.get("warnings") for one in search
    )
    if not warned:
        return None
    return base.RejectedError(
        "Shopify did not understand a part of a search and ignored it, so its answer is not used.",
        code="search_ignored",
    )


def _code(error: Any) -> str:
    extensions = error.get("extensions") if isinstance(error, dict) else None
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code if isinstance(code, str) else ""


def _denied(errors: Sequence[Any]) -> str:
    """Which part of the store it is, by the names of the fields alone."""
    for error in errors:
        path = error.get("path") if isinstance(error, dict) else None
        names = [part for part in path or () if isinstance(part, str) and part.isalpha()]
        if names:
            return f"“{names[-1]}”" if len(names) < 2 else f"“{names[0]}” ({names[-1]})"
    return "a part of the store"


def _deficit(cost: Any) -> float | None:
    """Seconds until the points that were missing are there."""
    status = cost.get("throttleStatus") if isinstance(cost, dict) else None
    if not isinstance(status, dict):
        return None
    try:
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return max(0.0, missing / float(status["restoreRate"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def _wished(headers: Mapping[str, str]) -> float | None:
    now = patience.http_date(headers.get("Date")) or datetime.now(UTC)
    return patience.wished(headers.get("Retry-After"), now)
