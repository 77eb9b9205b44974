"""JSON in and out: amounts as texts, moments in UTC, bodies that aren't endless."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

LARGEST_BODY = 64 * 1024


def dumped(data: Any) -> bytes:
    """JSON; raises ``TypeError`` for what is none."""
    return orjson.dumps(data, default=_plain, option=orjson.OPT_UTC_Z)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, str):  # lazy and marked texts
        return str(value)
    raise TypeError(type(value).__name__)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, context: Any = None) -> bytes:
        return b"" if data is None else dumped(data)


class JSONParser(BaseParser):
    """Reads a JSON object; numbers with a point are refused where an amount is a text."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, context: Any = None) -> dict[str, Any]:
        from connectors.storefront import bodies

        text = bodies.read(context["request"], stream, LARGEST_BODY, "64 KiB")
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise ParseError("The body is no JSON.", "parse_error") from None
        if not isinstance(found, dict):
            raise ParseError("The body is no JSON object.", "parse_error")
        return cast("dict[str, Any]", found)
