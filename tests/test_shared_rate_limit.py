"""The limiter in a real Redis: processes share it on the server's clock, with a local limiter behind it."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import time
from typing import Any

import pytest
import redis
from ccxt.base.errors import RateLimitExceeded

from ccxt_bingx_ext import bingx
from ccxt_bingx_ext._bingx.endpoints import SPOT
from ccxt_bingx_ext._bingx.errors import not_sent
from ccxt_bingx_ext._ratelimit.acquire import acquire, acquire_async, try_acquire, try_acquire_async
from ccxt_bingx_ext._ratelimit.local import LocalLimiter
from ccxt_bingx_ext._ratelimit.messages import Acquire, Answered, Ban, Pause, Renew, Ticket, Withdraw
from ccxt_bingx_ext._ratelimit.redis import RedisLimiter
from ccxt_bingx_ext._ratelimit.registry import limiter_for
from ccxt_bingx_ext._ratelimit.schedule import RateLimit, Schedule
from ccxt_bingx_ext.simulator import Simulator

from .helpers import (
    RedisServer,
    assert_paced,
    cancel_all_at_once,
    cancel_each,
    config_of,
    in_threads,
    place,
    stalled,
)

FAR = 3600.0
# Requests arrive when they are granted. No slot comes back while the machine stalls.
RARELY = RateLimit(2, FAR, 0.0, in_flight=0.0)
PACE = RARELY._replace(period=1.05)  # for tests that wait for a slot


def ticket() -> Ticket:
    return Ticket(lambda: True)


def lane(server: RedisServer, name: str = "lane") -> Any:
    """A limiter as in another process: the two share only Redis. A ticket that waits is not dead."""
    limiter = RedisLimiter(server.url, name, LocalLimiter())
    limiter.stale_after = FAR
    return limiter


def call(lane: Any, arguments: list[Any]) -> Any:
    return lane._connection.call(lane._keys, arguments)


def ask(lane: Any, ticket_: Ticket | None = None, rate_limit: RateLimit = RARELY) -> Any:
    return lane.do(Acquire(ticket_ or ticket(), rate_limit))


def _work(config: dict[str, Any], ids: list[str]) -> None:
    cancel_each(bingx(config), ids)


def test_processes(limited: Simulator, server: RedisServer) -> None:
    """Four processes send at most two cancels in any second, at 94 % of that speed."""
    ids = place(limited, 24)
    config = config_of(limited, storage=server.url)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_work, args=(config, ids[n::4])) for n in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * 4
    assert_paced(limited, 24)


def test_threads_and_tasks(limited: Simulator, server: RedisServer) -> None:
    """Threads and tasks share one limiter in Redis."""
    config = config_of(limited, storage=server.url)
    ids = place(limited, 12)
    in_threads(
        [
            lambda: cancel_each(bingx(config), ids[:4]),
            lambda: asyncio.run(cancel_all_at_once(config, ids[4:8])),
            lambda: asyncio.run(cancel_all_at_once(config, ids[8:])),
        ]
    )
    assert_paced(limited, 12)


def test_script_equals_schedule(server: RedisServer) -> None:
    """The script in Redis gives the same delays as the schedule in memory."""
    memory, shared = Schedule[Ticket](), lane(server)
    tickets = [ticket() for _ in range(7)]
    for one in tickets:
        one.has_asked = True

    def same_answers(name: Ticket) -> bool:
        in_redis = float(call(shared, shared._arguments(Acquire(name, RARELY)))[0])
        return in_redis == pytest.approx(memory.acquire(name, 0.0, RARELY).delay, abs=60)

    assert all(same_answers(name) for name in tickets)
    for order in (memory.withdraw, lambda name: shared.do(Withdraw(name))):
        order(tickets[3])
    assert all(same_answers(name) for name in tickets[4:])
    assert memory.acquire(tickets[6], 0.0, RARELY).delay == 2 * FAR


def test_pause_in_the_script(server: RedisServer) -> None:
    """A pause in Redis delays tickets that could go."""
    shared = lane(server)
    shared.do(Pause(5.0))
    assert 0 < float(call(shared, shared._arguments(Acquire(ticket(), RARELY)))[0]) <= 5


def test_shared_withdraw(server: RedisServer) -> None:
    """When one process withdraws its tickets, a ticket of another process moves up."""
    first, second = lane(server), lane(server)
    for _ in range(2):
        assert ask(first).delay == 0
    leaving, staying = [ticket() for _ in range(10)], ticket()
    for one in leaving:
        ask(first, one)
    arguments = second._arguments(Acquire(staying, RARELY))
    assert float(call(second, arguments)[0]) > 5 * FAR
    for one in leaving:
        first.do(Withdraw(one))
    assert float(call(second, arguments)[0]) <= FAR


def test_dead_process(server: RedisServer) -> None:
    """Redis removes the tickets of a dead process after a while."""
    lane_ = lane(server)
    lane_.stale_after = 1.5
    for _ in range(8):
        ask(lane_, rate_limit=PACE)  # six tickets wait and never come back
    with redis.Redis.from_url(server.url) as client:
        assert client.zcard(lane_._keys[0]) == 6
        acquire(lane_, PACE, 1.0, not_sent, give_up=time.monotonic() + 60)
        assert client.zcard(lane_._keys[0]) == 0


def test_shared_pauses_and_bans(server: RedisServer) -> None:
    """Every process honors a pause or a ban that one process reported."""
    first, second = lane(server), lane(server)
    first.do(Pause(5.0))
    verdict = ask(second)
    assert 0 < verdict.delay <= second.check_every
    assert not verdict.banned
    first.do(Ban(FAR))
    for one in (first, second):
        verdict = ask(one)
        assert verdict.banned
        assert verdict.delay == pytest.approx(FAR, abs=60)
    with pytest.raises(RateLimitExceeded, match="not sent"):
        asyncio.run(acquire_async(second, PACE, 1.0, not_sent))


def test_cancelled_task(server: RedisServer) -> None:
    """A task that is cancelled while it waits leaves the queue in Redis."""
    shared = lane(server)
    for _ in range(2):
        ask(shared)

    async def main() -> None:
        task = asyncio.ensure_future(acquire_async(shared, RARELY, 1.0, not_sent))
        with redis.Redis.from_url(server.url) as client:
            while not client.zcard(shared._keys[0]):
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    with redis.Redis.from_url(server.url) as client:
        assert client.zcard(shared._keys[0]) == 0


def test_cancelled_twice(server: RedisServer) -> None:
    """A task that is cancelled twice, at any moment, leaves no entry in this process or in Redis."""
    shared = lane(server)
    ask(shared)

    async def main(steps: int, more: int) -> None:
        task = asyncio.ensure_future(acquire_async(shared, RARELY, 1.0, not_sent))
        for pause in (steps, more):
            for _ in range(pause):
                await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    for steps in range(1, 4):
        for more in range(4):
            asyncio.run(main(steps, more))
    call(shared, ["withdraw", ""])  # the earlier calls have arrived
    assert len(shared._queue) == 0
    assert shared._local._schedule.waiting == []
    with redis.Redis.from_url(server.url) as client:
        assert [client.zcard(key) for key in shared._keys[:3]] == [0, 0, 1]


def test_redis_outage(
    limited: Simulator, server: RedisServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """During a Redis outage the local limiter keeps the limit, and the plugin warns once."""
    exchange = bingx(config_of(limited, storage=server.url))
    shared: Any = exchange._limiter(SPOT)[0]
    shared.retry_after = 0.2
    ids = place(limited, 8)
    with caplog.at_level(logging.WARNING, "ccxt_bingx_ext"):
        cancel_each(exchange, ids[:2])
        server.stop()
        cancel_each(exchange, ids[2:5])
        asyncio.run(cancel_all_at_once(config_of(limited, storage=server.url), ids[5:6]))
        server.start()
        cancel_each(exchange, ids[6:])
    assert_paced(limited, 8)
    ours = [one for one in caplog.records if one.name.startswith("ccxt_bingx_ext")]
    lost, back, forgot = [record.message for record in ours]
    assert lost.startswith(f"the shared rate limit at 127.0.0.1:{server.port} cannot be reached")
    assert back == f"the shared rate limit is back: 127.0.0.1:{server.port}"
    assert forgot.startswith("Redis has lost its data"), "it keeps nothing on disk"
    with redis.Redis.from_url(server.url) as client:
        assert client.zcard(next(client.scan_iter("*:a"))) >= 2


def test_hanging_redis(limited: Simulator, loopback: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that accepts connections and never responds does not block a cancel."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        storage = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        exchange = bingx(config_of(limited, storage=storage))
        start = time.monotonic()
        cancel_each(exchange, place(limited, 2))
        assert time.monotonic() - start - stalled[limited]() < 2.5
    assert_paced(limited, 2)


def test_redis_package_missing(
    limited: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the redis package the plugin warns and uses the local limiter."""
    monkeypatch.setitem(__import__("sys").modules, "redis", None)
    with caplog.at_level(logging.WARNING, "ccxt_bingx_ext"):
        cancel_each(bingx(config_of(limited, storage="redis://127.0.0.1:1")), place(limited, 3))
    assert_paced(limited, 3)
    assert "redis" in caplog.text


def test_redis_keys(limited: Simulator, server: RedisServer) -> None:
    """No key in Redis holds the API key, and every key expires."""
    cancel_each(bingx(config_of(limited, storage=server.url)), place(limited, 3))
    with redis.Redis.from_url(server.url) as client:
        keys = [key.decode() for key in client.scan_iter("*")]
        assert keys
        for key in keys:
            assert limited.api_key not in key
            assert 0 < client.ttl(key) <= 3600


@pytest.mark.parametrize(
    "url",
    [
        "redis://user:hunter2@127.0.0.1:1/0",
        "redis://127.0.0.1:1/0?password=hunter2",
        "unix:///nowhere?password=hunter2",
        "redis://:hunter2/x@127.0.0.1:1",
        "redis://:hunter2#x@127.0.0.1:1",
    ],
)
def test_no_password_in_warnings(url: str, loopback: None, caplog: pytest.LogCaptureFixture) -> None:
    """A warning about Redis never shows the password from its URL."""
    with caplog.at_level(logging.WARNING, "ccxt_bingx_ext"):
        assert ask(limiter_for("key", "host", "endpoint", url)).delay == 0
    assert "cannot be reached" in caplog.text
    assert "hunter2" not in caplog.text


def test_flushed_redis(server: RedisServer) -> None:
    """After Redis lost its data, the plugin restores the grants of the last second."""
    shared = lane(server)
    assert [ask(shared).delay, ask(shared).delay] == [0, 0]
    with redis.Redis.from_url(server.url) as client:
        client.flushall()
    assert ask(shared).delay > 0


def banned_until(limiter: Any, server: RedisServer) -> float:
    with redis.Redis.from_url(server.url) as client:
        return float(client.hget(limiter._keys[3], "banned_until") or 0)


def test_flushed_ban(server: RedisServer) -> None:
    """A process that knows a ban writes it back, and others honor it. The ban does not become longer."""
    first, second = lane(server), lane(server)
    first.check_every = 0.0
    first.do(Ban(FAR))
    before = banned_until(first, server)
    for _ in range(3):
        assert ask(first).banned
    assert banned_until(first, server) == before
    with redis.Redis.from_url(server.url) as client:
        client.flushall()
    assert ask(first).banned
    assert banned_until(first, server) == pytest.approx(before, abs=60)
    verdict = ask(second)
    assert verdict.banned
    assert verdict.delay == pytest.approx(FAR, abs=60)


@pytest.mark.parametrize("call", [try_acquire, lambda *args: asyncio.run(try_acquire_async(*args))])
def test_try_acquire(call: Any, server: RedisServer) -> None:
    """try_acquire returns a slot now, or None. A refused attempt leaves no place in Redis."""
    first, second = lane(server), lane(server)
    assert all(call(one, RARELY) is not None for one in (first, second))
    assert [call(one, RARELY) for one in (first, second)] == [None, None]
    with redis.Redis.from_url(server.url) as client:
        assert client.zcard(first._keys[0]) == 0


@pytest.mark.parametrize("event", ["flush", "step"])
def test_one_window_too_full(event: str, server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """After a flush, or a step of the clock forward, two windows come together once. A flush is logged."""
    processes = [lane(server) for _ in range(3)]
    assert [ask(one).delay for one in processes[:2]] == [0, 0]
    with redis.Redis.from_url(server.url) as client:
        if event == "flush":
            client.flushall()
        else:
            client.hincrbyfloat(processes[0]._keys[3], "now", -2 * FAR)
            for name in client.zrange(processes[0]._keys[2], 0, -1):
                client.zincrby(processes[0]._keys[2], -2 * FAR, name)
    delays = [ask(one).delay for one in [*reversed(processes), *processes]]
    assert 0 < delays.count(0) <= RARELY.requests
    told = caplog.text.count("Redis has lost its data")
    assert told == (2 if event == "flush" else 0), "one per process that had asked before"


def test_clock_step_back(server: RedisServer) -> None:
    """Times in Redis that lie far ahead delay a cancel by five seconds at most."""
    shared = lane(server)
    ask(shared)
    with redis.Redis.from_url(server.url) as client:
        for member, score in client.zrange(shared._keys[2], 0, -1, withscores=True):
            client.zadd(shared._keys[2], {member: score + FAR, b"another": score + FAR})
        client.hset(shared._keys[3], "paused_until", time.time() + 86400)
    raw = call(shared, shared._arguments(Acquire(ticket(), PACE)))
    assert float(raw[0]) <= 5.1


def test_many_tasks(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three hundred waiting tasks a few query Redis at a time, in calling order."""
    shared = lane(server)
    asked: set[Any] = set()
    evaluate = shared._connection.call_async

    async def counted(keys: list[str], arguments: list[Any]) -> Any:
        if arguments[0] == "acquire":
            asked.add(arguments[1])
        return await evaluate(keys, arguments)

    monkeypatch.setattr(shared._connection, "call_async", counted)

    async def main() -> None:
        tasks = [asyncio.ensure_future(acquire_async(shared, PACE, 1.0, not_sent)) for _ in range(300)]
        await asyncio.sleep(2.2)
        went = [task.done() for task in tasks]
        assert sum(went) >= 2
        assert went == sorted(went, reverse=True)
        assert len(asked) <= sum(went) + shared.most_asking + PACE.requests
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
    assert len(shared._queue) == 0


def test_clock_steps_back_a_minute(server: RedisServer) -> None:
    """If Redis's clock steps back by a minute, earlier entries still end at the right moment."""
    shared, other = lane(server), lane(server)
    for limiter in (shared, other, other, other):
        ask(limiter)  # two go, two wait
    shared.do(Pause(2.0))
    with redis.Redis.from_url(server.url) as client:
        for field in ("now", "paused_until"):
            client.hincrbyfloat(shared._keys[3], field, 60)
        for key in shared._keys[1:3]:
            for name in client.zrange(key, 0, -1):
                client.zincrby(key, 60, name)
        arguments = shared._arguments(Acquire(ticket(), PACE))
        assert float(call(shared, arguments)[0]) < 2.0 + PACE.period + 0.01
        assert all(at < time.time() + 1 for _, at in client.zrange(shared._keys[2], 0, -1, withscores=True))
        client.hincrbyfloat(shared._keys[3], "now", 60)
        shared.do(Ban(30.0))
    verdict = ask(lane(server))
    assert verdict.banned
    assert verdict.delay <= 30.0


def test_acknowledged_request(server: RedisServer) -> None:
    """Other processes count a request from its response, even if its process does not call again."""
    first, second, pace = lane(server), lane(server), RateLimit(1, 3600.0, 60.0, in_flight=60.0)
    one = ticket()
    first.do(Acquire(one, pace))
    arguments = second._arguments(Acquire(ticket(), pace))
    assert float(call(second, arguments)[0]) > 3660
    first.do(Answered(one))
    assert float(call(second, arguments)[0]) <= 3600


def test_shared_renew(server: RedisServer) -> None:
    """A slot that was not used in time is usable again until another process has taken it."""
    first, second = lane(server), lane(server)
    late = [ticket() for _ in range(2)]
    for one in late:
        assert ask(first, one).delay == 0
    assert first.do(Renew(late[0], RARELY)).delay == 0
    first.do(Withdraw(late[1]))
    assert ask(second).delay == 0
    assert first.do(Renew(late[1], RARELY)).delay > 0
    with redis.Redis.from_url(server.url) as client:
        assert client.zcard(shared_arrivals(first)) == 2


def test_question_beside_renewal(server: RedisServer) -> None:
    """A call that was on its way while a slot was renewed does not undo the renewal."""
    shared, pace = lane(server), RateLimit(1, 1.0, 0.2, in_flight=0.2)
    late, other = ticket(), ticket()
    assert shared.do(Acquire(late, pace)).delay == 0
    time.sleep(0.3)
    arguments = shared._arguments(Acquire(other, pace))
    assert shared.do(Renew(late, pace)).delay == 0
    with redis.Redis.from_url(server.url) as client:
        renewed = client.zscore(shared_arrivals(shared), late.name)
        call(shared, arguments)
        assert client.zscore(shared_arrivals(shared), late.name) == renewed


def test_deferred_tickets(server: RedisServer) -> None:
    """Tickets whose process cannot use their slots yet go before all waiting tickets, in calling order."""
    first, second = lane(server), lane(server)
    granted, waiting = [ticket() for _ in range(2)], [ticket() for _ in range(3)]
    for one in granted:
        assert ask(second, one).delay == 0
    for one in waiting:
        ask(first, one)
    for one in granted:
        call(second, ["defer", one.name])
    with redis.Redis.from_url(server.url) as client:
        queue = [name.decode() for name in client.zrange(first._keys[0], 0, -1)]
        assert client.zcard(shared_arrivals(first)) == 0
    assert queue == [one.name for one in [*granted, *waiting]]


def test_call_that_was_repeated(server: RedisServer) -> None:
    """If the connection breaks after a grant and redis-py repeats the call, the ticket has one slot."""
    first, arguments = lane(server), [*lane(server)._arguments(Acquire(ticket(), RARELY))]
    for _ in range(3):
        assert float(call(first, arguments)[0]) == 0
    assert ask(first).delay == 0
    assert ask(first).delay > 0


def shared_arrivals(limiter: Any) -> str:
    return str(limiter._keys[2])


def test_grants_before_outage(server: RedisServer) -> None:
    """After a Redis outage the local limiter counts what Redis granted before."""
    shared = lane(server)
    assert [ask(shared).delay, ask(shared).delay] == [0, 0]
    server.stop()
    assert ask(shared).delay > 0


def test_ticket_leaves_local_queue(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticket that queued locally leaves the local queue when Redis is back."""
    shared, waiting = lane(server), ticket()
    shared.retry_after = 0.0
    for _ in range(2):
        ask(shared)
    server.stop()
    assert ask(shared, waiting).delay > 0
    assert shared._local._schedule.waiting != []
    server.start()
    ask(shared, waiting)
    assert shared._local._schedule.waiting == []


def test_long_ban(server: RedisServer) -> None:
    """Redis keeps a ban until its end, even if no process uses the limiter."""
    shared = lane(server)
    shared.do(Ban(FAR))
    ask(lane(server))
    with redis.Redis.from_url(server.url) as client:
        assert client.ttl(shared._keys[3]) >= FAR


def test_tasks_without_redis(limited: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    """Without a Redis server tasks cancel within the limit, and the plugin warns."""
    with caplog.at_level(logging.WARNING, "ccxt_bingx_ext"):
        asyncio.run(cancel_all_at_once(config_of(limited, storage="redis://127.0.0.1:1"), place(limited, 4)))
    assert_paced(limited, 4)
    assert "cannot be reached" in caplog.text
