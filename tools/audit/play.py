"""Play one scenario with one client on one fresh exchange, and keep the report and the truth."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._overrides import BingxMixin
from ccxt_bingx_ext.simulator import Execution, Order, Request, Simulator
from ccxt_bingx_ext.simulator.simulator import FIRST_ORDER_ID

from .clients import Told, call
from .scenario import Placed, Scenario, Trouble, market_of
from .speaks import STALE, Voice

_STATUS_OF_STATE: Final = {
    "FILLED": "closed",
    "CANCELED": "canceled",
    "FAILED": "rejected",
    "EXPIRED": "expired",
}
LENIENT: Final = {"same_order_seconds": None, "inverse_cancel_id": "either", "inverse_case_kept": True}
"""The rules of the exchange in classic scenarios. Other scenarios have rules of their own."""
SOMEBODY_ELSE: Final = "2"
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


def set_pauses(voice: Voice) -> None:
    """Shorten the pauses that have no option, in this process only: there are many scenarios.

    An exchange with realistic responses has times of its own: a second per order, look-ups that lag.
    """
    short = Pauses(reconcile=0.01, back_off=0.02, lag=0.03)
    BingxMixin._pauses = short if voice == "classic" else Pauses()


def play(scenario: Scenario, client: str, markets: Sequence[dict[str, Any]]) -> Played:
    """Play ``scenario`` with ``client``."""
    # A rate limiter belongs to a key and a port, and ports are reused. So every play has its own key.
    key = f"key-{scenario.index}-{client}-{time.monotonic_ns()}"
    with Simulator(limits=None, api_key=key, **{**LENIENT, **scenario.rules}) as simulator:
        raced: set[int] = set()
        place(simulator, scenario.placed)
        if any(trouble.kind == "stale" for trouble in scenario.troubles):
            time.sleep(STALE)  # so that a stale look-up knows the state before the call
        let_go_wrong(simulator, scenario.troubles, raced)
        told = call(client, scenario, simulator.ccxt_config(), markets)
        at_return = truths(simulator)
        settle(simulator)
        return Played(
            told=told,
            at_return=at_return,
            in_the_end=truths(simulator),
            raced=frozenset(raced),
            executions=tuple(simulator.executions),
            requests=tuple(simulator.requests),
            repeated=tuple(simulator.repeats),
        )


def place(simulator: Simulator, orders: Sequence[Placed]) -> None:
    """Put the orders into the book, some of them of another account, and end those that have ended."""
    simulator.add_account("somebody-else", "secret", SOMEBODY_ELSE)
    for number, placed in enumerate(orders):
        order = place_one(simulator, placed)
        assert order.order_id == FIRST_ORDER_ID + number
        if placed.state == "partly":
            simulator.fill(order.order_id, "1")
        elif placed.state != "open":
            _ending(simulator, placed.state)(order.order_id)


def place_one(simulator: Simulator, placed: Placed) -> Order:
    """Put an order into the book, open."""
    return simulator.place(
        symbol=placed.symbol.partition(":")[0].replace("/", "-"),
        client_order_id=placed.client_id,
        quantity="2",
        uid=SOMEBODY_ELSE if placed.foreign else None,
        market=market_of(placed.symbol),
        type="STOP_MARKET" if placed.is_trigger else "LIMIT",
    )


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


def let_go_wrong(simulator: Simulator, troubles: Sequence[Trouble], raced: set[int]) -> None:
    """Add the ``troubles`` to the exchange. A race adds the number of the order that it ends to ``raced``."""
    for trouble in troubles:
        details = dict(trouble.details)
        if trouble.kind == "race":
            details["action"] = _race(simulator, trouble, raced)
        simulator.faults.add(
            trouble.kind,
            when=trouble.when,
            times=trouble.times,
            skip=trouble.skip,
            path=trouble.path,
            **details,
        )


def _race(simulator: Simulator, trouble: Trouble, raced: set[int]) -> Callable[[], None]:
    def end() -> None:
        number, action = trouble.order, trouble.details["action"]
        if isinstance(action, Placed):
            place_one(simulator, action)
            return
        assert number is not None
        with contextlib.suppress(ValueError):  # the order is no longer open
            _ending(simulator, action)(FIRST_ORDER_ID + number)
            raced.add(number)

    return end


def truths(simulator: Simulator) -> tuple[str, ...]:
    """The status of every order in the book, by its number."""
    return tuple(_STATUS_OF_STATE.get(order.status, "open") for order in simulator.orders())


def settle(simulator: Simulator) -> None:
    """Wait until the exchange has finished every request, even those whose client has given up."""
    give_up = time.monotonic() + _SETTLED_WITHIN
    while simulator._exchange.server._active:
        if time.monotonic() > give_up:
            raise TimeoutError(f"a request is still in flight after {_SETTLED_WITHIN:g} s")
        time.sleep(0.005)
