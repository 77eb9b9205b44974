"""Addresses by their country's own rules."""

from support.postal.checking import AddressError, for_platform, normalised
from support.postal.comparing import Conflict, Difference, differences, same, three_way
from support.postal.forms import Field, form
from support.postal.names import countries

__all__ = [
    "AddressError",
    "Conflict",
    "Difference",
    "Field",
    "countries",
    "differences",
    "for_platform",
    "form",
    "normalised",
    "same",
    "three_way",
]
