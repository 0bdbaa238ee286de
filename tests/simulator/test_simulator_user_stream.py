"""The websocket, with ccxt's own watch_orders and with a raw client."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import ccxt
import ccxt.pro
import pytest

from ccxt_bingx_ext.simulator import Simulator
from ccxt_bingx_ext.simulator.markets import Market
from tests.helpers import Bot, bot_of

UNIFIED = {"spot": "BTC/USDT", "linear": "BTC/USDT:USDT"}
PATHS = {"spot": "/market", "linear": "/swap-market"}
LISTEN_KEY = "/openApi/user/auth/userDataStream"
SUBSCRIBE = {"id": "1", "reqType": "sub", "dataType": "spot.executionReport"}
HOUR_MS = 3_600_000
both_markets = pytest.mark.parametrize("market", ["spot", "linear"])


@pytest.fixture
def pro(sim: Simulator) -> Iterator[Bot]:
    """ccxt's own pro class, on the simulator."""
    with bot_of(ccxt.pro.bingx, sim.ccxt_config()) as bot:
        yield bot


async def subscribed(sim: Simulator, count: int = 1) -> None:
    """Wait until so many clients would receive an event."""
    deadline = time.monotonic() + 60
    while sim.subscribers != count:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def answered(sim: Simulator, clock: Any) -> None:
    """Wait until the clients are connected, and have answered every ping that is due."""
    deadline = time.monotonic() + 60
    while not sim._streams._listeners or any(
        one.unanswered or one.next_ping <= clock.monotonic() for one in sim._streams._listeners
    ):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def watching(sim: Simulator, exchange: Any, symbol: str) -> asyncio.Task[Any]:
    """Begin to watch orders, and wait until the next event would end it. ccxt keeps no event for later."""
    task: asyncio.Task[Any] = asyncio.ensure_future(exchange.watch_orders(symbol))
    await subscribed(sim)
    while not any(client.futures for url, client in exchange.clients.items() if "listenKey" in url):
        await asyncio.sleep(0.005)
    return task


class Raw:
    """A websocket client that knows nothing of ccxt."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    async def next(self, *, pings: bool = False) -> Any:
        """The next message that is not a ping. With ``pings`` the next message."""
        while True:
            frame = await self.socket.receive(timeout=60)
            if frame.type != aiohttp.WSMsgType.BINARY:
                return frame.type
            text = gzip.decompress(frame.data).decode()
            message = text if text == "Ping" else json.loads(text)
            if pings or (message != "Ping" and "ping" not in message):
                return message

    async def ask(self, message: Any) -> Any:
        await self.socket.send_str(message if isinstance(message, str) else json.dumps(message))
        return await self.next()


@asynccontextmanager
async def connected(sim: Simulator, market: str, key: str | None) -> AsyncIterator[Raw]:
    query = "" if key is None else f"?listenKey={key}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{sim.url}{PATHS[market]}{query}") as socket,
    ):
        yield Raw(socket)


@pytest.fixture
def key(raw: Any) -> str:
    """A listen key of the simulator's account."""
    listen_key: str = raw.send("POST", LISTEN_KEY, {}, form="query").json()["listenKey"]
    return listen_key


@both_markets
def test_life_of_an_order(sim: Simulator, pro: Bot, market: Market) -> None:
    """watch_orders sees an order placed, partly filled and cancelled, and none of another account."""

    async def scenario(exchange: Any) -> None:
        symbol = UNIFIED[market]
        watch = await watching(sim, exchange, symbol)
        sim.place(market=market, uid="2")
        sim.place(market="inverse")
        order = sim.place(market=market, price="50000", quantity="3")
        [seen] = await watch
        assert (seen["id"], seen["amount"], seen["price"]) == (str(order.order_id), 3, 50000)
        assert (seen["status"], seen["filled"]) == ("open", 0)
        for filled in (1, 2):
            watch = await watching(sim, exchange, symbol)
            sim.fill(order.order_id, "1")
            [seen] = await watch
            assert (seen["id"], seen["status"], seen["filled"]) == (str(order.order_id), "open", filled)
        watch = await watching(sim, exchange, symbol)
        sim.cancel(order.order_id)
        [seen] = await watch
        assert (seen["id"], seen["status"], seen["filled"]) == (str(order.order_id), "canceled", 2)

    pro.run(scenario)


@both_markets
def test_own_requests(sim: Simulator, pro: Bot, market: Market) -> None:
    """watch_orders sees what the client itself places, fills and cancels."""

    async def scenario(exchange: Any) -> None:
        symbol = UNIFIED[market]
        watch = await watching(sim, exchange, symbol)
        placed = await exchange.create_order(symbol, "limit", "buy", 0.001, 25000)
        assert [(one["id"], one["status"]) for one in await watch] == [(placed["id"], "open")]
        watch = await watching(sim, exchange, symbol)
        await exchange.cancel_order(placed["id"], symbol)
        assert [(one["id"], one["status"]) for one in await watch] == [(placed["id"], "canceled")]
        watch = await watching(sim, exchange, symbol)
        bought = await exchange.create_order(symbol, "market", "buy", 0.001)
        await watch
        while {one["id"]: one["filled"] for one in exchange.orders}[bought["id"]] != 0.001:
            await asyncio.sleep(0.005)  # a market order has two events

    pro.run(scenario)


@both_markets
def test_watch_my_trades(sim: Simulator, pro: Bot, market: Market) -> None:
    """A fill is a trade for ccxt, too."""

    async def scenario(exchange: Any) -> None:
        watch = asyncio.ensure_future(exchange.watch_my_trades(UNIFIED[market]))
        await subscribed(sim)
        order = sim.place(market=market, price="50000", quantity="2")
        sim.fill(order.order_id)
        [trade] = await watch
        assert (trade["order"], trade["amount"], trade["price"]) == (str(order.order_id), 2, 50000)

    pro.run(scenario)


def test_timer(sim: Simulator, pro: Bot) -> None:
    """Orders that the dead man's switch cancels are seen without another request."""

    async def scenario(exchange: Any) -> None:
        sim.place()
        await exchange.cancel_all_orders_after(10_000)
        watch = await watching(sim, exchange, UNIFIED["spot"])
        sim.clock_offset_ms += 12_000
        assert [one["status"] for one in await watch] == ["canceled"]

    pro.run(scenario)


def test_answers_pings(pro_pinged: tuple[Simulator, Bot], clock: Any) -> None:
    """ccxt answers the pings of both streams, so they stay open."""
    sim, pro = pro_pinged

    async def scenario(exchange: Any) -> None:
        watches = [asyncio.ensure_future(exchange.watch_orders(one)) for one in UNIFIED.values()]
        await subscribed(sim, 2)
        for _ in range(3):
            clock.skip(0.6)
            await answered(sim, clock)
        assert sim.subscribers == 2
        sim.place()
        sim.place(market="linear")
        assert [len(orders) for orders in await asyncio.gather(*watches)] == [1, 1]

    pro.run(scenario)


@pytest.fixture
def pro_pinged() -> Iterator[tuple[Simulator, Bot]]:
    """The same with a ping each 0.5 s."""
    with (
        Simulator(limits=None, ping_seconds=0.5) as sim,
        bot_of(ccxt.pro.bingx, sim.ccxt_config()) as bot,
    ):
        yield sim, bot


@both_markets
def test_unanswered_ping(raw_client: Any, market: str, clock: Any) -> None:
    """A client that answers pings stays connected, and one that leaves a ping unanswered does not."""

    async def scenario(sim: Simulator, key: str) -> None:
        async with connected(sim, market, key) as client:
            await answered(sim, clock)  # the server has seen the client
            for _ in range(2):
                clock.skip(0.5)
                ping = await client.next(pings=True)
                pong = "Pong" if ping == "Ping" else json.dumps({"pong": ping["ping"], "time": ping["time"]})
                await client.socket.send_str(pong)
                await answered(sim, clock)
            clock.skip(0.5)
            assert await client.next(pings=True)
            clock.skip(0.5)
            assert await client.next(pings=True) == aiohttp.WSMsgType.CLOSE

    with Simulator(ping_seconds=0.4) as sim:
        key = raw_client(sim).send("POST", LISTEN_KEY, {}, form="query").json()["listenKey"]
        asyncio.run(scenario(sim, key))


def test_refused_subscription(sim: Simulator, pro: Bot) -> None:
    """A subscription to market data is refused, and ccxt raises."""

    async def scenario(exchange: Any) -> None:
        with pytest.raises(ccxt.BadRequest, match="not served here"):
            await exchange.watch_ticker(UNIFIED["spot"])
        with pytest.raises(ccxt.BadRequest, match="not served here"):
            await exchange.watch_ticker(UNIFIED["linear"])

    pro.run(scenario)


def test_subscriptions(sim: Simulator, key: str) -> None:
    """Spot sends events between a subscription and its end, and refuses messages that it cannot read."""

    async def scenario() -> None:
        async with connected(sim, "spot", key) as client:
            assert sim.subscribers == 0
            reply = await client.ask(SUBSCRIBE)
            assert (reply["code"], reply["id"], reply["msg"]) == (0, "1", "SUCCESS")
            assert sim.subscribers == 1
            for nonsense in ("nonsense", "[]", "{}"):
                assert (await client.ask(nonsense))["code"] == 100400
            assert (await client.ask(SUBSCRIBE | {"id": "2", "reqType": "unsub"}))["id"] == "2"
            assert sim.subscribers == 0
        async with connected(sim, "spot", None) as stranger:
            assert (await stranger.ask(SUBSCRIBE))["code"] == 100400

    asyncio.run(scenario())


def test_payloads(sim: Simulator, key: str) -> None:
    """An event has the keys of the known payloads, numbers on spot and strings on linear."""

    async def scenario() -> None:
        async with connected(sim, "spot", key) as client:
            await client.ask(SUBSCRIBE)
            order = sim.place(client_order_id="Mine", quantity="0.5")
            sim.fill(order.order_id)
            placed, filled = await client.next(), await client.next()
            assert placed["dataType"] == "spot.executionReport"
            new, trade = placed["data"], filled["data"]
            assert (new["x"], new["X"], new["C"], new["q"], new["T"]) == ("NEW", "PENDING", "Mine", 0.5, 0)
            assert (trade["x"], trade["X"], trade["l"], trade["N"]) == ("TRADE", "FILLED", 0.5, "BTC")
        async with connected(sim, "linear", key) as client:
            await subscribed(sim)
            order = sim.place(client_order_id="Mine", market="linear", quantity="0.5")
            sim.expire(order.order_id)
            placed, expired = await client.next(), await client.next()
            assert (placed["e"], placed["T"]) == ("ORDER_TRADE_UPDATE", order.created_ms)
            assert (placed["o"]["c"], placed["o"]["q"], placed["o"]["i"]) == (
                "mine",
                "0.50000000",
                order.order_id,
            )
            assert (expired["o"]["x"], expired["o"]["X"]) == ("EXPIRED", "EXPIRED")

    asyncio.run(scenario())


def test_two_clients(sim: Simulator, key: str) -> None:
    """Every client with a key of the account gets each event."""

    async def scenario() -> None:
        async with connected(sim, "linear", key) as one, connected(sim, "linear", key) as other:
            await subscribed(sim, 2)
            order = sim.place(market="linear")
            assert {(await each.next())["o"]["i"] for each in (one, other)} == {order.order_id}

    asyncio.run(scenario())


def test_faults(sim: Simulator, key: str, clock: Any) -> None:
    """An event can be lost, doubled, or come after newer ones, and a fault waits for an event of its ids."""

    async def scenario() -> None:
        async with connected(sim, "linear", key) as client:
            await subscribed(sim)
            first, second, third = (sim.place(market="linear") for _ in range(3))
            for _ in range(3):
                await client.next()
            sim.faults.add("lost_event", ids=[first.order_id])
            sim.faults.add("doubled_event", ids=[second.order_id])
            sim.faults.add("late_event", ids=[third.order_id], seconds=0.5)
            sim.fill(third.order_id, "0.5")
            sim.cancel(first.order_id)
            sim.cancel(second.order_id)
            sim.cancel(third.order_id)
            events = [(await client.next())["o"] for _ in range(3)]
            clock.skip(0.6)
            events.append((await client.next())["o"])
            assert [(one["i"], one["X"]) for one in events] == [
                (second.order_id, "CANCELED"),
                (second.order_id, "CANCELED"),
                (third.order_id, "CANCELED"),
                (third.order_id, "PARTIALLY_FILLED"),
            ]

    asyncio.run(scenario())


@both_markets
def test_lost_event(sim: Simulator, pro: Bot, market: Market) -> None:
    """After a lost event watch_orders goes on to say that a cancelled order is open."""

    async def scenario(exchange: Any) -> None:
        symbol = UNIFIED[market]
        watch = await watching(sim, exchange, symbol)
        order = sim.place(market=market)
        await watch
        sim.faults.add("lost_event")
        await exchange.cancel_order(str(order.order_id), symbol)
        watch = await watching(sim, exchange, symbol)
        other = sim.place(market=market)
        assert [one["id"] for one in await watch] == [str(other.order_id)]
        assert {one["id"]: one["status"] for one in exchange.orders} == {
            str(order.order_id): "open",
            str(other.order_id): "open",
        }

    pro.run(scenario)


def test_late_by_default(sim: Simulator, key: str) -> None:
    """A late event comes after a second, and a fault does not strike an event that no client receives."""

    async def scenario() -> None:
        sim.faults.add("late_event")
        sim.place(market="linear")
        assert sim.faults.waiting
        async with connected(sim, "linear", key) as client:
            await subscribed(sim)
            began = time.monotonic()
            order = sim.place(market="linear")
            assert (await client.next())["o"]["i"] == order.order_id
            assert 0.9 < time.monotonic() - began < 5

    asyncio.run(scenario())


@pytest.mark.parametrize("more", [{"path": "trade/cancel"}, {"when": "after"}])
def test_fault_of_a_request(sim: Simulator, more: dict[str, Any]) -> None:
    """A fault of events takes no path and no moment of a request."""
    with pytest.raises(ValueError, match="strikes events, not requests"):
        sim.faults.add("lost_event", **more)


def test_requests_and_events(sim: Simulator, raw: Any) -> None:
    """A fault of events strikes no request."""
    sim.faults.add("lost_event")
    assert raw.cancel(sim.place())["code"] == 0
    assert len(sim.faults.waiting) == 1


def test_listen_key(sim: Simulator, raw: Any, key: str) -> None:
    """A listen key lasts an hour and can be extended, and only its account may extend or delete it."""
    sim.add_account("other-key", "other", "2")

    def ask(method: str, **account: str) -> Any:
        return raw.send(method, LISTEN_KEY, {"listenKey": key}, form="query", **account).json()["code"]

    assert ask("PUT", key="other-key", secret="other") == 100400
    assert ask("DELETE", key="other-key", secret="other") == 100400
    assert raw.send("PUT", LISTEN_KEY, {}, form="query").json()["code"] == 100400
    sim.clock_offset_ms += HOUR_MS - 10_000
    assert ask("PUT") == 0
    sim.clock_offset_ms += HOUR_MS - 10_000
    assert ask("PUT") == 0
    sim.clock_offset_ms += HOUR_MS
    assert ask("PUT") == 100400
    key = raw.send("POST", LISTEN_KEY, {}, form="json").json()["listenKey"]
    assert raw.send("DELETE", LISTEN_KEY, {"listenKey": key}).json()["code"] == 0
    assert ask("DELETE") == 100400


@both_markets
def test_end_of_a_listen_key(sim: Simulator, raw: Any, key: str, market: str) -> None:
    """The end of a listen key closes its connections, and it opens no other."""

    async def scenario() -> None:
        async with connected(sim, market, key) as client:
            assert raw.send("DELETE", LISTEN_KEY, {"listenKey": key}, form="query").json()["code"] == 0
            assert await client.next() == aiohttp.WSMsgType.CLOSE
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(sim, market, key):
                raise AssertionError
        assert refused.value.status == 401

    asyncio.run(scenario())


def test_no_upgrade(sim: Simulator, raw: Any) -> None:
    """The path of a websocket is not an endpoint, and a binary frame ends a connection."""
    assert raw.get("/market")["code"] == 100404

    async def scenario() -> None:
        async with connected(sim, "spot", None) as client:
            await client.socket.send_bytes(b"1")
            assert await client.next() == aiohttp.WSMsgType.CLOSE

    asyncio.run(scenario())


def test_stop_with_clients(raw_client: Any) -> None:
    """stop() does not wait for connected clients, and a later change of an order is not an error."""

    async def scenario(sim: Simulator, key: str) -> None:
        async with connected(sim, "linear", key) as client:
            await subscribed(sim)
            began = time.monotonic()
            await asyncio.to_thread(sim.stop)
            assert time.monotonic() - began < 4
            assert sim.subscribers == 0
            assert await client.next() != aiohttp.WSMsgType.BINARY
            sim.place(market="linear")

    sim = Simulator().start()
    key = raw_client(sim).send("POST", LISTEN_KEY, {}, form="query").json()["listenKey"]
    asyncio.run(scenario(sim, key))
    assert sim.errors == []
