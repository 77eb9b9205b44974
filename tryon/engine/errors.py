"""Why a product can't be tried on; ``tryon.words`` says it to shoppers and staff."""

from __future__ import annotations


class TryOnError(Exception):
    """Something that was given can't be used; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PhotoError(TryOnError):
    """The shopper's photo can't be used: another one may."""


class ProductError(TryOnError):
    """This product can't be tried on; others may."""


class ModelsError(Exception):
    """The face models are missing or altered; the message says what to do."""
