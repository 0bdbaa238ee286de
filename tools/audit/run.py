"""Play many scenarios in several processes, and count the findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

from .clients import CLIENTS, load_markets
from .judge import COUNTS, Finding, judge
from .play import hasten, play
from .scenario import Where
from .speaks import Kind, draw_kind

_markets: list[dict[str, Any]] = []


def audit(
    seed: int,
    indexes: Sequence[int],
    clients: Sequence[str],
    jobs: int,
    market: Where = "spot",
    kind: Kind = "classic",
) -> Iterator[Finding]:
    """What is found in these scenarios, client by client; played in `jobs` processes of their own."""
    # Mostly it is waited for timeouts, hence processes rather than a thread that would starve the others.
    one = partial(_audit_one, kind, seed, market, tuple(clients))
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=partial(_begin, kind)) as pool:
        for findings in pool.map(one, indexes, chunksize=2):
            yield from findings


def _begin(kind: Kind) -> None:
    if kind == "classic":  # else the exchange has times of its own: a second per order, look-ups that lag
        hasten()
    _markets.extend(load_markets())


def _audit_one(kind: Kind, seed: int, market: Where, clients: Sequence[str], index: int) -> list[Finding]:
    scenario = draw_kind(kind, seed, index, market)
    return [judge(scenario, client, play(scenario, client, _markets)) for client in clients]


def count(findings: Sequence[Finding]) -> dict[str, dict[str, tuple[int, int]]]:
    """By client and kind of mistake: the number of scenarios, and of ids."""
    counts = {finding.client: dict.fromkeys(COUNTS, (0, 0)) for finding in findings}
    for finding in findings:
        for name, what in finding.wrong.items():
            scenarios, ids = counts[finding.client][name]
            counts[finding.client][name] = scenarios + 1, ids + len(what)
    return counts


def table(findings: Sequence[Finding]) -> str:
    counts = count(findings)
    clients = [client for client in CLIENTS if client in counts]
    lines = [f"{'scenarios (ids)':24}" + "".join(f"{client:>16}" for client in clients)]
    for name in COUNTS:
        cells = (counts[client][name] for client in clients)
        shown = (f"{scenarios} ({ids})" if scenarios else "0" for scenarios, ids in cells)
        lines.append(f"{name:24}" + "".join(f"{cell:>16}" for cell in shown))
    return "\n".join(lines)
