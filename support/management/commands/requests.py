"""manage.py requests [ID] [--addresses] [--queue NAME] [--order ID]"""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from connectors import presenting
from support import audit, explaining, explaining_addresses
from support.console import queues, showing
from support.models import AddressUpdateRequest, RefundRequest

SHOWN = 50


class Command(BaseCommand):
    help = (
        "List refund requests, newest first, with what is known of each and what to do next; with "
        "--addresses, address changes; with an id, show everything that happened to one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = sorted({*queues.QUEUES, *queues.ADDRESS_QUEUES})
        parser.add_argument("id", nargs="?", help="a request's id: show it whole")
        parser.add_argument("--addresses", action="store_true", help="address changes")
        parser.add_argument("--queue", choices=names, help="only this queue")
        parser.add_argument("--order", help="only those of this order, by our key or its number")
        parser.add_argument("--all", action="store_true", help="not only the newest 50")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["id"]:
            self._show(one_of(options["id"]))
            return
        rows = _chosen(options)
        total = rows.count()
        for request in rows if options["all"] else rows[:SHOWN]:
            self._line(request)
        if not total:
            self.stdout.write("There is none.")
        elif total > SHOWN and not options["all"]:
            self.stdout.write(f"… and {total - SHOWN} more: --all lists them.")

    def _line(self, request: Any) -> None:
        what = "address"
        if isinstance(request, RefundRequest):
            what = presenting.money(request.amount, request.currency)
        self.stdout.write(
            f"{request.pk}  order #{request.order.number}  {what}  {request.get_stage_display()}"
        )
        self.stdout.write(f"    {queues.evidence(request)}")

    def _show(self, request: Any) -> None:
        self._line(request)
        words = explaining if isinstance(request, RefundRequest) else explaining_addresses
        explained = words.explained(request)
        self.stdout.write(f"    {explained.sentence} {explained.label}".rstrip())
        for event in audit.events_of(request):
            moved = f" → {event.to_stage}" if event.to_stage else ""
            who = event.actor or "Storekeep"
            self.stdout.write(
                f"    {presenting.moment(event.at)}  {showing.says(event)}{moved}  {who}"
            )
            if event.note:
                self.stdout.write(f"        {event.note}")


def _chosen(options: dict[str, Any]) -> QuerySet[Any]:
    rows: QuerySet[Any] = RefundRequest.objects.select_related("order")
    named = queues.QUEUES
    if options["addresses"]:
        rows, named = AddressUpdateRequest.objects.select_related("order"), queues.ADDRESS_QUEUES
    if options["queue"]:
        if options["queue"] not in named:
            raise CommandError(f"There is no such queue here: {', '.join(named)}.")
        rows = rows.filter(stage__in=named[options["queue"]].stages)
        if not options["addresses"]:
            rows = rows.filter(is_external=False)
    if options["order"]:
        number = options["order"].lstrip("#")
        rows = rows.filter(order_id=number) | rows.filter(order__number=number)
    return rows


def one_of(text: str) -> Any:
    """The refund or address change with this id; raises ``CommandError`` for none."""
    try:
        key = uuid.UUID(text)
    except ValueError:
        raise CommandError(f"“{text}” is no request's id; manage.py requests lists them.") from None
    for model in (RefundRequest, AddressUpdateRequest):
        found = model._default_manager.select_related("order").filter(pk=key).first()
        if found is not None:
            return found
    raise CommandError(f"There is no request {text}; manage.py requests lists them.")
