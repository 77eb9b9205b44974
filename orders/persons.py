"""Showing and erasing a person from the page of a customer."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_POST

from connectors import presenting, privacy, privacy_admin, registry
from connectors.models import PrivacyRequest
from orders import erasing
from orders.models import PlatformCustomer

logger = logging.getLogger(__name__)


class PersonViews:
    """For the admin of customers: a download of what is kept, and an erasure that asks first."""

    admin_site: Any
    get_object: Any
    has_view_permission: Any

    def person_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/export/",
                wrap(require_POST(self.export_view)),
                name="orders_platformcustomer_export",
            ),
            path(
                "<path:object_id>/erase/",
                wrap(self.erase_view),
                name="orders_platformcustomer_erase",
            ),
        ]

    def _customer(self, request: HttpRequest, object_id: str, permission: str) -> PlatformCustomer:
        if not (self.has_view_permission(request) and request.user.has_perm(permission)):
            raise PermissionDenied
        customer: PlatformCustomer | None = self.get_object(request, unquote(object_id))
        if customer is None:
            raise Http404
        return customer

    def export_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Everything that is kept of the customer, as a file."""
        customer = self._customer(request, object_id, privacy_admin.MAY_EXPORT)
        found = privacy.export(connector=customer.connector, person=person(customer))
        logger.info("person exported store=%s user=%s", customer.connector_id, request.user.pk)
        return privacy_admin.download(found)

    def erase_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks, and has somebody else confirm it."""
        customer = self._customer(request, object_id, privacy_admin.MAY_ERASE)
        connector, whom = customer.connector, person(customer)
        if request.method == "POST" and request.POST.get("sure") == "yes":
            asked = privacy.ask(
                connector=connector, kind=PrivacyRequest.Kind.ERASE, person=whom,
                source=PrivacyRequest.Source.CONSOLE, actor=request.user,
            )  # fmt: skip
            messages.success(request, "Asked. Somebody else has to confirm it on this page.")
            return redirect(presenting.page_of(asked))
        if (asked_before := privacy.waiting(connector=connector, person=whom)) is not None:
            return redirect(presenting.page_of(asked_before))
        wide = erasing.OrderEraser().widen(connector, whom)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Erase {customer}",
            "opts": PlatformCustomer._meta,
            "customer": customer,
            "customer_url": presenting.page_of(customer),
            "order_count": erasing.orders_of(connector, wide).count(),
        }
        return TemplateResponse(request, "admin/orders/platformcustomer/erase.html", context)


def person(customer: PlatformCustomer) -> registry.Person:
    """The customer as a person whose data can be shown or erased."""
    return registry.Person(customer_remote_ids=(customer.remote_id,))
