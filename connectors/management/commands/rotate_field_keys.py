"""Encrypts every stored secret anew with the newest key of FIELD_KEYS."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import models, router, transaction

from connectors import encryption


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was found in one model: its rows, and the encrypted values in them."""

    rows: int = 0
    current: int = 0
    rotated: int = 0
    unreadable: list[str] = field(default_factory=list)


def encrypted_models() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Every model that has encrypted columns of its own, and their names."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or not model._meta.managed:
            continue
        names = [
            column.name
            for column in model._meta.local_fields
            if isinstance(column, encryption.EncryptedTextField)
        ]
        if names:
            yield model, names


def stored_rows(model: type[models.Model], names: list[str]) -> models.QuerySet[Any, Any]:
    """Each row's primary key and encrypted bytes, in the order of the keys."""
    stored = [
        models.ExpressionWrapper(models.F(name), output_field=models.BinaryField())
        for name in names
    ]
    rows = model._base_manager.using(router.db_for_write(model)).order_by("pk")
    return rows.values_list("pk", *stored)


def anew(stored: bytes) -> models.Value:
    """The same text under the newest key, as a value that is not encrypted once more."""
    return models.Value(stored, output_field=models.BinaryField())


def changes(pk: Any, columns: dict[str, bytes | None], tally: Tally) -> dict[str, models.Value]:
    """The columns of a row that an older key encrypted, under the newest; counts all of them."""
    changed = {}
    for name, stored in columns.items():
        if stored is None:
            continue
        opened = encryption.opened_by(bytes(stored))
        if opened is None:
            tally.unreadable.append(f"{pk}: {name}")
        elif opened[0] == 0:
            tally.current += 1
        else:
            changed[name] = anew(encryption.seal(opened[1]))
            tally.rotated += 1
    return changed


class Command(BaseCommand):
    help = (
        "Encrypts every stored secret anew with the first key of FIELD_KEYS. Run it when a new "
        "key was put first and every process was restarted; then the old key can be taken out. "
        "It may run beside the other processes, be interrupted, and be run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done.")
        parser.add_argument("--batch-size", type=int, default=200, help="Rows per transaction.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch_size"] < 1:
            raise CommandError("--batch-size must be 1 or more.")
        if not settings.FIELD_KEYS:
            raise CommandError("Set FIELD_KEYS: the keys that encrypt stored credentials.")
        unreadable = 0
        for model, names in encrypted_models():
            tally = self._rotate(model, names, options)
            self._report(model, tally, dry_run=options["dry_run"])
            unreadable += len(tally.unreadable)
        if unreadable:
            raise CommandError(
                f"No key of FIELD_KEYS opens {unreadable} of the values; they were left as they "
                "are. Add the key that encrypted them, or enter these values again."
            )

    def _rotate(self, model: type[models.Model], names: list[str], options: Any) -> Tally:
        tally, rows = Tally(), stored_rows(model, names)
        total, left = rows.count(), rows
        while reached := self._rotate_batch(left, names, tally, options):
            left = rows.filter(pk__gt=reached[-1])
            if options["verbosity"] > 1 or tally.rows < total:
                self.stdout.write(f"{model._meta.label}: {tally.rows} of {total} rows")
        return tally

    def _rotate_batch(
        self, rows: models.QuerySet[Any, Any], names: list[str], tally: Tally, options: Any
    ) -> list[Any]:
        """Rotate the first rows in a transaction of their own; their keys, none at the end."""
        writes, keys = not options["dry_run"], []
        with transaction.atomic(using=rows.db):
            if writes:  # what is read can't change before it is written: no newer secret is lost
                rows = rows.select_for_update(no_key=True)
            for pk, *stored in rows[: options["batch_size"]]:
                changed = changes(pk, dict(zip(names, stored, strict=True)), tally)
                if changed and writes:
                    rows.model._base_manager.using(rows.db).filter(pk=pk).update(**changed)
                keys.append(pk)
                tally.rows += 1
        return keys

    def _report(self, model: type[models.Model], tally: Tally, *, dry_run: bool) -> None:
        done = "to rotate" if dry_run else "rotated"
        self.stdout.write(
            f"{model._meta.label}: {tally.rows} rows; {tally.rotated} values {done}, "
            f"{tally.current} current, {len(tally.unreadable)} unreadable"
        )
        for where in tally.unreadable:
            self.stderr.write(f"{model._meta.label} {where} can't be opened by any key")
