"""The plugin watches requests on the wire, and keeps sessions from repeating or redirecting them."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import aiohttp
import pytest
import requests
import urllib3
from aiohttp.base_protocol import BaseProtocol
from ccxt.base.errors import (
    BadResponse,
    BaseError,
    ExchangeNotAvailable,
    NetworkError,
    OperationFailed,
    RequestTimeout,
)
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext._bingx.errors import Response, response_of
from ccxt_bingx_ext._cancel.commands import Sleep
from ccxt_bingx_ext._cancel.failures import Progress, progress_of
from ccxt_bingx_ext._cancel.outcome import UNKNOWN_OUTCOME
from ccxt_bingx_ext._ratelimit.registry import limiters_at
from ccxt_bingx_ext._wire import call as wire_call
from ccxt_bingx_ext._wire.aiohttp_sessions import _Bounded, watch_session
from ccxt_bingx_ext._wire.requests_sessions import _InTime
from ccxt_bingx_ext.async_support import bingx as async_bingx
from ccxt_bingx_ext.simulator import Simulator

from .helpers import (
    OURS,
    Bot,
    bot_of,
    cancel_each,
    cancels,
    config_of,
    in_threads,
    place,
    reported,
    unused_port,
)
from .judge import held_handshakes
from .scripted import answer, canceled, config_over, scripted

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
BATCH = "DELETE swap/v2/trade/batchOrders"

pytestmark = pytest.mark.usefixtures("without_pauses")


@pytest.fixture
def unreachable(loopback: None) -> Iterator[str]:
    """A host that ignores attempts to connect: the queue of its listener is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield f"127.0.0.1:{port}"
        for one in waiting:
            one.close()


def failure_of(bot: Bot, ids: list[str], symbol: str = SPOT, **params: Any) -> BaseError:
    with pytest.raises(BaseError) as caught:
        bot.cancel_orders(ids, symbol, params)
    assert (caught.value.orders, caught.value.unresolved) == ([], ids)
    return caught.value


# Was anything written?


def test_connect_timeout(world: str, simulator: Simulator, unreachable: str) -> None:
    """If connecting times out, the host received nothing: the cancel goes to the next host at once."""
    config = config_over(simulator, unreachable, f"127.0.0.1:{simulator.port}", timeout=1500)
    ids = place(simulator, 2)
    with bot_of(OURS[world], config) as bot:
        assert reported(bot.cancel_orders(ids, SPOT)) == [(one, "canceled") for one in ids]
    assert len(simulator.requests) == 1


def test_connect_timeout_alone(world: str, simulator: Simulator, unreachable: str) -> None:
    """Without another host the error says that nothing was sent."""
    with bot_of(OURS[world], config_over(simulator, unreachable, timeout=500)) as bot:
        error = failure_of(bot, ["1"])
    assert isinstance(error, OperationFailed)
    assert UNKNOWN_OUTCOME not in str(error)


@pytest.mark.parametrize("proxy", ["refused", "denied"])
def test_proxy_failure(world: str, simulator: Simulator, proxy: str) -> None:
    """A proxy that is unreachable, or does not open a tunnel, has not passed the request on."""
    with scripted(lambda connection, request: answer(connection, status="407 Proxy")) as server:
        port = server.port if proxy == "denied" else unused_port()
        config = simulator.ccxt_config(httpsProxy=f"http://127.0.0.1:{port}")
        config["urls"] = {"api": dict.fromkeys(config["urls"]["api"], "https://127.0.0.1:1")}
        with bot_of(OURS[world], config) as bot:
            error = failure_of(bot, ["1"])
    assert progress_of(error) is Progress.NOT_WRITTEN
    assert UNKNOWN_OUTCOME not in str(error)
    assert {request.split()[0] for request in server.requests} <= {"CONNECT"}


@pytest.mark.parametrize("market", ["spot", "linear"])
def test_executed_then_unreachable(world: str, simulator: Simulator, market: Any) -> None:
    """A host that received the cancel, and then refuses connections, may have executed it: look up first."""

    def script(connection: socket.socket, request: str) -> object:
        if request.startswith("GET"):
            answer(connection, json.dumps({"code": 80012, "msg": "service unavailable"}))
            return "go on"
        server.stop_listening()
        return "close"

    symbol, path = (SPOT, "cancelOrders") if market == "spot" else (SWAP, BATCH)
    ids = place(simulator, 2, market=market)
    with scripted(script) as server:
        config = config_over(simulator, server.host, f"127.0.0.1:{simulator.port}")
        with bot_of(OURS[world], config) as bot:
            bot.exchange.set_markets(markets())
            with pytest.raises(OperationFailed):
                bot.fetch_order("1", symbol)  # its connection is kept alive
            assert reported(bot.cancel_orders(ids, symbol)) == [(one, "canceled") for one in ids]
    queries = [request.path.endswith(("query", "order")) for request in simulator.requests]
    assert queries[0]
    assert len(simulator.arrivals(path)) == 1


@cache
def markets() -> list[dict[str, Any]]:
    with Simulator(limits=None) as simulator, bot_of(bingx, simulator.ccxt_config()) as bot:
        return list(bot.load_markets().values())


class OwnTransport(bingx):
    """A bot's class that sends through its own session."""

    def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        try:
            return requests.request(method, url, data=body, headers=headers, timeout=5).json()
        except requests.ConnectionError as error:
            raise NetworkError("bingx lost") from error


class FetchTwice(bingx):
    """A bot's class that goes to another port when it cannot connect to the first."""

    ports = (0, 0)

    def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        try:
            return super().fetch(url, method, headers, body)
        except NetworkError:
            first, second = self.ports
            return super().fetch(url.replace(str(first), str(second)), method, headers, body)


class AskingMeanwhile(bingx):
    """A bot's class that queries an order in the middle of each cancel: before `fetch`, or in `sign`."""

    place = "fetch"
    asking = False

    def ask(self, place: str, path: str) -> None:
        if place == self.place and "ancel" in path and not self.asking:
            self.asking = True
            assert self.fetch_order("1735964997957275649", SPOT)["status"] == "open"
            self.asking = False

    def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        self.ask("fetch", url)
        return super().fetch(url, method, headers, body)

    def sign(self, path: str, *args: Any, **named: Any) -> Any:
        self.ask("sign", path)
        return super().sign(path, *args, **named)

    def fetch2(self, path: str, *args: Any, **named: Any) -> Any:
        self.ask("fetch2", path)
        return super().fetch2(path, *args, **named)


class OtherAdapter(HTTPAdapter):
    """An adapter that sends through another, unwatched one when it cannot connect."""

    ports = (0, 0)

    def send(self, request: Any, *args: Any, **named: Any) -> Any:
        try:
            return super().send(request, *args, **named)
        except requests.ConnectionError:
            request.url = request.url.replace(*map(str, self.ports))
            return HTTPAdapter().send(request, *args, **named)


def lost_in(simulator: Simulator, exchange: Any) -> None:
    """Lose the response to a cancel by `exchange`. The plugin must look the orders up, and cancel once."""
    ids = place(simulator, 2)
    simulator.faults.add("drop", when="after", path="cancelOrders")
    assert reported(exchange.cancel_orders(ids, SPOT)) == [(one, "canceled") for one in ids]
    assert len(cancels(simulator)) == 1


@pytest.mark.parametrize("place_of_query", ["fetch", "sign", "fetch2"])
def test_query_in_the_middle_of_a_cancel(limited: Simulator, place_of_query: str) -> None:
    """A query that a bot's class makes within a cancel has a slot of its own, and the cancel goes out."""
    one, _ = place(limited, 2)
    exchange = AskingMeanwhile(config_of(limited, limit=1, singleLimit=1))
    exchange.place = place_of_query
    exchange.load_markets()
    assert exchange.cancel_order(one, SPOT)["status"] == "canceled"
    assert len(limited.arrivals("trade/query")) == 1


def test_transport_of_the_bot(simulator: Simulator) -> None:
    """A request through a bot's own transport may have been executed: the plugin cannot know."""
    lost_in(simulator, OwnTransport(simulator.ccxt_config(enableRateLimit=False)))


def test_second_fetch(simulator: Simulator) -> None:
    """After a first fetch that could not connect, a second one may have been executed."""
    dead, live = unused_port(), simulator.port
    exchange = FetchTwice(config_over(simulator, f"127.0.0.1:{dead}", f"127.0.0.1:{live}"))
    exchange.ports = (dead, live)
    lost_in(simulator, exchange)


def test_unwatched_failover(simulator: Simulator) -> None:
    """After an attempt that could not connect, a session may have sent by means that are not watched."""
    dead, live = unused_port(), simulator.port
    with requests.Session() as session:
        session.mount("http://", OtherAdapter())
        exchange = bingx(config_over(simulator, f"127.0.0.1:{dead}", f"127.0.0.1:{live}", session=session))
        OtherAdapter.ports = (dead, live)
        lost_in(simulator, exchange)


# The slot of a request


def lose_first_slot(monkeypatch: pytest.MonkeyPatch) -> list[wire_call.Call]:
    """Let the first request lose its slot just before it is written. The list gets each call that is."""
    write, signed = wire_call.Call._write, list[wire_call.Call]()

    def lost_at_first(call: wire_call.Call) -> None:
        signed.append(call)
        if len(signed) == 1:
            raise wire_call.SlotLost
        write(call)

    monkeypatch.setattr(wire_call.Call, "_write", lost_at_first)
    return signed


@pytest.mark.parametrize(("seconds", "in_flight"), [(0.4, 2000), (2.3, 1000)])
def test_event_loop_busy_before_body(seconds: float, in_flight: int, limited: Simulator) -> None:
    """If the loop is busy after aiohttp's headers, the slot moves, or the request starts again.

    Until Python 3.11 aiohttp writes the headers with the body, in a task of its own. In 2.3 s another
    request gets the slot: the first one counts for a second after its slack (50 ms) and ``inFlight``.
    """
    config = config_of(limited, limit=1, inFlight=in_flight)
    first, second = place(limited, 2)
    beside = threading.Thread(target=lambda: cancel_each(bingx(config), [second]))

    async def keep_busy(*args: Any) -> None:
        if not beside.ident:
            beside.start()
            asyncio.get_running_loop().call_soon(time.sleep, seconds)

    async def main() -> None:
        exchange = async_bingx(config)
        exchange.open()
        watch_session(exchange.session)
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(keep_busy)
        trace.freeze()
        exchange.session.trace_configs.append(trace)
        try:
            assert reported(await exchange.cancel_orders([first], SPOT)) == [(first, "canceled")]
        finally:
            await exchange.close(True)

    asyncio.run(main())
    beside.join()
    assert len(limited.arrivals("cancelOrders")) == 2
    assert limited.worst_window("cancelOrders") == 1


# The bot's own requests take a slot of their lane, too. Each of these is one request.
OWN_REQUESTS: dict[str, Callable[[Any, str], Any]] = {
    "fetch_order": lambda bot, one: bot.fetch_order(one, SPOT),
    "cancel_order": lambda bot, one: bot.cancel_order(one, SPOT),
    "implicit": lambda bot, one: bot.spotV1PrivatePostTradeCancelOrders(
        {"symbol": "BTC-USDT", "orderIds": one}
    ),
}


@contextmanager
def own_bot(world: str, config: dict[str, Any]) -> Iterator[Bot]:
    """A bot whose `cancel_order` is ccxt's own. It knows the markets, and has no connection yet."""
    config["options"].setdefault("cancelOrders", {})["family"] = False
    with bot_of(OURS[world], {**config, "enableRateLimit": True}) as bot:
        bot.exchange.set_markets(markets())
        yield bot


def counted(host: str) -> list[float]:
    """The ages (s) of the requests that count, over all lanes to `host`. Below 0: no response yet."""
    return [age for one in limiters_at(f"http://{host}/openApi") for _, age in one.arrivals(60.0)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("request_of", OWN_REQUESTS)
def test_slot_of_own_request(request_of: str, world: str, simulator: Simulator) -> None:
    """The response settles the slot of the bot's own request. A request that was not written has none."""
    live, dead = f"127.0.0.1:{simulator.port}", f"127.0.0.1:{unused_port()}"
    (one,) = place(simulator, 1)
    with own_bot(world, config_over(simulator, live)) as bot:
        OWN_REQUESTS[request_of](bot, one)
    (age,) = counted(live)
    assert age >= 0
    with own_bot(world, config_over(simulator, dead)) as bot, pytest.raises(NetworkError):
        OWN_REQUESTS[request_of](bot, one)
    assert limiters_at(f"http://{dead}/openApi")
    assert counted(dead) == []


@pytest.mark.parametrize("request_of", OWN_REQUESTS)
def test_own_request_loses_its_slot(
    request_of: str, world: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot's own request that loses its slot before the write starts again, with a new signature."""
    signed = lose_first_slot(monkeypatch)
    (one,) = place(simulator, 1)
    with own_bot(world, config_over(simulator, f"127.0.0.1:{simulator.port}")) as bot:
        OWN_REQUESTS[request_of](bot, one)
    assert len(signed) == 2
    assert signed[0] is not signed[1]
    assert len(simulator.requests) == 1


def test_own_request_connects_slowly(world: str, limited: Simulator) -> None:
    """While one request connects, another one takes its slot. The first one then waits for a new slot."""
    ids, seconds = place(limited, 2), [1.3]
    markets()  # now: loading them connects, too

    def cancel(one: str) -> None:
        with own_bot(world, config_of(limited, singleLimit=1, inFlight=50)) as bot:
            if one == ids[1]:
                time.sleep(0.1)
            bot.cancel_order(one, SPOT)

    with held_handshakes(lambda: seconds.pop(0) if seconds else 0.0):
        in_threads([lambda: cancel(ids[0]), lambda: cancel(ids[1])])
    assert len(limited.arrivals("trade/cancel")) == 2
    assert limited.worst_window("trade/cancel") == 1


@pytest.mark.parametrize("limit", [1, 2])
def test_retry_of_ccxt(limit: int, world: str, simulator: Simulator) -> None:
    """A retry of ccxt's own takes a slot of its own. Without a free slot, nothing is sent."""
    (one,) = place(simulator, 1)
    simulator.faults.add("http", status=504, when="before", path="trade/cancel")
    config = config_over(simulator, f"127.0.0.1:{simulator.port}")
    config["options"]["cancelOrders"] = {"singleLimit": limit, "margin": 60_000}
    with own_bot(world, config) as bot:
        if limit == 1:
            with pytest.raises(ExchangeNotAvailable, match="no free slot"):
                bot.cancel_order(one, SPOT, {"maxRetriesOnFailure": 1})
        else:
            assert bot.cancel_order(one, SPOT, {"maxRetriesOnFailure": 1})["status"] == "canceled"
    assert len(simulator.requests) == limit


# No replay

REPLAYING = Retry(total=3, allowed_methods=None, backoff_factor=0)


class InThreads(requests.Session):
    """A session that sends in a thread of its own."""

    def request(self, *args: Any, **named: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(super().request, *args, **named).result()


@pytest.mark.parametrize("kind", ["in threads", "new pools", "late pools"])
def test_unusual_sessions(simulator: Simulator, kind: str) -> None:
    """Neither a session with threads nor an adapter with new pools repeats a cancel."""
    (one,) = place(simulator, 1, market="linear")
    with InThreads() if kind == "in threads" else requests.Session() as session:
        adapter = HTTPAdapter(max_retries=REPLAYING)
        session.mount("http://", adapter)
        with bot_of(bingx, simulator.ccxt_config(session=session)) as bot:
            if kind == "new pools":
                adapter.init_poolmanager(50, 50)
            bot.load_markets()
            if kind == "late pools":
                adapter.init_poolmanager(50, 50)
            simulator.faults.add("drop", when="after", path=BATCH)
            assert reported(bot.cancel_orders([one], SWAP)) == [(one, "canceled")]
    assert len(simulator.arrivals(BATCH)) == 1


class Bare(HTTPAdapter):
    """A test double that does not initialise its adapter."""

    def __init__(self) -> None:
        pass

    def close(self) -> None:
        pass

    def send(self, request: Any, *args: Any, **named: Any) -> Any:
        found = requests.Response()
        found.status_code, found.raw = 200, io.BytesIO(canceled("1").encode())
        found.headers["Content-Type"], found.url = "application/json", request.url
        return found


def test_adapter_without_pools() -> None:
    """An adapter without pools works, in the constructor and after it."""
    with requests.Session() as session:
        session.mount("https://", Bare())
        exchange = bingx({"apiKey": "k", "secret": "s", "enableRateLimit": False, "session": session})
        assert reported(exchange.cancel_orders(["1"], SPOT)) == [("1", "canceled")]


@pytest.mark.filterwarnings("ignore:Inheritance class:DeprecationWarning")  # bots do it all the same
def test_shielded_request(simulator: Simulator) -> None:
    """A session neither repeats nor redirects a request that outlives the bot's call."""

    class Shielding(aiohttp.ClientSession):
        async def _request(self, *args: Any, **named: Any) -> Any:
            self.task = asyncio.ensure_future(super()._request(*args, **named))
            return await asyncio.shield(self.task)

    async def main() -> None:
        session = Shielding()
        exchange = async_bingx(config_over(simulator, server.host, session=session))
        exchange.set_markets(known)
        with pytest.raises(OperationFailed):
            await exchange.fetch_order("1", SWAP)  # its connection is kept alive
        cancelling = asyncio.ensure_future(exchange.cancel_orders(["1"], SWAP))
        while not server.count("batchOrders"):
            await asyncio.sleep(0.01)
        cancelling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelling
        proceed.set()
        with pytest.raises(wire_call.Replayed):
            await session.task
        await session.close()
        await exchange.close(True)

    proceed, known = threading.Event(), markets()

    def script(connection: socket.socket, request: str) -> object:
        if request.startswith("GET"):
            answer(connection, json.dumps({"code": 80012, "msg": "service unavailable"}))
            return "go on"
        proceed.wait(10)
        return "close"

    with scripted(script) as server:
        asyncio.run(main())
        assert server.count("batchOrders") == 1


@pytest.mark.filterwarnings("ignore:Inheritance class:DeprecationWarning")  # bots do it all the same
def test_side_request(world: str, simulator: Simulator) -> None:
    """A session's own request inside ours does not count as ours, and does not stop ours."""
    ids = place(simulator, 2)

    class AsyncWithToken(aiohttp.ClientSession):
        async def _request(self, method: str, url: Any, **named: Any) -> Any:  # type: ignore[override]
            if "token" not in str(url):
                async with self.get(f"http://{server.host}/token"):
                    pass
            return await super()._request(method, url, **named)

    class WithToken(requests.Session):
        def send(self, request: Any, **named: Any) -> Any:
            if "token" not in request.url:
                self.get(f"http://{server.host}/token")
            return super().send(request, **named)

    async def with_async() -> Any:
        async with AsyncWithToken() as session:
            exchange = async_bingx(simulator.ccxt_config(session=session))
            try:
                return await exchange.cancel_orders(ids, SPOT)
            finally:
                await exchange.close(True)

    with scripted(lambda connection, request: answer(connection, "{}")) as server:
        if world == "async":
            orders = asyncio.run(with_async())
        else:
            with WithToken() as session:
                orders = bingx(simulator.ccxt_config(session=session)).cancel_orders(ids, SPOT)
        assert server.count("token") == 1
    assert reported(orders) == [(one, "canceled") for one in ids]
    assert len(simulator.requests) == 1


@pytest.mark.parametrize("symbol", [SPOT, SWAP])
@pytest.mark.parametrize("fault", ["drop", "http"])
def test_retry_of_the_bot(simulator: Simulator, symbol: str, fault: Any) -> None:
    """A session with urllib3's ``Retry`` does not repeat a cancel."""
    market = "spot" if symbol == SPOT else "linear"
    path = "cancelOrders" if symbol == SPOT else BATCH
    retry = Retry(total=3, allowed_methods=None, status_forcelist=[502], backoff_factor=0)
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=retry))
    (one,) = place(simulator, 1, market=market)
    details: Any = {"status": 502} if fault == "http" else {}
    simulator.faults.add(fault, when="after", **details)
    with bot_of(bingx, simulator.ccxt_config(session=session)) as bot:
        assert reported(bot.cancel_orders([one], symbol, {"process": 1})) == [(one, "canceled")]
        assert len(simulator.arrivals(path)) == 1
        simulator.faults.add(fault, path="query", **details)
        simulator.clear_log()
        if symbol == SPOT:
            assert bot.fetch_order(one, symbol)["status"] == "canceled"  # the bot's own
            assert len(simulator.arrivals("query")) == 2


# No redirect


@pytest.mark.parametrize("status", ["301 Moved", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("symbol", [SPOT, SWAP])
def test_redirect(world: str, simulator: Simulator, symbol: str, status: str) -> None:
    """A redirect is an ambiguous response. The plugin does not follow it with key and signature."""
    with scripted(lambda connection, request: answer(connection)) as target:

        def redirect(connection: socket.socket, request: str) -> None:
            answer(connection, status=status, Location=f"http://{target.host}/elsewhere")

        with Simulator(limits=None) as other, scripted(redirect) as server:
            config = config_over(simulator, server.host, f"127.0.0.1:{other.port}")
            with bot_of(OURS[world], config) as bot:
                bot.exchange.set_markets(markets())
                bot.exchange.options["cancelOrders"]["resolveAttempts"] = 1
                error = failure_of(bot, ["1"], symbol)
            assert other.requests == []
        assert target.requests == []
    assert isinstance(error, ExchangeNotAvailable)
    assert UNKNOWN_OUTCOME in str(error)
    assert response_of(error) == Response(int(status[:3]))


def test_redirect_to_itself(world: str, simulator: Simulator) -> None:
    """A redirect in a circle costs no further request."""

    def redirect(connection: socket.socket, request: str) -> None:
        answer(connection, status="307 Temporary", Location=request.split()[1])

    with scripted(redirect) as server, bot_of(OURS[world], config_over(simulator, server.host)) as bot:
        bot.exchange.options["cancelOrders"]["resolveAttempts"] = 0
        failure_of(bot, ["1"], process=1)
        assert server.count("cancelOrders") == 1


@pytest.mark.parametrize("status", ["304 Not Modified", "507 Insufficient Storage", "300 Choices"])
def test_status_that_ccxt_does_not_know(world: str, simulator: Simulator, status: str) -> None:
    """A gateway's status is not a response of the exchange, regardless of the body."""
    body = "" if status.startswith("304") else canceled("1")
    with (
        scripted(lambda connection, request: answer(connection, body, status)) as server,
        bot_of(OURS[world], config_over(simulator, server.host)) as bot,
    ):
        bot.exchange.options["cancelOrders"]["resolveAttempts"] = 0
        error = failure_of(bot, ["1"])
    assert isinstance(error, ExchangeNotAvailable)
    assert UNKNOWN_OUTCOME in str(error)


def test_ordinary_calls_follow_redirects(world: str, simulator: Simulator) -> None:
    """Calls that do not concern orders stay as they are in ccxt."""

    def redirect(connection: socket.socket, request: str) -> None:
        answer(
            connection,
            status="307 Temporary",
            Location=f"http://127.0.0.1:{simulator.port}{request.split()[1]}",
        )

    with scripted(redirect) as server, bot_of(OURS[world], config_over(simulator, server.host)) as bot:
        assert bot.fetch_time() > 0


@pytest.mark.parametrize("used_before", [False, True])
def test_redirect_behind_a_proxy(
    world: str, simulator: Simulator, used_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session behind a proxy follows no redirect, on the proxy's first use or later."""

    def serve(connection: socket.socket, request: str) -> None:
        if "/elsewhere" in request or len(proxy.requests) < 3:
            answer(connection, canceled("1"))
        else:
            answer(connection, status="307 Temporary", Location="http://127.0.0.1:1/elsewhere")

    with scripted(serve) as proxy:
        config = simulator.ccxt_config(httpProxy=f"http://{proxy.host}")
        with bot_of(OURS[world], config) as bot:
            bot.exchange.options["cancelOrders"]["resolveAttempts"] = 0
            if used_before and world == "sync":
                fresh = requests.Session()
                fresh.get("http://127.0.0.1:1/", proxies={"http": config["httpProxy"]})
                bot.exchange.session = fresh
            while len(proxy.requests) < 2:
                assert reported(bot.cancel_orders(["1"], SPOT)) == [("1", "canceled")]
            error = failure_of(bot, ["1"])
            assert response_of(error) == Response(307)
            assert proxy.count("/elsewhere") == 0


@pytest.mark.parametrize("statuses", [[103], [102, 100, 103, 103]])
def test_informational_responses(world: str, simulator: Simulator, statuses: list[int]) -> None:
    """An informational response (1xx) is not the response, which follows on the same connection."""

    def serve(connection: socket.socket, request: str) -> None:
        for status in statuses:
            connection.sendall(f"HTTP/1.1 {status} Wait\r\nLink: </style>\r\n\r\n".encode())
        answer(connection, canceled("1"))

    with scripted(serve) as server, bot_of(OURS[world], config_over(simulator, server.host)) as bot:
        assert reported(bot.cancel_orders(["1"], SPOT)) == [("1", "canceled")]
        assert len(server.requests) == 1


def test_switching_protocols(world: str, simulator: Simulator) -> None:
    """HTTP 101 ends HTTP on the connection: the data after it says nothing about the order."""

    def serve(connection: socket.socket, request: str) -> str:
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
        answer(connection, canceled("1"))
        return "close"

    with (
        scripted(serve) as server,
        bot_of(OURS[world], config_over(simulator, server.host, timeout=2000)) as bot,
    ):
        bot.exchange.options["cancelOrders"]["resolveAttempts"] = 0
        assert UNKNOWN_OUTCOME in str(failure_of(bot, ["1"]))


@pytest.mark.parametrize(("size", "is_read"), [(2**20, True), (2**26, False)])
def test_compressed_response(world: str, simulator: Simulator, size: int, is_read: bool) -> None:
    """The plugin stops reading a response that decodes to far more than any order list: it is ambiguous."""
    content = gzip.compress(canceled("1").encode() + b" " * size)
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    with (
        scripted(lambda connection, request: connection.sendall(head.encode() + content)) as server,
        bot_of(OURS[world], config_over(simulator, server.host)) as bot,
    ):
        bot.exchange.options["cancelOrders"]["resolveAttempts"] = 0
        if is_read:
            assert reported(bot.cancel_orders(["1"], SPOT)) == [("1", "canceled")]
        else:
            error = failure_of(bot, ["1"])
            assert isinstance(error, BadResponse)
            assert "the response is larger than 16777216 bytes" in str(error)
            assert UNKNOWN_OUTCOME in str(error)


def test_content_in_pieces() -> None:
    """Code that reads a response in pieces, as aiohttp's users may, gets the stream's own methods."""

    async def read() -> tuple[bytes, bytes, bool]:
        protocol = BaseProtocol(asyncio.get_running_loop())
        stream = aiohttp.StreamReader(protocol, 2**16)
        stream.feed_data(b"response")
        stream.feed_eof()
        content = _Bounded(stream)
        return await content.read(3), await content.read(), content.at_eof()

    assert asyncio.run(read()) == (b"res", b"ponse", True)


# Only ccxt's classes leave


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("[" * 990 + "]" * 990, {}),
        ("[" * 100_000 + "]" * 100_000, {}),
        ("\x00" * 10, {"Content_Encoding": "gzip"}),
        ('{"code": 0, "data": ' + "1" * 5000 + "}", {}),
    ],
    ids=["nested", "nested deep", "not gzip", "digits"],
)
def test_undecodable(world: str, simulator: Simulator, body: str, headers: dict[str, str]) -> None:
    """A response that cannot be decoded is ambiguous, or read for its content. No other class leaves."""
    with (
        scripted(lambda connection, request: answer(connection, body, **headers)) as server,
        bot_of(OURS[world], config_over(simulator, server.host)) as bot,
    ):
        bot.exchange.options["cancelOrders"]["resolveAttempts"] = 0
        error = failure_of(bot, ["1"])
    assert UNKNOWN_OUTCOME in str(error)


@pytest.mark.parametrize("charset", ["nope", "idna"])
def test_odd_charset(world: str, simulator: Simulator, charset: str) -> None:
    """The plugin reads an odd charset as UTF-8, or the response is ambiguous: aiohttp cannot read "idna"."""
    with (
        scripted(
            lambda connection, request: answer(
                connection, canceled("1"), Content_Type=f"application/json; charset={charset}"
            )
        ) as server,
        bot_of(OURS[world], config_over(simulator, server.host)) as bot,
    ):
        bot.exchange.options["cancelOrders"]["resolveAttempts"] = 0
        if (world, charset) == ("async", "idna"):
            assert str(failure_of(bot, ["1"]).__cause__).startswith("UnicodeError: ")
        else:
            assert reported(bot.cancel_orders(["1"], SPOT)) == [("1", "canceled")]


@pytest.mark.parametrize("location", ["http://[", "http://%zz:99999/", "//", "http://\udc80/"])
def test_odd_redirect(world: str, simulator: Simulator, location: str) -> None:
    """A redirect to an invalid address counts as a redirect."""

    def redirect(connection: socket.socket, request: str) -> None:
        head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode(errors="surrogateescape"))

    with scripted(redirect) as server, bot_of(OURS[world], config_over(simulator, server.host)) as bot:
        bot.exchange.options["cancelOrders"]["resolveAttempts"] = 0
        error = failure_of(bot, ["1"])
    assert isinstance(error, ExchangeNotAvailable)
    assert UNKNOWN_OUTCOME in str(error)


class Failing:
    """A session of aiohttp's kind whose requests fail with `error`."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.trace_configs: list[Any] = []
        self.headers: dict[str, str] = {}

    def post(self, *args: Any, **named: Any) -> Any:
        raise self.error

    delete = get = post

    async def close(self) -> None:
        pass


@dataclass(frozen=True)
class Frozen(Exception):
    """An exception that forbids writing to it, even its traceback, and showing it."""

    def __str__(self) -> str:
        raise KeyError("no words")


class Unreadable(Exception):
    """An exception whose attributes cannot be read or written."""

    def __init__(self) -> None:
        super().__init__("x")
        vars(self)["code"] = 5

    @property
    def code(self) -> int:
        return 1

    @property
    def reason(self) -> str:
        raise RuntimeError("no reason")


@pytest.mark.parametrize(
    "error",
    [
        asyncio.IncompleteReadError(b"", 1),
        RuntimeError("Session is closed"),
        LookupError("unknown encoding: x"),
        UnicodeError("x"),
        ValueError("x"),
        RecursionError("x"),
        AttributeError("x"),
        type("ProxyError", (Exception,), {})("x"),
        Frozen(),
        Unreadable(),
        aiohttp.ClientResponseError(None, ()),  # type: ignore[arg-type]
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_of_sessions(error: Exception) -> None:
    """Every exception of a session leaves as a ccxt error, with its cause and both lists."""
    exchange = async_bingx({"apiKey": "k", "secret": "s", "enableRateLimit": False})
    exchange.options["cancelOrders"]["resolveAttempts"] = 0

    async def main() -> BaseError:
        exchange.session = Failing(error)
        exchange.own_session = False
        with pytest.raises(BaseError) as caught:
            await exchange.cancel_orders(["1"], SPOT)
        await exchange.close()
        return caught.value

    raised = asyncio.run(main())
    assert UNKNOWN_OUTCOME in str(raised)
    # If an error cannot be cleaned (a decoding error holds the body), only its name and words leave.
    assert raised.__cause__ is error or str(raised.__cause__).startswith(type(error).__name__)
    assert (raised.orders, raised.unresolved) == ([], ["1"])


def test_known_results_survive(world: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """An odd error in a later batch loses nothing of the earlier ones."""
    first, second = place(simulator, 2)
    options = {"cancelOrders": {"batchSize": 1, "resolveAttempts": 0}}
    with bot_of(OURS[world], simulator.ccxt_config(options=options)) as bot:
        upstream = type(bot.exchange).parse_json

        def odd(exchange: Any, text: str) -> Any:
            if len(cancels(simulator)) == 2:
                raise LookupError("unknown encoding: x")
            return upstream(exchange, text)

        monkeypatch.setattr(type(bot.exchange), "parse_json", odd)
        with pytest.raises(BadResponse) as caught:
            bot.cancel_orders([first, second], SPOT, {"process": 1})
    assert reported(caught.value.orders) == [(first, "canceled")]
    assert caught.value.unresolved == [second]
    assert isinstance(caught.value.__cause__, LookupError)


def test_odd_error_before_sending(world: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """An odd error before anything is written is not ambiguous."""
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:

        def broken(*args: Any, **named: Any) -> Any:
            raise AttributeError("x")

        monkeypatch.setattr(type(bot.exchange), "sign", broken)
        error = failure_of(bot, ["1"])
    assert progress_of(error) is Progress.NOT_BEGUN
    assert UNKNOWN_OUTCOME not in str(error)
    assert simulator.requests == []


@pytest.mark.parametrize(
    "setting", [{"apiKey": 5}, {"secret": b"bytes"}, {"commonCurrencies": None}], ids=str
)
def test_odd_settings(world: str, simulator: Simulator, setting: dict[str, Any]) -> None:
    """A setting of an odd type raises a ccxt error, and the plugin sends nothing."""
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        for name, value in setting.items():
            setattr(bot.exchange, name, value)
        failure_of(bot, ["1"])
    assert cancels(simulator) == []


# The slot of a request that was never written


def test_slot_is_given_back(world: str, simulator: Simulator) -> None:
    """A request that was never written gives its slot back: the next request has it at once."""
    config = config_over(simulator, f"127.0.0.1:{unused_port()}", f"127.0.0.1:{simulator.port}")
    config["options"]["cancelOrders"] = {"limit": 0.001}  # one in 1000 s
    ids = place(simulator, 1)
    with bot_of(OURS[world], {**config, "enableRateLimit": True}) as bot:
        assert reported(bot.cancel_orders(ids, SPOT)) == [(ids[0], "canceled")]


def test_lost_slot(world: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that loses its slot before the write starts again, with a new signature."""
    signed = lose_first_slot(monkeypatch)
    (one,) = place(simulator, 1)
    with bot_of(OURS[world], simulator.ccxt_config()) as bot:
        assert reported(bot.cancel_orders([one], SPOT)) == [(one, "canceled")]
    assert len(signed) == 2
    assert signed[0] is not signed[1]
    assert len(simulator.requests) == 1


def test_closed_coroutine(simulator: Simulator) -> None:
    """A coroutine that Python closes ends without awaiting anything."""

    async def main() -> None:
        exchange = async_bingx(simulator.ccxt_config())
        sleeping = exchange._execute(Sleep(60.0))
        sleeping.send(None)
        sleeping.close()
        await exchange.close(True)

    asyncio.run(main())


def test_requests_of_the_bot(simulator: Simulator) -> None:
    """The bot's own requests in a watched session go out unchanged, except for redirects of ours."""

    def script(connection: socket.socket, request: str) -> None:
        if "/first" in request:
            answer(connection, status="302 Found", Location="/second")
        else:
            answer(connection, "{}")

    async def main() -> None:
        async with aiohttp.ClientSession(f"http://{server.host}") as session:
            watch_session(session)
            async with session.get("/first") as found:
                assert found.status == 200
            async with session.post("/openApi/spot/v1/trade/cancelOrders", data=b"{}") as found:
                assert found.status == 200
        async with aiohttp.ClientSession(f"http://127.0.0.1:{unused_port()}") as session:
            watch_session(session)
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.post("/openApi/spot/v1/trade/cancelOrders", data=b"{}")

    with scripted(script) as server:
        asyncio.run(main())


# In-band, and time


def test_key_of_ours_in_a_response(world: str, simulator: Simulator) -> None:
    """A key of ours in a response's body cannot hold the lane: the plugin reads only headers."""
    body = json.loads(canceled("1"))
    body["ccxt_bingx_ext.rest_of_window"] = 1e9
    with (
        scripted(lambda connection, request: answer(connection, json.dumps(body))) as server,
        bot_of(OURS[world], {**config_over(simulator, server.host), "enableRateLimit": True}) as bot,
    ):
        for _ in range(2):
            assert reported(bot.cancel_orders(["1"], SPOT)) == [("1", "canceled")]


@pytest.mark.parametrize("part", ["headers", "body"])
def test_trickling_response(world: str, simulator: Simulator, part: str) -> None:
    """A response that trickles ends after the timeout, even if each pause is shorter."""
    sent = 0

    def trickle(connection: socket.socket, request: str) -> object:
        nonlocal sent
        body = canceled("1").encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        if part == "body":
            connection.sendall(head.encode())
        for byte in body if part == "body" else head.encode():
            time.sleep(0.1)
            connection.sendall(bytes([byte]))
            sent += 1
        return "close"

    with (
        scripted(trickle) as server,
        bot_of(OURS[world], config_over(simulator, server.host, timeout=500)) as bot,
    ):
        bot.exchange.options["cancelOrders"]["resolveAttempts"] = 0
        error = failure_of(bot, ["1"])
        assert sent < 50
    assert isinstance(error, RequestTimeout)
    assert UNKNOWN_OUTCOME in str(error)


def test_read_after_the_deadline() -> None:
    """After the deadline the plugin reads no more, even if data is available."""
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb") as stream:
        theirs.sendall(b"x")
        with pytest.raises(TimeoutError):
            _InTime(ours, stream.raw, time.monotonic()).readinto(bytearray(1))


# Sessions


class Wrapper:
    """A session that wraps another session, and has only the attributes that ccxt uses."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.headers = session.headers
        self.cookies = getattr(session, "cookies", None)
        for name in ("request", "get", "post", "delete", "close"):
            setattr(self, name, getattr(session, name))


class OwnPools(HTTPAdapter):
    """An adapter that makes a pool of its own for each request."""

    def get_connection_with_tls_context(self, request: Any, *args: Any, **named: Any) -> Any:
        return urllib3.connectionpool.connection_from_url(request.url, retries=False)


class OwnAdapter(requests.Session):
    """A session that chooses its adapter by itself."""

    def get_adapter(self, url: Any) -> Any:
        return HTTPAdapter()


@pytest.mark.filterwarnings("ignore:Inheritance class:DeprecationWarning")  # bots do it all the same
@pytest.mark.parametrize("kind", ["OwnPools", "OwnAdapter", "PassesOn"])
def test_session_that_turns_out_unwatched(
    kind: str, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """If a response comes although no watched session wrote the request, one warning says so."""
    wire_call._warned.clear()
    ids = place(simulator, 2)
    other: Any = None

    class PassesOn(aiohttp.ClientSession):
        async def _request(self, *args: Any, **named: Any) -> Any:
            return await other._request(*args, **named)

    async def with_async() -> None:
        nonlocal other
        async with PassesOn() as session, aiohttp.ClientSession() as other:
            exchange = async_bingx(simulator.ccxt_config(session=session))
            exchange.own_session = False
            for one in ids:
                assert reported(await exchange.cancel_orders([one], SPOT)) == [(one, "canceled")]
            await exchange.close(True)

    with caplog.at_level(logging.WARNING, "ccxt_bingx_ext"):
        if kind == "PassesOn":
            asyncio.run(with_async())
        else:
            with OwnAdapter() if kind == "OwnAdapter" else requests.Session() as session:
                if kind == "OwnPools":
                    session.mount("http://", OwnPools())
                exchange = bingx(simulator.ccxt_config(session=session))
                for one in ids:
                    assert reported(exchange.cancel_orders([one], SPOT)) == [(one, "canceled")]
    (record,) = [one for one in caplog.records if "cannot watch" in one.message]
    assert getattr(record, "session", "").endswith(kind)


def test_wrapped_session(world: str, simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """A session that the plugin cannot watch works. One warning names it."""
    wire_call._warned.clear()
    ids = place(simulator, 2)

    async def with_async() -> None:
        async with aiohttp.ClientSession() as session:
            exchange = async_bingx(simulator.ccxt_config(session=Wrapper(session)))
            exchange.own_session = False
            for one in ids:
                assert reported(await exchange.cancel_orders([one], SPOT)) == [(one, "canceled")]
            await exchange.close()

    with caplog.at_level(logging.WARNING, "ccxt_bingx_ext"):
        if world == "async":
            asyncio.run(with_async())
        else:
            with requests.Session() as session:
                exchange = bingx(simulator.ccxt_config(session=Wrapper(session)))
                for one in ids:
                    assert reported(exchange.cancel_orders([one], SPOT)) == [(one, "canceled")]
    (record,) = [one for one in caplog.records if "cannot watch" in one.message]
    assert "Wrapper" in record.message


def test_session_of_an_overridden_open(simulator: Simulator) -> None:
    """The plugin watches a session that the bot makes in its own `open`."""

    class Own(async_bingx):
        def open(self, *args: Any, **named: Any) -> None:
            super(async_bingx, self).open(*args, **named)

    (one,) = place(simulator, 1, market="linear")

    async def main() -> None:
        exchange = Own(simulator.ccxt_config())
        try:
            simulator.faults.add("drop", when="after", path=BATCH)
            assert reported(await exchange.cancel_orders([one], SWAP)) == [(one, "canceled")]
        finally:
            await exchange.close(True)

    asyncio.run(main())
    assert len(simulator.arrivals(BATCH)) == 1


def test_closed_instance(simulator: Simulator) -> None:
    """A cancel does not reopen an instance that the bot has closed."""

    async def main() -> None:
        exchange = async_bingx(simulator.ccxt_config())
        await exchange.fetch_time()
        await exchange.close(True)
        if not getattr(exchange, "closed_by_user", False):
            pytest.skip("this ccxt opens a closed instance again")
        with pytest.raises(BaseError) as caught:
            await exchange.cancel_orders(["1"], SPOT)
        assert caught.value.unresolved == ["1"]
        assert exchange.session is None

    asyncio.run(main())
    assert cancels(simulator) == []
