"""Every error of the API in one shape: ``{"code", "message", "fields"}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from connectors.storefront import rendering

NOT_FOUND = "There is nothing here that this caller may see."
WRONG = "Some of what was sent is wrong; “fields” says what."


class FieldErrorSerializer(serializers.Serializer[Any]):
    """What is wrong with one field or parameter."""

    field = serializers.CharField(help_text="Its name; parts of a part are joined by dots.")
    code = serializers.CharField(help_text="For programs, e.g. `required` or `unknown`.")
    message = serializers.CharField(help_text="For people.")
    allowed = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The values that are taken."
    )


class ErrorSerializer(serializers.Serializer[Any]):
    """Every error has this shape."""

    code = serializers.CharField(help_text="For programs, e.g. `invalid` or `exceeds`.")
    message = serializers.CharField(help_text="For people.")
    fields_ = FieldErrorSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found


class RefusedError(exceptions.APIException):
    """Well said, but it can't be done: 422 with a reason of the business, and what it is of."""

    status_code: int = status.HTTP_422_UNPROCESSABLE_ENTITY

    def __init__(
        self, message: str, *, code: str, fields: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        super().__init__(message, code)
        self.code, self.fields = code, list(fields)


class ConflictingError(RefusedError):
    """It contradicts what was said before: 409."""

    status_code: int = status.HTTP_409_CONFLICT


class TooLargeError(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The body is too large."


class SlowError(exceptions.APIException):
    status_code = status.HTTP_408_REQUEST_TIMEOUT
    default_code = "too_slow"
    default_detail = "The body took too long to arrive. Send it again."


class UnmeasuredError(exceptions.APIException):
    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "Say in Content-Length how long the body is."


def body(code: str, message: str, fields: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """An error as it is sent."""
    return {"code": code, "message": message, "fields": list(fields)}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """What DRF calls for an exception of a view."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        response.data = _body_of(error)
    return response


def _body_of(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, RefusedError):
        return body(error.code, str(error.detail), error.fields)
    if isinstance(error, exceptions.ValidationError):
        return body("invalid", WRONG, list(_fields(error.get_full_details())))
    if isinstance(error, exceptions.NotFound):
        return body("not_found", NOT_FOUND)
    code = error.get_codes()
    return body(code if isinstance(code, str) else "invalid", str(error.detail))


def _fields(details: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """The errors of a tree, each with the path of its field."""
    if isinstance(details, Mapping) and set(details) == {"message", "code"}:
        yield {"field": path, "code": str(details["code"]), "message": str(details["message"])}
    elif isinstance(details, Mapping):
        for name, inner in details.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _fields(inner, ".".join(filter(None, (path, own))))
    else:
        for number, inner in enumerate(details):
            is_error = isinstance(inner, Mapping) and set(inner) == {"message", "code"}
            yield from _fields(inner, path if is_error else f"{path}.{number}")


@csrf_exempt
def not_found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Any address below the API that is none."""
    return _plain(404, body("not_found", NOT_FOUND))


def server_error(request: HttpRequest) -> HttpResponse:
    """What nobody expected; the log has it."""
    return _plain(500, body("server_error", "Something went wrong on our side. Try again later."))


def _plain(status_code: int, data: dict[str, Any]) -> HttpResponse:
    return HttpResponse(rendering.dumped(data), status=status_code, content_type="application/json")
