"""Balances and prices: constants in the exchange's format."""

from __future__ import annotations

from typing import Any

import pytest

from ccxt_bingx_ext.simulator import Simulator
from ccxt_bingx_ext.simulator.markets import Market

SPOT = "/openApi/spot/v1/"
SWAP = "/openApi/swap/"
BOTH = pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC/USDT:USDT"])
FIVE_MINUTES = 300_000


def test_balance(sim: Simulator, raw: Any) -> None:
    """The balance is private, starts at a million of every coin, and follows the account's trades."""
    response = raw.get(SPOT + "account/balance")
    assert response["data"]["balances"][0] == {"asset": "BTC", "free": "1000000", "locked": "0"}
    assert {one["asset"] for one in response["data"]["balances"]} >= {"USDT", "BTC", "GM"}
    sim.place()
    sim.fill(sim.place(uid="2").order_id)
    assert raw.get(SPOT + "account/balance") == response
    sim.fill(sim.place(price="500", quantity="2").order_id, "1.5")
    sim.fill(sim.place("ETH-USDT", side="SELL", price="100").order_id)
    free = {one["asset"]: one["free"] for one in raw.get(SPOT + "account/balance")["data"]["balances"]}
    assert (free["BTC"], free["ETH"], free["USDT"]) == ("1000001.5", "999999", "999350")
    assert raw.get(SPOT + "account/balance", signature=None)["code"] == 100412


def test_tickers(sim: Simulator, raw: Any) -> None:
    """A ticker has bid and ask one tick either side of the price at which market orders fill."""
    [ticker] = raw.get(SPOT + "ticker/24hr", symbol="GM-USDT")["data"]
    assert (ticker["lastPrice"], ticker["openPrice"], ticker["volume"]) == ("0.00000398", "0.00000398", "0")
    assert (ticker["bidPrice"], ticker["askPrice"]) == (0.00000397, 0.00000399)
    assert abs(ticker["closeTime"] - sim.now_ms()) < 10_000
    assert ticker["closeTime"] - ticker["openTime"] == 86_400_000
    symbols = {one["symbol"] for one in raw.get(SPOT + "ticker/24hr")["data"]}
    assert "BTC-USDT" in symbols
    assert "LUNA-USDT" not in symbols


def test_depth(sim: Simulator, raw: Any) -> None:
    """The depth has one order on either side and does not show the account's own orders."""
    sim.place(price="59999.995")
    data = raw.get(SPOT + "market/depth", symbol="BTC-USDT", limit=20)["data"]
    assert (data["bids"], data["asks"]) == ([["59999.99", "1000"]], [["60000.01", "1000"]])


def test_klines(sim: Simulator, raw: Any) -> None:
    """Candles end with the one that is still open, the oldest first, each as documented."""
    before = sim.now_ms()
    candles = raw.get(SPOT + "market/kline", symbol="BTC-USDT", interval="5m", limit=3)["data"]
    current = candles[-1][0]
    assert current % FIVE_MINUTES == 0
    assert before - FIVE_MINUTES < current <= sim.now_ms()
    assert [one[0] for one in candles] == [current - 2 * FIVE_MINUTES, current - FIVE_MINUTES, current]
    assert candles[0][1:] == [60000, 60000, 60000, 60000, 0, candles[1][0] - 1, 0]
    assert len(raw.get(SPOT + "market/kline", symbol="BTC-USDT", interval="1m")["data"]) == 500


def test_klines_between_times(sim: Simulator, raw: Any) -> None:
    """startTime and endTime bound when a candle began. With startTime alone a limit keeps the oldest."""

    def times(**bounds: Any) -> list[int]:
        params = {"symbol": "BTC-USDT", "interval": "5m", **bounds}
        return [one[0] // FIVE_MINUTES for one in raw.get(SPOT + "market/kline", **params)["data"]]

    assert times(startTime=FIVE_MINUTES, endTime=3 * FIVE_MINUTES) == [1, 2, 3]
    assert times(startTime=FIVE_MINUTES + 1, endTime=4 * FIVE_MINUTES - 1) == [2, 3]
    assert times(startTime=FIVE_MINUTES, endTime=9 * FIVE_MINUTES, limit=2) == [8, 9]
    assert times(endTime=9 * FIVE_MINUTES, limit=2) == [8, 9]
    assert times(endTime=FIVE_MINUTES, limit=3) == [0, 1]
    assert times(startTime=FIVE_MINUTES, limit=2) == [1, 2]
    assert times(startTime=FIVE_MINUTES, endTime="", limit=2) == [1, 2]
    assert times(startTime="", endTime=9 * FIVE_MINUTES, limit=2) == [8, 9]
    assert times(startTime=2 * FIVE_MINUTES, endTime=FIVE_MINUTES) == []
    assert times(startTime=sim.now_ms() + FIVE_MINUTES) == []


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("market/trades", {}),
        ("market/trades", {"symbol": "BTC-USDT", "limit": 501}),
        ("ticker/24hr", {"symbol": "NOPE-USDT"}),
        ("market/depth", {}),
        ("market/depth", {"symbol": "BTC-USDT", "limit": 1001}),
        ("market/kline", {"interval": "5m"}),
        ("market/kline", {"symbol": "BTC-USDT"}),
        ("market/kline", {"symbol": "BTC-USDT", "interval": "7m"}),
        ("market/kline", {"symbol": "BTC-USDT", "interval": "5m", "limit": 0}),
        ("market/kline", {"symbol": "BTC-USDT", "interval": "5m", "startTime": "yesterday"}),
    ],
)
def test_bad_queries(raw: Any, path: str, params: dict[str, Any]) -> None:
    """The simulator refuses an unknown pair, a bad length and a value that is not a number."""
    assert raw.get(SPOT + path, **params)["code"] == 100400


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("v2/quote/ticker", {"symbol": "NOPE-USDT"}, 109425),
        ("v2/quote/depth", {}, 100400),
        ("v2/quote/depth", {"symbol": "BTC-USDT", "limit": 1001}, 100400),
        ("v3/quote/klines", {"interval": "5m"}, 100400),
        ("v3/quote/klines", {"symbol": "BTC-USDT", "interval": "7m"}, 100400),
        ("v3/quote/klines", {"symbol": "BTC-USDT", "interval": "5m", "limit": 1441}, 100400),
        ("v2/quote/trades", {}, 100400),
        ("v2/quote/trades", {"symbol": "BTC-USDT", "limit": 1001}, 100400),
    ],
)
def test_bad_linear_queries(raw: Any, path: str, params: dict[str, Any], code: int) -> None:
    """The simulator refuses an unknown contract and a bad length or number of linear quotes, too."""
    assert raw.get(SWAP + path, **params)["code"] == code


@BOTH
def test_fetch_ticker(exchange: Any, symbol: str) -> None:
    """ccxt reads the price and the best bid and ask of a pair and of a contract."""
    ticker = exchange.fetch_ticker(symbol)
    tick = exchange.market(symbol)["precision"]["price"]
    assert (ticker["symbol"], ticker["last"], ticker["change"]) == (symbol, 60000, 0)
    assert (ticker["bid"], ticker["ask"]) == (60000 - tick, 60000 + tick)


def test_fetch_tickers(exchange: Any) -> None:
    """ccxt lists the tickers of all active contracts."""
    assert set(exchange.fetch_tickers(params={"type": "swap"})) == {"BTC/USDT:USDT", "ETH/USDT:USDT"}


@BOTH
def test_fetch_order_book(exchange: Any, symbol: str) -> None:
    """ccxt reads one bid and one ask, a tick from the price."""
    book = exchange.fetch_order_book(symbol, 5)
    tick = exchange.market(symbol)["precision"]["price"]
    assert (book["bids"], book["asks"]) == ([[60000 - tick, 1000]], [[60000 + tick, 1000]])


@BOTH
def test_fetch_ohlcv(sim: Simulator, exchange: Any, symbol: str) -> None:
    """ccxt reads candles up to the current one, and those since a time."""
    candles = exchange.fetch_ohlcv(symbol, "5m", limit=3)
    current = candles[-1][0]
    assert sim.now_ms() - FIVE_MINUTES < current <= sim.now_ms()
    assert candles == [[current - back * FIVE_MINUTES, 60000, 60000, 60000, 60000, 0] for back in (2, 1, 0)]
    assert exchange.fetch_ohlcv(symbol, "5m", since=current - FIVE_MINUTES) == candles[1:]


@BOTH
def test_page_through_candles(sim: Simulator, exchange: Any, symbol: str) -> None:
    """A bot that asks for three candles at a time from the last one on receives all of them once."""
    current = sim.now_ms() // FIVE_MINUTES * FIVE_MINUTES
    since, received = current - 7 * FIVE_MINUTES, []
    while page := exchange.fetch_ohlcv(symbol, "5m", since=since, limit=3):
        received += [candle[0] for candle in page]
        since = received[-1] + 1
    assert received == [*range(received[0], received[-1] + 1, FIVE_MINUTES)]
    assert received[0] == current - 7 * FIVE_MINUTES
    assert received[-1] >= current


@BOTH
def test_fetch_trades(sim: Simulator, exchange: Any, symbol: str) -> None:
    """The public trades of a symbol are the fills of every account."""
    market: Market = "linear" if ":" in symbol else "spot"
    assert exchange.fetch_trades(symbol) == []
    sim.fill(sim.place("ETH-USDT", market=market).order_id)
    order = sim.place(side="SELL", price="59000", quantity="3", market=market, uid="2")
    sim.fill(order.order_id, "2")
    exchange.create_order(symbol, "market", "sell", 0.5)
    trades = exchange.fetch_trades(symbol)
    assert [(one["price"], one["amount"], one["side"]) for one in trades] == [
        (59000, 2, "buy"),
        (60000, 0.5, "sell"),
    ]
    assert all(one["symbol"] == symbol and sim.now_ms() - one["timestamp"] < 10_000 for one in trades)
    assert exchange.fetch_trades(symbol, limit=1) == trades[-1:]
