"""manage.py sync_status [--json]"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from connectors import status


class Command(BaseCommand):
    help = "Show, per store and resource, the last run, the lag, the cursor and the notes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON list on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        found = status.all_stores()
        if options["json"]:
            self.stdout.write(json.dumps([status.as_json(one) for one in found], indent=2))
            return
        if not found:
            self.stdout.write("No store is connected: manage.py connect woocommerce STORE_URL")
        for one in found:
            self._show(one)

    def _show(self, one: status.ResourceStatus) -> None:
        last = one.last_run
        self.stdout.write(f"{one.connector} · {one.resource}")
        self.stdout.write(f"  complete to  {status.moment(one.complete_to)}")
        self.stdout.write(f"  lag          {status.age(one.lag)}")
        if last is None:
            self.stdout.write("  last run     never")
        else:
            counts = f"{last.created_count:,} created, {last.updated_count:,} updated"
            when = status.moment(last.started_at)
            self.stdout.write(f"  last run     {when}, {last.get_status_display()}: {counts}")
            for text in filter(None, (last.error, last.warning)):
                self.stdout.write(self.style.WARNING(f"               {text}"))
        for cause, number in one.notes.items():
            self.stdout.write(f"  note         {number:,} × {cause.replace('_', ' ')}")
