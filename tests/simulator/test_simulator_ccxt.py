"""Plain ccxt uses the simulator as it would use the exchange."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from ccxt_bingx_ext.simulator import Simulator
from tests.helpers import close

SYMBOL = "BTC/USDT"


def test_markets(exchange: Any) -> None:
    """ccxt loads markets with a shared id, a renamed currency and an inactive pair."""
    markets = exchange.load_markets()
    assert {"BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC", "GM/USDT", "BARS/USDT"} <= markets.keys()
    assert {one["type"] for one in exchange.markets_by_id["BTC-USDT"]} == {"spot", "swap"}
    assert markets["Snowman/USDT"]["id"] == "SNOW-USDT"
    assert markets["TRUMPMAGA/USDT"]["id"] == "TRUMP-USDT"
    # ccxt 4.5.28 and 4.5.60 call every inverse market inactive.
    inactive = [name for name, market in markets.items() if market["spot"] and not market["active"]]
    assert inactive == ["LUNA/USDT"]
    assert exchange.currencies["BTC"]["networks"]
    assert abs(exchange.fetch_time() - exchange.milliseconds()) < 10_000


def test_life_of_an_order(sim: Simulator, exchange: Any) -> None:
    """ccxt creates, fetches, lists and cancels an order and sees its true state."""
    created = exchange.create_order(SYMBOL, "limit", "buy", 0.001, 25000, {"clientOrderId": "abc"})
    assert sim.order(created["id"]).client_order_id == "abc"
    fetched = exchange.fetch_order(created["id"], SYMBOL)
    assert (fetched["status"], fetched["price"], fetched["amount"]) == ("open", 25000, 0.001)
    assert [one["id"] for one in exchange.fetch_open_orders(SYMBOL)] == [created["id"]]
    assert exchange.cancel_order(created["id"], SYMBOL)["status"] == "canceled"
    assert sim.status(created["id"]) == "CANCELED"
    assert exchange.fetch_open_orders(SYMBOL) == []
    assert [one["id"] for one in exchange.fetch_canceled_orders(SYMBOL)] == [created["id"]]
    market = exchange.create_order(SYMBOL, "market", "buy", 0.001, None, {"cost": 60})
    assert exchange.fetch_order(market["id"], SYMBOL)["filled"] == 0.001
    assert [one["id"] for one in exchange.fetch_closed_orders(SYMBOL)] == [market["id"]]


def test_balances_and_prices(exchange: Any) -> None:
    """ccxt reads balances, tickers, order books and candles."""
    assert exchange.fetch_balance()["USDT"] == {"free": 1e6, "used": 0, "total": 1e6}
    ticker = exchange.fetch_ticker(SYMBOL)
    assert (ticker["bid"], ticker["last"], ticker["ask"]) == (59999.99, 60000, 60000.01)
    assert exchange.fetch_tickers([SYMBOL])[SYMBOL]["percentage"] == 0
    book = exchange.fetch_order_book(SYMBOL, 5)
    assert (book["bids"], book["asks"]) == ([[59999.99, 1000]], [[60000.01, 1000]])
    candles = exchange.fetch_ohlcv(SYMBOL, "5m", limit=3)
    assert [one[1:] for one in candles] == [[60000, 60000, 60000, 60000, 0]] * 3
    assert abs(candles[-1][0] - exchange.milliseconds()) < 310_000


def test_several_orders(sim: Simulator, exchange: Any) -> None:
    """ccxt places and cancels several orders in its own form of request."""
    placed = exchange.create_orders(
        [
            {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.001, "price": 20000 + n}
            for n in range(5)
        ]
    )
    ids = [one["id"] for one in placed]
    assert [one["id"] for one in exchange.cancel_orders(ids[:2], SYMBOL)] == ids[:2]
    named = sim.place(client_order_id="mine")
    [cancelled] = exchange.cancel_orders([], SYMBOL, {"clientOrderIds": ["mine"]})
    assert cancelled["id"] == str(named.order_id)
    assert len(exchange.cancel_all_orders(SYMBOL)) == 3
    assert [one.form for one in sim.requests if one.path.endswith("cancelOrders")] == ["query", "query"]
    assert {one.headers.get("x-source-key") for one in sim.requests if one.signature_valid} == {"CCXT"}


def test_errors(sim: Simulator, exchange: Any) -> None:
    """The codes of the simulator reach ccxt's own mapping of errors."""
    with pytest.raises(ccxt.BadRequest, match="can not find order for orderId:77 for symbol: BTC-USDT"):
        exchange.cancel_orders(["77"], SYMBOL)
    with pytest.raises(ccxt.ExchangeError, match="100404"):
        exchange.cancel_order("77", SYMBOL)
    exchange.secret = "wrong"
    with pytest.raises(ccxt.AuthenticationError):
        exchange.fetch_open_orders(SYMBOL)


def test_ccxt_drops_failed_ids(sim: Simulator, exchange: Any) -> None:
    """ccxt's own cancel_orders says nothing about the id that failed, which is why the plugin exists."""
    order = sim.place()
    assert len(exchange.cancel_orders([str(order.order_id), "77"], SYMBOL, {"process": 1})) == 1


def test_async_and_pro(sim: Simulator) -> None:
    """The async and pro classes cancel orders too."""

    async def use(kind: Any) -> None:
        client = kind(sim.ccxt_config(enableRateLimit=False))
        try:
            await client.load_markets()
            order = await client.create_order(SYMBOL, "limit", "sell", 0.001, 90000)
            assert len(await client.fetch_open_orders(SYMBOL)) == 1
            assert (await client.cancel_orders([order["id"]], SYMBOL))[0]["status"] == "canceled"
            assert sim.status(order["id"]) == "CANCELED"
        finally:
            await close(client)

    asyncio.run(use(ccxt.async_support.bingx))
    asyncio.run(use(ccxt.pro.bingx))


def test_every_url_is_redirected(sim: Simulator) -> None:
    """ccxt_config points every URL of ccxt to the simulator, and each websocket to another path."""
    api = ccxt.pro.bingx(sim.ccxt_config()).urls["api"]
    streams = set(api.pop("ws").values())
    assert set(api.values()) == {sim.url + "/openApi"}
    assert {url.rpartition("/")[0] for url in streams} == {sim.url.replace("http", "ws")}
    assert len(streams) == len(ccxt.pro.bingx().urls["api"]["ws"])
    assert sim.ccxt_config(timeout=5)["timeout"] == 5


def test_sandbox_mode(sim: Simulator) -> None:
    """A bot that turns ccxt's sandbox mode on stays on the simulator."""
    exchange = ccxt.bingx(sim.ccxt_config(enableRateLimit=False))
    exchange.set_sandbox_mode(True)
    exchange.fetch_time()
    assert [request.path for request in sim.requests] == ["/openApi/swap/v2/server/time"]
    hosts = {url for url in exchange.urls["api"].values() if isinstance(url, str)}
    assert hosts == {sim.url + "/openApi"}
