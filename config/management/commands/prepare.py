"""manage.py prepare: the first step of `make run`."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Bring the tables up to date, and make a first login where there is none."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write("» The tables are up to date")
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        password = secrets.token_urlsafe(12)
        users.create_superuser("admin", password=password)
        self.stdout.write(
            self.style.SUCCESS(
                "\n  Your login, shown this once:\n"
                f"    user      admin\n    password  {password}\n"
                "  Another one: .venv/bin/python manage.py changepassword admin\n"
            )
        )
