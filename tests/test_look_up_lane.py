"""Look-ups that settle a cancel have their own limiters, apart from ccxt's throttle and the cancels."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import pytest
from ccxt.base.errors import BaseError, RateLimitExceeded

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext._bingx.endpoints import ENDPOINTS, SPOT
from ccxt_bingx_ext._bingx.errors import not_sent
from ccxt_bingx_ext._ratelimit.acquire import acquire, acquire_async
from ccxt_bingx_ext._ratelimit.local import LocalLimiter
from ccxt_bingx_ext._ratelimit.messages import Ban
from ccxt_bingx_ext._ratelimit.schedule import RateLimit
from ccxt_bingx_ext.async_support import bingx as async_bingx
from ccxt_bingx_ext.simulator import Simulator

from .helpers import OURS, bot_of, cancels, config_of, place, reported

SYMBOL = "BTC/USDT"
QUERY = "spot/v1/trade/query"

pytestmark = pytest.mark.usefixtures("without_pauses")


def banned_until_later() -> bytes:
    text = f"The endpoint is disabled and will be unblocked after {int(time.time() * 1000) + 300_000}"
    return json.dumps({"code": 100410, "msg": text}).encode()


def paths(simulator: Simulator) -> list[str]:
    """Where each request went, in the order of their arrival."""
    return [request.path.rpartition("/")[2] for request in simulator.requests]


def test_behind_tasks(limited: Simulator) -> None:
    """With 300 calls in ccxt's throttle, the look-up after a lost response goes before nearly all of them."""

    async def main() -> None:
        exchange = async_bingx(config_of(limited))
        try:
            await exchange.load_markets()
            limited.clear_log()
            ordinary = [asyncio.ensure_future(exchange.fetch_open_orders(SYMBOL)) for _ in range(300)]
            await asyncio.sleep(0)
            ids = place(limited, 1)
            limited.faults.add("http", status=504, when="after")
            assert reported(await exchange.cancel_orders(ids, SYMBOL)) == [(ids[0], "canceled")]
            for task in ordinary:
                task.cancel()
            await asyncio.gather(*ordinary, return_exceptions=True)
        finally:
            await exchange.close(True)

    asyncio.run(main())
    assert "query" in paths(limited)
    assert paths(limited).index("query") < 50


def test_behind_a_thread(limited: Simulator) -> None:
    """While another thread waits in ccxt's throttle, the look-up after a lost response goes first."""
    exchange = bingx(config_of(limited))
    exchange.load_markets()
    exchange.fetch_open_orders(SYMBOL)
    limited.clear_log()
    exchange.rateLimit = 3000
    ordinary = threading.Thread(target=exchange.fetch_open_orders, args=(SYMBOL,))
    ordinary.start()
    ids = place(limited, 1)
    limited.faults.add("http", status=504, when="after")
    assert reported(exchange.cancel_orders(ids, SYMBOL)) == [(ids[0], "canceled")]
    ordinary.join()
    assert paths(limited) == ["cancelOrders", "query", "openOrders"]


def test_ban_of_a_look_up(world: str, limited: Simulator) -> None:
    """A ban that a look-up meets stops look-ups. Cancels go on, and settle what they can."""
    with bot_of(OURS[world], config_of(limited)) as bot:
        bot.load_markets()
        ban: dict[str, Any] = {"body": banned_until_later(), "path": QUERY}
        for _ in range(2):
            limited.clear_log()
            limited.faults.add("http", status=504, when="before")
            limited.faults.add("canned", **ban)
            ids = place(limited, 1)
            orders = bot.cancel_orders(ids, SYMBOL, {"process": 1})
            assert reported(orders) == [(ids[0], "canceled")]
            assert len(cancels(limited)) == 2
            ban = {"body": b"the plugin sends no look-up", "path": QUERY}
        assert "query" not in paths(limited)
        assert bot.exchange._limiter(SPOT)[0].banned_for == 0
        assert bot.exchange._limiter(SPOT.fetch)[0].banned_for > 0
        assert bot.exchange._limiter(SPOT.history)[0].banned_for == 0


def test_limit_of_a_look_up(world: str, limited: Simulator) -> None:
    """A refusal for the limit pauses look-ups of this kind only, and the look-up goes again."""
    with bot_of(OURS[world], config_of(limited)) as bot:
        bot.load_markets()
        limited.faults.add("http", status=504, when="after")
        limited.faults.add("canned", body=b'{"code":100410,"msg":"rate limited"}', path=QUERY)
        ids = place(limited, 1)
        assert reported(bot.cancel_orders(ids, SYMBOL)) == [(ids[0], "canceled")]
        assert paths(limited).count("query") == 2
        assert bot.exchange._limiter(SPOT.fetch)[0]._schedule.paused_until > 0
        assert bot.exchange._limiter(SPOT)[0]._schedule.paused_until < 0


def test_firewall_stops_all(world: str, limited: Simulator) -> None:
    """A firewall's page stops every cancel and look-up to the host, even of markets not yet used."""
    limited.faults.add("http", status=403)
    with bot_of(OURS[world], config_of(limited)) as bot:
        with pytest.raises(BaseError, match="403"):
            bot.cancel_orders(["1"], SYMBOL)
        for one in ENDPOINTS.values():
            for limited_ in (one, one.fetch, one.history):
                assert bot.exchange._limiter(limited_)[0].banned_for > 0


def test_ordinary_look_up(world: str, limited: Simulator) -> None:
    """The bot's own look-up waits in ccxt's throttle and counts. Our bans and options do not stop it."""
    (order_id,) = place(limited, 1)
    with bot_of(OURS[world], config_of(limited)) as bot:
        bot.fetch_order(order_id, SYMBOL)
        limiter = bot.exchange._limiter(SPOT.fetch)[0]
        assert len(limiter.arrivals(60.0)) == 1
        if world == "sync":
            assert bot.exchange.lastRestRequestTimestamp > 0
        limiter.do(Ban(300.0))
        assert bot.fetch_order(order_id, SYMBOL)["status"] == "open"
        bot.exchange.options["cancelOrders"]["batchSize"] = "many"
        assert bot.fetch_order(order_id, SYMBOL)["status"] == "open"
        assert len(limiter.arrivals(60.0)) == 1


def test_all_look_ups_share_a_limit(loopback: None) -> None:
    """Look-ups of the bot and of cancels together stay within the exchange's limit."""
    with Simulator(limits={"trade/query": 10, "cancelOrders": None}, ban_after=None) as simulator:

        async def main() -> None:
            exchange = async_bingx(config_of(simulator, limit=None, margin=200))
            try:
                await exchange.load_markets()
                ids = place(simulator, 12)
                simulator.faults.add("http", status=504, when="after", times=12)
                await asyncio.gather(
                    *(exchange.cancel_orders([one], SYMBOL) for one in ids),
                    *(exchange.fetch_order(one, SYMBOL) for one in ids),
                )
            finally:
                await exchange.close(True)

        asyncio.run(main())
        assert len(simulator.arrivals("trade/query")) == 24
        assert simulator.worst_window("trade/query") <= 10


ONE_AN_HOUR = RateLimit(1, 3600.0, 0.0)


@pytest.mark.parametrize("bans", [False, True])
def test_no_time_to_wait(world: str, bans: bool) -> None:
    """A caller that must give up before its slot or a ban's end is refused at once, and leaves the queue."""
    limiter = LocalLimiter()
    acquire(limiter, ONE_AN_HOUR, 0.0, not_sent)
    if bans:
        limiter.do(Ban(1800.0))
    give_up = time.monotonic() + 900.0
    arguments: Any = limiter, ONE_AN_HOUR, 7200.0, not_sent, give_up
    with pytest.raises(RateLimitExceeded, match="not sent") as caught:
        acquire(*arguments) if world == "sync" else asyncio.run(acquire_async(*arguments))
    assert caught.value.banned is bans
    assert limiter._schedule.waiting == []


def test_resolve_timeout_bounds_the_wait(world: str, limited: Simulator) -> None:
    """If look-ups have no slot before resolveTimeout, the outcome is unknown at once."""
    with bot_of(OURS[world], config_of(limited, resolveTimeout=60_000)) as bot:
        bot.load_markets()
        bot.exchange._limiter(SPOT.fetch)[0].do(Ban(0.001))
        bot.exchange._limiter(SPOT.fetch)[0]._schedule.pause(time.monotonic() + 3600.0)
        limited.faults.add("http", status=504, when="after")
        ids = place(limited, 1)
        with pytest.raises(BaseError, match="unknown") as caught:
            bot.cancel_orders(ids, SYMBOL)
        assert caught.value.unresolved == ids
    assert "query" not in paths(limited)
