"""Play one scenario with one client on one fresh exchange: what it reports, and what is true."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._overrides import BingxMixin
from ccxt_bingx_ext.simulator import Execution, Request, Simulator

from .clients import Told, call
from .scenario import Scenario, market_of
from .speaks import STALE

_STATUS_OF_STATE: Final = {
    "FILLED": "closed",
    "CANCELED": "canceled",
    "FAILED": "rejected",
    "EXPIRED": "expired",
}
_LENIENT: Final = {"same_order_seconds": None, "inverse_cancel_id": "either", "inverse_case_kept": True}
"""What the classic scenarios assume of the exchange; others have rules of their own."""
_SETTLED_WITHIN: Final = 5.0  # s


@dataclass(frozen=True)
class Played:
    """A played scenario. The truths are statuses, by the number of the placed order."""

    told: Told
    at_return: tuple[str, ...]
    in_the_end: tuple[str, ...]
    raced: frozenset[int]
    """The numbers of the placed orders that a race ended."""
    executions: tuple[Execution, ...]
    requests: tuple[Request, ...]
    repeated: tuple[str, ...] = ()
    """The order ids (or unknown ids) that were submitted again within a second."""


def hasten() -> None:
    """Shorten the pauses that have no option, in this process only: there are many scenarios."""
    BingxMixin._pauses = Pauses(reconcile=0.01, back_off=0.02, lag=0.03)


def play(scenario: Scenario, client: str, markets: Sequence[dict[str, Any]]) -> Played:
    """Play ``scenario`` with ``client``."""
    # A rate limiter belongs to a key and a port, and ports are reused: every play has its own key.
    key = f"key-{scenario.index}-{client}-{time.monotonic_ns()}"
    with Simulator(limits=None, api_key=key, **{**_LENIENT, **scenario.rules}) as simulator:
        raced: set[int] = set()
        _place(simulator, scenario)
        if any(trouble.kind == "stale" for trouble in scenario.troubles):
            time.sleep(STALE)  # what was so before the call, a stale look-up knows
        _let_go_wrong(simulator, scenario, raced)
        told = call(client, scenario, simulator.ccxt_config(), markets)
        at_return = _truths(simulator, scenario)
        _settle(simulator)
        return Played(
            told=told,
            at_return=at_return,
            in_the_end=_truths(simulator, scenario),
            raced=frozenset(raced),
            executions=tuple(simulator.executions),
            requests=tuple(simulator.requests),
            repeated=tuple(simulator.repeats),
        )


def _place(simulator: Simulator, scenario: Scenario) -> None:
    simulator.add_account("somebody-else", "secret", "2")
    for number, placed in enumerate(scenario.placed):
        uid = "2" if placed.foreign else None
        order = simulator.place(
            symbol=placed.symbol.partition(":")[0].replace("/", "-"),
            client_order_id=placed.client_id,
            quantity="2",
            uid=uid,
            market=market_of(placed.symbol),
            type="STOP_MARKET" if placed.is_trigger else "LIMIT",
        )
        assert order.order_id == scenario.order_id(number)
        if placed.state == "partly":
            simulator.fill(order.order_id, "1")
        elif placed.state != "open":
            _ending(simulator, placed.state)(order.order_id)


def _ending(simulator: Simulator, state: str) -> Callable[[int], object]:
    endings: dict[str, Callable[[int], object]] = {
        "filled": simulator.fill,
        "cancelled": simulator.cancel,
        "failed": simulator.fail,
        "fill": simulator.fill,
        "cancel": simulator.cancel,
        "expired": simulator.expire,
    }
    return endings.get(state, simulator.fail)


def _let_go_wrong(simulator: Simulator, scenario: Scenario, raced: set[int]) -> None:
    for trouble in scenario.troubles:
        details = dict(trouble.details)
        if trouble.kind == "race":
            assert trouble.order is not None
            details["action"] = _race(simulator, scenario, trouble.order, details["action"], raced)
        simulator.faults.add(
            trouble.kind,
            when=trouble.when,
            times=trouble.times,
            skip=trouble.skip,
            path=trouble.path,
            **details,
        )


def _race(
    simulator: Simulator, scenario: Scenario, number: int, action: str, raced: set[int]
) -> Callable[[], None]:
    def end() -> None:
        with contextlib.suppress(ValueError):  # the order is no longer open: nothing happens
            _ending(simulator, action)(scenario.order_id(number))
            raced.add(number)

    return end


def _truths(simulator: Simulator, scenario: Scenario) -> tuple[str, ...]:
    orders = (simulator.order(scenario.order_id(number)) for number in range(len(scenario.placed)))
    return tuple(_STATUS_OF_STATE.get(order.status, "open") for order in orders)


def _settle(simulator: Simulator) -> None:
    """Wait until the exchange has finished every request, even those whose client has given up."""
    give_up = time.monotonic() + _SETTLED_WITHIN
    while simulator._exchange.server._active:
        if time.monotonic() > give_up:
            raise TimeoutError(f"a request is still in flight after {_SETTLED_WITHIN:g} s")
        time.sleep(0.005)
