"""The lists that a resource is spread over, and how they are filtered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from connectors.platforms import base, values
from connectors.platforms.woocommerce import fields

Resource = base.Resource

VARIATIONS = "variations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A list that holds a share of a resource; one that a store may lack is ``optional``."""

    name: str
    path: str
    filters: Mapping[str, str]
    optional: bool = False


# "any" leaves out the trash and carts in the checkout. A row that changes its status while the
# sections are read gets a new stamp with it, and so belongs to the next window.
OF: dict[Resource, tuple[Section, ...]] = {
    Resource.ORDERS: (
        Section(name="orders", path="orders", filters={"status": "any"}),
        Section(name="trash", path="orders", filters={"status": "trash"}),
        Section(name="drafts", path="orders", filters={"status": "checkout-draft"}, optional=True),
    ),
    # Any user may have ordered, not only those with the role of a customer.
    Resource.CUSTOMERS: (Section(name="customers", path="customers", filters={"role": "all"}),),
    Resource.PRODUCTS: (
        Section(name="products", path="products", filters={"status": "any"}),
        Section(name="trash", path="products", filters={"status": "trash"}),
        Section(name="variations", path=VARIATIONS, filters={"status": "any"}, optional=True),
        Section(
            name="trashed variations", path=VARIATIONS, filters={"status": "trash"}, optional=True
        ),
    ),
}
FIELDS = {
    Resource.PRODUCTS: fields.PRODUCT,
    Resource.CUSTOMERS: fields.CUSTOMER,
    Resource.ORDERS: fields.ORDER,
}

_NOT_THERE = frozenset(("rest_no_route", "rest_invalid_param"))


def is_missing(section: Section, error: base.RejectedError) -> bool:
    """Whether the store refused because it has no such list at all."""
    return section.optional and error.code in _NOT_THERE


def window_filters(window: base.Window) -> dict[str, str]:
    """The window as filters: both ends are exclusive in the store, to the second."""
    filters = {"modified_before": values.written(window.before), "dates_are_gmt": "true"}
    if window.after is not None:
        filters["modified_after"] = values.written(window.after - timedelta(seconds=1))
    return filters
