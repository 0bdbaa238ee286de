"""The trades and orders of an account, as plain ccxt lists them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from ccxt_bingx_ext.simulator import Simulator
from ccxt_bingx_ext.simulator.markets import Market

SPOT = "/openApi/spot/v1/trade/myTrades"
LINEAR = "/openApi/swap/v2/trade/allFillOrders"
UNIFIED = {"spot": "BTC/USDT", "linear": "BTC/USDT:USDT"}
both_markets = pytest.mark.parametrize("market", ["spot", "linear"])


def quantity(trade: Any) -> float:
    """The quantity as sent. Older releases of ccxt take the volume of a linear trade for contracts."""
    return float(trade["info"].get("volume") or trade["info"]["qty"])


@both_markets
def test_fetch_my_trades(sim: Simulator, exchange: Any, market: Market) -> None:
    """ccxt reads each part of a filled order as a trade, and no trade of another account."""
    symbol = UNIFIED[market]
    order = sim.place(side="SELL", price="59000", quantity="3", market=market)
    sim.fill(order.order_id, "2")
    sim.fill(order.order_id)
    sim.fill(sim.place(market=market, uid="2").order_id)
    sim.fill(sim.place("ETH-USDT", market=market).order_id)
    sim.place(market=market)
    trades = exchange.fetch_my_trades(symbol)
    assert [(quantity(one), one["price"]) for one in trades] == [
        (2, 59000),
        (1, 59000),
    ]
    assert {(one["order"], one["side"], one["symbol"]) for one in trades} == {
        (str(order.order_id), "sell", symbol)
    }
    assert len({one["id"] or one["info"]["tradeId"] for one in trades}) == 2  # older releases read no tradeId
    assert trades[-1]["timestamp"] == sim.order(order.order_id).updated_ms
    assert {one["fee"]["cost"] for one in trades} == {0}


@both_markets
def test_fetch_my_trades_of_an_order(sim: Simulator, exchange: Any, market: Market) -> None:
    """A limit keeps the newest trades, and an order id or a time selects some."""
    symbol = UNIFIED[market]
    orders = [exchange.create_order(symbol, "market", "buy", amount)["id"] for amount in (1, 2, 3)]
    [trade] = exchange.fetch_my_trades(symbol, params={"orderId": orders[1]})
    assert (trade["order"], trade["price"]) == (orders[1], 60000)
    assert quantity(trade) == 2
    assert [one["order"] for one in exchange.fetch_my_trades(symbol, params={"limit": 2})] == orders[1:]
    first = exchange.fetch_my_trades(symbol)[0]["timestamp"]
    assert len(exchange.fetch_my_trades(symbol, since=first)) == 3
    assert exchange.fetch_my_trades(symbol, params={"until": first - 1}) == []
    assert exchange.fetch_my_trades(symbol, since=sim.now_ms() + 60_000) == []


def test_maker_and_taker(sim: Simulator, exchange: Any) -> None:
    """A resting spot order that is filled is the maker, and a market order the taker."""
    sim.fill(sim.place().order_id)
    exchange.create_order("BTC/USDT", "market", "buy", 1)
    trades = exchange.fetch_my_trades("BTC/USDT")
    assert [one["takerOrMaker"] for one in trades] == ["maker", "taker"]


def test_time_of_a_linear_trade(sim: Simulator, raw: Any) -> None:
    """A linear trade names its time twice: in UTC, and as in Beijing."""
    order = sim.fill(sim.place(market="linear").order_id)
    [trade] = raw.get(LINEAR, symbol="BTC-USDT")["data"]["fill_orders"]
    in_utc = datetime.fromisoformat(trade["filledTm"].replace("Z", "+00:00"))
    assert round(in_utc.timestamp() * 1000) == order.updated_ms
    assert trade["filledTime"].endswith("+0800")
    assert datetime.strptime(trade["filledTime"], "%Y-%m-%dT%H:%M:%S.%f%z") == in_utc


@pytest.mark.parametrize("params", [{}, {"symbol": "BTC-USDT", "limit": 1001}])
@pytest.mark.parametrize("path", [SPOT, LINEAR])
def test_bad_queries(raw: Any, path: str, params: dict[str, Any]) -> None:
    """The simulator refuses a query without a symbol, and one with too high a limit."""
    assert raw.get(path, **params)["code"] == 100400


@pytest.mark.parametrize("symbol", [UNIFIED["linear"], None])
def test_fetch_linear_orders(sim: Simulator, exchange: Any, symbol: str | None) -> None:
    """ccxt lists linear orders in every state or in one, of one symbol or all."""
    live, filled, gone = (sim.place(market="linear") for _ in range(3))
    sim.fill(filled.order_id)
    sim.cancel(gone.order_id)
    swap = {"type": "swap"}
    states = {str(live.order_id): "open", str(filled.order_id): "closed", str(gone.order_id): "canceled"}
    assert {one["id"]: one["status"] for one in exchange.fetch_orders(symbol, params=swap)} == states
    assert [one["id"] for one in exchange.fetch_closed_orders(symbol, params=swap)] == [str(filled.order_id)]
    assert [one["id"] for one in exchange.fetch_canceled_orders(symbol, params=swap)] == [str(gone.order_id)]
