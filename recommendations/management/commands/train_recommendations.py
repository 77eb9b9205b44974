"""manage.py train_recommendations"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommendations import training
from recommendations.models import Training


class Command(BaseCommand):
    help = "Learn from all orders now, and recommend by what was learnt."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asked = training.ask()
        except training.BusyError as error:
            raise CommandError(
                f"A training is {error.training.get_state_display().lower()} already, since "
                f"{error.training.created_at:%H:%M} UTC: wait for it."
            ) from None
        done = training.run(asked.pk, say=self.stderr.write)
        if done.state != Training.State.READY:
            raise CommandError(done.failure)
        self.stdout.write(
            f"{done}: {done.orders:,} orders of {done.customers:,} customers, {done.skus:,} SKUs."
        )
