"""How views are described: what each may answer beside success is the same everywhere."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from connectors.models import Platform
from connectors.storefront import views
from connectors.storefront.errors import ErrorSerializer
from connectors.storefront.reading import BLANKS, StrictSerializer

ALWAYS = {
    "400": "A parameter or field is wrong; `fields` names it.",
    "401": "No API key or token, or one that isn’t taken (any more).",
    "403": "The key or token is not for this.",
    "406": "Only application/json is spoken.",
    "429": "Too many requests; `Retry-After` says for how many seconds to wait.",
}
OF_ONE = {"404": "There is no such row, or the caller may not see it."}
OF_PAGES = {"404": "`cursor` is none of this list in this order."}
OF_BODIES = {
    "408": "The body took too long to arrive.",
    "411": "The body doesn’t say how long it is.",
    "413": "The body is larger than 64 KiB.",
    "415": "The body is no application/json.",
}
PATH_PARTS: dict[str, dict[str, Any]] = {
    "platform": {"enum": list(Platform.values)},
    "order_id": {"pattern": "^[a-z0-9-]{1,100}$"},
    "customer_id": {"pattern": "^[a-z0-9-]{1,100}$"},
    "sku": {"minLength": 1, "maxLength": 100},
}
TEXT = r"^[^\x00]*$"
WORDS = rf"^[^\x00]*[^{BLANKS}][^\x00]*$"


def _header(kind: str, text: str) -> dict[str, Any]:
    return {"schema": {"type": kind}, "description": text}


ETAG = {"ETag": _header("string", "For `If-None-Match`, which makes the next answer 304.")}
HEADERS = {
    "429": {"Retry-After": _header("integer", "Seconds to wait.")},
}
REPLAYED = {"Idempotency-Replayed": _header("string", "`true` where this is an earlier answer.")}
READ = {"304": "As it was when the caller’s ETag was given."}


def answers(success: Any, **more: str) -> dict[Any, Any]:
    """The responses of an operation beside those that every one has, e.g. ``_409="…"``."""
    found = success if isinstance(success, dict) else {200: success}
    others = {int(code.removeprefix("_")): _error(text) for code, text in more.items()}
    return {**found, **others}


def _error(text: str) -> OpenApiResponse:
    return OpenApiResponse(ErrorSerializer, description=text)


class Schema(AutoSchema):
    """Adds the errors that every operation may answer."""

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super()._get_response_bodies(*args, **kwargs)
        for code, text in self._others().items():
            if code not in found:
                found[code] = self._get_response_for_code(_error(text), code)  # type: ignore[no-untyped-call]
        if self.method == "GET":
            found |= {code: {"description": text} for code, text in READ.items()}
        for code, headers in self._headers().items():
            if code in found:
                found[code]["headers"] = headers
        return dict(sorted(found.items()))

    def _headers(self) -> dict[str, Any]:
        names = {one["name"] for one in self._get_parameters()}
        read = {"200": ETAG} if self.method == "GET" else {}
        return HEADERS | read | ({"201": REPLAYED} if "Idempotency-Key" in names else {})

    def get_summary(self) -> str:
        """The first sentence of what the view says of itself."""
        return str(self.get_description()).partition(".")[0].partition(":")[0]

    def get_auth(self) -> list[dict[str, list[str]]]:
        """A server's key, and where others may call too, their token."""
        schemes: list[dict[str, list[str]]] = super().get_auth()
        is_for_servers = getattr(self.view, "kinds", None) == views.SERVERS
        return [one for one in schemes if not is_for_servers or "apiKey" in one]

    def _resolve_path_parameters(self, variables: Any) -> Any:
        """What a path's parts look like: nothing else is an address of the API."""
        found = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for one in found:
            one["schema"] = {"type": "string", **PATH_PARTS.get(one["name"], {})}
        return found

    def _map_serializer(
        self,
        serializer: Any,
        direction: Any,
        bypass_extensions: Any = False,  # noqa: FBT002
    ) -> Any:
        found = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if isinstance(serializer, StrictSerializer):
            found["additionalProperties"] = False
        if getattr(serializer, "is_sparse", False):
            found.pop("required")
        return found

    def _insert_field_validators(self, field: Any, schema: Any) -> None:
        """Texts that are taken have no NUL, and more than spaces where they may not be empty."""
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call]
        is_taken = isinstance(field.parent, StrictSerializer)
        is_text = isinstance(field, serializers.CharField) and "format" not in schema
        if is_taken and is_text:
            schema["pattern"] = TEXT if field.allow_blank else WORDS

    def _process_override_parameters(self, *args: Any, **kwargs: Any) -> Any:
        """Several values of a parameter are separated by commas."""
        found = super()._process_override_parameters(*args, **kwargs)  # type: ignore[no-untyped-call]
        for one in found.values():
            if one and one["schema"].get("type") == "array":
                one |= {"style": "form", "explode": False}
        return found

    def _others(self) -> dict[str, str]:
        found = dict(ALWAYS)
        if "{" in self.path:
            found |= OF_ONE
        elif any(one["name"] == "cursor" for one in self._get_parameters()):
            found |= OF_PAGES
        if self.method == "POST":
            found |= OF_BODIES
        return found

    def get_tags(self) -> list[str]:
        return [self.path.split("/")[3]]
