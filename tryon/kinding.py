"""Of which kind a product is, by the words that staff keep in the table of rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.models import PlatformProduct
from connectors import registry
from connectors.platforms import base
from tryon.engine.errors import ProductError
from tryon.engine.kinds import Kind
from tryon.models import KindRule

ANYWHERE = KindRule.Place.ANYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What a product is filed under, place by place, in the order in which rules look."""

    texts: Sequence[tuple[str, tuple[str, ...]]]


def kind_of(product: PlatformProduct, parent: PlatformProduct | None) -> Kind:
    """The product's kind; raises ``ProductError`` where no rule says one.

    A word for what can't be worn counts wherever it stands; then the first place with a word.
    """
    rules = list(KindRule.objects.all())
    filed = _filed(product, parent)
    excluded = [rule for rule in rules if not rule.kind]
    if _first(excluded, filed.texts) is not None:
        raise ProductError("kind_unknown")
    for text in filed.texts:
        found = _first((rule for rule in rules if rule.kind), [text])
        if found is not None:
            return Kind(found.kind)
    raise ProductError("kind_unknown")


def _filed(product: PlatformProduct, parent: PlatformProduct | None) -> Filed:
    labels = [_labels(one) for one in (product, parent) if one is not None]
    place = KindRule.Place
    return Filed(
        texts=(
            (place.PRODUCT_TYPE, tuple(one.product_type for one in labels)),
            (place.CATEGORY, tuple(name for one in labels for name in one.categories)),
            (place.TAG, tuple(name for one in labels for name in one.tags)),
            (place.TITLE, (product.title,)),
        )
    )


def _labels(product: PlatformProduct) -> base.Labels:
    payload = product.metadata if type(product.metadata) is dict else {}
    return registry.LABELS[product.platform](payload)


def _first(
    rules: Iterable[KindRule], texts: Sequence[tuple[str, tuple[str, ...]]]
) -> KindRule | None:
    for rule in rules:
        word = re.compile(rf"\b{re.escape(rule.word.strip())}(?:s|es)?\b", re.IGNORECASE)
        for place, found in texts:
            if rule.place in (ANYWHERE, place) and any(map(word.search, found)):
                return rule
    return None
