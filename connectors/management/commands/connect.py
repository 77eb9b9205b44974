"""manage.py connect woocommerce https://shop.example.com, or shopify your-store.myshopify.com"""

from __future__ import annotations

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from connectors import services
from connectors.models import ConnectorConfig, Platform
from connectors.platforms import base

PROMPTS = {
    Platform.WOOCOMMERCE.value: (
        "API key (consumer key, ck_…): ",
        "Secret (consumer secret, cs_…; it is not shown): ",
    ),
    Platform.SHOPIFY.value: (
        "Access token (shpat_…) or client id: ",
        "Client secret, or the app's API secret key (it is not shown): ",
    ),
}


class Command(BaseCommand):
    help = "Connect a store: calls it with the credentials, and saves them only when they work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("platform", help="woocommerce or shopify")
        parser.add_argument(
            "store_url",
            help="the store's address: https://shop.example.com or your-store.myshopify.com",
        )
        parser.add_argument(
            "--api-key",
            help="WooCommerce: consumer key (ck_…); Shopify: access token (shpat_…) or client id",
        )
        parser.add_argument(
            "--secret",
            help="WooCommerce: consumer secret (cs_…); Shopify: the app's client secret, or the "
            "API secret key beside a token (only webhooks need that one). Better leave it out: it "
            "is asked for, or taken from STOREKEEP_CONNECT_SECRET, and then stands in no shell "
            "history",
        )
        parser.add_argument("--key-prefix", help="a short prefix for a further store's keys")
        parser.add_argument("--sync-interval", type=int, help="seconds between syncs (300)")
        parser.add_argument("--ca-bundle", help="PEM file, for a privately signed certificate")
        parser.add_argument("--name", help="what staff call the store")

    def handle(self, *args: Any, **options: Any) -> None:
        platform = _platform(options["platform"])
        try:
            store_url = services.normal_store_url(platform, options["store_url"])
            connector = _known_or_new(platform, store_url)
            _fill(connector, options)
            description = services.connect_store(connector=connector)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except base.StoreError as error:
            raise CommandError(f"{error}\nNothing was saved.") from None
        self._report(connector, description)

    def _report(self, connector: ConnectorConfig, description: base.StoreDescription) -> None:
        kind = connector.get_platform_display()
        self.stdout.write(
            self.style.SUCCESS(
                f"Connected: {description.name or connector.store_url} "
                f"({kind} {description.version}, {description.currency})"
            )
        )
        for warning in description.warnings:
            self.stdout.write(self.style.WARNING(warning))
        self.stdout.write(f"Copy it now with: manage.py sync --store {connector.store_url}")


def _platform(text: str) -> str:
    platform = text.lower()
    if not services.is_supported(platform):
        known = ", ".join(services.supported_platforms())
        raise CommandError(f"There is no platform “{text}”. Stores that can be connected: {known}.")
    return platform


def _known_or_new(platform: str, store_url: str) -> ConnectorConfig:
    """The store's connector, so that connecting again renews its credentials."""
    known = ConnectorConfig.objects.filter(platform=platform, store_url=store_url).first()
    return known or ConnectorConfig(platform=Platform(platform), store_url=store_url)


def _fill(connector: ConnectorConfig, options: dict[str, Any]) -> None:
    prefix = options["key_prefix"]
    if prefix is not None and prefix != connector.key_prefix and services.has_synced(connector):
        raise CommandError("The key prefix can't change after the first sync: rows carry it.")
    for name in ("key_prefix", "sync_interval", "ca_bundle", "name"):
        if options[name] is not None:
            setattr(connector, name, options[name])
    prompts = PROMPTS[connector.platform]
    connector.api_key = options["api_key"] or _ask(prompts[0])
    connector.secret = (
        options["secret"]
        or os.environ.get("STOREKEEP_CONNECT_SECRET")
        or _ask(prompts[1], hidden=True)
    )


def _ask(prompt: str, *, hidden: bool = False) -> str:
    if not sys.stdin.isatty():
        raise CommandError(
            "Give --api-key, and the secret by --secret or STOREKEEP_CONNECT_SECRET: "
            "there is no terminal to ask on."
        )
    return (getpass.getpass(prompt) if hidden else input(prompt)).strip()
