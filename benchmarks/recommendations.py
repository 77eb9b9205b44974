"""Whether the recommendations beat the single methods: `python -m benchmarks.recommendations`.

On real orders, split by the calendar: STOREKEEP_ONLINE_RETAIL names the file of “Online Retail”
(CSV, may be compressed; doi 10.24432/C5BW33). Two cuts; the bounds are of the paired bootstrap.
"""

from __future__ import annotations

import csv
import gzip
import os
import re
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np

from recommendations.ranking import evaluating, purchases
from recommendations.ranking.evaluating import Evaluation
from recommendations.ranking.purchases import Purchases

CUTS = (date(2011, 8, 1), date(2011, 10, 10))
ERROR_LIMIT = 0.05
CODE = re.compile(r"\d{5}[A-Za-z]*")


def main() -> None:
    named = os.environ.get("STOREKEEP_ONLINE_RETAIL")
    if named is None:
        sys.exit("STOREKEEP_ONLINE_RETAIL has to name the file of Online Retail.")
    everybody = purchases.persons(bought(Path(named)))
    passed = [measure(everybody, cut) for cut in CUTS]
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


if __name__ == "__main__":
    main()
