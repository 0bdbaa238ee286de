"""The scenarios of cancel_order: each outcome on each kind of market. All come from the simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ccxt.base.errors import OrderNotFound

from ccxt_bingx_ext.simulator import Simulator

from .scenarios import INVERSE, INVERSE_PATH, LINEAR, Scenario, order_id, to_bytes

_UNKNOWN: Final = to_bytes({"code": 109421, "msg": "order not exist", "data": {}})
_MARKETS: Final = {
    # symbol, endpoints of the cancel and of the query, requests if the order is gone, and if it is forgotten
    "spot": ("BTC/USDT", "POST spot/v1/trade/cancel", "GET spot/v1/trade/query", 1, 7),
    # Linear and inverse refuse a cancelled order as one that does not exist: only a query distinguishes them.
    "linear": (LINEAR, "DELETE swap/v2/trade/order", "GET swap/v2/trade/order", 2, 6),
    "inverse": (INVERSE, INVERSE_PATH, "GET cswap/v1/trade/orderDetail", 2, 7),
}


def _arranged(market: Any, then: Callable[[Simulator], Any] = lambda simulator: None) -> Callable[..., Any]:
    def arrange(simulator: Simulator) -> None:
        simulator.place(market=market, client_order_id="client_0")
        then(simulator)

    return arrange


def _forgetting(cancel: str, query: str) -> Callable[[Simulator], Any]:
    def forget(simulator: Simulator) -> None:
        simulator.faults.add("canned", body=_UNKNOWN, path=cancel)
        simulator.faults.add("canned", body=_UNKNOWN, path=query, times=2)

    return forget


def _scenarios(market: str) -> list[Scenario]:
    symbol, cancel, query, gone, forgotten = _MARKETS[market]
    canceled = [(order_id(0), "canceled")]

    def scenario(outcome: str, then: Callable[[Simulator], Any], **more: Any) -> Scenario:
        named = {"ids": order_id(0), "statuses": canceled, **more}
        return Scenario(
            f"single_{market}_{outcome}",
            symbol=symbol,
            arrange=_arranged(market, then),
            method="cancel_order",
            **named,
        )

    return [
        scenario("canceled", lambda simulator: None),
        scenario("gone", lambda simulator: simulator.cancel(order_id(0)), error=OrderNotFound, requests=gone),
        scenario(
            "lost",
            lambda simulator: simulator.faults.add("http", status=504, when="after", path=cancel),
            requests=2,
        ),
        scenario(
            "forgotten",
            _forgetting(cancel, query),
            ids=None,
            params={"clientOrderId": "client_0"},
            statuses=[("client_0", "canceled")],
            requests=forgotten,
        ),
    ]


SINGLES: Final = [one for market in _MARKETS for one in _scenarios(market)]
