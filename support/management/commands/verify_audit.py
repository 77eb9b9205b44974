"""manage.py verify_audit"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from support import audit
from support.models import RequestEvent


class Command(BaseCommand):
    help = (
        "Check the record of every refund and address change: that no event was changed, left out "
        "or removed, and that each request stands where its last event says. Ends with 1 where "
        "something is wrong."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        faults = 0
        for fault in audit.verify():
            faults += 1
            self.stdout.write(f"{fault.subject} {fault.request_id}: {fault.problem}")
        events = RequestEvent.objects.count()
        if faults:
            self.stderr.write(f"{faults} records are not as they were written, of {events} events.")
            sys.exit(1)
        self.stdout.write(f"{events} events, all as they were written.")
