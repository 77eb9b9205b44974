"""What shoppers do: start a session, add products, end it; and what erases their pictures."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import PlatformProduct
from tryon import fetching, queueing, storing
from tryon.engine import pictures
from tryon.models import TryOnOverlay, TryOnSession

Status = TryOnSession.Status
Products = QuerySet[PlatformProduct]
# Decoding a photo of 40 megapixels takes some 300 MB: one at a time in a process.
DECODING = threading.Lock()


class ConsentError(Exception):
    """The shopper has not consented to what is in force: ``settings.TRYON_CONSENT_VERSION``."""


class ProductsError(Exception):
    """The products asked for can't be had: ``code`` is unknown_sku, none or too_many."""

    def __init__(self, code: str, skus: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.code, self.skus = code, list(skus)


class ErasedError(Exception):
    """The session's photo is erased: a new session is needed."""


def start(
    *, platform: str, photo: bytes | str, skus: Sequence[str], consent_version: str,
    customer_id: str | None = None, among: Products | None = None,
) -> TryOnSession:  # fmt: skip
    """A new session, which the queue works on at once; ``photo`` may be an address.

    Raises ``ConsentError``, ``ProductsError``, ``FetchError`` or ``PictureError``; then nothing was
    stored, and without consent nothing was fetched.
    """
    if consent_version != settings.TRYON_CONSENT_VERSION:
        raise ConsentError
    wanted = _wanted(platform, skus, already=0, among=among)
    if isinstance(photo, str):
        photo = fetch_photo(photo)
    with DECODING:
        content = pictures.jpeg(pictures.photo(photo))
    name = storing.keep(content)
    try:
        with transaction.atomic():
            session = TryOnSession.objects.create(
                platform=platform, customer_id=customer_id, selfie_url=name,
                consent_version=consent_version,
            )  # fmt: skip
            _add(session, wanted)
            queueing.soon(session.pk)
    except BaseException:
        storing.erase([name])
        raise
    return session


def fetch_photo(address: str) -> bytes:
    """A photo from one of TRYON_SELFIE_HOSTS; raises ``FetchError``."""
    return fetching.fetch(address, hosts=settings.TRYON_SELFIE_HOSTS)


def add_products(
    session: TryOnSession, *, skus: Sequence[str], among: Products | None = None
) -> TryOnSession:
    """Try more on with the same photo; those that are there already change nothing.

    Raises ``ProductsError`` or ``ErasedError``.
    """
    if not skus:
        raise ProductsError("none")
    with transaction.atomic():
        found = TryOnSession.objects.select_for_update().get(pk=session.pk)
        if found.erased_at is not None:
            raise ErasedError
        known = set(found.overlays.values_list("sku", flat=True))
        more = [sku for sku in dict.fromkeys(skus) if sku not in known]
        if more:
            _add(found, _wanted(str(found.platform), more, already=len(known), among=among))
            _reopen(found)
    return found


def retry(session: TryOnSession) -> TryOnSession:
    """Have everything that failed made again; raises ``ErasedError``."""
    with transaction.atomic():
        found = TryOnSession.objects.select_for_update().get(pk=session.pk)
        if found.erased_at is not None:
            raise ErasedError
        failed = found.overlays.filter(status=TryOnOverlay.Status.FAILED)
        if failed.update(status=TryOnOverlay.Status.WAITING, failure_code=""):
            _reopen(found)
    return found


def end(session: TryOnSession) -> None:
    """Delete the session, its rows and the bytes of its pictures."""
    delete(TryOnSession.objects.filter(pk=session.pk))


def delete(sessions: QuerySet[TryOnSession]) -> int:
    """Delete sessions with their pictures, whose bytes go once the rows are gone; how many rows."""
    with transaction.atomic():
        names = _pictures(sessions.select_for_update(of=("self",)))
        count = sessions.delete()[0]
        transaction.on_commit(lambda: storing.erase(names))
    return count


def erase_expired(now: datetime | None = None) -> int:
    """Erase pictures that were kept for TRYON_KEEP_HOURS; sessions stay, without them."""
    before = (now or timezone.now()) - timedelta(hours=settings.TRYON_KEEP_HOURS)
    sessions = TryOnSession.objects.expired(before=before)
    storing.erase(_pictures(sessions))
    with transaction.atomic():
        ids = list(sessions.select_for_update().values_list("pk", flat=True))
        overlays = TryOnOverlay.objects.filter(session__in=ids)
        overlays.update(overlay_url="")
        overlays.filter(status=TryOnOverlay.Status.WAITING).update(
            status=TryOnOverlay.Status.FAILED, failure_code="expired"
        )
        rows = TryOnSession.objects.filter(pk__in=ids)
        rows.filter(status__in=[Status.CREATED, Status.IN_PROGRESS]).update(
            status=Status.FAILED, failure_code="expired", finished_at=timezone.now()
        )
        rows.update(selfie_url="", erased_at=timezone.now())
    # Whatever no row remembers, such as what a killed worker left.
    storing.erase_older(before)
    return len(ids)


def _pictures(sessions: QuerySet[TryOnSession]) -> list[str]:
    selfies = dict(sessions.values_list("pk", "selfie_url"))
    overlays = TryOnOverlay.objects.filter(session__in=list(selfies))
    return [*selfies.values(), *overlays.values_list("overlay_url", flat=True)]


def _wanted(
    platform: str, skus: Sequence[str], *, already: int, among: Products | None
) -> list[str]:
    """The products that are to be tried on, each once; only ``among`` these, if they are given."""
    wanted = list(dict.fromkeys(skus))
    if not wanted:
        raise ProductsError("none")
    if already + len(wanted) > settings.TRYON_MOST_PRODUCTS:
        raise ProductsError("too_many")
    rows = PlatformProduct.objects.all() if among is None else among
    rows = rows.filter(deleted_at__isnull=True, platform=platform, sku__in=wanted)
    unknown = set(wanted) - set(rows.values_list("sku", flat=True))
    if unknown:
        raise ProductsError("unknown_sku", sorted(unknown))
    return wanted


def _add(session: TryOnSession, skus: Sequence[str]) -> None:
    TryOnOverlay.objects.bulk_create(
        [TryOnOverlay(session=session, sku=sku, overlay_url="") for sku in skus]
    )


def _reopen(session: TryOnSession) -> None:
    """Have a finished session worked on again; one in work sees what is new by itself."""
    finished = TryOnSession.objects.filter(
        pk=session.pk, status__in=[Status.COMPLETE, Status.FAILED]
    )
    if finished.update(status=Status.CREATED, failure_code="", finished_at=None):
        session.refresh_from_db()
        queueing.soon(session.pk)
