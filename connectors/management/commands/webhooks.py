"""manage.py webhooks register|status|unregister"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from connectors import services, subscribing
from connectors.models import ConnectorConfig
from connectors.platforms import base


class Command(BaseCommand):
    help = (
        "Have stores announce changes at once, see whether they do, or have them stop. Without "
        "webhooks a change is seen at the next sync."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=("register", "status", "unregister"))
        parser.add_argument("--store", help="only this store, by its address or name")
        parser.add_argument(
            "--url", default="", help="where stores reach this installation, if not PUBLIC_URL"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        action: Callable[..., str] = getattr(self, f"_{options['action']}")
        stores, failed = services.stores_for(options["store"]), 0
        if not stores:
            raise CommandError(
                "No connected store fits; manage.py sync_status lists those there are."
            )
        for connector in stores:
            try:
                self.stdout.write(f"{connector}: {action(connector, options['url'])}")
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from None
            except base.StoreError as error:
                failed += 1
                self.stderr.write(f"{connector}: {error}")
        if failed:
            raise CommandError(f"{failed} of {len(stores)} stores failed; the reasons are above.")

    def _register(self, connector: ConnectorConfig, url: str) -> str:
        state = subscribing.register(connector=connector, base_url=url)
        return f"{len(state.present)} webhooks are sent to {state.url}"

    def _status(self, connector: ConnectorConfig, url: str) -> str:
        if not connector.webhook_url:
            return "no webhooks are registered"
        state = subscribing.inspect(connector=connector)
        wanted = len(state.present) + len(state.missing)
        lines = [f"{len(state.present)} of {wanted} active, sent to {state.url}"]
        if state.missing:
            lines.append(f"  missing: {', '.join(state.missing)}")
        if state.missing or state.stale:
            lines.append("  They are made again within ten minutes, or now by: webhooks register")
        return "\n".join(lines)

    def _unregister(self, connector: ConnectorConfig, url: str) -> str:
        return f"{subscribing.unregister(connector=connector)} webhooks were taken away"
