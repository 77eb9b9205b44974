#!/usr/bin/env python
"""Storekeep's command line: `python manage.py help` lists the commands."""

import os
import sys

from config import embedded

WITHOUT_SERVICES = {
    "sandbox", "fetch_face_models", "help", "version", "--help", "-h", "--version",
}  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Commands say in their own words what they did.
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    if len(sys.argv) > 1 and sys.argv[1] not in WITHOUT_SERVICES:
        embedded.start()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Storekeep is not configured: {error}")


if __name__ == "__main__":
    main()
