"""`manage.py fetch_face_models`"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tryon.engine import model_files
from tryon.engine.errors import ModelsError


class Command(BaseCommand):
    help = "Fetch the models that find faces in photos (35 MB once, by pip), and check them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wheel", type=Path, help="take them from this wheel of mediapipe")

    def handle(self, *args: Any, wheel: Path | None, **options: Any) -> None:
        folder = settings.TRYON_MODELS
        try:
            fetched = model_files.fetch(folder, wheel)
        except ModelsError as error:
            raise CommandError(str(error)) from None
        done = "Fetched" if fetched else "Already there:"
        self.stdout.write(f"{done} {len(model_files.FILES)} face models in {folder}")
