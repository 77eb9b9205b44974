"""What to recommend: by the model where it knows something, else by what sells or is new."""

from __future__ import annotations

import textwrap
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from catalog.api import OFFERED
from connectors.storefront.prepared import Prepared
from recommendations import fallback, persons, reading, serving
from recommendations.models import RecommendationLog
from recommendations.ranking.histories import Array, Matrix, histories
from recommendations.serving import Barred, Served

Strategy = RecommendationLog.Strategy

# Why an answer isn't what was asked for.
FALLBACKS = {
    "no_model": "nothing was learnt from the orders yet",
    "no_history": "the customer is unknown, or has bought nothing that is known",
    "unknown_sku": "nobody has bought such a product yet",
    "nothing_found": "nothing of what was found can be bought now",
    "holdout": "the customer is one of those who get what is popular, for comparison",
}
# Lines of a customer that are looked at, the latest.
MOST_LINES = 2_000
# Candidates that are looked up in the catalogue besides those that are needed.
SPARE = 6
# Companions that are found for a cart.
MOST_COMPANIONS = 300
LINE = (
    "platform", "sku", "merchant_sku", "remote_id", "quantity", "title", "order__created_at",
    "order__refunds",
)  # fmt: skip

Row = Mapping[str, Any]
# From our SKUs to the rows of them that the caller may see.
Rows = Callable[[Sequence[str]], Mapping[str, Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Whom the answer is for."""

    customer_id: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for; ``place`` are the platform and the store whose products may be shown.

    ``sku`` asks for similar products, else ``cart`` for what goes with it, else the customer;
    a stranger is one whom nobody knows.
    """

    place: fallback.Place
    customer: Customer | None = None
    is_stranger: bool = False
    cart: Sequence[str] = ()
    sku: str = ""
    n: int = 10
    exclude_purchased: bool = False
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a product is recommended: ``code`` for programs, ``text`` for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A product that is recommended; ``confidence`` is the chance of it, 0 to 1."""

    row: Row
    score: float | None
    confidence: float | None
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The products, best first; ``fallback`` says why it isn't what was asked for, or ''."""

    strategy: Strategy
    fallback: str
    version: uuid.UUID | None
    is_holdout: bool
    chosen: Sequence[Chosen]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranked:
    """Candidates, best first: those that are ``usable``; ``skus`` gives the SKUs of one, and
    ``reasons`` why some are here."""

    scores: Sequence[float | None] | Array
    chances: Sequence[float | None] | Array
    usable: Sequence[int] | Array
    skus: Callable[[int], Sequence[str]]
    reasons: Callable[[Sequence[int]], Sequence[Reason]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bought:
    """A product that the customer has bought on ``days``."""

    title: str
    days: set[date]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the customer has bought: products by the model's number, and our SKUs."""

    products: Mapping[int, _Bought]
    skus: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Request:
    """Everything that an answer is made of."""

    wanted: Wanted
    rows: Rows
    served: Served | None
    barred: Barred
    history: History

    @property
    def platform(self) -> str:
        return self.wanted.place[0]

    @cached_property
    def refused(self) -> frozenset[str]:
        """SKUs that this answer may not have."""
        own = {*self.wanted.cart, self.wanted.sku}
        return frozenset(own | self.history.skus if self.wanted.exclude_purchased else own)


POPULAR = Reason(code="popular", text="Popular at the moment")
NEW = Reason(code="new", text="New in the shop")
LIKED = Reason(code="similar_customers", text="Bought by customers with similar orders")


def answer(wanted: Wanted, rows: Rows) -> Answer:
    """Something for everybody: what can be bought now, never what is blocked."""
    served = serving.served()
    request = Request(
        wanted=wanted, rows=rows, served=served, barred=serving.barred(),
        history=history(served, wanted),
    )  # fmt: skip
    is_holdout = _is_held_out(wanted)
    strategy, why, ranked = _asked(request, is_holdout=is_holdout)
    chosen = [] if ranked is None else _chosen(request, ranked, ())
    if ranked is not None and not chosen:
        strategy, why = Strategy.POPULAR, "nothing_found"
    for next_strategy, make in _fillers(request):
        if len(chosen) >= wanted.n:
            break
        more = _chosen(request, make(), chosen)
        if more and not chosen:
            why = why or ("" if next_strategy == strategy else "nothing_found")
            strategy = next_strategy
        chosen = [*chosen, *more]
    return Answer(
        strategy=strategy if chosen else Strategy.NONE,
        fallback=why if chosen else why or "nothing_found",
        version=None if served is None else served.version, is_holdout=is_holdout, chosen=chosen,
    )  # fmt: skip


def is_sellable(row: Row) -> bool:
    """Whether a product can be bought at this moment."""
    is_offered = row["platform_status"] in OFFERED and not row["is_deleted"]
    return bool(row["available"] and is_offered)


def _is_held_out(wanted: Wanted) -> bool:
    person = _person(wanted)
    return bool(person) and persons.is_held_out(person, settings.RECOMMENDATIONS_HOLDOUT)


def _person(wanted: Wanted) -> str:
    one = wanted.customer
    return "" if one is None else reading.person_of(wanted.place[0], one.customer_id, one.email)


def _asked(request: Request, *, is_holdout: bool) -> tuple[Strategy, str, _Ranked | None]:
    """The candidates of what was asked for; None, and why, where there are none."""
    wanted, served = request.wanted, request.served
    if is_holdout:
        return Strategy.POPULAR, "holdout", None
    if served is None:
        return Strategy.POPULAR, "no_model", None
    if wanted.sku or wanted.cart:
        own = _products(served, request.platform, [wanted.sku] if wanted.sku else wanted.cart)
        if not own:
            return Strategy.POPULAR, "unknown_sku", None
        strategy = Strategy.SIMILAR if wanted.sku else Strategy.CART
        return strategy, "", _companions(request, served, own)
    if request.history.products:
        return Strategy.PERSONAL, "", personal(request, served)
    return Strategy.POPULAR, "no_history" if wanted.customer or wanted.is_stranger else "", None


def _fillers(request: Request) -> Iterator[tuple[Strategy, Callable[[], _Ranked]]]:
    """What answers are filled up with, one after the other."""
    served, place = request.served, request.wanted.place
    if served is not None:
        yield Strategy.POPULAR, lambda: _popular(request, served)
    else:
        yield Strategy.POPULAR, lambda: _listed(request, fallback.popular(place), POPULAR)
    yield Strategy.NEWEST, lambda: _listed(request, fallback.newest(place), NEW)


def _chosen(request: Request, ranked: _Ranked, already: Sequence[Chosen]) -> list[Chosen]:
    """The first candidates that can be bought now, as many as are still wanted."""
    taken = {one.row["sku"] for one in already} | request.refused
    found: list[tuple[int, Row]] = []
    missing = request.wanted.n - len(already)
    at_once = missing + SPARE
    for start in range(0, len(ranked.usable), at_once):
        places = [int(place) for place in ranked.usable[start : start + at_once]]
        skus = {place: ranked.skus(place) for place in places}
        rows = request.rows([sku for some in skus.values() for sku in some])
        for place, some in skus.items():
            row = next((rows[sku] for sku in some if _may_show(request, rows.get(sku))), None)
            if row is not None and row["sku"] not in taken and len(found) < missing:
                taken.add(row["sku"])
                found.append((place, row))
        if len(found) >= missing:
            break
    reasons = ranked.reasons([place for place, _ in found])
    return [
        Chosen(
            row=row, score=_number(ranked.scores[place]), confidence=_number(ranked.chances[place]),
            reason=reason,
        )
        for (place, row), reason in zip(found, reasons, strict=True)
    ]  # fmt: skip


def _may_show(request: Request, row: Row | None) -> bool:
    if row is None or not is_sellable(row):
        return False
    names = {row["sku"].casefold(), row["merchant_sku"].strip().casefold()}
    return not names & request.barred.skus


def _number(value: Any) -> float | None:
    return None if value is None else round(float(value), 6)


def _products(served: Served, platform: str, skus: Sequence[str]) -> dict[int, str]:
    """The products that these SKUs are, each with its SKU."""
    found = {served.thawed.known.product_of((platform, sku)): sku for sku in skus}
    return {product: sku for product, sku in found.items() if product is not None}


def _lines(*, platform: str, customer_id: str) -> QuerySet[Any, Any]:
    lines = reading.counted().filter(
        platform=platform, order__platform=platform, order__customer_id=customer_id
    )
    found: QuerySet[Any, Any] = lines.order_by("-order__created_at").values(*LINE)[:MOST_LINES]
    return found


LINES = Prepared(_lines)


def history(served: Served | None, wanted: Wanted) -> History:
    """What the customer has bought, as of this moment."""
    products: dict[int, _Bought] = {}
    skus: set[str] = set()
    one = wanted.customer
    lines = LINES.rows(platform=wanted.place[0], customer_id=one.customer_id) if one else ()
    for line in lines:
        if reading.is_given_back(line):
            continue
        if line["sku"]:
            skus.add(line["sku"])
        product = None if served is None else _product(served, line)
        if product is not None:
            bought = products.setdefault(product, _Bought(title=line["title"], days=set()))
            bought.days.add(line["order__created_at"].date())
    return History(products=products, skus=frozenset(skus))


def _product(served: Served, line: Row) -> int | None:
    """The product of a line, by its name or else by its row in the catalogue."""
    known, name = served.thawed.known, reading.product_of(line)
    found = known.product(name) if name else None
    if found is None and line["sku"]:
        return known.product_of((line["platform"], line["sku"]))
    return found


def personal(request: Request, served: Served) -> _Ranked:
    """What the customer's own orders say."""
    model, products = served.thawed.model, request.history.products
    baskets: dict[date, list[int]] = {}
    for product, one in products.items():
        for day in one.days:
            baskets.setdefault(day, []).append(product)
    past = histories(
        [[np.array(sorted(baskets[day]), np.int64) for day in sorted(baskets)]], model.learnt.skus
    )
    scored = model.scored(past, np.array([persons.number(_person(request.wanted))]))
    order = np.lexsort((scored.col, -scored.score))
    scores = scored.score[order]
    return _ranked(
        request, served, scored.col[order], scores, model.calibration.chance(scores),
        lambda some: _personal_reasons(served, products, some),
    )  # fmt: skip


def _companions(request: Request, served: Served, own: Mapping[int, str]) -> _Ranked:
    """What goes with some products."""
    carts = served.thawed.carts
    products, scores = carts.scored(np.array(sorted(own), np.int64), MOST_COMPANIONS)

    def reasons(some: Sequence[int]) -> list[Reason]:
        rows = request.rows(list(own.values()))
        titles = {product: rows[sku]["title"] for product, sku in own.items() if sku in rows}
        near = _nearest(carts.together, sorted(own), some)
        return [_bought_with(titles.get(one, "") if one is not None else "") for one in near]

    chances = carts.calibration.chance(scores)
    return _ranked(request, served, products, scores, chances, reasons)


def _popular(request: Request, served: Served) -> _Ranked:
    """What most of the latest orders had."""
    products = served.popular
    share = served.thawed.lately[products]
    return _ranked(request, served, products, share, share, lambda some: [POPULAR] * len(some))


def _ranked(
    request: Request,
    served: Served,
    products: Array,
    scores: Array,
    chances: Array,
    reasons: Callable[[Sequence[int]], Sequence[Reason]],
) -> _Ranked:
    """Candidates that the model knows by number."""
    return _Ranked(
        scores=scores, chances=chances, usable=_usable(request, served, products),
        skus=lambda place: served.thawed.known.rows_of(int(products[place]), request.platform),
        reasons=lambda places: reasons([int(products[place]) for place in places]),
    )  # fmt: skip


def _usable(request: Request, served: Served, products: Array) -> Array:
    """Which candidates are of the category, not blocked, and not what is there already."""
    wanted = request.wanted
    here = [*wanted.cart, *([wanted.sku] if wanted.sku else [])]
    refused = list(_products(served, request.platform, here))
    if wanted.exclude_purchased:
        refused += request.history.products
    usable = ~np.isin(products, refused)
    if wanted.category:
        usable &= served.under(wanted.category)[products]
    for category in request.barred.categories:
        usable &= ~served.under(category)[products]
    return np.flatnonzero(usable)


def _listed(request: Request, listed: Sequence[fallback.Sold], reason: Reason) -> _Ranked:
    """Candidates of a plain list."""
    category, barred = request.wanted.category.strip().casefold(), request.barred.categories
    shares = [one.share for one in listed]
    return _Ranked(
        scores=shares, chances=shares, skus=lambda place: [listed[place].sku],
        usable=[
            place for place, one in enumerate(listed)
            if not one.categories & barred and (not category or category in one.categories)
        ],
        reasons=lambda places: [reason] * len(places),
    )  # fmt: skip


def _personal_reasons(
    served: Served, bought: Mapping[int, _Bought], some: Sequence[int]
) -> list[Reason]:
    today = timezone.now().date()
    own, learnt = sorted(bought), served.thawed.model.learnt
    found = {one: _bought_before(bought[one].days, today) for one in some if one in bought}
    for table, code, words in (
        (learnt.together, "bought_with", "Often bought with"),
        (learnt.follows, "bought_after", "Often bought after"),
    ):
        rest = [one for one in some if one not in found]
        for product, near in zip(rest, _nearest(table, own, rest), strict=True):
            if near is not None:
                text = f"{words} {_short(bought[near].title)}"
                found[product] = Reason(code=code, text=text)
    popular = set(learnt.popular_first.tolist())
    return [found.get(one, POPULAR if one in popular else LIKED) for one in some]


def _bought_before(days: set[date], today: date) -> Reason:
    ago = max((today - max(days)).days, 0)
    last = {0: "today", 1: "yesterday"}.get(ago, f"{ago} days ago")
    times = f"{len(days)} times, last {last}" if len(days) > 1 else last
    return Reason(code="bought_before", text=f"Bought {times}")


def _bought_with(title: str) -> Reason:
    return Reason(code="bought_with", text=f"Often bought with {_short(title)}")


def _short(title: str) -> str:
    return textwrap.shorten(title, 80, placeholder=" …") or "this product"


def _nearest(table: Matrix, own: Sequence[int], some: Sequence[int]) -> list[int | None]:
    """For each of some products the one of the customer's own that says most for it."""
    found: dict[int, tuple[float, int]] = {}
    wanted = np.array(sorted(some), np.int64)
    for one in own if len(wanted) else ():
        span = slice(table.indptr[one], table.indptr[one + 1])
        is_wanted = np.isin(table.indices[span], wanted)
        columns, values = table.indices[span][is_wanted], table.data[span][is_wanted]
        for column, value in zip(columns.tolist(), values.tolist(), strict=True):
            found[column] = max(found.get(column, (0.0, one)), (value, one))
    return [found[one][1] if one in found else None for one in some]
