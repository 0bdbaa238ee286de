"""`run --simulator`, seen from the classes: where each request goes, with which keys, and what is refused."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import aiohttp
import ccxt
import ccxt.async_support
import pytest
import requests

from ccxt_bingx_ext import _simulated
from ccxt_bingx_ext._simulated import VARIABLE, Simulated, base_of, redirect, redirect_if_asked
from ccxt_bingx_ext.simulator import Simulator
from ccxt_bingx_ext.simulator.markets import Market

from .helpers import CCXTS, WORLDS, Bot, bot_of, place, unused_port
from .scripted import answer, scripted

SPOT = "BTC/USDT"
LIVE = "https://open-api.bingx.com/openApi"


def simulated(world: str, url: str) -> Any:
    """A class of its own above ccxt's, kept on the simulator at `url`: ccxt's class stays as it is."""
    exchange_class = type("bingx", (CCXTS[world],), {})
    redirect(exchange_class, url)
    return exchange_class


@pytest.fixture(params=WORLDS)
def bot(request: pytest.FixtureRequest, simulator: Simulator) -> Iterator[Bot]:
    """A bot that is set up for the live exchange."""
    config = {
        "apiKey": "a live key",
        "secret": "a live secret",
        "urls": {"api": {"spot": LIVE}},
        "httpsProxy": "http://proxy.example:3128",
    }
    with bot_of(simulated(request.param, f"{simulator.url}/"), config) as bot:
        yield bot


def hosts(urls: Any) -> set[str]:
    """The beginnings of all URLs, up to the path."""
    if isinstance(urls, dict):
        return set().union(*map(hosts, urls.values()))
    return {"/".join(urls.split("/")[:3])}


def test_every_request(bot: Bot, simulator: Simulator) -> None:
    """A bot that is set up for the live exchange places and cancels on the simulator, with its keys."""
    order = bot.create_order(SPOT, "limit", "buy", 0.001, 25000)
    bot.exchange.apiKey, bot.exchange.secret = "another live key", "another live secret"
    bot.exchange.proxyUrl = "http://proxy.example/"
    assert bot.cancel_order(order["id"], SPOT)["status"] == "canceled"
    assert simulator.status(order["id"]) == "CANCELED"
    assert (bot.exchange.apiKey, bot.exchange.secret) == (simulator.api_key, simulator.secret)
    assert bot.exchange.proxyUrl is bot.exchange.httpsProxy is None


@pytest.mark.parametrize("option", [{}, {"sandbox": True}])
def test_every_url(option: dict[str, Any]) -> None:
    """In and out of sandbox mode all URLs are the simulator's, those of websockets, too."""
    exchange_class = simulated("pro", "http://127.0.0.1:8000")
    with bot_of(exchange_class, {"options": option}) as bot:
        own = {"http://127.0.0.1:8000", "ws://127.0.0.1:8000"}
        for enabled in (True, False):
            bot.exchange.set_sandbox_mode(enabled)
            assert hosts(bot.exchange.urls["api"]) == own
            assert bot.exchange.urls["api"]["spot"] == "http://127.0.0.1:8000/openApi"
            assert bot.exchange.urls["api"]["ws"]["linear"] == "ws://127.0.0.1:8000/swap-market"


def test_sandbox_mode(bot: Bot, simulator: Simulator) -> None:
    """A bot that turns sandbox mode on stays on the simulator."""
    bot.exchange.set_sandbox_mode(True)
    bot.fetch_time()
    assert [request.path for request in simulator.requests] == ["/openApi/swap/v2/server/time"]


@pytest.mark.parametrize("url", [f"{LIVE}/x", "http://127.0.0.1:1/openApi", "https://127.0.0.1"])
def test_other_host(bot: Bot, simulator: Simulator, url: str) -> None:
    """A request to another host is refused by an error that no bot repeats, and nothing is sent."""
    with pytest.raises(ccxt.BaseError, match="nothing was sent to ") as caught:
        bot.fetch(url)
    assert type(caught.value) is ccxt.BaseError
    bot.exchange.urls["api"]["spot"] = url
    with pytest.raises(ccxt.BaseError, match=f"every request goes to {simulator.url}"):
        bot.cancel_order(place(simulator)[0], SPOT)
    assert simulator.executions == []


@pytest.mark.parametrize("world", ["async", "pro"])
def test_websocket(world: str) -> None:
    """A websocket to another host is refused before it connects, and one to the simulator is not."""
    with bot_of(simulated(world, "http://127.0.0.1:8000"), {}) as bot:
        with pytest.raises(ccxt.BaseError, match=r"nothing was sent to open-api-ws\.bingx\.com"):
            bot.client("wss://open-api-ws.bingx.com/market")
        assert bot.exchange.clients in (None, {})

        async def url_of_client() -> Any:
            return bot.exchange.client("ws://127.0.0.1:8000/market").url

        assert bot._loop.run_until_complete(url_of_client()) == "ws://127.0.0.1:8000/market"


@pytest.fixture
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> str:
    """A proxy that the environment names, too, and that nothing listens on."""
    proxy = f"http://127.0.0.1:{unused_port()}"
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, proxy)
    return proxy


@pytest.mark.parametrize("given", ["in the configuration", "later"])
@pytest.mark.parametrize("world", WORLDS)
def test_session_of_the_program(world: str, given: str, simulator: Simulator, dead_proxy: str) -> None:
    """A session with a proxy that the program gives to the exchange is not used."""

    async def of_aiohttp() -> Any:
        return aiohttp.ClientSession(trust_env=True)

    loop = asyncio.new_event_loop()
    if world == "sync":
        session: Any = requests.Session()
        session.proxies = {"http": dead_proxy}
    else:
        session = loop.run_until_complete(of_aiohttp())
    config = {"session": session} if given == "in the configuration" else {}
    with bot_of(simulated(world, simulator.url), config) as bot:
        if given == "later":
            bot.exchange.session = session
        order = bot.create_order(SPOT, "limit", "buy", 0.001, 25000)
        assert bot.exchange.session is not session
    assert simulator.status(order["id"]) == "PENDING"
    if world != "sync":
        loop.run_until_complete(session.close())
    loop.close()


@pytest.mark.parametrize("world", ["async", "pro"])
def test_session_of_an_overridden_open(world: str, simulator: Simulator, dead_proxy: str) -> None:
    """A program whose exchange opens a session by itself trades on the simulator, too."""
    opened: list[Any] = []

    def open_it(exchange: Any, *args: Any) -> None:
        if exchange.session is None:
            opened.append(aiohttp.ClientSession(trust_env=True))
            exchange.session = opened[0]

    exchange_class = type("Mine", (simulated(world, simulator.url),), {"open": open_it})
    with bot_of(exchange_class, {}) as bot:
        order = bot.create_order(SPOT, "limit", "buy", 0.001, 25000)
        assert bot.exchange.session is not None
        bot._loop.run_until_complete(opened[0].close())
    assert simulator.status(order["id"]) == "PENDING"
    assert len(opened) == 1


@pytest.mark.parametrize("world", WORLDS)
def test_attributes_of_a_subclass(world: str, simulator: Simulator) -> None:
    """Keys and proxies that a class of the program has as attributes are not used."""

    class Mixin:
        secret = "a live secret"

    names = {"apiKey": "a live key", "httpProxy": "http://127.0.0.1:1", "session": object()}
    exchange_class = type("Mine", (Mixin, simulated(world, simulator.url)), names)
    assert exchange_class.session is None  # type: ignore[attr-defined]
    with bot_of(exchange_class, {}) as bot:
        order = bot.create_order(SPOT, "limit", "buy", 0.001, 25000)
        assert simulator.status(order["id"]) == "PENDING"


@pytest.mark.parametrize("world", WORLDS)
def test_redirect(world: str, loopback: None) -> None:
    """A redirect to another host is refused. One within the simulator is followed."""

    def serve(connection: socket.socket, request: str) -> None:
        path = request.split()[1]
        if path == "/end":
            answer(connection, '{"msg": "end"}')
        else:
            host = "localhost:1" if path == "/elsewhere" else server.host
            answer(connection, status="307 Temporary Redirect", Location=f"http://{host}/end")

    with scripted(serve) as server, bot_of(simulated(world, f"http://{server.host}"), {}) as bot:
        assert bot.fetch(f"http://{server.host}/within") == {"msg": "end"}
        with pytest.raises(ccxt.BaseError, match="nothing was sent to localhost: ") as caught:
            bot.fetch(f"http://{server.host}/elsewhere")
        assert type(caught.value) is ccxt.BaseError


def test_all_proxies_are_ignored() -> None:
    """Every setting of a proxy that ccxt has is ignored."""
    ccxts_own = ccxt.async_support.bingx
    names = {one for one in dir(ccxts_own) if "prox" in one.lower() or "trust_env" in one.lower()}
    settings = {one for one in names if getattr(ccxts_own, one) in (None, False)} - {"socks_proxy_sessions"}
    ignored = {name for name, one in vars(Simulated).items() if isinstance(one, _simulated._Fixed)}
    assert {"httpsProxy", "proxyUrl", "wsProxy"} <= settings <= ignored


def test_redirected_once() -> None:
    """A class that is on the simulator already stays as it is."""
    exchange_class = simulated("sync", "http://127.0.0.1:8000")
    bases = exchange_class.__bases__
    redirect(exchange_class, "http://127.0.0.1:9000")
    assert exchange_class.__bases__ == bases


def test_plugin_without_the_start_hook() -> None:
    """A process that imports the plugin by itself is on the simulator that its environment names."""
    code = (
        "import ccxt_bingx_ext, ccxt_bingx_ext.pro, ccxt, ccxt.pro\n"
        "for module in (ccxt_bingx_ext, ccxt_bingx_ext.async_support, ccxt_bingx_ext.pro):\n"
        "    print(module.bingx().urls['api']['spot'])\n"
        "print(ccxt.bingx().urls['api']['spot'], ccxt.pro.bingx().urls['api']['spot'])\n"
    )
    url = "http://127.0.0.1:8000/openApi"
    environment = {**os.environ, VARIABLE: "http://127.0.0.1:8000"}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.stdout.splitlines() == [url] * 3 + [f"{url} {url}"], ended.stderr


def test_only_if_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable of `run --simulator`, the plugin leaves ccxt's classes as they are."""
    exchange_class = type("bingx", (CCXTS["sync"],), {})
    monkeypatch.delenv(VARIABLE, raising=False)
    redirect_if_asked(exchange_class)
    assert not issubclass(exchange_class, Simulated)
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:8000")
    redirect_if_asked(exchange_class)
    assert issubclass(exchange_class, Simulated)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:8000",
        "http://open-api.bingx.com",
        "http://127.0.0.1@bingx.com",
        "http://127.0.0.1/x",
        "http://127.0.0.1:0",
        "http://127.0.0.1:65536",
    ],
)
def test_not_on_this_machine(url: str) -> None:
    """Only a simulator on this machine will do."""
    with pytest.raises(ValueError, match=r"not http://127\.0\.0\.1:PORT"):
        base_of(url)


@pytest.mark.parametrize(("symbol", "market"), [(SPOT, "spot"), ("BTC/USDT:USDT", "linear")])
def test_watch_orders(simulator: Simulator, symbol: str, market: Market) -> None:
    """A bot that watches its orders sees those of the simulator."""

    async def scenario(exchange: Any) -> None:
        watch = asyncio.ensure_future(exchange.watch_orders(symbol))
        while not simulator.subscribers and not watch.done():
            await asyncio.sleep(0.01)
        simulator.place(market=market)
        assert [order["status"] for order in await watch] == ["open"]

    with bot_of(simulated("pro", simulator.url), {}) as bot:
        bot.run(scenario)
