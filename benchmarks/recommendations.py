"""Whether the recommendations beat the single methods: `python -m benchmarks.recommendations`.

On real orders, split by the calendar: STOREKEEP_ONLINE_RETAIL names the file of “Online Retail”
(CSV, may be compressed; doi 10.24432/C5BW33). Two cuts; the bounds are of the paired bootstrap.
Each is measured twice: on every customer who ordered again, and on regular ones, for whom there are
figures to reach.
"""

from __future__ import annotations

import csv
import gzip
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from recommendations.ranking import baselines, evaluating, hybrid, measures, purchases
from recommendations.ranking.evaluating import Evaluation, Task
from recommendations.ranking.histories import Array
from recommendations.ranking.purchases import Purchases

CUTS = (date(2011, 8, 1), date(2011, 10, 10))
ERROR_LIMIT = 0.05
# Recall and NDCG (its ideal over the whole basket) to reach on customers of two baskets or more who
# order within 60 days, of SKUs bought three times or more.
REACHED = {CUTS[0]: (0.2346, 0.2681), CUTS[1]: (0.1850, 0.2123)}
NO_LESS_BY = 0.003
REGULAR, WITHIN, FEWEST_SOLD = 2, 60, 3
CODE = re.compile(r"\d{5}[A-Za-z]*")


def main() -> None:
    named = os.environ.get("STOREKEEP_ONLINE_RETAIL")
    if named is None:
        sys.exit("STOREKEEP_ONLINE_RETAIL has to name the file of Online Retail.")
    lines_ = bought(Path(named))
    everybody = purchases.persons(lines_)
    passed = [measure(everybody, cut) for cut in CUTS]
    passed += [reached(lines_, cut) for cut in CUTS]
    sys.exit(0 if all(passed) else 1)


def bought(path: Path) -> Purchases:
    """The lines of known customers that were bought and kept, of real stock codes."""
    customers: dict[str, int] = {}
    skus: dict[str, int] = {}
    rows = [
        (customers.setdefault(customer, len(customers)), day, skus.setdefault(sku, len(skus)))
        for customer, day, sku in lines(path)
    ]
    customer, day, sku = np.array(rows, np.int64).T
    return Purchases(customer=customer, day=day, sku=sku)


def lines(path: Path) -> Iterator[tuple[str, int, str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        for row in csv.DictReader(file):
            is_kept = float(row["Quantity"]) > 0 and float(row["UnitPrice"]) > 0
            is_real = CODE.fullmatch(row["StockCode"]) and row["CustomerID"]
            if is_kept and is_real and not row["InvoiceNo"].startswith("C"):
                day = date.fromisoformat(row["InvoiceDate"][:10]).toordinal()
                yield row["CustomerID"], day, row["StockCode"]


def measure(everybody: list[purchases.Person], cut: date) -> bool:
    began = time.perf_counter()
    found = evaluating.evaluate(evaluating.at_day(everybody, cut.toordinal()))
    print(f"{cut}: {found.customers:,} customers, {time.perf_counter() - began:.0f} s")
    for name, one in {"hybrid": found.hybrid, **found.others}.items():
        figures = "  ".join(f"{key} {value:.4f}" for key, value in one.means.items())
        print(f"  {name:<12}{figures}")
    return judged(found)


def judged(found: Evaluation) -> bool:
    """Whether it is ahead of the best single method, beyond doubt, and says chances that hold."""
    passed = found.error <= ERROR_LIMIT
    print(f"  calibration error {found.error:.4f} (limit {ERROR_LIMIT})")
    for measure_ in ("recall@10", "ndcg@10"):
        name, best = max(found.others.items(), key=lambda one: one[1].means[measure_])
        low, high = best.ahead[measure_]
        passed = passed and low > 0
        print(f"  {measure_}: ahead of {name} by {low:+.4f} to {high:+.4f}")
    print("  PASS" if passed else "  FAIL")
    return passed


def reached(lines_: Purchases, cut: date) -> bool:
    """Whether regular customers get what is known to be within reach, and more than by any single
    method."""
    day = cut.toordinal()
    sold = np.bincount(lines_.sku[lines_.day < day], minlength=int(lines_.sku.max()) + 1)
    kept = sold[lines_.sku] >= FEWEST_SOLD
    everybody = purchases.persons(Purchases(
        customer=lines_.customer[kept], day=lines_.day[kept], sku=lines_.sku[kept]
    ))  # fmt: skip
    task = evaluating.at_day(everybody, day, least=REGULAR, within=WITHIN)
    model = hybrid.fit(task.examples, latest=task.latest, asked_at=task.asked_at)
    own = figures(model.scored(task.past, task.who).top(measures.AT)[0], task)
    means, wanted = own.mean(0), np.array(REACHED[cut])
    print(f"{cut}, regular customers: {task.past.size:,}")
    print(f"  hybrid      recall {means[0]:.4f}  NDCG {means[1]:.4f}")
    print(f"  to reach    recall {wanted[0]:.4f}  NDCG {wanted[1]:.4f}  (less {NO_LESS_BY})")
    passed = bool((means >= wanted - NO_LESS_BY).all())
    for name, method in baselines.METHODS.items():
        other = figures(method(task.examples, task.past, measures.AT), task)
        bounds = [measures.interval(one) for one in (own - other).T]
        passed = passed and all(low > 0 for low, _ in bounds)
        (low, high), (least, most) = bounds
        print(f"  {name:<12}recall {other[:, 0].mean():.4f}  NDCG {other[:, 1].mean():.4f}  ahead "
              f"by {low:+.4f} to {high:+.4f}, {least:+.4f} to {most:+.4f}")  # fmt: skip
    print("  PASS" if passed else "  FAIL")
    return passed


def figures(lists: Sequence[Array], task: Task) -> Array:
    """Of each customer recall, and NDCG whose ideal is the whole basket."""
    found = []
    for top, truth in zip(lists, task.truths, strict=True):
        hit = np.isin(top, truth)
        gain = measures.DISCOUNT[: len(top)][hit].sum()
        found.append((hit.sum() / len(truth), gain / measures.DISCOUNT[: len(truth)].sum()))
    return np.array(found)


if __name__ == "__main__":
    main()
