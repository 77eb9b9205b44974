"""What training takes and how fast answers are made: `python -m benchmarks.recommending`.

A shop is made by the database itself, learnt from in a process of its own, and asked: by function
call beside what `implicit` recommends to the same customers, and over HTTP on one processor.
`--customers 1000000 --lines 10000000` is the size that has to fit into eight gigabytes.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks import database
from benchmarks.api import asking, product, serving

LIMIT_MS, LIMIT_GB, LIMIT_RATE = 10.0, 8.0, 200.0
ASKED, CLIENTS, SECONDS = 1_000, 4, 10.0

# Even numbers from 0 to 1 that are the same in every run.
EVEN = "((hashint8extended({}, {}) & 4503599627370495) / 4503599627370496.0::float8)"
PRODUCTS = """
INSERT INTO platform_product (sku, platform, connector_id, remote_id, merchant_sku, title,
    description, metadata, price, exact_price, available, kind, platform_status, image_url, options,
    remote_created_at, synced_at)
SELECT 'SKU-' || n, 'woocommerce', %(store)s, n, 'SKU-' || n, 'Product number ' || n, '',
    jsonb_build_object('categories', jsonb_build_array(jsonb_build_object('name', 'C' || n %% 50))),
    5, 5, n %% 20 <> 0, 'simple', 'publish', '', '{}', now() - n * interval '1 minute', now()
FROM generate_series(1, %(skus)s) n
"""
CUSTOMERS = """
INSERT INTO platform_customer (customer_id, platform, connector_id, remote_id, email, name,
    metadata, remote_created_at, synced_at)
SELECT n, 'woocommerce', %(store)s, n, 'customer' || n || '@example.com', 'Customer ' || n, '{}',
    now(), now()
FROM generate_series(1, %(customers)s) n
"""
# Three lines an order; the days are spread over two years.
ORDERS = f"""
INSERT INTO platform_order (order_id, platform, connector_id, remote_id, number, customer_id,
    email, customer_name, status, platform_status, payment_status, fulfilment_status,
    payment_method, total_amount, currency, exact_total, discount_total, shipping_total, tax_total,
    refunded_total, prices_include_tax, customer_note, billing_address, shipping_address,
    line_items, metadata, charges, refunds, fulfilments, created_at, synced_at)
SELECT n, 'woocommerce', %(store)s, n, n, buyer, 'customer' || buyer || '@example.com', '',
    'completed', 'completed', '', '', '', 15, 'GBP', 15, 0, 0, 0, 0, false, '', '{{}}', '{{}}',
    '[]', '{{}}', '[]', '[]', '[]',
    now() - {EVEN.format("n::bigint", 1)} * interval '730 days', now()
FROM (
    SELECT n, 1 + floor({EVEN.format("n::bigint", 2)} * %(customers)s)::bigint AS buyer
    FROM generate_series(1, %(lines)s / 3) n
) numbered
"""
# Half of what is bought is one of the customer's five favourites; few products sell much.
LINE = "remote_id * 3 + line"
FAVOURITE = f"customer_id::bigint * 5 + floor(5 * {EVEN.format(LINE, 4)})::bigint"
ITEMS = f"""
INSERT INTO order_item (order_id, platform, remote_id, position, sku, merchant_sku, title,
    quantity, price, subtotal, subtotal_tax, total, total_tax)
SELECT order_id, 'woocommerce', id, line, 'SKU-' || bought, 'SKU-' || bought,
    'Product number ' || bought, 1, 5, 5, 1, 5, 1
FROM (
    SELECT order_id, {LINE} AS id, line, 1 + floor(%(skus)s * power(
        CASE WHEN {EVEN.format(LINE, 3)} < 0.5 THEN {EVEN.format(FAVOURITE, 5)}
            ELSE {EVEN.format(LINE, 6)} END, 3))::bigint AS bought
    FROM platform_order, generate_series(0, 2) line
) chosen
"""


def main() -> None:
    options = _options()
    if options.train:
        database.set_up(os.environ["DATABASE_URL"])
        _train()
        return
    os.environ["API_RATE_KEY"] = "1000000000"
    with database.fresh():
        _fill(options)
        passed = [_trained()]
        passed += _called(options)
        passed.append(_served(options))
    sys.exit(0 if all(passed) else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recommending")
    parser.add_argument("--skus", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--train", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _fill(options: argparse.Namespace) -> None:
    from django.db import connection

    from connectors.models import ConnectorConfig

    store = ConnectorConfig.objects.create(
        platform="woocommerce", key_prefix="", name="The store", api_key="a", secret="b",
        store_url="https://main.example.com",
    )  # fmt: skip
    values = {"store": store.pk, **vars(options)}
    parts = {"products": PRODUCTS, "customers": CUSTOMERS, "orders": ORDERS, "lines": ITEMS}
    with connection.cursor() as cursor:
        for name, sql in parts.items():
            began = time.perf_counter()
            cursor.execute(sql, values)
            _say(f"  {cursor.rowcount:,} {name} ({time.perf_counter() - began:.0f} s)")
        cursor.execute("VACUUM ANALYZE")


def _trained() -> bool:
    """Training in a process of its own: how long it takes, and how much memory."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "benchmarks.recommending", "--train"], check=True)
    seconds = time.perf_counter() - began
    gigabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    passed = gigabytes <= LIMIT_GB
    _say(
        f"training: {seconds:.0f} s, {gigabytes:.2f} GB at most (limit {LIMIT_GB:.0f}) "
        f"{_word(passed)}"
    )
    return passed


def _train() -> None:
    from recommendations import training
    from recommendations.models import Training

    began = time.perf_counter()
    say = lambda text: _say(f"  {time.perf_counter() - began:6.0f} s  {text}")  # noqa: E731
    done = training.run(training.ask().pk, say=say)
    if done.state != Training.State.READY:
        sys.exit(done.failure)


def _called(options: argparse.Namespace) -> list[bool]:
    """Calls within this process, one after the other: ours, and implicit's beside them."""
    from recommendations import answering
    from recommendations import serving as models

    rows = _rows()
    asked = [str(n) for n in _some(options.customers)]
    emails = {one: f"customer{one}@example.com" for one in asked}
    wanted = [
        answering.Wanted(
            place=("woocommerce", None),
            customer=answering.Customer(customer_id=one, email=emails[one]),
        )
        for one in asked
    ]
    models.look()
    for one in wanted[:50]:
        answering.answer(one, rows)
    whole = _times(lambda one: answering.answer(one, rows), wanted)
    ranked = _times(_ranker(models.served()), [_past(one) for one in wanted])
    _say(f"{'':<34}{'median':>10}{'p95':>10}")
    _line("ranking alone", ranked)
    _line("the whole answer, with its queries", whole)
    for name, times in _implicit(asked):
        _line(name, times)
    passed = float(np.quantile(ranked, 0.95)) <= LIMIT_MS
    _say(f"ranking at p95 at most {LIMIT_MS:.0f} ms: {_word(passed)}")
    return [passed]


def _past(wanted: Any) -> Any:
    from recommendations import answering
    from recommendations import serving as models

    return answering.Request(
        wanted=wanted, rows=_rows(), served=models.served(), barred=models.barred(),
        history=answering.history(models.served(), wanted),
    )  # fmt: skip


def _ranker(served: Any) -> Callable[[Any], Any]:
    from recommendations import answering

    return lambda request: answering.personal(request, served)


def _rows() -> Any:
    from catalog import api as catalog
    from catalog.models import PlatformProduct

    def rows(skus: Sequence[str]) -> dict[str, Any]:
        some = PlatformProduct.objects.filter(platform="woocommerce", sku__in=skus)
        return {row["sku"]: row for row in catalog.values(some, tuple(catalog.FIELDS))}

    return rows


def _some(customers: int) -> Any:
    return np.random.default_rng(0).integers(1, customers + 1, ASKED)


def _implicit(asked: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """What implicit takes for the same customers, with their history at hand."""
    from implicit.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import CosineRecommender

    from recommendations import reading
    from recommendations.ranking.histories import basket_matrix
    from recommendations.ranking.purchases import persons

    shop = reading.read()
    everybody = persons(shop.purchases)
    bought = basket_matrix(
        [np.unique(np.concatenate(one.baskets)) for one in everybody], len(shop.skus)
    )
    place = {shop.customers[one.customer]: row for row, one in enumerate(everybody)}
    rows = [
        place[f"customer{one}@example.com"]
        for one in asked
        if f"customer{one}@example.com" in place
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        models = {
            "implicit, item-kNN": CosineRecommender(K=200, num_threads=1),
            "implicit, ALS of 64 factors": AlternatingLeastSquares(64, iterations=5, num_threads=1),
        }
        for name, model in models.items():
            model.fit(bought, show_progress=False)
            yield name, _times(partial(_recommended, model, bought), rows)


def _recommended(model: Any, bought: Any, row: int) -> Any:
    return model.recommend(row, bought[row], N=10)


def _served(options: argparse.Namespace) -> bool:
    """One worker on a processor of its own; PostgreSQL and the clients have the others."""
    key = product.key()
    paths = [f"/api/v1/recommendations/?platform=woocommerce&customer_id={n}"
             for n in _some(options.customers)]  # fmt: skip
    first, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {first})
    with serving.served("config.settings", workers=1) as port:
        os.sched_setaffinity(0, others or {first})
        job = asking.Job(
            port=port, headers={"Host": "127.0.0.1", "Authorization": key}, paths=paths,
            clients=CLIENTS, seconds=SECONDS,
        )  # fmt: skip
        asking.ask(job)
        found = asking.ask(job)
    passed = found.per_second >= LIMIT_RATE
    _say(
        f"HTTP, one worker on one processor: {found.per_second:.0f} requests a second, median "
        f"{found.median:.1f} ms, p95 {found.p95:.1f} ms (limit {LIMIT_RATE:.0f}/s) {_word(passed)}"
    )
    return passed


def _times(call: Callable[[Any], Any], asked: Sequence[Any]) -> Any:
    """Milliseconds of each call."""
    found = []
    for one in asked:
        began = time.perf_counter()
        call(one)
        found.append((time.perf_counter() - began) * 1000)
    return np.array(found)


def _line(name: str, times: Any) -> None:
    middle, high = np.quantile(times, (0.5, 0.95))
    _say(f"{name:<34}{middle:>7.2f} ms{high:>7.2f} ms")


def _word(passed: bool) -> str:  # noqa: FBT001
    return "PASS" if passed else "FAIL"


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
