"""The audited clients, and how a bot calls them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ccxt.base.errors import BaseError

from ccxt_bingx_ext.simulator import Simulator
from tests.helpers import CCXTS, OURS, close

from .scenario import CLIENT_TIMEOUT_MS, SYMBOLS, Scenario

OURS_SYNC, OURS_ASYNC, CCXT, CCXT_RETRIES = "ours", "ours async", "ccxt", "ccxt retries"
CCXT_ASYNC = "ccxt async"
CLIENTS: Final = (OURS_SYNC, OURS_ASYNC, CCXT, CCXT_RETRIES)
OUR_CLIENTS: Final = (OURS_SYNC, OURS_ASYNC)
_MARKETS: Final = (*SYMBOLS["several"], "ETH/USDT:USDT")


@dataclass(frozen=True)
class Told:
    """The report of a call to the bot: the orders that it returned, or the error that it raised."""

    orders: list[dict[str, Any]]
    error: BaseError | None = None


def load_markets() -> list[dict[str, Any]]:
    """The markets of the scenarios, loaded once for all clients."""
    with Simulator(limits=None) as simulator:
        exchange = CCXTS["sync"](simulator.ccxt_config(enableRateLimit=False))
        exchange.load_markets()
        return [dict(exchange.market(symbol)) for symbol in _MARKETS]


def call(
    client: str, scenario: Scenario, config: Mapping[str, Any], markets: Sequence[dict[str, Any]]
) -> Told:
    """Let ``client`` cancel the orders that the ``scenario`` asks for."""
    config = {
        **config,
        "enableRateLimit": scenario.throttled,
        "rateLimit": 1,
        "timeout": CLIENT_TIMEOUT_MS,
        "timeout_on_exit": 0,
        "options": {
            "cancelOrders": {
                "batchSize": scenario.batch_size,
                "limit": None,
                "linear": {"batchSize": min(scenario.batch_size, 10), "limit": None},
                "inverse": {"limit": None},
            },
            **({"maxRetriesOnFailure": 3} if client == CCXT_RETRIES else {}),
        },
    }
    if client == OURS_ASYNC:
        return asyncio.run(_call_async(OURS["async"](config), scenario, markets))
    exchange = (OURS if client == OURS_SYNC else CCXTS)["sync"](config)
    if scenario.markets_loaded or client not in OUR_CLIENTS:
        exchange.set_markets([*markets])
    try:
        return Told(_ask(exchange, scenario))
    except BaseError as error:
        return Told([], error)
    finally:
        exchange.session.close()


async def _call_async(exchange: Any, scenario: Scenario, markets: Sequence[dict[str, Any]]) -> Told:
    if scenario.markets_loaded:
        exchange.set_markets([*markets])
    try:
        return Told(await _ask(exchange, scenario))
    except BaseError as error:
        return Told([], error)
    finally:
        await close(exchange)


def _ask(exchange: Any, scenario: Scenario) -> Any:
    """Cancel with ``exchange``. Return its result, or an awaitable of its result."""
    params: dict[str, Any] = {} if scenario.process is None else {"process": scenario.process}
    if scenario.market == "several":
        orders = [{one.field: one.value, "symbol": one.symbol} for one in scenario.asked]
        return exchange.cancel_orders_for_symbols(orders + orders[: int(scenario.repeated)], params)
    ids = [one.value for one in scenario.asked if one.field == "id"]
    client_ids = [one.value for one in scenario.asked if one.field == "clientOrderId"]
    if scenario.repeated:
        (ids or client_ids).append((ids or client_ids)[0])
    if client_ids:
        params["clientOrderIds"] = client_ids
    return exchange.cancel_orders(ids, *SYMBOLS[scenario.market], params)
