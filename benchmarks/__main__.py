"""``python -m benchmarks``: measure, print the table, and write ``RESULTS.md`` and the picture."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from . import costs, many_orders, picture, report, shared_limit, time_to_wire, unchanged_bot
from .contenders import progress
from .exchange_process import ExchangeProcess
from .rows import Results

ROOT = Path(__file__).parent.parent
TITLE = "# Benchmark\n\nWritten by `make bench`."


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few repeats, 10 and 100 orders, no files unless you give --into"
    )
    parser.add_argument("--into", type=Path, help="write below this directory (default: the repository)")
    args = parser.parse_args()
    began = time.perf_counter()
    results = measure(quick=args.quick)
    text = report.render(results)
    print(text)
    into = args.into or (None if args.quick else ROOT)
    if into is not None:
        write(results, text, into)
    progress(f"took {time.perf_counter() - began:.0f} s")


def measure(*, quick: bool) -> Results:
    """Measure each part on a fresh exchange, so that no part sees the orders and log of another."""
    with ExchangeProcess() as exchange:
        measured_costs = costs.measure(exchange, quick=quick)
    with ExchangeProcess() as exchange:
        wire_times = time_to_wire.measure(exchange, quick=quick)
    with ExchangeProcess() as exchange:
        works = many_orders.measure(exchange, quick=quick)
    with ExchangeProcess() as exchange:
        unchanged = unchanged_bot.measure(exchange, quick=quick)
    return Results(wire_times, works, unchanged, measured_costs, shared_limit.measure(quick=quick))


def write(results: Results, text: str, into: Path) -> None:
    table, image = into / "benchmarks" / "RESULTS.md", into / "docs" / "benchmark.png"
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(f"{TITLE}\n\n![Time to wire and wall time](../docs/benchmark.png)\n\n{text}\n")
    picture.draw(results, image)
    progress(f"wrote {table} and {image}")


if __name__ == "__main__":
    main()
