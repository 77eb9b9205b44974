"""manage.py privacy list|export|erase"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from connectors import privacy, registry, services
from connectors.models import ConnectorConfig, PrivacyRequest


class Command(BaseCommand):
    help = "List privacy requests, show all that is kept of a person, or erase a person for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="the requests that are open, with when they are due")
        for name, text in (
            ("export", "print all that is kept of a person, as JSON"),
            ("erase", "take a person out of every row, for good"),
        ):
            action = actions.add_parser(name, help=text)
            action.add_argument("--store", required=True, help="the store's address or name")
            action.add_argument("--customer", type=int, help="the customer's id in the store")
            action.add_argument("--email", help="the person's email address")
            action.add_argument("--order", type=int, action="append", help="an order's id there")
        actions.choices["erase"].add_argument("--yes", action="store_true", help="don't ask")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        found = PrivacyRequest.objects.filter(status=PrivacyRequest.Status.OPEN)
        for request in found.select_related("connector"):
            self.stdout.write(
                f"{request.pk}  {request.get_kind_display()}  {request.connector}  "
                f"due {request.due_at:%d %b %Y}"
            )
        if not found:
            self.stdout.write("No privacy request is open.")

    def _export(self, options: dict[str, Any]) -> None:
        found = privacy.export(connector=_store(options), person=_person(options))
        self.stdout.write(json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False))

    def _erase(self, options: dict[str, Any]) -> None:
        connector, person = _store(options), _person(options)
        if not options["yes"] and not self._agreed(connector, person):
            raise CommandError("Nothing was erased.")
        rows = privacy.erase(connector=connector, person=person)
        self.stdout.write(
            f"The person was erased from {rows:,} rows. The store itself keeps what it has: erase "
            "them there too."
        )

    def _agreed(self, connector: ConnectorConfig, person: registry.Person) -> bool:
        if not sys.stdin.isatty():
            raise CommandError("Say --yes to erase without being asked.")
        found = privacy.export(connector=connector, person=person)
        counts = {kind: len(rows) for kind, rows in found.items() if isinstance(rows, list)}
        what = ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in counts.items())
        self.stdout.write(
            f"This takes the person out of {what} of {connector}. It can't be undone."
        )
        return input("Erase them? [y/N] ").strip().lower() in ("y", "yes")


def _store(options: dict[str, Any]) -> ConnectorConfig:
    found = list(services.stores_named(options["store"]))
    if len(found) != 1:
        raise CommandError(
            f"“{options['store']}” names {len(found)} stores; manage.py sync_status lists them."
        )
    return found[0]


def _person(options: dict[str, Any]) -> registry.Person:
    if not (options["customer"] or options["email"] or options["order"]):
        raise CommandError("Say whom you mean: --customer, --email or --order.")
    return registry.Person(
        customer_remote_ids=(options["customer"],) if options["customer"] else (),
        emails=(options["email"],) if options["email"] else (),
        order_remote_ids=tuple(options["order"] or ()),
    )
