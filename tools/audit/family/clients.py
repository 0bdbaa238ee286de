"""How a bot calls cancel_order, alone or many times at once, and cancel_all_orders."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from tests.helpers import CCXTS, OURS, close

from ..clients import CCXT, CCXT_ASYNC, CCXT_RETRIES, OUR_CLIENTS, OURS_ASYNC
from .scenario import Asking, FamilyScenario, Kind

CLIENTS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "cancel_order": (*OUR_CLIENTS, CCXT, CCXT_RETRIES),
    # A sync bot calls from threads. ccxt's sync class does not promise to be thread-safe.
    "gather": (*OUR_CLIENTS, CCXT_ASYNC),
    "cancel_all_orders": (*OUR_CLIENTS, CCXT, CCXT_RETRIES),
}
RESOLVE_TIMEOUT_MS: Final = 4000
MAX_WAIT_MS: Final = 1000
_THREADS: Final = 8

Truths = Callable[[], tuple[str, ...]]


@dataclass(frozen=True)
class Answer:
    """The report of one call, and the truth when it returned.

    `result`: an order structure, or a list of them (cancel_all_orders). `truths`: statuses by the number of
    the order.
    """

    result: Any
    error: Exception | None
    seconds: float
    truths: tuple[str, ...]


def run(
    client: str,
    scenario: FamilyScenario,
    config: Mapping[str, Any],
    markets: Sequence[dict[str, Any]],
    truths: Truths,
) -> tuple[Answer, ...]:
    """Let ``client`` make the calls of the ``scenario``. Return the report of each call."""
    is_async = client in (OURS_ASYNC, CCXT_ASYNC)
    ours = client in OUR_CLIENTS
    exchange = (OURS if ours else CCXTS)["async" if is_async else "sync"](_config(client, scenario, config))
    if scenario.markets_loaded or not ours:
        exchange.set_markets([*markets])
    calls: Sequence[Asking | None] = scenario.calls or (None,)
    if is_async:
        return asyncio.run(_gather(exchange, scenario, calls, truths))
    try:
        with ThreadPoolExecutor(min(_THREADS, len(calls))) as pool:
            return tuple(pool.map(lambda one: _call(exchange, scenario, one, truths), calls))
    finally:
        exchange.session.close()


def _config(client: str, scenario: FamilyScenario, config: Mapping[str, Any]) -> dict[str, Any]:
    limits = scenario.limits or {}
    single, batch = limits.get("single"), limits.get("batch")
    of_market = {"limit": batch, "singleLimit": single, "allLimit": None}
    inverse = {"limit": single, "allLimit": None}
    return {
        **config,
        "enableRateLimit": scenario.throttled or bool(limits),
        "rateLimit": 1,
        "timeout": scenario.timeout_ms,
        "timeout_on_exit": 0,
        "options": {
            "cancelOrders": {
                **of_market,
                "linear": of_market,
                "inverse": inverse,
                "resolveTimeout": RESOLVE_TIMEOUT_MS,
                "maxWait": MAX_WAIT_MS,
            },
            **({"maxRetriesOnFailure": 3} if client == CCXT_RETRIES else {}),
        },
    }


def _call(exchange: Any, scenario: FamilyScenario, asking: Asking | None, truths: Truths) -> Answer:
    began = time.monotonic()
    result, raised = None, None
    try:
        result = _ask(exchange, scenario, asking)
    except Exception as error:  # other errors than ccxt's are for the judge to see
        raised = error
    return Answer(result, raised, time.monotonic() - began, truths())


async def _call_async(
    exchange: Any, scenario: FamilyScenario, asking: Asking | None, truths: Truths
) -> Answer:
    began = time.monotonic()
    result, raised = None, None
    try:
        result = await _ask(exchange, scenario, asking)
    except Exception as error:  # other errors than ccxt's are for the judge to see
        raised = error
    return Answer(result, raised, time.monotonic() - began, truths())


async def _gather(
    exchange: Any, scenario: FamilyScenario, calls: Sequence[Asking | None], truths: Truths
) -> tuple[Answer, ...]:
    try:
        return tuple(await asyncio.gather(*(_call_async(exchange, scenario, one, truths) for one in calls)))
    finally:
        await close(exchange)


def _ask(exchange: Any, scenario: FamilyScenario, asking: Asking | None) -> Any:
    """Cancel with ``exchange``. Return its result, or an awaitable of its result."""
    if asking is None:
        params = {} if scenario.market == "spot" else {"type": "swap", "subType": scenario.market}
        return exchange.cancel_all_orders(scenario.symbol, params)
    params = {} if asking.client_id is None else {"clientOrderId": asking.client_id}
    return exchange.cancel_order(asking.order_id or "", asking.symbol, params)
