"""Forms with files: ``multipart/form-data``, read in memory, so that nothing stays on a disk."""

from __future__ import annotations

import io
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from connectors.storefront import bodies
from connectors.storefront.errors import TooLargeError


class MemoryHandler(MemoryFileUploadHandler):
    """Keeps every file in memory: how large the whole form may be was looked at before."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True


class FormParser(BaseParser):
    """A form as a dict; what is given several times is a list. ``largest`` and how to say it."""

    media_type = "multipart/form-data"
    largest: int
    shown: str

    def parse(self, stream: Any, media_type: Any = None, context: Any = None) -> dict[str, Any]:
        request = context["request"]
        body = bodies.read(request, stream, self.largest, self.shown)
        meta = {**request.META, "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": media_type}
        try:
            form = MultiPartParser(meta, io.BytesIO(body), [MemoryHandler()], "utf-8")
            fields, files = form.parse()
        except (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent):
            raise ParseError("The body is no form.", "parse_error") from None
        except RequestDataTooBig:
            raise TooLargeError("The form’s texts are too long.") from None
        return {**_flat(fields), **_flat(files)}


def _flat(given: MultiValueDict[str, Any]) -> dict[str, Any]:
    return {name: found if len(found) > 1 else found[0] for name, found in given.lists() if found}
