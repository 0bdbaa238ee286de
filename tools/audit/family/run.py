"""Play many scenarios of one kind of call in several processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from ccxt_bingx_ext.simulator.markets import Market

from ..judge import NEEDLESSLY_UNCERTAIN, Finding
from ..run import audit_each
from ..steady import steadily
from .claims import TOO_LONG
from .draw import draw_family
from .judge_all import judge_all
from .judge_cancels import judge_cancels
from .play import FamilyPlayed, play_family
from .scenario import FamilyScenario, Kind


def judge_family(scenario: FamilyScenario, client: str, played: FamilyPlayed) -> Finding:
    """Judge the client's reports in the scenario."""
    judge = judge_all if scenario.kind == "cancel_all_orders" else judge_cancels
    return judge(scenario, client, played)


def audit_family(
    kind: Kind,
    seed: int,
    indexes: Sequence[int],
    clients: Sequence[str],
    jobs: int,
    market: Market | None = None,
) -> Iterator[Finding]:
    """The findings of these scenarios, client by client, played in `jobs` processes."""
    yield from audit_each(partial(_audit_one, kind, seed, market, tuple(clients)), indexes, jobs)


def _audit_one(
    kind: Kind,
    seed: int,
    market: Market | None,
    clients: Sequence[str],
    markets: Sequence[dict[str, Any]],
    index: int,
) -> list[Finding]:
    scenario = draw_family(kind, seed, index, market)

    def play_and_judge(client: str) -> Finding:
        return judge_family(scenario, client, play_family(scenario, client, markets))

    return [steadily(partial(play_and_judge, client), (NEEDLESSLY_UNCERTAIN, TOO_LONG)) for client in clients]
