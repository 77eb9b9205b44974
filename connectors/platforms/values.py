"""Texts, amounts and moments as platforms write them."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from connectors.platforms import base

ZERO = Decimal(0)
LIMIT = Decimal(10**8)  # numeric(10,2) ends here
DECIMALS = 6
SMALLEST = Decimal(1).scaleb(-DECIMALS)
LONGEST_TEXT = 255
LARGEST_ID = 2**63 - 1
LARGEST_INTEGER = 2**31 - 1
REPLACEMENT = "\ufffd"

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.DOTALL)


def amount(value: Any, name: str) -> Decimal:
    """An exact amount; raises ``RecordError`` naming the field for what is none."""
    try:
        return exact(str(value) if type(value) is int else value)
    except (ArithmeticError, TypeError):
        raise base.RecordError("bad_amount", f"{name} is not an amount.") from None
    except base.RecordError as error:
        raise base.RecordError(error.cause, f"{name} {error.detail}") from None


# The same few amounts come again and again: "0.00", shipping, the prices of what sells.
@lru_cache(maxsize=16_384)
def exact(text: str) -> Decimal:
    """``amount`` for a hot path: its errors name no field, and are of several kinds."""
    if type(text) is not str or "_" in text:
        raise TypeError
    number = Decimal(text)
    # Decimal takes "NaN", "Infinity" and "1_000" for numbers too.
    if not number.is_finite():
        raise ArithmeticError
    if abs(number) >= LIMIT:
        raise base.RecordError("amount_too_large", "is larger than 99,999,999.99.")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMALS:
        rounded = number.quantize(SMALLEST)
        if rounded != number:
            raise base.RecordError("too_many_decimals", "has more than six decimals.")
        number = rounded
    return number


def moment(value: Any, name: str) -> datetime:
    """A moment in UTC; raises ``RecordError`` naming the field for what is none."""
    found = optional_moment(value)
    if found is None:
        raise base.RecordError("bad_date", f"{name} is missing or not a date.")
    return found


def optional_moment(value: Any) -> datetime | None:
    """A moment in UTC, None for what is none; the store's ``_gmt`` stamps carry no offset."""
    if type(value) is not str or not value:
        return None
    try:
        return _moment(value)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4_096)
def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def written(moment_: datetime) -> str:
    """A moment as a filter takes it with ``dates_are_gmt``."""
    return moment_.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def identity(value: Any, name: str = "Its id") -> int:
    """An id above 0; raises ``RecordError`` for what is none."""
    if type(value) is not int or not 0 < value <= LARGEST_ID:
        raise base.RecordError("bad_id", f"{name} is missing or not a number.")
    return value


def whole(value: Any, name: str, cause: str) -> int:
    """A whole number, also one written as 2.0; raises ``RecordError`` for what is none."""
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or abs(value) > LARGEST_INTEGER:
        raise base.RecordError(cause, f"{name} is not a whole number.")
    return value


def text(value: Any) -> str:
    """A text; null is '', a number is its digits. Raises ``TypeError`` for anything else."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) in (int, float):
        return str(value)
    raise TypeError


def plain(value: Any) -> str:
    """A text as a person reads it: without tags, with its HTML entities resolved."""
    found = value if type(value) is str else text(value)
    if "<" in found:
        found = _TAG.sub("", found)
    if "&" in found:
        found = html.unescape(found)
    return found.strip()


def listed(value: Any) -> list[Any]:
    """A list; null is empty, and what PHP made an object of is its values."""
    if type(value) is list:
        return value
    if value is None:
        return []
    if type(value) is dict:
        return list(value.values())
    raise TypeError


def mapped(value: Any) -> base.Json:
    """An object; null and PHP's empty list are empty ones."""
    if type(value) is dict:
        return value
    if not value and (value is None or type(value) is list):
        return {}
    raise TypeError


def storable(value: Any) -> Any:
    """The same value, or a copy without what PostgreSQL can't store in a text."""
    if type(value) is str:
        return _storable_text(value)
    if type(value) is dict:
        found = {_storable_text(key): storable(item) for key, item in value.items()}
        same = all(a is b for a, b in zip(found.values(), value.values(), strict=False))
        return value if same and found.keys() == value.keys() else found
    if type(value) is list:
        items = [storable(item) for item in value]
        same = all(a is b for a, b in zip(items, value, strict=True))
        return value if same else items
    return value


def _storable_text(found: str) -> str:
    if "\x00" in found:
        found = found.replace("\x00", REPLACEMENT)
    try:
        found.encode()
    except UnicodeEncodeError:
        # A pair of surrogates is one character; what is left alone becomes the replacement.
        return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return found


def cut_note(remote_id: int, cause: str, longest: int) -> base.Note:
    """Says that a text of the record was cut to ``longest`` characters."""
    return base.Note(
        remote_id=remote_id,
        cause=cause,
        detail=f"A text of it is longer than {longest} characters; it is cut short here, and "
        "whole in the payload.",
        set_aside=False,
    )
