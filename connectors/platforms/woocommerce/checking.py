"""The connection test: what a store is, and whether it gives what is needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.platforms import base, patience
from connectors.platforms.woocommerce import answers, client, fields

NAMESPACE = "wc/v3"
MOST_SKEW = timedelta(minutes=1)
# No order has the id 0, so nothing changes; a key that may only read is refused before that shows.
NO_ORDER = "orders/0"


def check(client_: client.Client) -> base.StoreDescription:
    """Call the store once for each thing that is needed; raises what is wrong in plain words."""
    warnings: list[str] = []
    index = _index(client_)
    sample = _require_reading(client_)
    can_write = _can_write(client_)
    if can_write is False:
        warnings.append(
            "This API key may only read: refunds and address changes will not be possible."
        )
    if client_.root.startswith("http:"):
        warnings.append(
            "The store is reached over plain HTTP: its customers' data can be read on the way."
        )
    warnings.extend(_skew(sample))
    return base.StoreDescription(
        name=str(index.get("name") or ""),
        version=_version(client_),
        currency=_currency(client_, warnings),
        timezone=_timezone(index),
        can_write=can_write,
        warnings=tuple(warnings),
    )


def _index(client_: client.Client) -> base.Json:
    """What WordPress says of itself; {} where it hides that from strangers."""
    try:
        answer = client_.index({"_fields": "name,namespaces,timezone_string,gmt_offset"})
    except base.CredentialsError as error:
        if error.code == "server_password":
            raise
        return {}
    index = answer.data
    if not isinstance(index, dict) or not isinstance(index.get("namespaces"), list):
        raise base.RejectedError(
            "There is a web server at this address, but no WordPress. Check the address.",
            code="no_wordpress",
        )
    if NAMESPACE not in index["namespaces"]:
        raise base.RejectedError(
            "This is WordPress, but without WooCommerce, or with one that is too old: version 3.5 "
            "or later is needed.",
            code="no_woocommerce",
        )
    return index


def _require_reading(client_: client.Client) -> answers.Answer:
    """Read one record of each kind: a key that may not is found here, not in a sync."""
    for path in ("products", "customers", "orders"):
        answer = client_.get(path, {"per_page": "1", "_fields": fields.ID}, retry=patience.HASTY)
        if not isinstance(answer.data, list):
            raise base.RejectedError(
                f"The store answered with something that is no list of {path}.", code="no_list"
            )
    return answer


def _can_write(client_: client.Client) -> bool | None:
    try:
        client_.put(NO_ORDER, {})
    except base.CredentialsError:
        return False
    except base.RejectedError as error:
        return True if error.code.endswith("_invalid_id") else None
    except base.StoreError:
        return None
    return None


def _skew(sample: answers.Answer) -> list[str]:
    if sample.sent_at is None:
        return []
    minutes = (sample.sent_at - datetime.now(UTC)) / timedelta(minutes=1)
    if abs(minutes) < MOST_SKEW / timedelta(minutes=1):
        return []
    return [
        f"The store's clock is {abs(minutes):.0f} minutes {'ahead' if minutes > 0 else 'behind'}."
    ]


def _version(client_: client.Client) -> str:
    """WooCommerce's version, '' where the key's user may not see it."""
    found = _optional(client_, "system_status", {"_fields": "environment.version"})
    environment = found.get("environment")
    return str(environment.get("version") or "") if isinstance(environment, dict) else ""


def _currency(client_: client.Client, warnings: list[str]) -> str:
    code = _optional(client_, "data/currencies/current", {"_fields": "code"}).get("code")
    if not isinstance(code, str):
        warnings.append("The store does not say its currency; each order says its own.")
        return ""
    return code


def _optional(client_: client.Client, path: str, params: client.Params) -> base.Json:
    try:
        data = client_.get(path, params, retry=patience.HASTY).data
    except base.StoreError:
        return {}
    return data if isinstance(data, dict) else {}


def _timezone(index: base.Json) -> str:
    name, offset = index.get("timezone_string"), index.get("gmt_offset")
    if name:
        return str(name)
    try:
        minutes = round(float(offset) * 60) if offset not in (None, "") else None
    except (TypeError, ValueError):
        minutes = None
    if minutes is None:
        return ""
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
