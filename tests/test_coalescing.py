"""Concurrent calls of cancel_order, over HTTP: the requests that they share, and each caller's result."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from math import inf
from typing import Any

import pytest
from ccxt.base.errors import (
    BadRequest,
    BadSymbol,
    ExchangeError,
    ExchangeNotAvailable,
    NetworkError,
    OrderNotFound,
    RateLimitExceeded,
)

from ccxt_bingx_ext._bingx.endpoints import SPOT, SPOT_SINGLE
from ccxt_bingx_ext._cancel.run import Pauses
from ccxt_bingx_ext._cancel.spacing import spacing_for
from ccxt_bingx_ext._cancel.together import coalescing_of
from ccxt_bingx_ext._ids import OrderRef
from ccxt_bingx_ext._ratelimit.messages import Ban, Pause
from ccxt_bingx_ext._ratelimit.registry import limiter_for
from ccxt_bingx_ext.simulator import Simulator
from tools.audit.steady import watching

from .helpers import OURS, bot_of, cancels, config_of, in_threads, place, refused

SYMBOLS: dict[Any, str] = {"spot": "BTC/USDT", "linear": "BTC/USDT:USDT", "inverse": "BTC/USD:BTC"}
BATCHES = {"spot": "cancelOrders", "linear": "DELETE swap/v2/trade/batchOrders"}
SINGLES = {
    "spot": "trade/cancel",
    "linear": "DELETE swap/v2/trade/order",
    "inverse": "DELETE cswap/v1/trade/cancelOrder",
}
HISTORIES = {"spot": "spot/v1/trade/historyOrders", "linear": "swap/v1/trade/fullOrder"}


@pytest.fixture
def exchange() -> Iterator[Simulator]:
    """An exchange with the documented limits. It bans a client that exceeds them."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(exchange: Simulator) -> Simulator:
    return exchange


@asynccontextmanager
async def trading(simulator: Simulator, world: str = "async", **config: Any) -> AsyncIterator[Any]:
    """An exchange instance with its rate limit on and its markets loaded."""
    bot = OURS[world]({**simulator.ccxt_config(enableRateLimit=True, timeout_on_exit=0), **config})
    bot.options["cancelOrders"]["inFlight"] = 2000  # the simulator may stall
    try:
        await bot.load_markets()
        simulator.clear_log()
        yield bot
    finally:
        await bot.close(True)


def play(scene: Callable[[], Awaitable[Any]]) -> Any:
    """Run `scene` in a loop of its own. Fail if a task is left, or ended with an unseen exception."""
    unseen: list[Any] = []

    async def watched() -> Any:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
        result = await scene()
        await asyncio.sleep(0.01)  # aiohttp closes connections in the loop's next rounds
        assert [task for task in asyncio.all_tasks() if "_coalesce" in repr(task)] == []
        gc.collect()
        return result

    result = asyncio.run(watched())
    assert unseen == []
    return result


async def at_once(bot: Any, ids: Iterable[str], symbol: str = "BTC/USDT", params: Any = {}) -> list[Any]:
    """Cancel each order by a call of its own, all at once. Return each call's result or exception."""
    calls = (bot.cancel_order(one, symbol, params) for one in ids)
    return await asyncio.gather(*calls, return_exceptions=True)


async def until(condition: Callable[[], Any]) -> None:
    """Wait until `condition` holds, for a minute at most."""
    for _ in range(6000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the condition did not come to hold")


def limiter(simulator: Simulator, route: str) -> Any:
    host = simulator.url + "/openApi"
    return limiter_for(simulator.api_key, host, route, None)


@contextmanager
def held(simulator: Simulator, route: str) -> Iterator[None]:
    """Grant no slot of `route` until the block ends, however long the machine takes for the block."""
    lane = limiter(simulator, route)
    lane.do(Pause(3600.0))
    yield
    lane._schedule.paused_until = -inf
    lane.do(Ban(0.0))  # wakes who waits


def waiting_in(bot: Any) -> int:
    """How many calls wait for a slot."""
    return sum(len(queue._waiting) for queue in bot._coalescer._queues.values())


@pytest.fixture
def answers(simulator: Simulator) -> Iterator[threading.Event]:
    """The next batch arrives, and executes as soon as the test sets the event."""
    may_answer = threading.Event()
    simulator.faults.add("race", action=lambda: may_answer.wait(60))
    yield may_answer
    may_answer.set()


def sizes(simulator: Simulator, market: str = "spot") -> list[int]:
    """How many ids each batch had, in order of arrival."""
    name = "orderIds" if market == "spot" else "orderIdList"
    return [len(one.params[name].split(",")) for one in cancels(simulator, BATCHES[market])]


def singles(simulator: Simulator, market: str = "spot") -> list[str]:
    """The ids of the single cancels, in order of arrival."""
    return [one.params["orderId"] for one in cancels(simulator, SINGLES[market])]


def ends(results: Iterable[Any]) -> list[Any]:
    """Each caller's result: the status, or an error's class, statuses, and unresolved ids."""
    return [
        one["status"]
        if isinstance(one, dict)
        else (type(one), [order["status"] for order in one.orders], one.unresolved)
        for one in results
    ]


def assert_cancelled(simulator: Simulator, ids: list[str], results: list[Any]) -> None:
    assert [(one["id"], one["status"]) for one in results] == [(one, "canceled") for one in ids]
    assert {simulator.status(one) for one in ids} == {"CANCELED"}
    assert refused(simulator) == 0
    assert simulator.repeated_submissions == 0


# Which cancels share a request


@pytest.mark.parametrize("market", ["spot", "linear"])
@pytest.mark.parametrize("count", [1, 2])
def test_few_go_by_themselves(simulator: Simulator, market: Any, count: int) -> None:
    """One call, or two calls, go out as single cancels."""
    ids = place(simulator, count, market=market)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            return await at_once(bot, ids, SYMBOLS[market])

    assert_cancelled(simulator, ids, play(scene))
    assert (sizes(simulator, market), singles(simulator, market)) == ([], ids)


@pytest.mark.parametrize(("market", "batches"), [("spot", [50]), ("linear", [10] * 5)])
def test_fifty(simulator: Simulator, market: Any, batches: list[int]) -> None:
    """Fifty gathered calls go out at once, in batches. No request is refused."""
    ids = place(simulator, 50, market=market)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            return await at_once(bot, ids, SYMBOLS[market])

    assert_cancelled(simulator, ids, play(scene))
    assert (sizes(simulator, market), singles(simulator, market)) == (batches, [])


@pytest.mark.parametrize(
    ("market", "count", "most_requests", "most_seconds"), [("spot", 500, 20, 12.0), ("linear", 150, 40, 9.0)]
)
def test_many(simulator: Simulator, market: Any, count: int, most_requests: int, most_seconds: float) -> None:
    """Hundreds of gathered calls keep to the limit, and use it (4 s and 2 s on a quiet machine)."""
    ids = place(simulator, count, market=market)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            began = time.monotonic()
            with watching() as stalls:
                results = await at_once(bot, ids, SYMBOLS[market])
            lost = sum(late for _, late in stalls.late if late > 0.05)
            assert time.monotonic() - began - lost < most_seconds
            return results

    assert_cancelled(simulator, ids, play(scene))
    assert len(simulator.requests) <= most_requests


def test_singles_help_where_few_wait(simulator: Simulator) -> None:
    """While no batch may go, up to five waiting calls go as singles."""
    ids = place(simulator, 104)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            return await at_once(bot, ids)

    assert_cancelled(simulator, ids, play(scene))
    assert (sizes(simulator), singles(simulator)) == ([50, 50], ids[100:])


def test_late_calls_go_along(simulator: Simulator) -> None:
    """The plugin chooses the ids of a batch when the batch may go, so that later calls go with it."""
    first, second, third, late = (place(simulator, count) for count in (5, 50, 50, 8))

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            results = [await bot.cancel_order(one, "BTC/USDT") for one in first]
            with held(simulator, SPOT.route):
                waiting = asyncio.gather(*(at_once(bot, ids) for ids in (second, third, late[:6])))
                await until(lambda: waiting_in(bot) == 106)
                later = asyncio.ensure_future(at_once(bot, late[6:]))
                await until(lambda: waiting_in(bot) == 108)
            results += await later
            return [*results[:5], *(one for some in await waiting for one in some), *results[5:]]

    assert_cancelled(simulator, [*first, *second, *third, *late], play(scene))
    assert (sizes(simulator), singles(simulator)) == ([50, 50, 8], first)


def test_more_calls_need_another_lane(simulator: Simulator) -> None:
    """Two calls that wait for a single become a batch as soon as a third one comes."""
    ids = place(simulator, 3)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            with held(simulator, SPOT_SINGLE.route):
                two = asyncio.ensure_future(at_once(bot, ids[:2]))
                await until(lambda: limiter(simulator, SPOT_SINGLE.route).has_waiting)
                third = await at_once(bot, ids[2:])
            return [*await two, *third]

    assert_cancelled(simulator, ids, play(scene))
    assert (sizes(simulator), singles(simulator)) == ([3], [])


def test_ahead_of_ordinary_calls(simulator: Simulator) -> None:
    """The first cancel does not wait in ccxt's queue behind the bot's other calls."""
    ids = place(simulator, 3)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            others = [asyncio.ensure_future(bot.fetch_balance()) for _ in range(100)]
            await asyncio.sleep(0)
            results = await at_once(bot, ids)
            assert sum(other.done() for other in others) < 50  # on a quiet machine 2: one each 100 ms
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            return results

    assert_cancelled(simulator, ids, play(scene))


@pytest.mark.parametrize(
    ("config", "market"),
    [
        ({"options": {"cancelOrders": {"coalesce": False}}}, "spot"),
        ({"options": {"cancelOrders": {"batchSize": 2}}}, "spot"),
        ({"enableRateLimit": False}, "spot"),
        ({}, "inverse"),
    ],
)
def test_never_together(simulator: Simulator, config: dict[str, Any], market: Any) -> None:
    """The option, a batch size below three, a bot's own rate limit and inverse swaps mean singles only."""
    ids = place(simulator, 4, market=market)

    async def scene() -> list[Any]:
        async with trading(simulator, **config) as bot:
            return await at_once(bot, ids, SYMBOLS[market])

    assert ends(play(scene)) == ["canceled"] * 4
    assert sorted(singles(simulator, market)) == sorted(ids)
    assert len(simulator.requests) == 4


def test_what_is_merged(loopback: None) -> None:
    """Calls of one symbol with equal recvWindow share a batch. Client order ids and other params do not."""
    with Simulator(limits=None) as simulator:
        btc, eth, window = place(simulator, 3), place(simulator, 3, symbol="ETH-USDT"), place(simulator, 3)
        named, restricted = place(simulator, 1, client_order_id="mine"), place(simulator, 1)
        limits = {"limit": 100, "singleLimit": 100}

        async def scene() -> list[Any]:
            async with trading(simulator, options={"cancelOrders": limits}) as bot:
                results = await asyncio.gather(
                    at_once(bot, btc),
                    at_once(bot, window, params={"recvWindow": 4000}),
                    at_once(bot, [""], params={"clientOrderId": "mine"}),
                    at_once(bot, restricted, params={"cancelRestrictions": "PENDING"}),
                    at_once(bot, eth, "ETH/USDT"),
                )
                return [one for some in results for one in some]

        results = play(scene)
        assert_cancelled(simulator, [*btc, *window, *named, *restricted, *eth], results)
        batches = [one.params for one in cancels(simulator)]
        assert sorted((one["symbol"], one.get("recvWindow", ""), one["orderIds"]) for one in batches) == [
            ("BTC-USDT", "", ",".join(btc)),
            ("BTC-USDT", "4000", ",".join(window)),
            ("ETH-USDT", "", ",".join(eth)),
        ]
        assert {one["process"] for one in batches} == {"1"}
        alone = [one.params for one in cancels(simulator, "trade/cancel")]
        assert {one.get("clientOrderID", one.get("orderId")) for one in alone} == {"mine", *restricted}


def test_submitted_within_a_second(simulator: Simulator) -> None:
    """An order submitted within the last second does not join a batch, and waits for its second alone."""
    ids = place(simulator, 4)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            spacing, ref = spacing_for(simulator.api_key), OrderRef("id", ids[0])
            spacing.reserve([ref], time.monotonic())
            spacing.release([ref], time.monotonic() + 1.5)
            return await at_once(bot, ids)

    assert_cancelled(simulator, ids, play(scene))
    assert (sizes(simulator), singles(simulator)) == ([3], ids[:1])


def test_submitted_while_it_waits(simulator: Simulator) -> None:
    """An order that another call submits meanwhile leaves the queue, and waits for its second alone."""
    first, second, ids = place(simulator, 5), place(simulator, 100), place(simulator, 7)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            await at_once(bot, first[:2])
            await at_once(bot, first[2:4])
            await at_once(bot, first[4:])
            with held(simulator, SPOT.route):
                waiting = asyncio.gather(at_once(bot, second), at_once(bot, ids))
                await until(lambda: waiting_in(bot) == 107)
                spacing, ref = spacing_for(simulator.api_key), OrderRef("id", ids[0])
                assert spacing.is_free(ref, time.monotonic())
                spacing.reserve([ref], time.monotonic())
                spacing.release([ref], time.monotonic() + 4.0)
            return (await waiting)[1]

    assert_cancelled(simulator, ids, play(scene))
    assert (sizes(simulator), singles(simulator)) == ([50, 50, 6], [*first, ids[0]])


def test_threads_do_not_coalesce(simulator: Simulator) -> None:
    """Threads of the sync class share only the lane of single cancels."""
    ids = place(simulator, 4)
    with bot_of(OURS["sync"], config_of(simulator)) as bot:
        bot.load_markets()
        simulator.clear_log()
        in_threads([lambda one=one: bot.cancel_order(one, "BTC/USDT") for one in ids])
    assert (sizes(simulator), sorted(singles(simulator))) == ([], sorted(ids))


def test_sync_does_not_import_it() -> None:
    """A sync bot does not load what only event loops use."""
    code = "import sys, ccxt_bingx_ext; assert not [one for one in sys.modules if '_coalesce' in one]"
    subprocess.run([sys.executable, "-c", code], check=True)


# The result of each caller


@pytest.mark.parametrize("market", ["spot", "linear"])
def test_the_same_as_alone(simulator: Simulator, market: Any) -> None:
    """Each caller gets the result of a single cancel_order: its structure, or its own exception."""
    outcomes, words = [], []
    for coalesce in (True, False):
        live, filled, gone, failed = place(simulator, 4, market=market)
        simulator.fill(filled)
        simulator.cancel(gone)
        simulator.fail(failed)
        ids = [live, filled, gone, failed, "77" if coalesce else "78"]

        async def scene(ids: list[str] = ids, coalesce: bool = coalesce) -> list[Any]:
            async with trading(simulator, options={"cancelOrders": {"coalesce": coalesce}}) as bot:
                results = await at_once(bot, ids, SYMBOLS[market])
                assert len(singles(simulator, market)) == (0 if coalesce else 5)
                return results

        results = play(scene)
        assert results[0]["id"] == live
        outcomes.append(ends(results))
        words.append([str(error).partition(" - ")[0] for error in results[1:]])
    assert outcomes[0] == outcomes[1]
    assert words[0] == words[1]
    assert outcomes[0] == [
        "canceled",
        (OrderNotFound, ["closed"], []),
        (OrderNotFound, ["canceled"], []),
        (OrderNotFound, ["rejected"], []),
        (OrderNotFound, [None], []),
    ]


@pytest.mark.parametrize("market", ["spot", "linear"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_response(simulator: Simulator, market: Any, when: Any) -> None:
    """A lost batch is reconciled: every order is cancelled in the end, executed or not."""
    ids = place(simulator, 4, market=market)
    simulator.faults.add("drop", when=when, path=BATCHES[market])

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            return await at_once(bot, ids, SYMBOLS[market])

    assert_cancelled(simulator, ids, play(scene))
    assert sizes(simulator, market) == ([4] if when == "after" else [4, 4])


def test_filled_in_between(simulator: Simulator) -> None:
    """If an order fills before the plugin repeats the lost batch, it is "not found", as for a single."""
    ids = place(simulator, 4)
    simulator.faults.add("drop", when="before")
    simulator.faults.add("race", path="GET trade/query", action="fill", order_id=ids[1])

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            return await at_once(bot, ids)

    results = play(scene)
    assert ends(results) == ["canceled", (OrderNotFound, ["closed"], []), "canceled", "canceled"]
    assert "order not found: already filled" in str(results[1])


def test_omitted_order(simulator: Simulator) -> None:
    """The plugin reconciles an omitted order by itself. The other callers do not wait for that."""
    ids = place(simulator, 4)
    simulator.faults.add("forget", ids=ids[:1])

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            calls = [asyncio.ensure_future(bot.cancel_order(one, "BTC/USDT")) for one in ids]
            others = await asyncio.gather(*calls[1:])
            assert not calls[0].done()
            return [await calls[0], *others]

    assert_cancelled(simulator, ids, play(scene))
    assert sizes(simulator) == [4]


def test_refused_entries_are_cancelled_again(simulator: Simulator) -> None:
    """Orders that the batch lists as busy are cancelled by singles, a second later."""
    ids = place(simulator, 4)
    simulator.faults.add("refuse", ids=ids[:2])

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            return await at_once(bot, ids)

    assert_cancelled(simulator, ids, play(scene))
    assert (sizes(simulator), sorted(singles(simulator))) == ([4], sorted(ids[:2]))


def test_nothing_tells(simulator: Simulator) -> None:
    """If a lost batch stays unsettled, each caller gets its own error with its one id."""
    ids = place(simulator, 3)

    async def scene() -> list[Any]:
        options = {"cancelOrders": {"resolveAttempts": 1}}
        async with trading(simulator, options=options) as bot:
            simulator.faults.add("drop", path="*", times=None)
            return await at_once(bot, ids)

    results = play(scene)
    assert [one.unresolved for one in results] == [[one] for one in ids]
    assert all(isinstance(one, NetworkError) and one.orders == [] for one in results)
    assert len({id(one) for one in results}) == 3
    assert singles(simulator) == []


@pytest.mark.parametrize("is_live", [True, False])
def test_two_callers_of_one_id(simulator: Simulator, is_live: bool) -> None:
    """Two callers of one id share one outcome. A change by one of them does not reach the other."""
    ids = place(simulator, 3)
    if not is_live:
        simulator.fill(ids[0])

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            return await at_once(bot, [*ids, ids[0]])

    results = play(scene)
    assert sizes(simulator) == [3]
    assert (
        ends(results[:1]) == ends(results[3:]) == ["canceled" if is_live else (OrderNotFound, ["closed"], [])]
    )
    if is_live:
        results[0]["info"]["orderId"] = results[0]["id"] = "another"
        assert (results[3]["id"], str(results[3]["info"]["orderId"])) == (ids[0], ids[0])
    else:
        assert results[0] is not results[3]
        results[0].orders[0]["status"] = results[0].args = "another"
        assert results[3].orders[0]["status"] == "closed"
        assert "already filled" in str(results[3])


def test_caller_of_an_id_under_way(simulator: Simulator, answers: threading.Event) -> None:
    """A call for an id whose batch is under way gets the batch's outcome, and sends nothing."""
    ids = place(simulator, 3)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            first = asyncio.ensure_future(at_once(bot, ids))
            await until(lambda: simulator.requests)
            another = asyncio.ensure_future(at_once(bot, ids[:1]))
            await until(lambda: any(one.callers == 2 for one in bot._coalescer._cancels.values()))
            answers.set()
            return [*await another, *await first]

    results = play(scene)
    assert_cancelled(simulator, [ids[0], *ids], results)
    assert len(simulator.requests) == 1


# Cancelled callers, bans, refusals


def test_cancelled_while_it_waits(simulator: Simulator) -> None:
    """If a caller is cancelled before its batch goes, its id leaves the batch. The other orders go."""
    before, ids = place(simulator, 100), place(simulator, 7)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            first = asyncio.ensure_future(at_once(bot, before))
            await until(lambda: len(simulator.requests) == 2)
            with held(simulator, SPOT.route):
                calls = [asyncio.ensure_future(bot.cancel_order(one, "BTC/USDT")) for one in ids]
                await until(lambda: waiting_in(bot) == 7)
                calls[0].cancel()
                await until(lambda: waiting_in(bot) == 6)
            results = await asyncio.gather(*calls, return_exceptions=True)
            await first
            return results

    results = play(scene)
    assert isinstance(results[0], asyncio.CancelledError)
    assert_cancelled(simulator, ids[1:], results[1:])
    assert simulator.status(ids[0]) == "PENDING"
    assert (sizes(simulator), singles(simulator)) == ([50, 50, 6], [])


def test_cancelled_as_its_batch_goes(simulator: Simulator) -> None:
    """If a caller is cancelled just when its batch is made, the batch omits its id."""
    ids = place(simulator, 4)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            calls = [asyncio.ensure_future(bot.cancel_order(one, "BTC/USDT")) for one in ids]
            while not bot._coalescer._batches:
                await asyncio.sleep(0)
            next(iter(bot._coalescer._cancels.values())).task.cancel()
            return await asyncio.gather(*calls, return_exceptions=True)

    results = play(scene)
    assert isinstance(results[0], asyncio.CancelledError)
    assert_cancelled(simulator, ids[1:], results[1:])
    assert simulator.status(ids[0]) == "PENDING"


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("rounds", range(8))
def test_all_are_cancelled(simulator: Simulator, count: int, rounds: int) -> None:
    """If all callers are cancelled, at any moment, nothing hangs, and an unused slot goes back."""
    ids = place(simulator, count)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            calls = [asyncio.ensure_future(bot.cancel_order(one, "BTC/USDT")) for one in ids]
            for _ in range(rounds):
                await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            results = await asyncio.gather(*calls, return_exceptions=True)
            await bot.close(True)
            return results

    results = play(scene)
    assert all(isinstance(one, asyncio.CancelledError) for one in results)
    granted = sum(len(limiter(simulator, one.route).arrivals(60.0)) for one in (SPOT, SPOT_SINGLE))
    assert granted <= 1
    if not granted:
        assert {simulator.status(one) for one in ids} == {"PENDING"}


def test_cancelled_after_it_was_sent(simulator: Simulator, answers: threading.Event) -> None:
    """If its callers are cancelled, a batch still runs until its response. `close` waits for that."""
    ids = place(simulator, 4)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            first = asyncio.ensure_future(at_once(bot, ids))
            await until(lambda: simulator.requests)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            asyncio.get_running_loop().call_later(0.2, answers.set)
            await bot.close(True)
            return [simulator.status(one) for one in ids]

    assert play(scene) == ["CANCELED"] * 4
    assert [one.http_status for one in simulator.requests] == [200]


def test_lost_batch_that_nobody_waits_for(simulator: Simulator) -> None:
    """If no caller is left, the plugin does not repeat a lost batch."""
    ids = place(simulator, 4)
    may_drop = threading.Event()

    def drop() -> None:
        may_drop.wait(60)
        raise ConnectionResetError

    simulator.faults.add("race", action=drop)

    async def scene() -> None:
        async with trading(simulator) as bot:
            first = asyncio.ensure_future(at_once(bot, ids))
            await until(lambda: simulator.requests)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            may_drop.set()

    play(scene)
    assert len(simulator.requests) == 1


def test_one_of_two_callers_is_cancelled(simulator: Simulator) -> None:
    """The id stays in the batch while another caller waits for it."""
    ids = place(simulator, 3)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            calls = [asyncio.ensure_future(bot.cancel_order(one, "BTC/USDT")) for one in [*ids, ids[0]]]
            for _ in range(2):
                await asyncio.sleep(0)
            calls[0].cancel()
            return (await asyncio.gather(*calls, return_exceptions=True))[1:]

    assert_cancelled(simulator, [*ids[1:], ids[0]], play(scene))
    assert sizes(simulator) == [3]


def test_close_ends_a_batch_that_hangs(simulator: Simulator) -> None:
    """`close` waits `timeout` at most for a batch. Its callers get errors: their orders may be live."""
    ids = place(simulator, 3)
    simulator.faults.add("hang")

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            first = asyncio.ensure_future(at_once(bot, ids))
            await until(lambda: simulator.requests)
            bot.timeout = 300
            await bot.close(True)
            return await first

    results = play(scene)
    assert [one.unresolved for one in results] == [[one] for one in ids]
    assert all(isinstance(one, NetworkError) and "closed" in str(one) for one in results)
    assert len(simulator.requests) == 1


def test_close_waits_for_singles(simulator: Simulator) -> None:
    """`close` waits for single cancels that are under way, and their callers get the outcome."""
    ids = place(simulator, 2)
    simulator.faults.add("delay", seconds=0.3, path="trade/cancel", times=None)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            first = asyncio.ensure_future(at_once(bot, ids))
            await until(lambda: simulator.requests)
            await bot.close(True)
            return await first

    assert ends(play(scene)) == ["canceled"] * 2


@pytest.mark.parametrize("market", ["spot", "linear"])
def test_many_that_are_gone(market: Any, loopback: None) -> None:
    """Lists settle orders that the exchange refuses without their state, in few requests."""
    with Simulator(wording=2) as simulator:
        ids = place(simulator, 60, market=market)
        for one in ids:
            simulator.cancel(one)

        async def scene() -> list[Any]:
            async with trading(simulator) as bot:
                return await at_once(bot, ids, SYMBOLS[market])

        results = play(scene)
        # For some spot orders the exchange only says that it is busy. Then a cancelled order is a success.
        told = [one.orders[0] if isinstance(one, OrderNotFound) else one for one in results]
        assert [one["status"] for one in told] == ["canceled"] * 60
        assert [one.unresolved for one in results if isinstance(one, OrderNotFound)] != []
        assert not any(getattr(one, "unresolved", []) for one in results)
        assert refused(simulator) == 0
        assert len(simulator.requests) <= 30


def test_close_ends_calls_that_wait(simulator: Simulator) -> None:
    """`close` sends nothing more. Calls that wait raise an error that names their order."""
    ids = place(simulator, 160)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            first = asyncio.ensure_future(at_once(bot, ids))
            await until(lambda: len(simulator.requests) == 2)
            await bot.close(True)
            return await first

    results = play(scene)
    assert ends(results[:100]) == ["canceled"] * 100
    assert ends(results[100:]) == [(NetworkError, [], [one]) for one in ids[100:]]
    assert all("not sent" in str(one) for one in results[100:])
    assert sizes(simulator) == [50, 50]


def test_ban_of_singles(simulator: Simulator) -> None:
    """A batch does not evade a ban of single cancels: each caller gets the ban."""
    ids = place(simulator, 6)
    simulator.ban(60, path="trade/cancel")

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            return [*await at_once(bot, ids[:1]), *await at_once(bot, ids[1:])]

    results = play(scene)
    assert ends(results) == [(RateLimitExceeded, [], [one]) for one in ids]
    assert all(one.banned for one in results)
    assert (sizes(simulator), len(simulator.requests)) == ([], 1)


def test_ban_of_singles_while_calls_wait(simulator: Simulator) -> None:
    """A ban of the single endpoint also ends the calls that wait for a single."""
    ids = place(simulator, 2)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            lane = limiter(simulator, SPOT_SINGLE.route)
            with held(simulator, SPOT_SINGLE.route):
                waiting = asyncio.ensure_future(at_once(bot, ids))
                await until(lambda: lane.has_waiting)
                lane.do(Ban(60.0))
                return await waiting

    assert ends(play(scene)) == [(RateLimitExceeded, [], [one]) for one in ids]
    assert simulator.requests == []


def test_ban_of_singles_while_calls_wait_for_a_batch(simulator: Simulator) -> None:
    """If single cancels are banned meanwhile, no batch takes the calls that wait. Each call gets the ban."""
    ids = place(simulator, 110)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            calls = asyncio.ensure_future(at_once(bot, ids))
            await until(lambda: len(simulator.requests) == 2)
            sent.extend(batches.arrivals(60.0))
            limiter(simulator, SPOT_SINGLE.route).do(Ban(60.0))
            return await calls

    batches, sent = limiter(simulator, SPOT.route), list[Any]()
    results = play(scene)
    assert ends(results[:100]) == ["canceled"] * 100
    assert ends(results[100:]) == [(RateLimitExceeded, [], [one]) for one in ids[100:]]
    assert all(one.banned for one in results[100:])
    assert (sizes(simulator), singles(simulator)) == ([50, 50], [])
    assert {name for name, _ in batches.arrivals(60.0)} <= {name for name, _ in sent}


def test_ban_of_singles_after_a_lost_batch(simulator: Simulator) -> None:
    """While single cancels are banned, the plugin does not send a lost batch again."""
    ids = place(simulator, 6)
    simulator.faults.add("drop", when="before", path=BATCHES["spot"])

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            calls = asyncio.ensure_future(at_once(bot, ids))
            await until(lambda: simulator.requests)
            limiter(simulator, SPOT_SINGLE.route).do(Ban(60.0))
            return await calls

    results = play(scene)
    assert ends(results) == [(ExchangeNotAvailable, [], [one]) for one in ids]
    assert all(one.banned for one in results)
    assert (sizes(simulator), singles(simulator)) == ([6], [])


def test_ban_of_batches(simulator: Simulator) -> None:
    """A ban of the batch endpoint leaves the singles, and does not end coalescing."""
    ids = place(simulator, 10)
    simulator.ban(60, path="cancelOrders")

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            return [*await at_once(bot, ids[:4]), *await at_once(bot, ids[4:])]

    results = play(scene)
    assert ends(results) == ["canceled"] * 10
    assert (sizes(simulator), sorted(singles(simulator))) == ([4], sorted(ids))
    assert not coalescing_of(simulator.api_key, SPOT.route).is_off


def test_refused_as_a_whole(loopback: None, caplog: pytest.LogCaptureFixture) -> None:
    """If the exchange refuses a batch for another reason, singles settle it, and the log says so."""
    with Simulator(max_ids=2) as simulator:
        ids = place(simulator, 110)

        async def scene() -> list[Any]:
            async with trading(simulator) as bot:
                results = await at_once(bot, ids[:4])
                return [*results, *await at_once(bot, ids[4:8])]

        with caplog.at_level(logging.WARNING, "ccxt_bingx_ext"):
            results = play(scene)
        assert_cancelled(simulator, ids[:8], results)
        assert (sizes(simulator), sorted(singles(simulator))) == ([4], sorted(ids[:8]))
        ours = [one for one in caplog.records if one.name.startswith("ccxt_bingx_ext")]
        (said,) = [record.getMessage() for record in ours]
        assert said.startswith("the exchange refused a batch of single cancels as a whole")


@pytest.mark.parametrize("market", ["spot", "linear"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_unknown_refusal(
    simulator: Simulator, caplog: pytest.LogCaptureFixture, market: Any, when: Any
) -> None:
    """Singles settle a batch that was refused with an unknown code, executed or not, in their own time."""
    ids = place(simulator, 12, market=market)
    simulator.faults.add(
        "busy", code=100999, text="batch feature off", when=when, path=BATCHES[market], times=None
    )

    async def scene() -> list[Any]:
        async with trading(simulator, options={"cancelOrders": {"resolveTimeout": 500}}) as bot:
            results = await at_once(bot, ids[:8], SYMBOLS[market])
            return [*results, *await at_once(bot, ids[8:], SYMBOLS[market])]

    with caplog.at_level(logging.WARNING, "ccxt_bingx_ext"):
        results = play(scene)
    assert ends(results) == ["canceled"] * 12
    assert [one["id"] for one in results] == ids
    assert (refused(simulator), simulator.repeated_submissions) == (0, 0)
    assert (sizes(simulator, market), sorted(singles(simulator, market))) == ([8], sorted(ids))
    assert [vars(record)["event"] for record in caplog.records] == ["ambiguous", "coalescing_off"]


def test_refused_while_calls_wait(loopback: None) -> None:
    """Calls that wait for a batch when the exchange refuses one go by themselves."""
    with Simulator(max_ids=2, limits={"trade/cancel": None}) as simulator:
        ids = place(simulator, 58)

        async def scene() -> list[Any]:
            options = {"cancelOrders": {"limit": 1, "singleLimit": 4}}
            async with trading(simulator, options=options) as bot:
                first = asyncio.ensure_future(at_once(bot, ids))
                await until(lambda: coalescing_of(simulator.api_key, SPOT.route).is_off)
                bot.options["cancelOrders"]["singleLimit"] = None
                return await first

        assert_cancelled(simulator, ids, play(scene))
        assert (sizes(simulator), sorted(singles(simulator))) == ([50], sorted(ids))


def test_market_disappears(simulator: Simulator) -> None:
    """If an error stops a batch before it is sent, each call goes by itself."""
    ids = place(simulator, 4)

    def vanished(*args: Any) -> Any:
        raise BadSymbol("bingx no such market")

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            bot._cancel_together = vanished
            return await at_once(bot, ids)

    assert_cancelled(simulator, ids, play(scene))
    assert (sizes(simulator), sorted(singles(simulator))) == ([], sorted(ids))
    assert limiter(simulator, SPOT.route).arrivals(60.0) == []


@pytest.mark.parametrize(("where", "count"), [("_cancel_together", 4), ("_execute", 4), ("_execute", 1)])
def test_defect(simulator: Simulator, where: str, count: int) -> None:
    """A defect reaches every caller as a ccxt error of its own with both lists, and no caller hangs."""
    ids = place(simulator, count)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            setattr(bot, where, lambda *args: 1 // 0)
            return await at_once(bot, [*ids, ids[0]])

    results = play(scene)
    assert ends(results) == [(ExchangeError, [], [one]) for one in [*ids, ids[0]]]
    assert all(str(one).startswith("bingx cancelOrder() ZeroDivisionError: ") for one in results)
    assert all("may still be live" in str(one) for one in results)
    assert len({id(one) for one in results}) == count + 1
    assert simulator.requests == []


def test_history_hangs(simulator: Simulator) -> None:
    """A list that does not come delays only the calls that wait for it, and leaves them their own time."""
    ids = place(simulator, 8, market="linear")
    for one in ids[:3]:
        simulator.cancel(one)
    simulator.faults.add("hang", path=HISTORIES["linear"], times=None)
    after = {}

    async def scene() -> list[Any]:
        async with trading(simulator, options={"cancelOrders": {"resolveTimeout": 500}}) as bot:
            bot._pauses = Pauses(lists=2.0)
            began = time.monotonic()

            async def call(one: str) -> Any:
                try:
                    return await bot.cancel_order(one, SYMBOLS["linear"])
                finally:
                    after[one] = time.monotonic() - began

            return await asyncio.gather(*map(call, ids), return_exceptions=True)

    results = play(scene)
    assert ends(results) == [(OrderNotFound, ["canceled"], [])] * 3 + ["canceled"] * 5
    assert max(after[one] for one in ids[3:]) < 1.5
    assert all(2.0 <= after[one] < 8.0 for one in ids[:3])
    assert (sizes(simulator, "linear"), singles(simulator, "linear")) == ([8], [])


@pytest.mark.parametrize("market", ["spot", "linear"])
@pytest.mark.parametrize("entry", [{}, {"orderId": "abc-1", "status": "FILLED"}])
def test_history_entry_without_id(simulator: Simulator, market: Any, entry: Any) -> None:
    """An entry of the history without a readable order id is about no order of the batch."""
    ids = place(simulator, 5, market=market)
    gone = ["1111", "1112"]
    body = json.dumps({"code": 0, "msg": "", "data": {"orders": [entry]}})
    simulator.faults.add("canned", path=HISTORIES[market], times=None, body=body)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            return await at_once(bot, [*ids, *gone], SYMBOLS[market])

    assert ends(play(scene)) == ["canceled"] * 5 + [(OrderNotFound, [None], [])] * 2


def test_broken_option(simulator: Simulator) -> None:
    """If an option becomes invalid while calls wait, each call raises an error that names it."""
    ids = place(simulator, 108)

    async def scene() -> list[Any]:
        async with trading(simulator) as bot:
            first = asyncio.ensure_future(at_once(bot, ids))
            await until(lambda: sizes(simulator) == [50, 50] and not bot._coalescer._batches)
            bot.options["cancelOrders"]["margin"] = "much"
            return await first

    results = play(scene)
    assert ends(results[:100]) == ["canceled"] * 100
    assert ends(results[100:]) == [(BadRequest, [], [one]) for one in ids[100:]]


def test_copy_of_an_instance(simulator: Simulator) -> None:
    """A copy of an instance has no cancels under way."""

    async def scene() -> None:
        async with trading(simulator) as bot:
            other = copy.deepcopy(bot._coalescer)
            assert type(other) is type(bot._coalescer)
            assert other is not bot._coalescer

    play(scene)


def test_loop_ends_meanwhile(simulator: Simulator) -> None:
    """Batches under way end with the event loop, as `asyncio.run` ends its tasks."""
    ids = place(simulator, 160)
    bot = OURS["async"](simulator.ccxt_config(enableRateLimit=True, timeout_on_exit=0))
    loop = asyncio.new_event_loop()

    async def scene() -> list[Any]:
        await bot.load_markets()
        simulator.latency_ms = 60_000
        calls = asyncio.ensure_future(at_once(bot, ids))
        await until(lambda: len(cancels(simulator)) == 2)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        results = await asyncio.gather(*left, return_exceptions=True)
        assert calls.done()
        return results

    try:
        results = loop.run_until_complete(scene())
        assert {type(one) for one in results} == {asyncio.CancelledError}
        assert (bot._coalescer._cancels, bot._coalescer._queues) == ({}, {})
    finally:
        loop.run_until_complete(bot.close(True))
        loop.close()


def test_markets_that_several_calls_wait_for(simulator: Simulator) -> None:
    """Calls that wait for one load of the markets each get an error of their own, with their own order."""
    simulator.faults.add("http", status=418, path="*", times=None)
    ids = ["1001", "1002", "1003"]

    async def scene() -> list[Any]:
        bot = OURS["async"](simulator.ccxt_config(timeout_on_exit=0))
        try:
            calls = (bot.cancel_order(id, "BTC/USDT:USDT") for id in ids)
            return await asyncio.gather(*calls, return_exceptions=True)
        finally:
            await bot.close(True)

    errors = play(scene)
    assert [one.unresolved for one in errors] == [[id] for id in ids]
    assert [str(one).split(" - ")[-2] for one in errors] == [f"unresolved: {id}" for id in ids]
    assert len({*map(type, errors)}) == 1
    assert "signature=***" in str(errors[0])
