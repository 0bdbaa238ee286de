"""Play many scenarios in several processes, and count the findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

from .clients import load_markets
from .judge import COUNTS, NEEDLESSLY_UNCERTAIN, NEEDLESSLY_UNKNOWN, Finding, judge
from .play import play, set_pauses
from .scenario import Where
from .speaks import Voice, draw_spoken
from .steady import steadily

_markets: list[dict[str, Any]] = []


def audit(
    seed: int,
    indexes: Sequence[int],
    clients: Sequence[str],
    jobs: int,
    market: Where = "spot",
    voice: Voice = "classic",
) -> Iterator[Finding]:
    """The findings of these scenarios, client by client, played in `jobs` processes."""
    yield from audit_each(partial(_audit_one, voice, seed, market, tuple(clients)), indexes, jobs)


def audit_each(
    one: Callable[[Sequence[dict[str, Any]], int], list[Finding]], indexes: Sequence[int], jobs: int
) -> Iterator[Finding]:
    """The findings of the scenarios, one after the other. ``one`` takes the markets and an index."""
    # Most of the time goes into timeouts. Processes, because threads would starve one another.
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin) as pool:
        for findings in pool.map(partial(_with_markets, one), indexes, chunksize=2):
            yield from findings


def _begin() -> None:
    _markets.extend(load_markets())


def _with_markets(one: Callable[[Sequence[dict[str, Any]], int], list[Finding]], index: int) -> list[Finding]:
    return one(_markets, index)


def _audit_one(
    voice: Voice,
    seed: int,
    market: Where,
    clients: Sequence[str],
    markets: Sequence[dict[str, Any]],
    index: int,
) -> list[Finding]:
    set_pauses(voice)
    scenario = draw_spoken(voice, seed, index, market)

    def play_and_judge(client: str) -> Finding:
        return judge(scenario, client, play(scenario, client, markets))

    excused = (NEEDLESSLY_UNCERTAIN, NEEDLESSLY_UNKNOWN)
    return [steadily(partial(play_and_judge, client), excused) for client in clients]


def count(
    findings: Sequence[Finding], names: Sequence[str] = COUNTS
) -> dict[str, dict[str, tuple[int, int]]]:
    """By client and kind of mistake: the number of scenarios, and of ids."""
    counts = {finding.client: dict.fromkeys(names, (0, 0)) for finding in findings}
    for finding in findings:
        for name, what in finding.wrong.items():
            scenarios, ids = counts[finding.client][name]
            counts[finding.client][name] = scenarios + 1, ids + len(what)
    return counts


def table(findings: Sequence[Finding], names: Sequence[str] = COUNTS) -> str:
    counts = count(findings, names)
    lines = [f"{'scenarios (ids)':24}" + "".join(f"{client:>16}" for client in counts)]
    for name in names:
        cells = (counts[client][name] for client in counts)
        shown = (f"{scenarios} ({ids})" if scenarios else "0" for scenarios, ids in cells)
        lines.append(f"{name:24}" + "".join(f"{cell:>16}" for cell in shown))
    return "\n".join(lines)
