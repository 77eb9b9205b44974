"""How fast the storefront API answers beside a floor and a peer: `python -m benchmarks.api`.

The floor is a bare view with the same SQL; the peer is what DRF's documentation would have one
write. All three are served in the same way and asked in turns by the same clients.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import database, filling
from benchmarks.api import cases, distance, plans, product, racing, serving

Result = TypeVar("Result")


def main() -> None:
    options = _options()
    # No request of a benchmark is one too many, of the servers or of this process.
    os.environ["API_RATE_KEY"] = "1000000000"
    say = _silent if options.json else _say
    with database.fresh(keep=options.keep):
        say(f"Filling a database with {options.products:,} products, {options.orders:,} orders")
        filling.fill(options.orders, say, products=options.products)
        key = product.key()
        kinds = list(cases.cases(products=options.products, orders=options.orders))
        found = [_shown(one, plans.line, say) for one in plans.plans(key)]
        with _served(kinds, key) as ports:
            races = racing.races(kinds, ports, key, options, say)
            distant = _shown(distance.distance(ports.api, key, options), distance.line, say)
    results: dict[str, Sequence[Any]] = {"requests": races, "distance": [distant], "plans": found}
    if options.json:
        print(json.dumps({name: [one.plain() for one in each] for name, each in results.items()}))
    passed = [one.passed for each in results.values() for one in each]
    say(f"{sum(passed)} of {len(passed)} are within their limits")
    sys.exit(0 if all(passed) else 1)


def _shown(one: Result, line: Callable[[Result], str], say: Callable[[str], None]) -> Result:
    say(line(one))
    return one


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api")
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each server, each turn")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--keep", action="store_true", help="keep the database for another run")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)


def _silent(text: str) -> None:
    """Nothing: the figures are printed at the end."""


@contextmanager
def _served(kinds: list[cases.Case], key: str) -> Iterator[racing.Ports]:
    """The product, the floor and the peer, each on a port of its own."""
    sql = {path: product.statements(path, key) for kind in kinds for path in kind.ours}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        file = Path(folder) / "sql.json"
        file.write_text(json.dumps(sql))
        environment = {"STOREKEEP_BENCHMARK_SQL": str(file)}
        yield racing.Ports(
            api=servers.enter_context(serving.served("config.settings")),
            floor=servers.enter_context(
                serving.served("benchmarks.api.floor_settings", environment=environment)
            ),
            peer=servers.enter_context(serving.served("benchmarks.api.peer_settings")),
        )


if __name__ == "__main__":
    main()
