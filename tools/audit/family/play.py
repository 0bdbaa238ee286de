"""Play one scenario with one client on one fresh exchange, and keep the reports and the truth."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ccxt_bingx_ext.simulator import Execution, Order, Request, Simulator

from ..play import LENIENT, let_go_wrong, place, set_pauses, settle, truths
from ..scenario import CANCEL
from .clients import Answer, run
from .scenario import SINGLE, FamilyScenario


@dataclass(frozen=True)
class FamilyPlayed:
    """A played scenario. Orders that another task placed meanwhile have the highest numbers."""

    answers: tuple[Answer, ...]
    in_the_end: tuple[str, ...]
    book: tuple[Order, ...]
    raced: frozenset[int]
    executions: tuple[Execution, ...]
    requests: tuple[Request, ...]
    repeated: tuple[str, ...] = ()
    """The order ids (or unknown ids) that were submitted again within a second."""
    logged: tuple[str, ...] = ()
    """The messages that the plugin logged."""

    @property
    def texts(self) -> Iterator[str]:
        """Every text that a bot or a reader of its log sees."""
        yield from self.logged
        yield from (str(one.error) for one in self.answers if one.error is not None)


def play_family(scenario: FamilyScenario, client: str, markets: Sequence[dict[str, Any]]) -> FamilyPlayed:
    """Play ``scenario`` with ``client``."""
    set_pauses(scenario.voice)
    # A rate limiter belongs to a key and a port, and ports are reused. So every play has its own key.
    key = f"key-{scenario.index}-{client}-{time.monotonic_ns()}"
    rules = {**LENIENT, **scenario.rules}
    with Simulator(limits=_limits(scenario), api_key=key, **rules) as simulator:
        simulator.clock_offset_ms = scenario.clock_offset_ms - round(scenario.age * 1000)
        place(simulator, scenario.placed)
        simulator.clock_offset_ms = scenario.clock_offset_ms
        raced: set[int] = set()
        let_go_wrong(simulator, scenario.troubles, raced)
        with _listening() as logged:
            answers = run(client, scenario, simulator.ccxt_config(), markets, lambda: truths(simulator))
        settle(simulator)
        return FamilyPlayed(
            answers=answers,
            in_the_end=truths(simulator),
            book=tuple(simulator.orders()),
            raced=frozenset(raced),
            executions=tuple(simulator.executions),
            requests=tuple(simulator.requests),
            repeated=tuple(simulator.repeats),
            logged=tuple(logged),
        )


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Collect the plugin's log messages."""
    texts: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: texts.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("ccxt_bingx_ext")
    logger.addHandler(handler)
    try:
        yield texts
    finally:
        logger.removeHandler(handler)


def _limits(scenario: FamilyScenario) -> Mapping[str, int | None] | None:
    if scenario.limits is None:
        return None
    return {
        CANCEL[scenario.market]: scenario.limits["batch"],
        SINGLE[scenario.market]: scenario.limits["single"],  # last: inverse has only this limit
    }
