"""manage.py doctor"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import health


class Command(BaseCommand):
    help = "Say what is wrong with this installation and what to do. Exit code 0: nothing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        problems = 0
        for finding in health.examine():
            if finding.is_well:
                self.stdout.write(f"  well     {finding.subject}: {finding.text}")
                continue
            problems += 1
            self.stdout.write(
                self.style.ERROR(f"  problem  {finding.subject}: {finding.text}")
                + f"\n           {finding.remedy}"
            )
        if problems:
            raise CommandError(f"{problems} problem(s) found.")
        self.stdout.write(self.style.SUCCESS("Nothing is wrong."))
