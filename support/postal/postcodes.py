"""Postcodes in their usual spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator

from support.postal import rules
from support.postal.text import narrow

BRITISH = frozenset({"GB", "GG", "IM", "JE"})


def spelled(country: str, value: object) -> str | None:
    """The postcode as its country writes it; None where it isn't one."""
    text = narrow(value).lstrip("〒 ")
    here = rules.of(country)
    if not text or not here.matchers:
        return text
    tried = _candidates(country, text, here)
    return next((one for one in tried if all(m.fullmatch(one) for m in here.matchers)), None)


def _candidates(country: str, text: str, here: rules.Rules) -> Iterator[str]:
    """Spellings to try, the usual ones first."""
    texts = [text]
    if here.prefix and text.startswith(here.prefix):
        texts.append(text.removeprefix(here.prefix).strip(" -"))
    if text.startswith(f"{country}-"):
        texts.append(text[3:].strip())
    for one in texts:
        bare = re.sub(r"[\s-]", "", one)
        if country in BRITISH:
            at = 4 if bare.startswith("BFPO") else -3
            yield f"{bare[:at]} {bare[at:]}"
        if country == "IE":
            yield f"{bare[:3]} {bare[3:]}"
        yield from (_shaped(bare, shape) for shape in here.shapes if _alike(bare, shape))
        yield from (one, bare)


def _alike(bare: str, shape: str) -> bool:
    """Whether letters and digits stand where the example has them."""
    return _kinds(bare) == _kinds(re.sub(r"[\s-]", "", shape))


def _kinds(text: str) -> str:
    return re.sub(r"[A-Z]", "A", re.sub(r"[0-9]", "9", text))


def _shaped(bare: str, shape: str) -> str:
    """The characters with the example's spaces and hyphens between them."""
    left = iter(bare)
    return "".join(one if one in " -" else next(left) for one in shape)
