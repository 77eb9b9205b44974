"""Products made ready to be worn, once for each picture."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.utils import timezone
from PIL import Image

from catalog.models import PlatformProduct
from tryon import fetching, kinding, storing
from tryon.engine import anchoring, cutout, pictures
from tryon.engine.errors import ProductError
from tryon.engine.kinds import Kind, Wearable
from tryon.models import WearableProduct


def wearable(*, sku: str, platform: str) -> Wearable:
    """The product, ready; raises ``ProductError``. What was found stays for the next time."""
    product = PlatformProduct.objects.present().filter(sku=sku, platform=platform).first()
    if product is None:
        raise ProductError("product_gone")
    row, _ = WearableProduct.objects.get_or_create(sku=sku, platform=platform)
    try:
        _prepare(row, product)
    except ProductError as error:
        _save(row, problem=error.code)
        raise
    return worn(row)


def worn(row: WearableProduct) -> Wearable:
    """A product that has its cut-out."""
    return Wearable(
        kind=Kind(row.kind), cutout=_loaded(row.cutout), anchors=row.anchors,
        millimetres=None if row.millimetres is None else float(row.millimetres),
    )  # fmt: skip


def forget(row: WearableProduct) -> None:
    """Have its picture fetched and cut out anew the next time."""
    _save(row, picture_url="", prepared_at=None, problem="")


def _prepare(row: WearableProduct, product: PlatformProduct) -> None:
    parent = _parent(product)
    kind = Kind(row.kind) if row.kind_by_staff and row.kind else kinding.kind_of(product, parent)
    if kind is Kind.TOP and not settings.TRYON_TOPS:
        raise ProductError("kind_off")
    address = product.image_url or (parent.image_url if parent else "")
    if not address:
        raise ProductError("no_picture")
    if row.kind == kind and row.picture_url == address and _is_fresh(row):
        return
    content = _fetched(address, product)
    digest = hashlib.sha256(content).hexdigest()
    if row.kind != kind or row.picture_hash != digest or not storing.exists(row.cutout):
        _cut(row, kind, content, digest)
    _save(row, kind=kind.value, picture_url=address, picture_hash=digest, problem="",
          prepared_at=timezone.now())  # fmt: skip


def _parent(product: PlatformProduct) -> PlatformProduct | None:
    """A variation's product, which has what it lacks itself: categories, and often a picture."""
    if product.parent_remote_id is None:
        return None
    rows = PlatformProduct.objects.filter(connector_id=product.connector_id)
    return rows.filter(remote_id=product.parent_remote_id).first()


def _is_fresh(row: WearableProduct) -> bool:
    oldest = timezone.now() - timedelta(days=settings.TRYON_PICTURE_DAYS)
    if row.prepared_at is None or row.prepared_at < oldest:
        return False
    return not row.problem and storing.exists(row.cutout)


def _fetched(address: str, product: PlatformProduct) -> bytes:
    hosts, store = settings.TRYON_PICTURE_HOSTS, product.connector.store_url
    try:
        return fetching.fetch(address, hosts=hosts, store=store)
    except fetching.FetchError:
        raise ProductError("picture_unreachable") from None


def _cut(row: WearableProduct, kind: Kind, content: bytes, digest: str) -> None:
    try:
        picture = pictures.product(content)
    except pictures.PictureError:
        raise ProductError("no_picture") from None
    found = anchoring.wearable(cutout.cut(picture, kind), kind)
    name = f"{storing.CUTOUTS}/{digest}-{kind}.png"
    row.cutout = storing.keep_cutout(name, pictures.png(found.cutout))
    row.anchors = {point: round(float(value), 4) for point, value in found.anchors.items()}
    row.anchors_by_staff = False


def _save(row: WearableProduct, **changes: object) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()


@lru_cache(maxsize=32)
def _loaded(name: str) -> Image.Image:
    """A cut-out; its name holds its picture's hash, so it is never another one."""
    with Image.open(io.BytesIO(storing.read(name)), formats=("PNG",)) as picture:
        return picture.convert("RGBA")
