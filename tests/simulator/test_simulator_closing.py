"""Linear orders that only close, and the sides that the position mode allows, as plain ccxt sends them."""

from __future__ import annotations

import json
from typing import Any

import ccxt
import pytest

from ccxt_bingx_ext.simulator import Simulator
from ccxt_bingx_ext.simulator.swap.events import order_trade_update

SYMBOL = "BTC/USDT:USDT"
ORDER = "/openApi/swap/v2/trade/order"
BATCH = "/openApi/swap/v2/trade/batchOrders"
REDUCE = {"reduceOnly": True}
HEDGED = {"hedged": True}
CLOSE = {"hedged": True, "reduceOnly": True}


def held(exchange: Any) -> list[tuple[str, float]]:
    return [(one["side"], one["contracts"]) for one in exchange.fetch_positions([SYMBOL])]


def traded(exchange: Any) -> list[float]:
    """The quantities of the account's trades. Old releases of ccxt misread them as contracts."""
    return [float(one["info"]["volume"]) for one in exchange.fetch_my_trades(SYMBOL)]


def market(exchange: Any, side: str, amount: float, params: dict[str, Any]) -> Any:
    """A market order as the exchange knows it afterwards."""
    return exchange.fetch_order(
        exchange.create_order(SYMBOL, "market", side, amount, None, params)["id"], SYMBOL
    )


@pytest.mark.parametrize(("opening", "closing", "side"), [("buy", "sell", "long"), ("sell", "buy", "short")])
def test_reduce_only(exchange: Any, opening: str, closing: str, side: str) -> None:
    """A reduce-only order closes a part of the position or all of it, and never opens the opposite one."""
    market(exchange, opening, 3, {})
    assert market(exchange, closing, 1, REDUCE)["filled"] == 1
    assert held(exchange) == [(side, 2)]
    closed = market(exchange, closing, 5, REDUCE)
    assert (closed["amount"], closed["filled"], closed["status"]) == (2, 2, "closed")
    assert held(exchange) == []
    assert traded(exchange) == [3, 1, 2]


@pytest.mark.parametrize("type", ["market", "limit"])
def test_nothing_to_reduce(sim: Simulator, exchange: Any, type: str) -> None:
    """A reduce-only order without a position, or on the side of the position, is refused without a trace."""
    for side in ("buy", "sell"):
        with pytest.raises(ccxt.ExchangeError, match=r"101290.*can only decrease the position"):
            exchange.create_order(SYMBOL, type, side, 1, 60000, REDUCE)
    market(exchange, "buy", 1, {})
    with pytest.raises(ccxt.ExchangeError, match="101290"):
        exchange.create_order(SYMBOL, type, "buy", 1, 60000, REDUCE)
    assert len(sim.orders()) == 1
    assert held(exchange) == [("long", 1)]


def test_reduce_only_is_false(exchange: Any) -> None:
    """With reduceOnly false an order turns the position."""
    market(exchange, "sell", 1, {})
    market(exchange, "buy", 5, {"reduceOnly": False})
    assert held(exchange) == [("long", 4)]


def test_reduce_only_by_cost(exchange: Any, raw: Any) -> None:
    """A reduce-only order that names a cost closes at most the position."""
    market(exchange, "sell", 0.5, {})
    params = {"symbol": "BTC-USDT", "side": "BUY", "type": "MARKET", "positionSide": "BOTH"}
    placed = raw.post(ORDER, **params, quoteOrderQty=60000, reduceOnly=True)["data"]["order"]
    assert (placed["quantity"], placed["reduceOnly"]) == (0.5, True)
    assert held(exchange) == []


def test_resting_reduce_only_order(sim: Simulator, exchange: Any) -> None:
    """A reduce-only order that rests does not open a position if another order has closed it meanwhile."""
    market(exchange, "buy", 2, {})
    resting = exchange.create_order(SYMBOL, "limit", "sell", 3, 70000, REDUCE)
    stop = exchange.create_order(SYMBOL, "market", "sell", 2, None, {**REDUCE, "triggerPrice": 50000})
    assert [sim.order(one["id"]).quantity for one in (resting, stop)] == ["2", "2"]
    assert order_trade_update(sim.order(stop["id"]), None, 0)["o"]["ro"] is True
    market(exchange, "sell", 1, REDUCE)
    sim.fill(stop["id"])
    sim.fill(resting["id"])
    assert held(exchange) == []


def test_reduce_only_in_a_list(exchange: Any, raw: Any) -> None:
    """A list carries reduceOnly, too: the list is refused as a whole if one order has nothing to close."""
    new = {"symbol": SYMBOL, "type": "market", "side": "sell", "amount": 5, "params": REDUCE}
    with pytest.raises(ccxt.ExchangeError, match="101290"):
        exchange.create_orders([new, {**new, "params": {}}])
    assert held(exchange) == []
    market(exchange, "buy", 1, {})
    exchange.create_orders([new, new])
    assert held(exchange) == []
    bad = [{"symbol": "BTC-USDT", "side": "SELL", "type": "MARKET", "quantity": 1, "reduceOnly": "maybe"}]
    assert raw.post(BATCH, batchOrders=json.dumps(bad))["code"] == 100400


def test_hedge_mode(exchange: Any) -> None:
    """In hedge mode closing more than a position has closes it, and the trade is only as large."""
    exchange.set_position_mode(True)
    market(exchange, "buy", 1, HEDGED)
    market(exchange, "sell", 2, HEDGED)
    assert held(exchange) == [("long", 1), ("short", 2)]
    assert market(exchange, "sell", 5, CLOSE)["filled"] == 1
    assert held(exchange) == [("short", 2)]
    assert market(exchange, "buy", 1.5, CLOSE)["filled"] == 1.5
    assert market(exchange, "buy", 1.5, CLOSE)["filled"] == 0.5
    assert traded(exchange) == [1, 2, 1, 1.5, 0.5]
    with pytest.raises(ccxt.ExchangeError, match=r"101205.*No position to close"):
        exchange.create_order(SYMBOL, "market", "buy", 1, None, CLOSE)


@pytest.mark.parametrize(
    ("dual", "params", "words"),
    [
        (True, {}, "In the Hedge mode, the 'PositionSide' field can only be set to LONG or SHORT"),
        (
            True,
            {**REDUCE, "positionSide": "LONG"},
            "In the Hedge mode, the 'ReduceOnly' field can not be filled",
        ),
        (False, HEDGED, "In the One-way mode, the 'PositionSide' field can only be set to BOTH"),
        (False, {"positionSide": "SHORT"}, "In the One-way mode"),
    ],
)
def test_side_against_the_mode(
    sim: Simulator, exchange: Any, dual: bool, params: dict[str, Any], words: str
) -> None:
    """An order for the other position mode is refused with the words of the exchange."""
    exchange.set_position_mode(dual)
    with pytest.raises(ccxt.ExchangeError, match=f"109400.*{words}"):
        exchange.create_order(SYMBOL, "market", "buy", 1, None, params)
    assert sim.orders() == []


def test_replacing_a_reduce_only_order(exchange: Any) -> None:
    """The new order of a replacement is placed with what it can close, and the response says what it is."""
    market(exchange, "buy", 1, {})
    old = exchange.create_order(SYMBOL, "limit", "sell", 1, 70000, REDUCE)
    new = exchange.edit_order(old["id"], SYMBOL, "limit", "sell", 4, 65000, REDUCE)
    assert (new["reduceOnly"], new["amount"]) == (True, 1)
    assert new["info"]["cancelResponse"]["reduceOnly"] is True


def test_inverse_reduce_only(sim: Simulator, exchange: Any) -> None:
    """The simulator has no inverse positions, so reduceOnly and the mode make no difference there."""
    exchange.set_position_mode(True)
    placed = exchange.create_order("BTC/USD:BTC", "limit", "sell", 1, 70000, REDUCE)
    assert exchange.fetch_order(placed["id"], "BTC/USD:BTC")["status"] == "open"
    assert sim.order(placed["id"]).reduce_only is False
