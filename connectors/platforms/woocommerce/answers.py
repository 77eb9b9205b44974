"""What a store's answer means: parsed JSON, or the error that it stands for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.platforms import base, patience, transport
from connectors.platforms.woocommerce import failures

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What a web page is shows near its beginning.
LOOKED_AT = 16_384
REDIRECTS = frozenset((301, 302, 303, 307, 308))
TEMPORARY = frozenset((408, 425, 429, 502, 503, 504))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``data`` is parsed JSON; ``clean``: it has no text that PostgreSQL can't store.

    ``total`` is the length of the whole list, where the answer is a page of one; ``sent_at`` is the
    store's clock.
    """

    data: Any
    clean: bool
    total: int | None
    sent_at: datetime | None


Refusal = Callable[[int, str, str], base.StoreError | None]


def read(raw: transport.Raw, refusal: Refusal | None = None) -> Answer:
    """The answer's data; raises the ``StoreError`` that it stands for.

    ``refusal`` is asked first what an error stands for, by its status and by WordPress's code and
    message; both are '' where the answer is not WordPress's.
    """
    if raw.status in REDIRECTS:
        raise failures.of_redirect(raw.headers.get("Location", ""), raw.url)
    if not 200 <= raw.status < 300:
        raise _own_error(raw, refusal) or _error(raw)
    total = raw.headers.get("X-WP-Total", "")
    data, clean = _parsed(raw)
    return Answer(
        data=data,
        clean=clean,
        total=int(total) if total.isdecimal() else None,
        sent_at=patience.http_date(raw.headers.get("Date")),
    )


def _parsed(raw: transport.Raw) -> tuple[Any, bool]:
    body = raw.body.removeprefix(BYTE_ORDER_MARK)
    try:
        return orjson.loads(body), b"\\u0000" not in body
    except orjson.JSONDecodeError:
        pass
    try:
        # orjson refuses lone surrogates, which PHP lets through.
        return json.loads(body, parse_constant=_refuse, parse_int=_integer), False
    except ValueError:
        pass
    raise _not_json(raw)


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _integer(digits: str) -> int | float:
    number = int(digits) if len(digits) < 20 else 2**64
    return number if abs(number) < 2**63 else float(digits)


def _not_json(raw: transport.Raw) -> base.StoreError:
    text = raw.body[:LOOKED_AT].decode(errors="replace").lower()
    # PHP may fail at the end of an answer that began well.
    ends = raw.body[-200:].decode(errors="replace").lower()
    if not text.strip():
        return _retryable("The store's answer is empty.", "not_json")
    if any(sign in text[:2_000] for sign in ("warning:", "warning</b>", "notice:", "notice</b>",
                                             "deprecated:", "deprecated</b>")):  # fmt: skip
        return _retryable(
            "The store answered with something that is not JSON: a PHP message comes first. Turn "
            "WP_DEBUG_DISPLAY off in its wp-config.php.",
            "not_json",
        )
    if "fatal error" in text or "fatal error" in ends or "critical error" in text:
        return _retryable(
            "The store answered with something that is not JSON: WordPress failed with a fatal "
            "error. Its PHP log says why.",
            "not_json",
        )
    if "<html" not in text and "<!doctype" not in text:
        return _retryable(
            "The store answered with something that is not JSON; it may have been cut off.",
            "not_json",
        )
    if any(sign in text for sign in ("wp-login", 'type="password"', "<title>log in")):
        return failures.login()
    if "maintenance" in text:
        return _retryable("The store is being maintained just now.", "maintenance")
    return _retryable(
        "The store answered with something that is not JSON, but a web page. A plugin, a firewall "
        "or a “coming soon” mode may stand before it: let requests to /wp-json/ through.",
        "not_json",
    )


def _retryable(message: str, code: str) -> base.RetryableError:
    return base.RetryableError(message, code=code)


def _own_error(raw: transport.Raw, refusal: Refusal | None) -> base.StoreError | None:
    if refusal is None or raw.status == 429:
        return None
    problem = _problem(raw.body)
    return refusal(raw.status, problem.get("code", ""), str(problem.get("message", "")))


def _error(raw: transport.Raw) -> base.StoreError:
    problem = _problem(raw.body)
    code, message = str(problem.get("code", "")), str(problem.get("message", ""))
    if raw.status == 429:
        return base.RetryableError(
            "The store asks for fewer requests (429).",
            code="rate_limited",
            retry_after=_wished(raw),
        )
    # Without a code it is not WordPress that refuses, but a server or a firewall before it.
    if code and raw.status in (401, 403):
        return failures.of_credentials(raw.status, code, message, secure=raw.secure)
    if code and raw.status not in TEMPORARY and _is_our_mistake(raw.status, code, problem):
        return _refused(raw.status, code)
    if raw.status >= 500 or raw.status in TEMPORARY:
        return _failing(raw)
    return _without_reason(raw)


def _problem(body: bytes) -> dict[str, Any]:
    """WordPress's error object, {} where the body is something else."""
    try:
        found = orjson.loads(body.removeprefix(BYTE_ORDER_MARK))
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("code"), str) else {}


def _is_our_mistake(status: int, code: str, problem: Mapping[str, Any]) -> bool:
    """Whether the same call would fail again: WooCommerce answers 500 to some wrong calls too."""
    if status < 500:
        return True
    data = problem.get("data")
    said = data.get("status") if isinstance(data, dict) else data
    # WooCommerce's refunds answer 500 with data 404 or 400, and with data 500 for a wrong amount.
    if isinstance(said, int) and 400 <= said < 500:
        return True
    return code.startswith(("woocommerce_rest_", "rest_"))


def _refused(status: int, code: str) -> base.RejectedError:
    if code == "rest_no_route":
        return base.RejectedError(
            "The store has WordPress but not this part of WooCommerce. Check that WooCommerce is "
            "switched on and up to date.",
            code=code,
        )
    return base.RejectedError(f"The store refused the request ({code}).", code=code)


def _failing(raw: transport.Raw) -> base.RetryableError:
    text = raw.body[:LOOKED_AT].decode(errors="replace").lower()
    if raw.status == 503 and "maintenance" in text:
        message, code = "The store is being maintained just now (503).", "maintenance"
    elif raw.status in TEMPORARY:
        message, code = f"The store's server is overloaded or down ({raw.status}).", "unavailable"
    else:
        message, code = f"The store failed with an error of its own ({raw.status}).", "store_failed"
        if "fatal error" in text or "critical error" in text:
            message = f"WordPress failed with a fatal error ({raw.status}). Its PHP log says why."
    return base.RetryableError(message, code=code, retry_after=_wished(raw))


def _without_reason(raw: transport.Raw) -> base.StoreError:
    """An answer below 500 that is not WordPress's."""
    if raw.status == 401 and "WWW-Authenticate" in raw.headers:
        return base.CredentialsError(
            "The store's web server asks for a password of its own. Take that lock off /wp-json/.",
            code="server_password",
        )
    if raw.status in (401, 403, 406):
        return base.RejectedError(
            f"The store's server or a firewall before it refuses the request ({raw.status}). Let "
            "requests from this machine to /wp-json/ through.",
            code="blocked",
        )
    if raw.status == 404:
        return base.RejectedError(
            "There is no WordPress API at this address. Check the address; if it is right, choose "
            "any structure but “Plain” under Settings, Permalinks.",
            code="no_api",
        )
    return base.RejectedError(
        f"The store's server refuses the request ({raw.status}).", code=f"http_{raw.status}"
    )


def _wished(raw: transport.Raw) -> float | None:
    now = patience.http_date(raw.headers.get("Date")) or datetime.now(UTC)
    return patience.wished(raw.headers.get("Retry-After"), now)
