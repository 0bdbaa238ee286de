"""Linear positions, balances and settings, as plain ccxt sees them."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from ccxt_bingx_ext.simulator import Simulator

SYMBOL = "BTC/USDT:USDT"
SWAP = "/openApi/swap/"
MILLION = 1_000_000


def trade(sim: Simulator, side: str, price: str, quantity: str, position_side: str = "BOTH") -> None:
    """Trade ``quantity`` at ``price``."""
    order = sim.place(side=side, price=price, quantity=quantity, market="linear", position_side=position_side)
    sim.fill(order.order_id)


def held(exchange: Any) -> list[tuple[str, float, float, float]]:
    """Side, amount, entry price and profit of the positions that ccxt lists."""
    return [
        (one["side"], one["contracts"], one["entryPrice"], one["realizedPnl"])
        for one in exchange.fetch_positions([SYMBOL])
    ]


def usdt(exchange: Any) -> tuple[float, float, float]:
    balance = exchange.fetch_balance({"type": "swap"})["USDT"]
    return balance["free"], balance["used"], balance["total"]


def test_no_position(exchange: Any) -> None:
    """An account starts without positions and with a million USDT."""
    assert exchange.fetch_positions() == []
    assert exchange.fetch_position(SYMBOL)["contracts"] is None
    assert usdt(exchange) == (MILLION, 0, MILLION)


def test_market_order(exchange: Any) -> None:
    """A market order opens a position at the price of the contract, and the margin is used."""
    exchange.create_order(SYMBOL, "market", "buy", 0.5)
    position = exchange.fetch_position(SYMBOL)
    assert (position["symbol"], position["side"], position["contracts"]) == (SYMBOL, "long", 0.5)
    assert (position["entryPrice"], position["markPrice"], position["unrealizedPnl"]) == (60000, 60000, 0)
    assert (position["leverage"], position["initialMargin"], position["notional"]) == (5, 6000, 30000)
    assert position["marginMode"] == "cross"
    assert usdt(exchange) == (MILLION - 6000, 6000, MILLION)


def test_open_order(sim: Simulator, exchange: Any) -> None:
    """An open order is not a position, and neither is a fill of another account."""
    sim.place(market="linear")
    sim.fill(sim.place(market="linear", uid="2").order_id)
    sim.fill(sim.place().order_id)
    assert exchange.fetch_positions() == []
    assert usdt(exchange) == (MILLION, 0, MILLION)


def test_part_of_an_order(sim: Simulator, exchange: Any) -> None:
    """A position follows each part of an order that is filled."""
    order = sim.place(market="linear", price="50000", quantity="3")
    sim.fill(order.order_id, "1")
    assert held(exchange) == [("long", 1, 50000, 0)]
    sim.fill(order.order_id)
    assert held(exchange) == [("long", 3, 50000, 0)]


def test_one_way(sim: Simulator, exchange: Any) -> None:
    """In one-way mode buying and selling change a single position, which turns short at zero."""
    trade(sim, "BUY", "50000", "1")
    trade(sim, "BUY", "60000", "3")
    assert held(exchange) == [("long", 4, 57500, 0)]
    trade(sim, "SELL", "58500", "1")
    assert held(exchange) == [("long", 3, 57500, 1000)]
    trade(sim, "SELL", "56500", "5")
    assert held(exchange) == [("short", 2, 56500, 0)]
    unrealised = 2 * (56500 - 60000)
    assert exchange.fetch_position(SYMBOL)["unrealizedPnl"] == unrealised
    used = 2 * 56500 / 5
    free = MILLION + 1000 - 3000 + unrealised - used
    assert usdt(exchange) == (free, used, free + used)
    trade(sim, "BUY", "55500", "2")
    assert held(exchange) == []
    assert usdt(exchange) == (MILLION, 0, MILLION)


def test_hedge_mode(sim: Simulator, exchange: Any) -> None:
    """In hedge mode a long and a short position stand beside each other, and closing never opens one."""
    trade(sim, "BUY", "50000", "1", "LONG")
    trade(sim, "SELL", "61000", "2", "SHORT")
    assert held(exchange) == [("long", 1, 50000, 0), ("short", 2, 61000, 0)]
    trade(sim, "BUY", "60000", "1", "SHORT")
    trade(sim, "SELL", "50500", "7", "LONG")
    assert held(exchange) == [("short", 1, 61000, 1000)]
    trade(sim, "SELL", "50500", "1", "LONG")
    assert len(held(exchange)) == 1
    assert usdt(exchange)[2] == MILLION + 1000 + 500 + (61000 - 60000)


def test_positions_of_one_symbol(sim: Simulator, raw: Any) -> None:
    """The endpoint lists every symbol or one, and the ratio of a position without margin is 0."""
    sim.fill(sim.place("ETH-USDT", market="linear", quantity="0.00000001").order_id)
    trade(sim, "BUY", "60000", "1")
    everything = raw.get(SWAP + "v2/user/positions")["data"]
    assert [one["symbol"] for one in everything] == ["ETH-USDT", "BTC-USDT"]
    assert everything[0]["pnlRatio"] == "0"
    assert raw.get(SWAP + "v2/user/positions", symbol="BTC-USDT")["data"] == everything[1:]
    assert raw.get(SWAP + "v2/user/positions", symbol="NOPE-USDT")["code"] == 109425


def test_leverage(sim: Simulator, exchange: Any) -> None:
    """The leverage of each side is remembered per account and symbol, and decides the margin."""
    trade(sim, "BUY", "60000", "1")
    exchange.set_leverage(10, SYMBOL, {"side": "LONG"})
    leverage = exchange.fetch_leverage(SYMBOL)
    assert (leverage["longLeverage"], leverage["shortLeverage"]) == (10, 5)
    assert exchange.fetch_position(SYMBOL)["leverage"] == 10
    assert usdt(exchange)[1] == 6000
    exchange.set_leverage(20, SYMBOL, {"side": "BOTH"})
    leverage = exchange.fetch_leverage(SYMBOL)
    assert (leverage["longLeverage"], leverage["shortLeverage"]) == (20, 20)
    assert exchange.fetch_leverage("ETH/USDT:USDT")["longLeverage"] == 5


def test_leverage_with_a_point(exchange: Any) -> None:
    """Leverage may be written as 20.0, as freqtrade does, and a fraction is refused."""
    exchange.set_leverage("20.0", SYMBOL, {"side": "BOTH"})
    assert exchange.fetch_leverage(SYMBOL)["longLeverage"] == 20
    for bad in (2.5, "20.00.0", ".0"):
        with pytest.raises(ccxt.BadRequest, match="leverage is"):
            exchange.set_leverage(bad, SYMBOL, {"side": "BOTH"})
    assert exchange.fetch_leverage(SYMBOL)["longLeverage"] == 20


def test_margin_mode(sim: Simulator, exchange: Any) -> None:
    """The margin mode is remembered for the symbol, and its positions have it."""
    trade(sim, "BUY", "60000", "1")
    assert exchange.fetch_margin_mode(SYMBOL)["marginMode"] == "cross"
    exchange.set_margin_mode("isolated", SYMBOL)
    assert exchange.fetch_margin_mode(SYMBOL)["marginMode"] == "isolated"
    assert exchange.fetch_margin_mode("ETH/USDT:USDT")["marginMode"] == "cross"
    assert exchange.fetch_position(SYMBOL)["marginMode"] == "isolated"


def test_position_mode(exchange: Any) -> None:
    """The position mode is one-way until the account sets another, and is remembered."""
    assert exchange.fetch_position_mode()["hedged"] is False
    exchange.set_position_mode(True)
    assert exchange.fetch_position_mode()["hedged"] is True
    exchange.set_position_mode(False)
    assert exchange.fetch_position_mode()["hedged"] is False


def test_settings_of_an_account(sim: Simulator, exchange: Any, raw: Any) -> None:
    """Another account does not get the settings of this one."""
    sim.add_account("other", "secret", "2")
    exchange.set_leverage(10, SYMBOL, {"side": "BOTH"})
    exchange.set_margin_mode("isolated", SYMBOL)
    exchange.set_position_mode(True)

    def ask(path: str, **params: str) -> Any:
        request = raw.send("GET", SWAP + path, params, form="query", key="other", secret="secret")
        return request.json()["data"]

    assert ask("v2/trade/leverage", symbol="BTC-USDT")["longLeverage"] == 5
    assert ask("v2/trade/marginType", symbol="BTC-USDT") == {"marginType": "CROSSED"}
    assert ask("v1/positionSide/dual") == {"dualSidePosition": "false"}


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("v2/trade/leverage", {"symbol": "BTC-USDT", "side": "LONG", "leverage": 0}, 100400),
        ("v2/trade/leverage", {"symbol": "BTC-USDT", "side": "LONG", "leverage": 126}, 100400),
        ("v2/trade/leverage", {"symbol": "BTC-USDT", "leverage": 5}, 100400),
        ("v2/trade/leverage", {"symbol": "NOPE-USDT", "side": "LONG", "leverage": 5}, 109425),
        ("v2/trade/marginType", {"symbol": "BTC-USDT", "marginType": "cross"}, 100400),
        ("v2/trade/marginType", {"marginType": "CROSSED"}, 100400),
        ("v1/positionSide/dual", {"dualSidePosition": "maybe"}, 100400),
    ],
)
def test_bad_settings(raw: Any, path: str, params: dict[str, Any], code: int) -> None:
    """The simulator refuses a setting that no account can have."""
    assert raw.post(SWAP + path, **params)["code"] == code
