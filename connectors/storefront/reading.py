"""What is asked for: parameters that are all known and all checked, fields that are all named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

MOST = 100
USUAL = 50
UNKNOWN = "There is no such field or parameter here."
REPEATED = "Give it once."


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses what it doesn't know, by its name."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {name: serializers.ErrorDetail(UNKNOWN, "unknown") for name in unknown}
                )
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """A text: a number is none."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class NumberField(serializers.IntegerField):
    """A whole number: a text with one is none, and neither is true."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, (str, bool)):
            self.fail("invalid")
        return super().to_internal_value(data)


AMOUNT = r"^[0-9]{1,12}(\.[0-9]{1,6})?$"


@extend_schema_field({"type": "string", "pattern": AMOUNT})
class AmountField(serializers.DecimalField):
    """An amount as a text: a number of JSON is no exact one."""

    default_error_messages = {"text": "Write the amount as a text, such as “12.50”."}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=18, decimal_places=6, **options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not re.fullmatch(AMOUNT, data):
            self.fail("text")
        return super().to_internal_value(data)


# Python strips more than the spaces that \s means in a schema.
BLANKS = r"\s\x00\x1c-\x1f\x85"
TEXT_OF_SEVERAL = rf"^[^{BLANKS},]([^,\x00]*[^{BLANKS},])?$"


@extend_schema_field({
    "type": "array", "minItems": 1, "maxItems": MOST,
    "items": {"type": "string", "maxLength": 100, "pattern": TEXT_OF_SEVERAL},
})  # fmt: skip
class TextsField(serializers.ListField):
    """Several texts, separated by commas."""

    child = serializers.CharField(max_length=100)

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=1, max_length=MOST, **options)

    def to_internal_value(self, data: Any) -> Any:
        parts = data.split(",") if isinstance(data, str) else data
        return super().to_internal_value([part.strip() for part in parts])


class FieldsField(serializers.ListField):
    """The fields that are wanted, separated by commas, all when it isn't given."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            child=serializers.ChoiceField(choices=[(name, name) for name in names]),
            required=False, min_length=1,
        )  # fmt: skip

    def to_internal_value(self, data: Any) -> Any:
        parts = data.split(",") if isinstance(data, str) else data
        found = super().to_internal_value([part.strip() for part in parts])
        return list(dict.fromkeys(found))


class Query(StrictSerializer):
    """Parameters behind the question mark."""


class Listing(Query):
    """Parameters of a list that is read page by page."""

    cursor = serializers.CharField(
        required=False, max_length=2_000, help_text="Where to go on: from `next` of a page."
    )
    limit = serializers.IntegerField(
        required=False, default=USUAL, min_value=1, max_value=MOST, help_text="Rows of a page."
    )


def asked(request: Request, query: type[Query]) -> dict[str, Any]:
    """The parameters, checked; raises ``ValidationError``."""
    given = request.query_params
    repeated = [name for name in given if len(given.getlist(name)) > 1]
    if repeated:
        raise serializers.ValidationError(
            {name: serializers.ErrorDetail(REPEATED, "repeated") for name in repeated}
        )
    return _checked(query, {name: given[name] for name in given}) if given else _unasked(query)


@cache
def _reader(query: type[Query]) -> Query:
    """One for all requests: it keeps nothing of what it checks."""
    return query()


def _checked(query: type[Query], given: Mapping[str, str]) -> dict[str, Any]:
    return dict(_reader(query).run_validation(given))


@cache
def _usual(query: type[Query]) -> Mapping[str, Any]:
    return MappingProxyType(_checked(query, {}))


def _unasked(query: type[Query]) -> dict[str, Any]:
    """What holds where nothing is said: the same for everybody, so checked once."""
    return dict(_usual(query))


def body(request: Request, serializer: type[StrictSerializer]) -> dict[str, Any]:
    """The body, checked; raises ``ValidationError``."""
    asked(request, Query)
    found = serializer(data=request.data)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)
