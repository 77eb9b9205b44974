"""Runs as locks: one open run per store and resource, freed when its process is gone."""

from __future__ import annotations

import socket
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from connectors import processes
from connectors.models import ConnectorConfig, SyncRun
from connectors.platforms import base

STALE_AFTER = timedelta(minutes=10)


class AlreadyRunningError(Exception):
    """Another process copies this resource of this store right now."""


class LostRunError(Exception):
    """Another process took this one for dead and freed the run: nothing may be written."""


def open_run(*, connector: ConnectorConfig, resource: base.Resource, kind: SyncRun.Kind) -> SyncRun:
    """A new open run; raises ``AlreadyRunningError`` while another one lives."""
    free_stale(connector=connector, resource=resource)
    try:
        with transaction.atomic():
            return SyncRun.objects.create(
                connector=connector, resource=resource, kind=kind, owner=this_process()
            )
    except IntegrityError:
        raise AlreadyRunningError(
            f"{connector}: {resource} are being copied by another process already."
        ) from None


def free_stale(*, connector: ConnectorConfig, resource: base.Resource) -> None:
    """Close the open run whose process has ended, or has not been heard of for long."""
    for run in SyncRun.objects.open().filter(connector=connector, resource=resource):
        taken = SyncRun.objects.open().filter(pk=run.pk)
        if not is_dead(run.owner):
            # It may come back to life between the look and the update.
            taken = taken.filter(heartbeat_at__lt=timezone.now() - STALE_AFTER)
        taken.update(
            status=SyncRun.Status.INTERRUPTED,
            finished_at=timezone.now(),
            error_code="process_ended",
            error="The process that copied ended before it was done; the next run goes on.",
        )


def beat(run: SyncRun) -> None:
    """Show that the run lives; raises ``LostRunError`` when it was freed. Locks the run's row."""
    if SyncRun.objects.open().filter(pk=run.pk).update(heartbeat_at=timezone.now()) != 1:
        raise LostRunError(f"Run {run.pk} was taken over by another process.")


def finish(run: SyncRun, status: SyncRun.Status, *, code: str = "", error: str = "") -> None:
    """Close the run with its counts; does nothing to a run that was freed meanwhile."""
    run.status, run.error_code, run.error, run.finished_at = status, code, error, timezone.now()
    names = ("status", "error_code", "error", "warning", "finished_at", "request_count")
    SyncRun.objects.open().filter(pk=run.pk).update(**{name: getattr(run, name) for name in names})


def this_process() -> str:
    """host:pid-start, which no other process ever has."""
    return f"{socket.gethostname()}:{processes.this()}"


def is_dead(owner: str) -> bool:
    """Whether the process has surely ended; only this machine's can be looked at."""
    host, _, process = owner.rpartition(":")
    return host == socket.gethostname() and not processes.lives(process)
