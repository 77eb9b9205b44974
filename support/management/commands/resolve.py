"""manage.py resolve ID --happened REFUND | --did-not-happen, --because TEXT --as USER"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError

from connectors.platforms import base
from support import settling
from support.console import pages
from support.management.commands.requests import one_of
from support.models import RefundRequest

ELSEWHERE = "elsewhere"


class Command(BaseCommand):
    help = (
        "Say what became of a refund whose outcome is unknown. A large amount takes two people: "
        "each says the same, under their own name."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", help="the request's id; manage.py requests lists them")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument(
            "--happened",
            metavar="REFUND",
            help="it happened: the id of the store's refund, or “elsewhere” where it has none",
        )
        what.add_argument("--did-not-happen", action="store_true", help="no money moved")
        parser.add_argument("--because", required=True, help="how you know")
        parser.add_argument("--as", dest="user", required=True, help="who says so: your user name")

    def handle(self, *args: Any, **options: Any) -> None:
        request = one_of(options["id"])
        if not isinstance(request, RefundRequest):
            raise CommandError("Address changes settle by themselves: the order is read back.")
        actor = get_user_model().objects.filter(
            username=options["user"], is_active=True, is_staff=True
        ).first()  # fmt: skip
        if actor is None:
            raise CommandError(f"There is no member of staff {options['user']}.")
        try:
            done = settling.resolve_refund(request=request, verdict=_verdict(options), actor=actor)
        except (ValidationError, PermissionDenied, base.StoreError) as error:
            raise CommandError(f"Nothing was changed. {pages.problem(error)}") from None
        if done.is_final:
            self.stdout.write(f"Settled: {done.get_stage_display()}.")
        else:
            self.stdout.write("Kept. Somebody else has to say the same.")


def _verdict(options: dict[str, Any]) -> settling.Verdict:
    given = options["happened"]
    if given and given != ELSEWHERE and not given.isdecimal():
        raise CommandError("--happened takes the id of the store's refund, or “elsewhere”.")
    return settling.Verdict(
        happened=bool(given),
        remote_id=int(given) if given and given != ELSEWHERE else None,
        reason=options["because"],
    )
