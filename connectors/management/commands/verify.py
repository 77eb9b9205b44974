"""manage.py verify [products|customers|orders …] [--store STORE] [--repair]"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors import services, verifying
from connectors.models import ConnectorConfig
from connectors.platforms import base

SHOWN = 20
COLUMNS = ("in_store", "here", "missing", "extra", "stale", "set_aside", "pending")
KINDS = {
    "missing": "in the store, not here",
    "extra": "here, not in the store any more",
    "stale": "older here than in the store",
}


class Command(BaseCommand):
    help = (
        "Compare stores with our copies by ids and moments of change, without reading every "
        "record. Ends with 1 where anything is missing, extra or stale, with 0 where nothing is. "
        "Set aside (there is a note why) and pending (changed since the last sync) are no faults."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("resources", nargs="*", help="products, customers, orders (all)")
        parser.add_argument("--store", help="only this store, by its address or name")
        parser.add_argument("--repair", action="store_true", help="mend what differs")
        parser.add_argument(
            "--yes", action="store_true", help="mark rows as deleted, however many, unasked"
        )
        parser.add_argument("--all", action="store_true", help="list every id, not 20 of a kind")
        parser.add_argument("--json", action="store_true", help="print one JSON object alone")

    def handle(self, *args: Any, **options: Any) -> None:
        self.options = options
        resources = _resources(options["resources"])
        stores = services.stores_for(options["store"])
        if not stores:
            raise CommandError(
                "No connected store fits; manage.py sync_status lists those there are."
            )
        found = {connector: self._verify(connector, resources) for connector in stores}
        if options["json"]:
            self.stdout.write(json.dumps([_json(one, all_) for one, all_ in found.items()]))
        if not all(finding.is_clean for findings in found.values() for finding in findings):
            sys.exit(1)

    def _verify(
        self, connector: ConnectorConfig, resources: list[base.Resource]
    ) -> list[verifying.Finding]:
        try:
            _, findings = verifying.verify(
                connector=connector,
                resources=resources,
                repair=self.options["repair"],
                agree=self._agreed,
                report=self._progress,
            )
        except base.StoreError as error:
            raise CommandError(f"{connector}: {error}") from None
        if not self.options["json"]:
            self._print(connector, findings)
        return findings

    def _progress(self, progress: verifying.Progress) -> None:
        if self.stderr.isatty():
            of = f" of {progress.total:,}" if progress.total else ""
            self.stderr.write(f"\r{progress.resource}: {progress.done:,}{of} compared", ending="")

    def _agreed(self, finding: verifying.Finding) -> bool:
        if self.options["yes"]:
            return True
        question = (
            f"{len(finding.extra):,} of {finding.here:,} {finding.resource} are no longer in the "
            "store. That is more than a shop deletes."
        )
        if not sys.stdin.isatty():
            self.stderr.write(f"{question} Say --yes to mark them as deleted.")
            return False
        self.stdout.write(question)
        return input("Mark them as deleted? [y/N] ").strip().lower() in ("y", "yes")

    def _print(self, connector: ConnectorConfig, findings: list[verifying.Finding]) -> None:
        if self.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
        self.stdout.write(f"{connector}")
        titles = "".join(f"{name.replace('_', ' '):>11}" for name in COLUMNS)
        self.stdout.write(f"  {'':<10}{titles}")
        for finding in findings:
            counts = "".join(f"{_count(finding, name):>11,}" for name in COLUMNS)
            self.stdout.write(f"  {finding.resource:<10}{counts}")
        for finding in findings:
            self._print_ids(finding)
        if all(finding.is_clean for finding in findings):
            self.stdout.write(self.style.SUCCESS("  Complete: nothing missing, extra or stale."))
        elif not self.options["repair"]:
            self.stdout.write("  Mend it with: manage.py verify --repair")

    def _print_ids(self, finding: verifying.Finding) -> None:
        if finding.repaired:
            self.stdout.write(f"  {finding.resource}: {finding.repaired:,} mended")
        for kind, meaning in KINDS.items():
            ids = sorted(getattr(finding, kind))
            if not ids:
                continue
            shown = ids if self.options["all"] else ids[:SHOWN]
            more = f" and {len(ids) - len(shown):,} more" if len(shown) < len(ids) else ""
            listed = ", ".join(map(str, shown))
            self.stdout.write(f"  {finding.resource} {kind} ({meaning}): {listed}{more}")


def _resources(names: list[str]) -> list[base.Resource]:
    known = [resource.value for resource in base.Resource]
    for name in names:
        if name not in known:
            raise CommandError(f"There is no “{name}” to verify: {', '.join(known)}.")
    return [resource for resource in base.Resource if not names or resource.value in names]


def _count(finding: verifying.Finding, name: str) -> int:
    value = getattr(finding, name)
    return value if isinstance(value, int) else len(value)


def _json(connector: ConnectorConfig, findings: list[verifying.Finding]) -> dict[str, Any]:
    return {
        "store": connector.store_url,
        "platform": connector.platform,
        "resources": {
            finding.resource.value: {
                **{name: _count(finding, name) for name in ("in_store", "here", "repaired")},
                **{name: sorted(getattr(finding, name)) for name in COLUMNS[2:]},
            }
            for finding in findings
        },
    }
