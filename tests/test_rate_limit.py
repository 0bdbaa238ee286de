"""The limiter over real HTTP. The simulator enforces the limit and judges every window by its own clock."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import threading
import time
from math import inf
from types import SimpleNamespace
from typing import Any

import pytest
from ccxt.base.errors import BaseError, RateLimitExceeded

from ccxt_bingx_ext import _overrides, async_support, bingx
from ccxt_bingx_ext._bingx.endpoints import SPOT
from ccxt_bingx_ext._bingx.errors import not_sent
from ccxt_bingx_ext._ratelimit.acquire import acquire, acquire_async
from ccxt_bingx_ext._ratelimit.local import LocalLimiter
from ccxt_bingx_ext._ratelimit.messages import Acquire, Ban, Pause, Ticket, Withdraw
from ccxt_bingx_ext._ratelimit.registry import limiter_for
from ccxt_bingx_ext._ratelimit.schedule import RateLimit
from ccxt_bingx_ext.async_support import bingx as async_bingx
from ccxt_bingx_ext.simulator import Simulator

from .helpers import (
    CCXTS,
    OURS,
    WORLDS,
    assert_paced,
    bot_of,
    cancel_all_at_once,
    cancel_each,
    config_of,
    in_threads,
    place,
    refused,
    stalled,
)

SYMBOL = "BTC/USDT"


def test_threads(limited: Simulator) -> None:
    """Eight threads on one instance send at most two cancels in any second, at 94 % of that speed."""
    exchange = bingx(config_of(limited))
    ids = place(limited, 16)
    in_threads([lambda n=n: cancel_each(exchange, ids[n::8]) for n in range(8)])
    assert_paced(limited, 16)


def test_tasks(limited: Simulator) -> None:
    """Sixteen tasks on one instance send at most two cancels in any second."""
    asyncio.run(cancel_all_at_once(config_of(limited), place(limited, 16)))
    assert_paced(limited, 16)


def test_mixed_instances(limited: Simulator) -> None:
    """Sync and async instances of one account, in threads and event loops, share one limiter."""
    ids = place(limited, 16)
    config = config_of(limited)
    calls = [lambda n=n: cancel_each(bingx(config), ids[n::8]) for n in range(4)]
    calls += [lambda n=n: asyncio.run(cancel_all_at_once(config, [*ids[n::8]])) for n in range(4, 8)]
    in_threads(calls)
    assert_paced(limited, 16)


def test_two_accounts(limited: Simulator) -> None:
    """Two accounts do not wait for each other."""
    limited.add_account("other-key", "other-secret", "2")
    mine, others = place(limited, 2), [str(limited.place(uid="2").order_id) for _ in range(2)]
    first = bingx(config_of(limited))
    cancel_each(first, mine)
    first._limiter(SPOT)[0].do(Pause(3600.0))
    cancel_each(bingx({**config_of(limited), "apiKey": "other-key", "secret": "other-secret"}), others)
    assert len(limited.arrivals("cancelOrders")) == 4


@pytest.fixture
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the simulator all requests arrive at the same moment, also on a machine that is slow."""
    clock = SimpleNamespace(perf_counter=lambda: 1000.0, monotonic=time.monotonic)
    monkeypatch.setattr("ccxt_bingx_ext.simulator.http.server.time", clock)


@pytest.mark.parametrize("world", WORLDS)
def test_unlimited_client_is_refused(world: str, limited: Simulator, one_moment: None) -> None:
    """Negative control: the simulator refuses a client without a limiter."""
    with bot_of(CCXTS[world], limited.ccxt_config(enableRateLimit=False)) as bot:
        bot.load_markets()
        first, second, third = place(limited, 3)
        bot.cancel_orders([first], SYMBOL)
        bot.cancel_orders([second], SYMBOL)
        with pytest.raises(BaseError, match="100410"):
            bot.cancel_orders([third], SYMBOL)
    assert refused(limited) == 1


def test_ccxts_threads_exceed_limit(limited: Simulator) -> None:
    """Negative control: eight threads on one ccxt instance exceed the limit (we saw 11 in a second)."""
    exchange = CCXTS["sync"](limited.ccxt_config(enableRateLimit=True))
    exchange.load_markets()
    outcomes: list[bool] = []

    def cancel(one: str) -> None:
        try:
            exchange.cancel_orders([one], SYMBOL)
            outcomes.append(True)
        except BaseError:
            outcomes.append(False)

    in_threads([lambda one=one: cancel(one) for one in place(limited, 8)])
    assert outcomes.count(False) > 0
    assert limited.worst_window("cancelOrders") > 2


def test_ccxts_throttle(world: str, limited: Simulator) -> None:
    """A cancel neither waits for ccxt's throttle nor delays the calls in its queue."""
    with bot_of(OURS[world], config_of(limited)) as bot:
        bot.load_markets()
        limited.clear_log()
        ids = place(limited, 1)
        if world == "sync":
            bot.fetch_open_orders(SYMBOL)
            bot.exchange.rateLimit = 60_000
            stamped, before = bot.exchange.lastRestRequestTimestamp, time.perf_counter()
            time.sleep(0.01)
            bot.cancel_orders(ids, SYMBOL)
            assert time.perf_counter() - before < 30  # ccxt would wait for 5 min (a cost of 5, 60 s each)
            assert bot.exchange.lastRestRequestTimestamp == stamped
        else:

            async def queued() -> list[str]:
                done: list[str] = []

                async def note(name: str, call: Any) -> None:
                    await call
                    done.append(name)

                ordinary = [note("ordinary", bot.exchange.fetch_open_orders(SYMBOL)) for _ in range(100)]
                waiting = [asyncio.ensure_future(one) for one in ordinary]
                await asyncio.sleep(0)
                await note("cancel", bot.exchange.cancel_orders(ids, SYMBOL))
                at = len(waiting) // 2
                await asyncio.gather(*waiting[:3])
                for one in waiting:
                    one.cancel()
                await asyncio.gather(*waiting, return_exceptions=True)
                return done[:at]

            # On a quiet machine two ordinary calls go before it, and then one each 100 ms.
            assert "cancel" in bot._loop.run_until_complete(queued())


def test_cancelled_tasks_leave_queue(limited: Simulator) -> None:
    """Cancelled tasks leave the queue, and the next cancel goes in the next window."""

    async def main() -> None:
        exchange = async_bingx(config_of(limited))
        try:
            ids = place(limited, 13)
            tasks = [asyncio.ensure_future(exchange.cancel_orders([one], SYMBOL)) for one in ids[:12]]
            await asyncio.gather(*tasks[:2])
            lane: Any = exchange._limiter(SPOT)[0]
            lane.do(Pause(3600.0))
            behind = asyncio.ensure_future(exchange.cancel_orders(ids[12:], SYMBOL))
            while len(lane._schedule.waiting) < 11:
                await asyncio.sleep(0.01)
            for task in tasks[2:]:
                task.cancel()
            lane._schedule.paused_until = -inf
            lane.do(Ban(0.0))  # wakes who waits
            await behind
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await exchange.close(True)

    asyncio.run(main())
    arrivals = limited.arrivals("cancelOrders")
    assert len(arrivals) == 3
    assert arrivals[-1] - arrivals[0] - stalled[limited]() < 2.5
    assert limited.worst_window("cancelOrders") == 2


def test_stopped_event_loop(limited: Simulator) -> None:
    """Cancels that wait in a stopped event loop do not block a cancel of the sync class."""
    exchange = async_bingx(config_of(limited))
    ids = place(limited, 5)
    loop = asyncio.new_event_loop()

    async def begin() -> list[Any]:
        tasks = [asyncio.ensure_future(exchange.cancel_orders([one], SYMBOL)) for one in ids[:4]]
        await asyncio.gather(*tasks[:2])
        return tasks

    tasks = loop.run_until_complete(begin())
    cancel_each(bingx(config_of(limited)), ids[4:])
    assert limited.status(ids[4]) == "CANCELED"
    assert limited.worst_window("cancelOrders") <= 2
    for task in tasks[2:]:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(exchange.close(True))
    loop.close()


def test_abandoned_coroutine() -> None:
    """A coroutine that is closed after its event loop leaves the queue."""
    lane, pace = LocalLimiter(), RateLimit.of(1, 0.05)
    loop = asyncio.new_event_loop()
    waiting = acquire_async(lane, pace, 1.0, not_sent)

    async def begin() -> None:
        await acquire_async(lane, pace, 1.0, not_sent)
        waiting.send(None)  # now the waiter sleeps in the queue

    loop.run_until_complete(begin())
    loop.close()
    # The ticket goes, overdue or not. Its leaving wakes a loop that is closed.
    acquire(lane, pace, 1.0, not_sent)
    waiting.close()
    assert lane._schedule.waiting == []


def test_withdraw_beside_closed_loop() -> None:
    """A waiter whose event loop is closed does not keep another waiter from leaving."""
    lane, pace = LocalLimiter(), RateLimit.of(1, 0.05)
    loop = asyncio.new_event_loop()
    waiting = acquire_async(lane, pace, 1.0, not_sent)

    async def begin() -> None:
        await acquire_async(lane, pace, 1.0, not_sent)
        waiting.send(None)

    loop.run_until_complete(begin())
    loop.close()
    other = Ticket(lambda: True)
    lane.do(Acquire(other, pace))
    lane.do(Withdraw(other))
    waiting.close()
    assert lane._schedule.waiting == []


def test_acquire_during_ban() -> None:
    """acquire waits for a ban that ends within maxWait, and raises at once for a longer one."""
    lane, pace = LocalLimiter(), RateLimit.of(2, 0.05)
    lane.do(Ban(0.3))
    acquire(lane, pace, 1.0, not_sent)
    acquire(lane, pace, 1.0, not_sent)
    lane.do(Pause(3600.0))
    raised: list[str] = []

    def wait() -> None:
        try:
            acquire(lane, pace, 1.0, not_sent)
        except RateLimitExceeded as error:
            raised.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    while not lane._schedule.waiting:
        time.sleep(0.01)
    lane.do(Ban(300.0))
    thread.join(60)
    assert len(raised) == 1
    assert "not sent" in raised[0]


def test_ban_stops_every_instance(limited: Simulator) -> None:
    """After one call meets a ban, every instance raises until its end and sends nothing."""
    until = limited.ban(300)
    exchange = bingx(config_of(limited))
    with pytest.raises(RateLimitExceeded, match=str(until)[:6]) as caught:
        exchange.cancel_orders(["1"], SYMBOL)
    assert caught.value.unresolved == ["1"]
    seen = len(limited.requests)
    for other in (exchange, bingx(config_of(limited))):
        with pytest.raises(
            RateLimitExceeded, match=r"cancels not sent: the exchange has banned them until 20\d\d-"
        ) as caught:
            other.cancel_orders(["1", "2"], SYMBOL)
        assert caught.value.unresolved == ["1", "2"]
    assert len(limited.requests) == seen


@pytest.mark.parametrize("text", ["unblocked", "retry"])
def test_short_ban(world: str, text: Any, limited: Simulator) -> None:
    """The plugin waits for a ban that ends within maxWait, and then cancels."""
    ids = place(limited, 1)
    limited.faults.add("ban", seconds=0.5, text=text)
    with bot_of(OURS[world], config_of(limited)) as bot:
        assert bot.cancel_orders(ids, SYMBOL)[0]["status"] == "canceled"
    assert refused(limited) == 1


def test_max_wait_0(limited: Simulator) -> None:
    """With maxWait 0 the plugin does not wait for the end of a ban."""
    limited.faults.add("ban", seconds=0.5)
    with pytest.raises(RateLimitExceeded):
        bingx(config_of(limited, maxWait=0)).cancel_orders(["1"], SYMBOL)
    assert len(limited.arrivals("cancelOrders")) == 1


def test_refusal_without_time(world: str, limited: Simulator) -> None:
    """After a refusal without a time the plugin pauses, tries once more, and then raises."""
    body = json.dumps({"code": 100410, "msg": "rate limited", "debugMsg": ""}).encode()
    ids = place(limited, 1)
    with bot_of(OURS[world], config_of(limited)) as bot:
        limited.faults.add("canned", body=body)
        assert bot.cancel_orders(ids, SYMBOL)[0]["status"] == "canceled"
        limited.faults.add("canned", body=body, times=None)
        with pytest.raises(RateLimitExceeded) as caught:
            bot.cancel_orders(ids, SYMBOL)
    assert caught.value.unresolved == ids
    assert len(limited.arrivals("cancelOrders")) == 4


@pytest.mark.parametrize("expire_header", ["epoch_ms", "epoch_s", "remaining_ms"])
def test_limit_headers(expire_header: Any, loopback: None) -> None:
    """The plugin waits when the response headers say that the window is used up."""
    with Simulator(limits={"cancelOrders": 1}, expire_header=expire_header) as simulator:
        exchange = bingx(config_of(simulator, limit=None, maxWait=3000))
        cancel_each(exchange, place(simulator, 3))
        # An epoch in whole seconds may end too early. The plugin then waits after the refusal.
        assert refused(simulator) <= (2 if expire_header == "epoch_s" else 0)
        assert simulator.worst_window("cancelOrders", 0.9, accepted_only=True) == 1


def test_limit_option(loopback: None) -> None:
    """The limiter keeps the limit of the option. With None there is no limit."""
    with Simulator(limits={"cancelOrders": 10}) as simulator:
        exchange = bingx(config_of(simulator, limit=10))
        ids = place(simulator, 25)
        in_threads([lambda one=one: cancel_each(exchange, [one]) for one in ids])
        assert refused(simulator) == 0
        assert exchange._limiter(SPOT)[1].requests == 10
        assert 2 < simulator.worst_window("cancelOrders") <= 10  # 10 unless the machine is very slow
    with Simulator(limits=None) as simulator:
        exchange = bingx(config_of(simulator, limit=None))
        cancel_each(exchange, place(simulator, 25))
        assert exchange._limiter(SPOT)[1].per_second is None
        assert len(simulator.arrivals("cancelOrders")) == 25


def test_enable_rate_limit_false(limited: Simulator, one_moment: None) -> None:
    """enableRateLimit False switches the limiter off, as it does ccxt's throttle."""
    exchange = bingx({**config_of(limited, maxWait=0), "enableRateLimit": False})
    with pytest.raises(RateLimitExceeded):
        cancel_each(exchange, place(limited, 3))
    assert limited.worst_window("cancelOrders") == 3


def test_response_costs_no_limiter(limited: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancel looks up its limiter once, for its slot. Responses do so only during a ban without a time."""
    looked_up = list[str]()

    def counted(*args: Any) -> Any:
        looked_up.append(args[2])
        return limiter_for(*args)

    monkeypatch.setattr(_overrides, "limiter_for", counted)
    cancel_each(bingx(config_of(limited)), place(limited, 1))
    assert looked_up == [SPOT.route]


@pytest.mark.parametrize("world", ["async", "pro"])
def test_session_before_the_slot(world: str, limited: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """ccxt's `open` blocks the event loop while it reads the CA certificates. No slot waits for that."""
    is_open = list[bool]()

    async def main() -> None:
        exchange = OURS[world](config_of(limited))

        async def asked(*args: Any) -> Any:
            is_open.append(exchange.session is not None)
            return await acquire_async(*args)

        monkeypatch.setattr(async_support, "acquire_async", asked)
        try:
            await exchange.cancel_orders(place(limited, 1), SYMBOL)
        finally:
            await exchange.close(True)

    asyncio.run(main())
    assert is_open == [True]


def test_successive_event_loops(limited: Simulator) -> None:
    """One limiter serves several event loops, one after another."""
    for one in place(limited, 3):
        asyncio.run(cancel_all_at_once(config_of(limited), [one]))
    assert_paced(limited, 3)


def _cancel_in_child(config: dict[str, Any], ids: list[str]) -> None:
    cancel_each(bingx(config), ids)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")
def test_fork(limited: Simulator) -> None:
    """A forked child can cancel although its parent held the lock of the limiter."""
    exchange = bingx(config_of(limited))
    ids = place(limited, 3)
    cancel_each(exchange, ids[:2])
    lane: Any = exchange._limiter(SPOT)[0]
    with lane._lock:
        child = multiprocessing.get_context("fork").Process(
            target=_cancel_in_child, args=(config_of(limited), ids[2:])
        )
        child.start()
    child.join(30)
    assert child.exitcode == 0
