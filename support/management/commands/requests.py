"""manage.py requests [ID] [--queue approval|unknown|person|failed] [--order ID]"""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors import presenting
from support import audit, explaining
from support.console import queues, showing
from support.models import RefundRequest

SHOWN = 50


class Command(BaseCommand):
    help = (
        "List refund requests, newest first, with what is known of each and what to do next; with "
        "an id, show everything that happened to one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", nargs="?", help="a request's id: show it whole")
        parser.add_argument("--queue", choices=sorted(queues.QUEUES), help="only this queue")
        parser.add_argument("--order", help="only those of this order, by our key or its number")
        parser.add_argument("--all", action="store_true", help="not only the newest 50")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["id"]:
            self._show(one_of(options["id"]))
            return
        rows = RefundRequest.objects.select_related("order")
        if options["queue"]:
            queue = queues.QUEUES[options["queue"]]
            rows = rows.filter(stage__in=queue.stages, is_external=False)
        if options["order"]:
            named = options["order"].lstrip("#")
            rows = rows.filter(order_id=named) | rows.filter(order__number=named)
        total = rows.count()
        for request in rows if options["all"] else rows[:SHOWN]:
            self._line(request)
        if not total:
            self.stdout.write("There is none.")
        elif total > SHOWN and not options["all"]:
            self.stdout.write(f"… and {total - SHOWN} more: --all lists them.")

    def _line(self, request: RefundRequest) -> None:
        amount = presenting.money(request.amount, request.currency)
        self.stdout.write(
            f"{request.pk}  order #{request.order.number}  {amount}  {request.get_stage_display()}"
        )
        self.stdout.write(f"    {queues.evidence(request)}")

    def _show(self, request: RefundRequest) -> None:
        self._line(request)
        explained = explaining.explained(request)
        self.stdout.write(f"    {explained.sentence} {explained.label}".rstrip())
        for event in audit.events_of(request):
            moved = f" → {event.to_stage}" if event.to_stage else ""
            who = event.actor or "Storekeep"
            self.stdout.write(
                f"    {presenting.moment(event.at)}  {showing.says(event)}{moved}  {who}"
            )
            if event.note:
                self.stdout.write(f"        {event.note}")


def one_of(text: str) -> RefundRequest:
    """The request with this id; raises ``CommandError`` for none."""
    try:
        found = RefundRequest.objects.select_related("order").filter(pk=uuid.UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"There is no refund request {text}; manage.py requests lists them.")
    return found
